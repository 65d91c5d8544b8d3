// THE table of mistakes: one entry per code, sorted by id, each with a page for `myelin explain C0051`.
// A code is for ever: it is never
// given another meaning. C errors, W warnings, H hints. Numbers by subject: 0001 options and names, 0010 paths, 0030
// across files, 0040 steps, 0050 YAML, 0080 formulas, 0110 on: the compiler.
#include <algorithm>
#include <array>

#include "engine/config/diagnostic.h"

namespace myelin::config {

namespace {

using enum Severity;

constexpr auto kCodes = std::to_array<DiagnosticCode>({
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
    {"C0080", error, "a formula that cannot be read",
     "The formula breaks off or has something at a place where it cannot stand. The caret shows where "
     "reading stopped; operators and functions are listed in the language reference.",
     "when: PV1-2 ==", "when: PV1-2 == \"I\""},
    {"C0081", error, "no such function",
     "Functions are a fixed table, written in lower case with their arguments in ( ). The nearest name is "
     "suggested.",
     "PID-5.1: =uper(PID-5.1)", "PID-5.1: =upper(PID-5.1)"},
    {"C0082", error, "wrong number of arguments",
     "The function takes more or fewer arguments than are given. Its form is shown beside the caret.",
     "PID-5.1: =left(PID-5.1)", "PID-5.1: =left(PID-5.1, 20)"},
    {"C0083", error, "a value of the wrong type in a formula",
     "Text, numbers, true/false, dates and lists are different things and are never turned into each other"
     " in silence. number(), date() and join() say what is meant. In a formula a path has no quotes: \"PID-5.1\" is "
     "text.",
     "PID-5.1: =upper(1 == 2)", "PID-5.1: =upper(PID-5.1)"},
    {"C0084", error, "< and > need numbers or dates",
     "Fields are text, and as text 9 is larger than 10. Say number(p) or date(p), so that the comparison "
     "is the one you mean; what is no number then compares false.",
     "when: OBX-5 > 10", "when: number(OBX-5) > 10"},
    {"C0085", error, "an unknown name in a formula",
     "Texts stand in quotes, paths begin with a segment, facts with $, and names made by let: must stand "
     "above. This word is none of them.",
     "when: PV1-2 == inpatient", "when: PV1-2 == \"inpatient\""},
    {"C0086", error, "an unknown value of the site",
     "$site.x reads the value x under site: in connections.yaml, the one file that differs between sites. "
     "There is no such value.",
     "MSH-6: =$site.facilty", "MSH-6: =$site.facility"},
    {"C0087", error, "an unknown table",
     "lookup() reads conf/tables/NAME.csv, and the name must be written out in quotes so that it can be "
     "checked here. There is no such table.",
     "PID-8: =lookup(\"sexes\", PID-8)", "PID-8: =lookup(\"sex-to-lab\", PID-8)"},
    {"C0088", error, "an unknown column",
     "The table exists, but its first line names no such column. The name must be written out in quotes so"
     " that it can be checked here.",
     "PID-8: =lookup(\"sex\", PID-8, \"lable\")", "PID-8: =lookup(\"sex\", PID-8, \"label\")"},
    {"C0089", error, "a regular expression that cannot be used",
     "Regular expressions are RE2: no look-around and no back references, so that they always end in "
     "linear time. They are written out as text so that they can be checked here.",
     "when: PID-3.1 matches \"[0-9\"", "when: PID-3.1 matches \"^[0-9]+$\""},
    {"C0090", error, "text that reads like a formula",
     "A value is literal text unless it begins with =. This text looks like a path or a call, and would be"
     " sent as those very letters.",
     "PV1-44: EVN-2", "PV1-44: =EVN-2"},
    {"C0091", error, "HL7 characters in a part that has no parts",
     "A literal written to a component or subcomponent cannot hold the characters that separate parts. "
     "Write to the whole field, or use a formula, whose text is encoded.",
     "PID-5.1: A^B", "PID-5: A^B"},
    {"C0092", error, "a formula that is too large",
     "A formula has at most 4 KiB and 64 levels of brackets, so that evaluating it is bounded. Split it "
     "with let:, or use a table.",
     "when: ((((( … )))))", "when: PV1-2 in [\"I\", \"E\"]"},
    {"C0093", error, "an operator of another language",
     "&&, ||, !, =, <> and ? : come from other languages. Here they are: and, or, not, ==, != and if(c, a, b).",
     "when: PV1-2 = \"I\" && present(PV1)", "when: PV1-2 == \"I\" and present(PV1)"},
    {"C0094", error, "an empty formula",
     "Behind = or between {{ and }} there is nothing to compute. For an empty text write \"\".",
     "PID-8: =", "PID-8: =PID-8"},
    {"C0095", error, "a text in a formula that is not closed",
     "A text in a formula ends with the quote it began with. A quote inside is doubled; there are no "
     "backslash escapes.",
     "PID-5.1: ='O''Neil", "PID-5.1: ='O''Neil'"},
    {"C0096", error, "{{ without }}", "In text, {{ begins a formula and }} ends it. One of the two is missing.",
     "MSH-6: LAB-{{ MSH-4", "MSH-6: LAB-{{ MSH-4 }}"},
    {"C0097", error, "a date pattern that cannot be used",
     "Patterns are made of yyyy MM dd HH mm ss SSS ZZZ and characters that are no letters. Other letters "
     "must stand in ' '.",
     "PID-7: =format(PID-7, \"DD.MM.YYYY\")", "PID-7: =format(PID-7, \"dd.MM.yyyy\")"},
    {"C0098", error, "a whole segment as a value",
     "A formula reads fields and their parts. A segment alone may only stand in present, missing, any, all"
     " and count.",
     "MSH-6: =upper(PID)", "MSH-6: =upper(PID-5)"},
    {"C0099", error, "a condition that is not true or false",
     "when: needs a formula that is true or false: a comparison, present(), any() and the like, joined "
     "with and, or, not.",
     "when: PV1-2", "when: present(PV1-2)"},
    {"C0100", error, "a text compared with a number",
     "A field is text and 007 is not 7 as text. Say number(p) to compare numbers, or quote the number to "
     "compare text.",
     "when: PID-8 == 1", "when: PID-8 == \"1\""},
    {"C0101", error, "no such time zone",
     "Time zones are named as the IANA database has them: a region and a city, which carries the rules of summer "
     "time with it. Abbreviations such as CET mean different things in different places.",
     "zone: Amsterdam", "zone: Europe/Amsterdam"},
    {"C0102", error, "a time zone is needed",
     "A time that comes without an offset is no instant until it is said in which zone the sender's clock runs. "
     "The zone of this machine is never taken: it may be another one after the next move.",
     "date: { field: EVN-2, to_zone: UTC }", "date: { field: EVN-2, from_zone: Europe/Amsterdam, to_zone: UTC }"},
    {"C0103", error, "a script that cannot be read",
     "The lines under `script` are Lua 5.4, and Lua cannot read them. The message is Lua's own; the line is that of "
     "the file.",
     "script: |\n  msg[\"PID-5.1\" = \"X\"", "script: |\n  msg[\"PID-5.1\"] = \"X\""},
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

std::span<const DiagnosticCode> all_diagnostic_codes() { return kCodes; }

const DiagnosticCode* find_diagnostic(std::string_view id) {
  const auto* found =
      std::find_if(kCodes.begin(), kCodes.end(), [&](const DiagnosticCode& code) { return code.id == id; });
  return found == kCodes.end() ? nullptr : found;
}

}  // namespace myelin::config
