// What files say wherever they are read: options and names (0001), paths (0010), across files (0031), YAML (0050).
#include <array>

#include "engine/config/codes/codes.h"

namespace myelin::config {
namespace {

using enum Severity;

constexpr auto kRows = std::to_array<DiagnosticCode>({
    {"C0001", error, "unknown name",
     "The file says a name that does not exist at this place. Names are spelled exactly as the reference "
     "lists them; the nearest legal one is suggested. It may exist elsewhere: check the indentation.",
     "lab: { mllp: { adress: 10.0.0.5:2575 } }", "lab: { mllp: { address: 10.0.0.5:2575 } }"},
    {"C0002", error, "something required is missing",
     "This part cannot work without the named key, and there is no default that would be safe to assume. "
     "Add the key with a value of your own.",
     "pas: { mllp: { tls: pas } }", "pas: { mllp: { address: :2575 } }"},
    {"C0003", error, "a value of the wrong kind",
     "The key wants another kind of value than the one given: a number, a duration such as 30s, a size "
     "such as 16MiB, true or false, a list or a map. The message names the form.",
     "timeout: soon", "timeout: 30s"},
    {"C0004", error, "a number out of range",
     "The value is of the right kind but smaller or larger than can work. The message names both bounds.",
     "address: lab:99999", "address: lab:2575"},
    {"C0005", error, "not one of the choices",
     "The key knows a fixed set of words and this is none of them. The nearest legal word is suggested.",
     "state: puased", "state: paused"},
    {"C0006", error, "a secret in the file",
     "Passwords, tokens and keys never stand in configuration files, which are shown, mailed and kept in "
     "Git. Say where the secret is; it is read when it is needed and never shown.",
     "password: hunter2", "password: { env: LAB_PASSWORD }"},
    {"C0007", error, "a file cannot be read",
     "The configuration names a file that is not there or may not be read by the engine's user. Paths are "
     "relative to the configuration directory.",
     "ca: certs/missing.pem", "ca: certs/hospital-ca.pem"},
    {"C0008", error, "not a legal name",
     "Names of channels, routes, connections and tables are words of letters, digits, - _ and . that begin"
     " with a letter or digit, so that they can be used in paths, metrics and commands.",
     "channel: lab results", "channel: lab-results"},
    {"C0010", error, "a path that cannot be read",
     "A path names a place in an HL7 message: segment, field, component, subcomponent, counted from 1 as "
     "in the standard, with selectors in [ ]. Text that is no path cannot be looked up.",
     "delete: [PID-]", "delete: [PID-19]"},
    {"C0011", error, "a path counted from 0",
     "Some engines count repetitions from 0 or write OBX(1)-5. Here everything is counted from 1, as the "
     "standard does, and selectors stand in [ ].",
     "when: OBX(0)-5 == \"POS\"", "when: OBX[1]-5 == \"POS\""},
    {"C0012", error, "a place that HL7 does not have",
     "The path names a segment, field or component that the channel's version of HL7 does not have, so it would never "
     "be"
     " found. Fields of a later version are known once the channel says `version:`; what a sender made up belongs in Z"
     " segments.",
     "map: { field: PID-88, table: sex, unmapped: park }", "map: { field: PID-8, table: sex, unmapped: park }"},
    {"C0013", error, "a group that no accepted type has",
     "A path may lead through the groups of a message's structure, by the names that the standard gives them. None of"
     " the types in `accept:` has a group of this name.",
     "OBSERVATIONS[1]/OBX-5", "OBSERVATION[1]/OBX-5"},
    {"C0031", error, "no such connection",
     "`to:` and `source:` name a connection of connections.yaml, or a kind with its options. There is no "
     "connection of this name; the nearest is suggested.",
     "to: labb", "to: lab"},
    {"C0044", error, "a write that does not say which",
     "A message of an accepted type may have several of this structure, so a write to it without a selector would "
     "change"
     " the first and leave the others. Say [1] for the first, [*] for each its own value, or a condition.",
     "set:\n  OBX-11: F", "set:\n  \"OBX[*]-11\": F"},
    {"C0050", error, "not valid YAML",
     "The file cannot be read as YAML at this point. Most often the indentation of a line differs from "
     "that of its neighbours, or a quote or bracket is not closed.",
     "accept:\n  types: [ADT^A01]\n zone: UTC", "accept:\n  types: [ADT^A01]\nzone: UTC"},
    {"C0051", error, "a key given twice",
     "A map holds each key once. YAML readers keep one of the two in silence, so the file would not say "
     "what the engine does. Remove one, or make a list.",
     "set:\n  PID-8: F\n  PID-8: M", "set:\n  PID-8: F"},
    {"C0052", error, "an anchor or alias",
     "& and * at the start of a value are YAML's anchors and aliases. The language does not have them, so "
     "that a file reads from top to bottom; as text they must be quoted.",
     "MSH-6: *", "MSH-6: \"*\""},
    {"C0053", error, "a merge key",
     "<< pulls keys in from elsewhere in some YAML readers and is ignored by others. Shared steps go into "
     "conf/blocks/ and are named with use:.",
     "steps:\n  - <<: base", "steps:\n  - use: base"},
    {"C0054", error, "a tag",
     "! at the start of a value is a YAML tag. The language does not have tags; as text the value must be "
     "quoted, and in a formula the word is not.",
     "when: !present(PV1)", "when: not present(PV1)"},
    {"C0055", error, "a tab",
     "YAML does not allow tabs for indentation and editors show them in different widths. Use blanks; "
     "inside double quotes a tab is written \\t.",
     "to:\\tlab", "to: lab"},
    {"C0056", error, "several documents in one file",
     "A line of --- begins another document, and most readers only look at the first. Each channel has a "
     "file of its own.",
     "channel: a\n---\nchannel: b", "channel: a"},
    {"C0057", error, "a file that is too large",
     "Configuration files are at most 1 MiB, so that a mistake cannot fill the memory of a running engine."
     " Long lists of codes belong into conf/tables/ as CSV.",
     "map: { table: { A: 1, … 100000 more } }", "map: { field: PID-8, table: sex }"},
    {"C0058", error, "nested too deep",
     "Maps and lists may be nested 64 levels deep. More than a dozen is hard to read already; move steps "
     "into a block and name it with use:.",
     "[[[[[[ … ]]]]]]", "steps:\n  - use: normalise-names"},
    {"C0059", error, "bytes that are no text",
     "The file is not UTF-8, or holds control characters that no editor shows. It was perhaps saved in "
     "another encoding: save it as UTF-8.",
     "about: Kr\\xF6ll (Latin-1)", "about: Kröll (UTF-8)"},
    {"C0060", error, "a value cut short by ' #'",
     "In YAML a blank and # begin a comment, also in the middle of what was meant as text. Quote the text;"
     " a true comment behind an unquoted value is set off by at least two blanks.",
     "drop: goes to ward #4", "drop: \"goes to ward #4\""},
    {"C0061", error, "a comma that makes a key",
     "Inside { } a comma ends the value and what follows is taken for a key, which then has no value. "
     "Quote text that holds a comma.",
     "{ drop: no, thanks }", "{ drop: \"no, thanks\" }"},
    {"C0062", error, "an empty block of text",
     "After | or > the text stands in the following lines, indented further than the key. Here nothing follows.",
     "about: |\nzone: UTC", "about: |\n  Results to the EHR\nzone: UTC"},
    {"C0063", error, "a key without a value",
     "An empty value could mean nothing, an empty text or a forgotten line. Say \"\" for an empty text, or "
     "leave the key out.",
     "MSH-6:", "MSH-6: \"\""},
    {"C0064", error, "an empty file",
     "The file has no content, or comments only. It is not taken for a channel that does nothing, because "
     "that would stop messages in silence.",
     "# nothing but a comment", "channel: adt"},
    {"C0065", error, "a key that is no word",
     "A key is a word or a quoted text in front of a colon. Lists, maps and nothing at all cannot be keys.",
     "[a, b]: c", "\"a, b\": c"},
    {"C0066", error, "a colon in the wrong place",
     "A colon followed by a blank ends a key, one without a blank does not. Two in one line make a key "
     "inside a value; quote the value. A missing blank hides the key.",
     "drop: reason: none", "drop: \"reason: none\""},
    {"C0067", error, "a character that YAML keeps to itself",
     "%, @ and ` cannot begin an unquoted value in YAML. Quote the value.", "MSH-6: @lab", "MSH-6: \"@lab\""},
    {"C0068", error, "a path with [ ] inside brackets",
     "Inside [ ] and { } YAML takes every further bracket as its own, and the path is torn apart. Quote "
     "it, or give it a line of its own.",
     "delete: [PID-3[2], ZPI]", "delete: [\"PID-3[2]\", ZPI]"},
    {"C0071", error, "a quote that does not fit",
     "A value that begins with a quote ends with the same quote and nothing follows it. Put the whole "
     "value into the other kind of quotes, or write a block with | and the text below.",
     "when: \"A\" == PV1-2", "when: PV1-2 == \"A\""},
    {"C0072", error, "a bracket that is not closed",
     "A list that begins with [ ends with ], a map that begins with { ends with }. Until then YAML takes the "
     "following lines as part of it.",
     "types: [ADT^A01, ADT^A03\nzone: UTC", "types: [ADT^A01, ADT^A03]\nzone: UTC"},
});

}  // namespace

std::span<const DiagnosticCode> reading_codes() { return kRows; }

}  // namespace myelin::config
