// What is no mistake, and seldom meant: hints (H) and warnings (W).
#include <array>

#include "engine/config/codes/codes.h"

namespace myelin::config {
namespace {

using enum Severity;

constexpr auto kRows = std::to_array<DiagnosticCode>({
    {"H0101", hint, "= is not needed here",
     "when: always is a formula, so the = of other values is not needed. It does no harm, and fmt takes it out.",
     "when: =present(PV1)", "when: present(PV1)"},
    {"H0102", hint, "a merge is ordered by both patients",
     "A route that is ordered by an identifier of PID or PV1 is also ordered by the place where a merge names the one "
     "that goes, so that a merge waits for the messages of both patients and theirs wait for it. Written out, the hint "
     "goes away.",
     "order: { by: \"PID[*]-3[5=MR].1\" }", "order: { by: [\"PID[*]-3[5=MR].1\", \"MRG[*]-1[5=MR].1\"] }"},
    {"H0201", hint, "a script, which nothing verifies",
     "Paths, types and names in steps and formulas are checked before anything runs. A script is only read: what it "
     "does is seen when it runs, so a test should run it.",
     "script: |\n  msg[\"PID-5.1\"] = msg[\"PID-5.1\"]:upper()", "set: { PID-5.1: \"=upper(PID-5.1)\" }"},
    {"H0202", hint, "an unknown code stops a route",
     "`unmapped: hold` stops what waits behind the message. In a route that keeps the order of arrival that is "
     "everything; ordered by a key, it is only what shares the key.",
     "order: fifo\nsteps: [ { map: { field: PID-8, table: sex-to-lab, unmapped: hold } } ]",
     "order: { by: PID-3.1 }\nsteps: [ { map: { field: PID-8, table: sex-to-lab, unmapped: hold } } ]"},
    {"W0105", warning, "the first of several decides",
     "What decides (a `when`, an order, a priority) reads one value, and a message may have several here. The first is"
     " taken, which is rarely what is meant: say [1], or any(…).",
     "when: OBX-8 == \"H\"", "when: any(OBX, OBX-8 == \"H\")"},
    {"W0106", warning, "a segment that no accepted type has",
     "The grammars of all types in `accept:` are known, and none has this segment. Senders do add segments, so this may"
     " be right; otherwise the type is missing in `accept:`, or the name is wrong.",
     "when: present(OBX)", "when: present(PV1)"},
    {"W0107", warning, "a type that a route can never receive",
     "The structure of the type does not have a segment that `when` needs, so the route never gets a message of this "
     "type. "
     "If that is meant, `when` should say so with MSH-9.2.",
     "when: any(OBX, OBX-8 == \"H\")", "when: MSH-9.2 == \"R01\" and any(OBX, OBX-8 == \"H\")"},
    {"W0108", warning, "a comparison that cannot hold",
     "No value of the place is this text: the channel accepts no such type, the HL7 table of the place has no such "
     "code, "
     "or the text is longer than the place.",
     "when: MSH-9.2 == \"A80\"", "when: MSH-9.2 == \"A08\""},
    {"W0151", warning, "a table that nothing uses",
     "No channel maps with it and no formula looks it up. It is perhaps misspelt where it was meant.",
     "map: { field: PID-8, table: sex, unmapped: keep }", "map: { field: PID-8, table: sex-to-lab, unmapped: keep }"},
    {"W0152", warning, "a connection that nothing uses", "No channel has it as its source and no route sends to it.",
     "to: lab-old", "to: lab"},
    {"W0153", warning, "a block that nothing uses",
     "No channel says `use` with its name, so it does nothing; the name is perhaps misspelt.", "use: names",
     "use: normalise-names"},
    {"W0154", warning, "patients in clear on the network",
     "The listener takes messages from other machines and does not ask for TLS, so that anyone on the "
     "way can read and write them.",
     "pas: { kind: mllp, listen: :2575 }", "pas: { kind: mllp, listen: 127.0.0.1:2575 }"},
    {"W0155", warning, "a profile that nothing uses",
     "No channel validates with it. It can still be used by hand: myelin validate FILE --profile NAME.",
     "validate: { profile: lab }", "validate: { profile: lab-oru }"},
    {"W0156", warning, "two routes to one peer without an order",
     "Each route is a queue of its own, so what one of them sends may overtake what the other sent. Where the peer "
     "needs "
     "the order of arrival, one route with `if` inside is right; where it does not, `order: none` says so.",
     "routes: { new: { to: lab }, old: { to: lab } }", "routes: { all: { to: lab } }"},
    {"W0157", warning, "an unknown code stops a channel",
     "`unmapped: hold` in the channel's own steps stops every route with the first unknown code.",
     "steps: [ { map: { field: PID-8, table: sex-to-lab, unmapped: hold } } ]",
     "steps: [ { map: { field: PID-8, table: sex-to-lab, unmapped: park } } ]"},
    {"W0158", warning, "an overlay that nothing uses",
     "No step `to_fhir` of a channel names this overlay: conf/maps/NAME.yaml.", "maps/old-lab.yaml",
     "to_fhir: { map: oru, overlay: old-lab }"},
    {"W0159", warning, "a file that is not read",
     "It stands where channels, tables, blocks, profiles, maps or the dictionary are read from, and is called "
     "otherwise "
     "than what is read there: YAML files end in .yaml, tables are comma-separated and end in .csv. A channel that was "
     "renamed so is gone with the next reload.",
     "channels/adt.yml", "channels/adt.yaml"},
    {"W0176", warning, "JSON or XML under another name",
     "The steps of the route end in JSON or XML, and the connection does not say its content type, so that the peer is "
     "told that it is HL7 v2 and will refuse it.",
     "ehr: { kind: http, url: https://ehr.example/fhir }",
     "ehr: { kind: http, url: https://ehr.example/fhir, content_type: application/fhir+json }"},
    {"W0177", warning, "a zone that does nothing",
     "`zone` of a connection says what times mean that come in without an offset. Nothing is received from this one, "
     "so it "
     "has no effect: what is sent is as the steps made it.",
     "lab: { kind: mllp, connect: \"lab:2575\", zone: Europe/Amsterdam }",
     "lab: { kind: mllp, connect: \"lab:2575\" }"},
    {"W0180", warning, "two names for one thing on the way from FHIR",
     "The overlay was written for the way to FHIR, where two codes or authorities of the sender may become one. On the "
     "way back one of them is sent; the first in the alphabet, unless `to_hl7` of the overlay says which.",
     "codes: { ObservationStatus: { Y: final, Z: final } }",
     "codes: { ObservationStatus: { Y: final, Z: final } }\nto_hl7: { ObservationStatus: { final: Z } }"},
});

}  // namespace

std::span<const DiagnosticCode> advice_codes() { return kRows; }

}  // namespace myelin::config
