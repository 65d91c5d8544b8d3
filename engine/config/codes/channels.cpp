// What the compiler says of channels and what stands beside them: blocks, steps and routes (0110), connections
// (0130), tests (0140), profiles, dictionaries and maps (0160), replies, alerts, order (0170), batches (0220), facts
// (0230).
#include <array>

#include "engine/config/codes/codes.h"

namespace myelin::config {
namespace {

using enum Severity;

constexpr auto kRows = std::to_array<DiagnosticCode>({
    {"C0111", error, "no such block",
     "`use` names a file of conf/blocks, without its ending. The message lists those that there are.",
     "use: normalise-name", "use: normalise-names"},
    {"C0112", error, "a step in the wrong form",
     "Each item of a list of steps has one step as its key, and beside it only `when`, `note` and, for "
     "steps that hold steps, `do`, `then` and `else`. Two steps are two items: they run in the order in "
     "which they stand.",
     "- set: { MSH-5: LAB }\n  delete: [ZPI]", "- set: { MSH-5: LAB }\n- delete: [ZPI]"},
    {"C0113", error, "blocks in a circle", "A block that uses itself, directly or through others, would never end.",
     "steps: [ { use: myself } ]", "steps: [ { delete: [ZPI] } ]"},
    {"C0115", error, "a place that cannot be written",
     "A value is written to a field or a part of one, not to a whole segment; and MSH-1 and MSH-2 say "
     "how to read the message, so they stay as the sender chose them.",
     "set: { PV1: I }", "set: { PV1-2: I }"},
    {"C0116", error, "a step in the wrong place",
     "`require` and `reject` refuse a message before it is stored, so they stand in `accept: validate:` "
     "and nowhere else. All other steps work on what is already ours and stand in `steps:`.",
     "steps: [ { reject: not ours } ]", "accept: { validate: [ { reject: not ours } ] }"},
    {"C0117", error, "unmapped without a meaning",
     "A table never has all codes for ever. `unmapped` says what then: keep the code, park the message "
     "for a person, hold the lane, fault, or write a default. Guessing is not among them.",
     "unmapped: ignore", "unmapped: park"},
    {"C0118", error, "no such step",
     "The key of the item is no step of this version. The nearest that may stand here is suggested.", "- remove: [ZPI]",
     "- delete: [ZPI]"},
    {"C0119", error, "no message type or version",
     "A type is written as MSH-9 has it, code and event: ADT^A01, or ADT^* for every event. A version is "
     "written as MSH-12 has it.",
     "types: [ADT_A01]", "types: [ADT^A01]"},
    {"C0120", error, "not an answer",
     "Each row of `on_reply` names one answer of a peer: AA, AE, AR, CA, CE or CR, or an HTTP status. "
     "Rows are tried in order.",
     "- ERROR: park", "- AE: park"},
    {"C0121", error, "an answer without a meaning",
     "An answer means delivered, retry, park or hold, or a number of retries and what follows them.", "- AE: ignore",
     "- AE: { retry: 10, every: 1m, then: park }"},
    {"C0122", error, "not a window for duplicates",
     "The time in which the same message again is answered and not forwarded, up to seven days; `none` "
     "forwards each.",
     "duplicates: off", "duplicates: none"},
    {"C0123", error, "a file in the wrong form",
     "connections.yaml is a map of names and connections, and `site:` with texts. A block has its name, "
     "which is the name of its file, and its steps.",
     "lab: 127.0.0.1:2601", "lab: { kind: mllp, connect: 127.0.0.1:2601 }"},
    {"C0124", error, "not a reason",
     "A reason is a few plain words, at most 80 characters. It stands in lists and labels a metric, so "
     "it is not computed from a message and never holds what a patient's message says.",
     "drop: =PID-5", "drop: no such ward"},
    {"C0125", error, "no such order",
     "A route sends one message after the other, in the order of arrival: fifo. Or it keeps the order of each key, "
     "whose value stands in a field: { by: PATH }. Or it keeps none.",
     "order: sorted", "order: { by: \"PID[*]-3[5=MR].1\" }"},
    {"C0126", error, "not the name of a route",
     "A route is named with letters, digits, - and _; the words of `expect:` in tests (ack, fault, at, "
     "filtered, others) name no route.",
     "routes: { ack: { to: lab } }", "routes: { lab: { to: lab } }"},
    {"C0127", error, "a route that nothing reaches",
     "`when` is false for every type that the channel accepts: it names a type that is not in `accept:`, or a segment "
     "that "
     "none of them has.",
     "accept: { types: [ADT^A01] }\nroutes: { lab: { when: MSH-9.2 == \"A40\", to: lab } }",
     "accept: { types: [ADT^A01, ADT^A40] }\nroutes: { lab: { when: MSH-9.2 == \"A40\", to: lab } }"},
    {"C0130", error, "no such kind of connection",
     "The adapters of this version are listed in adapters/README.md; the kind names one of them.",
     "lab: { kind: mlp, connect: 127.0.0.1:2601 }", "lab: { kind: mllp, connect: 127.0.0.1:2601 }"},
    {"C0131", error, "not a connection",
     "`source` and `to` take the name of a connection in connections.yaml, or one kind with its options, "
     "said in place. `to` takes a list of names, too. A channel has one source: where messages come by several ways, "
     "each "
     "way is a channel of its own, and all but one hand over to the one with the routes: to: { channel: adt }.",
     "source: [pas, clinic]", "source: pas"},
    {"C0132", error, "a connection that cannot be used",
     "The adapter read the options and cannot work with them: for example a certificate that is missing, "
     "or no address to listen on. The message has the reason.",
     "source: { mllp: { connect: 127.0.0.1:2575 } }", "source: { mllp: { listen: 127.0.0.1:2575 } }"},
    {"C0133", error, "two listeners on one address",
     "Only one channel can listen on an address. Give one of them another port, or let one channel "
     "receive and route for both.",
     "source: { mllp: { listen: 127.0.0.1:2575 } }", "source: { mllp: { listen: 127.0.0.1:2576 } }"},
    {"C0134", error, "two channels of one name",
     "Queues, metrics and messages carry the channel's name, so it stands once.", "channel: adt",
     "channel: adt-clinic"},
    {"C0135", error, "a mistake in a table",
     "A table is comma-separated text in UTF-8: the first row names the columns, the first column is the "
     "key and stands once, each row has a value for each column. A value with a comma or a quote in it "
     "is quoted, its quotes doubled.",
     "code,lab\nF,2\nF,3", "code,lab\nF,2\nM,1"},
    {"C0136", error, "no such channel",
     "`to: { channel: NAME }` hands messages to another channel of this configuration. There is none of this "
     "name; the nearest is suggested.",
     "to: { channel: lab-result }", "to: { channel: lab-results }"},
    {"C0137", error, "channels that feed each other in a circle",
     "A message that is handed over would come back to where it was, and go round for ever. Let one of the "
     "channels deliver to a peer instead.",
     "routes: { again: { to: { channel: adt } } }", "routes: { lab: { to: lab } }"},
    {"C0138", error, "this is for HL7 messages",
     "The channel says `accept: { body: json }` (or xml, bytes), or a step above has made something else of the "
     "message. "
     "Places in JSON are named as its keys are (patient.name[1].family), XML is read by xpath(\"…\"), and steps that "
     "need "
     "segments stand below `decode: xml` or `build`.",
     "accept: { body: json }\nsteps: [ { set: { PID-8: F } } ]", "accept: { body: json, types: [Patient] }"},
    {"C0140", error, "a test in the wrong form",
     "`tests` is a list; each test says `it` (a sentence), `given` (messages) and `expect`.", "tests: { it: works }",
     "tests: [ { it: works, given: a.hl7, expect: { ack: AA } } ]"},
    {"C0141", error, "a test without its message",
     "`given` names a file beside the channel file, or has the message as `text`.", "given: sample/a.hl7",
     "given: samples/a.hl7"},
    {"C0142", error, "with cannot be written",
     "`with` changes the given message before it is sent. It writes to segments that the message has.",
     "with: { ZZZ-1: X }", "with: { PID-8: X }"},
    {"C0143", error, "no such route",
     "Tests name the routes of their channel, and this channel has no route of that name.",
     "expect: { labb: unchanged }", "expect: { lab: unchanged }"},
    {"C0144", error, "not what a peer answers",
     "`replies` gives for each route what its peer answers in turn: AA, AE, AR, CA, CE, CR, an HTTP "
     "status, or none for no answer.",
     "replies: { lab: [OK] }", "replies: { lab: [AA] }"},
    {"C0145", error, "an expectation that cannot hold",
     "Words in small letters have a meaning of their own, what looks like a path is a field, and faults "
     "are named as `myelin explain` lists them.",
     "expect: { lab: { park: unmapped } }", "expect: { lab: { parked: unmapped } }"},
    {"C0160", error, "a profile in the wrong form",
     "A profile says of places (PID-3, PID-3.4.1) and segments what is agreed: usage, how often, how long, which "
     "values. "
     "It holds for each segment and each repetition, so a place has no [ ].",
     "fields: { PID-3[1]: R }", "fields: { PID-3: R }"},
    {"C0161", error, "no such profile",
     "`validate` names a file of conf/profiles, or `standard`: the dictionary of the message's version alone.",
     "validate: { profile: lab-ouru }", "validate: { profile: lab-oru }"},
    {"C0162", error, "patients in clear on a live site",
     "The same as W0154, checked with --site live: there a listener that other machines reach needs TLS.",
     "pas: { kind: mllp, listen: :2575 }", "pas: { kind: mllp, listen: 127.0.0.1:2575 }"},
    {"C0165", error, "a site's dictionary in the wrong form",
     "A file of conf/dictionary says what a site's peers send beside the standard: segments, data types, tables, "
     "structures and events of its own. What HL7 has under a name stays HL7's; codes may be added to its tables, and "
     "segments to its structures.",
     "segments: { PID: { title: Ours } }", "segments: { ZPI: { title: Ours } }"},
    {"C0170", error, "a reply that cannot be given",
     "`reply` says what the sender is answered with: the answer of a route's peer (`from`, `within`, `otherwise`, "
     "`then`), or ours, shaped by `steps`. The route must be able to answer while the sender waits.",
     "reply: { within: 15s }", "reply: { from: pharmacy, within: 15s, otherwise: AE, then: discard }"},
    {"C0171", error, "a reply that does not say what follows a no",
     "When the peer's answer does not come in time, the sender is told `otherwise`. `then` says what becomes of the "
     "message: `discard` where the sender asks again (a query, an order that is entered once more), `deliver` where "
     "it goes on all the same.",
     "reply: { from: pharmacy }", "reply: { from: pharmacy, then: discard }"},
    {"C0172", error, "an overlay in the wrong form",
     "conf/maps/NAME.yaml says of a site what the maps to FHIR cannot know: a URI for each assigning authority and "
     "local "
     "code system, and what local codes mean.",
     "systems: { WEST: west }", "systems: { WEST: https://west.example/fhir/sid/patients }"},
    {"C0173", error, "no such map or overlay",
     "`to_fhir` names a map of the engine (oru), of messages that the channel accepts, and `from_fhir` one of the "
     "other "
     "way (adt, oru, orm, oml, omp, siu, mdm); both may name an overlay of conf/maps.",
     "to_fhir: { map: oru, overlay: lab-sight }", "to_fhir: { map: oru, overlay: lab-site }"},
    {"C0174", error, "not a key of the index",
     "`index` gives names to what messages of the channel can be searched by: each name a path, or a list of paths.",
     "index: [PID-3]", "index: { mrn: \"PID[*]-3[5=MR].1\" }"},
    {"C0175", error, "not an alert",
     "Each row of `alerts` looks at one thing: oldest with a time, parked or held with each. `never` takes out what is "
     "told "
     "of otherwise. `notify` names a connection that can carry a JSON text.",
     "alerts: [ { slow: 5m } ]", "alerts: [ { oldest: 5m, severity: critical } ]"},
    {"C0182", error, "no such priority",
     "`priority` is critical, high, normal or low, or a formula that gives one of these words. It chooses between the "
     "keys of a route (`order: by`), and with `order: none` between messages; in the order of arrival nothing can "
     "pass.",
     "priority: urgent", "priority: high"},
    {"C0183", error, "not the hours of a peer",
     "A row of `open` is from-until in 24 hours, with days before it if wanted; an end before the beginning is on the "
     "next day. The channel's `zone` says whose clock is meant.",
     "open: [\"7-19\"]", "open: [\"mon-fri 07:00-19:00\"]"},
    {"C0184", error, "routes that wait for each other",
     "`after` names a route that must have delivered first. Here the way leads back, so none of them would ever send.",
     "after: itself", "after: archive"},
    {"C0185", error, "this cannot be collected",
     "`collect` sends several messages as one file or request (kind file or http), in the order of arrival. The peer's "
     "one "
     "answer settles all of them, so it is no message of another channel and nobody's reply.",
     "collect: { count: 100, as: array }", "collect: { count: 100, as: file }"},
    {"C0220", error, "a wrong place in the headers of a batch",
     "Of the batch in which a message came its headers are kept, so after `$batch.` there stands a field of FHS or "
     "BHS.",
     "steps: [ { set: { MSH-8: =$batch.PID-3 } } ]", "steps: [ { set: { MSH-8: =$batch.BHS-8 } } ]"},
    {"C0221", error, "numbered messages without one order",
     "A destination with `sequence` numbers its messages (MSH-13), so the route sends them one after the other.",
     "routes: { lab: { to: { mllp: { connect: \"lab:2575\", sequence: hold } }, order: none } }",
     "routes: { lab: { to: { mllp: { connect: \"lab:2575\", sequence: hold } } } }"},
    {"C0222", error, "a group that no message of the profile has",
     "`groups` of a profile names groups as the structures of its `messages` have them, so that nothing is agreed in "
     "vain.",
     "profile: lab\nmessages: [ORU^R01]\ngroups: { PATIENTS: R }",
     "profile: lab\nmessages: [ORU^R01]\ngroups: { PATIENT: R }"},
    {"C0230", error, "a fact that no message here comes with",
     "$file is the name of a file, $header.x and $query.x are of an HTTP request, $user is who was let in. The source "
     "of "
     "this channel has nothing of the kind, and no channel that hands over to it has, so the formula would always read "
     "nothing.",
     "source: { mllp: { listen: \"127.0.0.1:2575\" } }\nsteps: [ { set: { MSH-4: =$file } } ]",
     "source: { file: /srv/lab }\nsteps: [ { set: { MSH-4: =$file } } ]"},
    {"C0231", error, "a header that is never kept",
     "What a header like Authorization or Cookie says is a secret. It is not stored with the message, and no formula "
     "can "
     "read it; $user is who sent the message.",
     "when: $header.authorization == \"x\"", "when: $user == \"lab\""},
    {"C0232", error, "a fact without its name",
     "Of a request there are many headers and many values of its query: the formula has to say which.",
     "when: $header == \"B2\"", "when: $header.x-ward == \"B2\""},
    {"C0233", error, "a key that has nothing to do here",
     "A batch (`collect`) is sent as one, so its messages are not compared with what was sent before (`duplicates`); "
     "what "
     "is handed to a channel is a message there, kept with all of its bytes (`keep`).",
     "routes: { next: { to: { channel: lab }, keep: bytes } }", "routes: { next: { to: { channel: lab } } }"},
    {"C0240", error, "a message that the map does not make",
     "`type` of `from_fhir` is one of the messages of its map: an ADT map makes no order.",
     "from_fhir: { map: adt, type: ORM^O01 }", "from_fhir: { map: orm }"},
    {"C0241", error, "a kind of body that depends on the message",
     "A step that makes JSON of HL7, or HL7 of FHIR, changes what every line below it may name. With a `when` nobody "
     "would know what the body is there.",
     "- { decode: json, when: present(name) }", "- decode: json"},
});

}  // namespace

std::span<const DiagnosticCode> channels_codes() { return kRows; }

}  // namespace myelin::config
