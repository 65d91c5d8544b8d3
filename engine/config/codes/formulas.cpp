// Formulas, templates and conditions (0080 on).
#include <array>

#include "engine/config/codes/codes.h"

namespace myelin::config {
namespace {

using enum Severity;

constexpr auto kRows = std::to_array<DiagnosticCode>({
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
});

}  // namespace

std::span<const DiagnosticCode> formulas_codes() { return kRows; }

}  // namespace myelin::config
