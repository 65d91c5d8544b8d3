// THE table of functions. The examples run over the message of tests/unit/expr/sample.h.
#include "routes/expr/functions.h"

#include <algorithm>
#include <array>

namespace myelin::expr {

namespace {

using enum Type;
constexpr auto kPlain = Check::none;

constexpr auto kFunctions = std::to_array<Function>({
    // text
    {"upper", "t", text, true, kPlain, "upper(text)", "in capitals (ASCII letters; others stay)", "upper(PID-5.1)",
     "EVERYWOMAN", run_upper},
    {"lower", "t", text, true, kPlain, "lower(text)", "in small letters (ASCII letters; others stay)", "lower(MSH-9.1)",
     "adt", run_lower},
    {"trim", "t", text, true, kPlain, "trim(text)", "without blanks at both ends", "trim('  x ')", "x", run_trim},
    {"pad", "tn?t", text, true, kPlain, "pad(text, width, with)",
     "filled up to the width on the left, or on the right when the width is negative; with blanks unless said",
     "pad('42', 6, '0')", "000042", run_pad},
    {"left", "tn", text, true, kPlain, "left(text, count)", "the first characters", "left(PID-5.1, 5)", "Every",
     run_left},
    {"right", "tn", text, true, kPlain, "right(text, count)", "the last characters", "right(PID-7, 4)", "0518",
     run_right},
    {"substring", "tn?n", text, true, kPlain, "substring(text, from, count)",
     "count characters from the one numbered from (1 is the first), or all that follow", "substring(PID-7, 5, 2)", "05",
     run_substring},
    {"replace", "tTT", text, true, Check::pattern, "replace(text, pattern, by)",
     "every match of the regular expression (RE2) replaced; \\1 in `by` is the first group",
     "replace('12-34', '-', '')", "1234", run_replace},
    {"split", "tt", list, false, kPlain, "split(text, separator)", "the parts between separators, a list",
     "last(split('a;b;c', ';'))", "c", run_split},
    {"lines", "t", list, false, kPlain, "lines(text)", "the lines of a text, also those that \\.br\\ ends, a list",
     "count(lines('one\\.br\\two'))", "2", run_lines},
    {"join", "Lt", text, false, kPlain, "join(list, separator)", "the items of a list as one text",
     "join(PID-3[*].1, '+')", "12345+67890", run_join},
    {"length", "t", number, false, kPlain, "length(text)", "how many characters", "length(PID-5.1)", "10", run_length},
    {"digits", "t", text, true, kPlain, "digits(text)", "the digits only", "digits('(020) 555-12')", "02055512",
     run_digits},
    {"base64", "t", text, true, kPlain, "base64(text)", "encoded as base64", "base64('Hello')", "SGVsbG8=", run_base64},
    {"unbase64", "t", text, true, kPlain, "unbase64(text)", "decoded from base64; absent when it is none",
     "unbase64('SGVsbG8=')", "Hello", run_unbase64},
    {"plain_text", "t", text, true, kPlain, "plain_text(text)",
     "formatted text (FT) without its commands: \\.br\\ and \\.sp\\ end lines, \\.in\\ indents, \\H\\ and \\N\\ go",
     "plain_text('\\H\\high\\N\\ fever')", "high fever", run_plain_text},
    {"markdown", "t", text, true, kPlain, "markdown(text)", "formatted text (FT) as Markdown; \\H\\ … \\N\\ is bold",
     "markdown('a \\H\\b\\N\\')", "a **b**", run_markdown},
    {"html", "t", text, true, kPlain, "html(text)",
     "formatted text (FT) as a fragment of HTML; all that is no command is escaped", "html('a<b\\.br\\c')",
     "a&lt;b<br>c", run_html},
    // numbers
    {"number", "x", number, false, kPlain, "number(text)", "the decimal number in a text; absent when it is none",
     "number(OBX[2]-5) + 1", "8.2", run_number},
    {"round", "n?n", number, false, kPlain, "round(number, digits)",
     "rounded, half away from zero, to digits after the point (0 unless said)", "round(2.345, 2)", "2.35", run_round},
    // dates
    {"date", "x", time, false, kPlain, "date(text)", "the date or time in a text; absent when it is none",
     "if(date(PID-7) < '1970', 'older', 'younger')", "older", run_date},
    {"format", "dT", text, false, Check::date_pattern, "format(date, pattern)",
     "a date written by a pattern of yyyy MM dd HH mm ss SSS ZZZ; absent when it is none, and when the pattern asks "
     "for "
     "more than it says (of 1987 nobody knows the day); a section in [ ] is left out then: 'yyyy[-MM[-dd]]'",
     "format(PID-7, 'dd.MM.yyyy')", "18.05.1953", run_format},
    {"add", "dnT", time, false, Check::unit, "add(date, count, unit)",
     "later by count seconds, minutes, hours, days, weeks, months or years; a day that is not there becomes the last",
     "add('20260131', 1, 'months')", "20260228", run_add},
    {"age", "d?d", number, false, kPlain, "age(birth, at)", "whole years; at the time of receipt unless said",
     "age(PID-7)", "72", run_age},
    {"in_zone", "dT", time, false, Check::zone, "in_zone(date, zone)",
     "the same instant in another time zone; a time without offset is meant in the channel's `zone`; absent in the "
     "hour "
     "that the clocks skip",
     "in_zone('202607011200+0200', 'UTC')", "202607011000+0000", run_in_zone},
    // lists
    {"any", "s?c", truth, false, kPlain, "any(segment or list, condition)",
     "true for at least one; inside the condition the segment's name means that one", "any(OBX, OBX-8 == 'H')", "true",
     run_any},
    {"all", "sc", truth, false, kPlain, "all(segment or list, condition)",
     "true for every one; also when there is none", "all(OBX, present(OBX-5))", "true", run_all},
    {"count", "s?c", number, false, kPlain, "count(segment or list, condition)", "how many there are", "count(OBX)",
     "2", run_count},
    {"first", "L", text, false, kPlain, "first(list)", "the first item", "first(OBX[*]-3.1)", "718-7", run_first},
    {"last", "L", text, false, kPlain, "last(list)", "the last item", "last(OBX[*]-3.1)", "4548-4", run_last},
    // HL7
    {"missing", "p", truth, false, kPlain, "missing(path)", "absent or empty; HL7 null is not missing",
     "missing(PID-19)", "true", run_missing},
    {"present", "p", truth, false, kPlain, "present(path)", "has a value; of a segment: it is there", "present(PV1)",
     "true", run_present},
    {"null", "p", truth, false, kPlain, "null(path)", "is HL7 null, \"\"", "null(PID-6)", "true", run_null},
    {"segments", "s", list, false, kPlain, "segments(name)", "the segments of a name as they stand, a list",
     "left(first(segments(OBX)), 6)", "OBX|1|", run_segments},
    // XML
    {"xpath", "T", text, false, Check::xpath, "xpath(path)",
     "the text of the first node that an XPath names, in an XML body; names as they stand there, with their prefix",
     "xpath('/report/patient/@id')", "4711", run_xpath},
    {"xpath_all", "T", list, false, Check::xpath, "xpath_all(path)",
     "the texts of all nodes that an XPath names, a list", "join(xpath_all('//code'), '+')", "GLU+NA", run_xpath_all},
    // FHIR
    {"fhirpath", "T", text, false, Check::fhirpath, "fhirpath(path)",
     "the first value that a FHIRPath gives, in FHIR or other JSON; FHIRPath counts from 0",
     "fhirpath(\"Patient.name.where(use = 'official').given.first()\")", "Eve", run_fhirpath},
    {"fhirpath_all", "T", list, false, Check::fhirpath, "fhirpath_all(path)",
     "all values that a FHIRPath gives, a list", "join(fhirpath_all('name.given'), '+')", "Eve+E+Evi",
     run_fhirpath_all},
    {"fhirpath_holds", "T", truth, false, Check::fhirpath, "fhirpath_holds(path)", "whether a FHIRPath gives true",
     "fhirpath_holds('telecom.exists() and name.count() > 1')", "true", run_fhirpath_holds},
    // others
    {"if", "baa", unknown, false, kPlain, "if(condition, this, that)", "one of two values",
     "if(PID-8 == 'F', 'female', 'other')", "female", run_if},
    {"coalesce", "a*", unknown, false, kPlain, "coalesce(value, …)", "the first that is not absent, empty or null",
     "coalesce(PID-19, PID-8, 'U')", "F", run_coalesce},
    {"lookup", "Tt?T", text, false, Check::table, "lookup(table, key, column)",
     "what the table says of the key; absent when it does not have it", "coalesce(lookup('sex', PID-8), 'unknown')",
     "2", run_lookup},
    {"sha256", "t", text, false, kPlain, "sha256(text)", "SHA-256, 64 hexadecimal digits", "left(sha256('abc'), 8)",
     "ba7816bf", run_sha256},
    {"uuid", "?t", text, false, kPlain, "uuid(text)",
     "a UUID made of the message's id and the text: always the same for the same message", "length(uuid('order'))",
     "36", run_uuid},
    {"short_id", "?t", text, false, kPlain, "short_id(text)",
     "20 characters made of the message's id and the text, for MSH-10", "length(short_id('lab'))", "20", run_short_id},
});

}  // namespace

std::span<const Function> all_functions() { return kFunctions; }

const Function* find_function(std::string_view name) {
  const auto* found =
      std::find_if(kFunctions.begin(), kFunctions.end(), [&](const Function& f) { return f.name == name; });
  return found == kFunctions.end() ? nullptr : found;
}

std::int64_t Arguments::whole(std::size_t index, std::int64_t least, std::int64_t most, std::int64_t otherwise) const {
  const Value given = value(index);
  const auto number = given.number() ? given.number()->round(0) : std::nullopt;
  if (!number) return otherwise;
  if (const auto fits = number->whole()) return std::clamp(*fits, least, most);
  return *number < Decimal(0) ? least : most;
}

}  // namespace myelin::expr
