// Values that are written: literals, copies, texts with formulas in them; and numbers and dates on their own.
#include "tests/unit/expr/sample.h"

namespace myelin::expr {
namespace {

using sample::written;

TEST(Literal, is_written_as_it_stands) {
  EXPECT_EQ(written("LAB", Target::field), "text:LAB");
  EXPECT_EQ(written("", Target::field), "text:");
  EXPECT_EQ(written("0123", Target::leaf), "text:0123");
  EXPECT_EQ(written("a | b", Target::text), "text:a | b");
}

TEST(Literal, is_hl7_in_the_usual_delimiters_when_written_to_a_field) {
  EXPECT_EQ(written("ADT^A08", Target::field), "raw:ADT^A08");
  EXPECT_EQ(written("A|B", Target::field), "raw:A\\F\\B");
  EXPECT_EQ(written("ADT^A08", Target::field, "MSH|:~\\&|X\r"), "raw:ADT:A08");
  EXPECT_EQ(written("A&B", Target::component), "raw:A&B");
}

TEST(Literal, cannot_hold_separators_where_there_are_no_parts) {
  EXPECT_EQ(written("A^B", Target::leaf), "C0091");
  EXPECT_EQ(written("A&B", Target::leaf), "C0091");
  EXPECT_EQ(written("A^B", Target::component), "C0091");
  EXPECT_EQ(written("A^B", Target::text), "text:A^B");
}

TEST(Literal, that_reads_like_a_path_or_a_call_is_a_mistake) {
  EXPECT_EQ(written("EVN-2", Target::field), "C0090");
  EXPECT_EQ(written("PID-3[5=MR].1", Target::leaf), "C0090");
  EXPECT_EQ(written("ZPI-1", Target::field), "C0090");
  EXPECT_EQ(written("upper(PID-5.1)", Target::field), "C0090");
  EXPECT_EQ(written("upper(ward)", Target::field), "C0090") << "ward may be a name of let";
  EXPECT_EQ(written("LAB-1", Target::field), "text:LAB-1");
  EXPECT_EQ(written("date (unknown)", Target::field), "text:date (unknown)");
  EXPECT_EQ(written("=\"EVN-2\"", Target::field), "text:EVN-2");
}

TEST(Value, copies_structure_of_a_bare_path) {
  EXPECT_EQ(written("=PID-5", Target::field), "raw:Everywoman^Eve^E^^Dr");
  EXPECT_EQ(written("=PID-3", Target::field), "raw:12345^^^WEST&1.2.3&ISO^MR~67890^^^EAST^PI");
  EXPECT_EQ(written("=PID-3[2]", Target::field), "raw:67890^^^EAST^PI");
  EXPECT_EQ(written("=PID-3[*].1", Target::field), "raw:12345~67890");
  EXPECT_EQ(written("=PID-6", Target::field), "raw:\"\"");
  EXPECT_EQ(written("=ZPI-1", Target::field), "raw:");
  EXPECT_EQ(written("=PID-3.4", Target::component), "raw:WEST&1.2.3&ISO");
  EXPECT_EQ(written("=PID-11", Target::component), "raw:Main St 1&Side");
  EXPECT_EQ(written("=PID-11", Target::leaf), "text:Main St 1");
  EXPECT_EQ(written("=MSH-2", Target::field), "text:^~\\&");
}

TEST(Value, copies_between_messages_in_the_delimiters_of_the_one_written_to) {
  EXPECT_EQ(written("=$original.PID-5", Target::field, "MSH|:~\\&|X\r"), "raw:Everywoman:Eve:E::Dr");
}

TEST(Value, keeps_structure_under_text_functions) {
  EXPECT_EQ(written("=upper(PID-5)", Target::field), "raw:EVERYWOMAN^EVE^E^^DR");
  EXPECT_EQ(written("=left(upper(PID-5), 2)", Target::field), "raw:EV^EV^E^^DR");
  EXPECT_EQ(written("=upper(PID-5)", Target::leaf), "text:EVERYWOMAN");
  EXPECT_EQ(written("=upper(PID-6)", Target::field), "raw:\"\"");
}

TEST(Value, of_a_formula_is_text) {
  EXPECT_EQ(written("=PID-5.1 & '^' & PID-5.2", Target::field), "text:Everywoman^Eve");
  EXPECT_EQ(written("=null", Target::field), "raw:\"\"");
  EXPECT_EQ(written("=if(PID-8 == 'F', null, 'x')", Target::field), "raw:\"\"");
  EXPECT_EQ(written("=PID-8 == 'F'", Target::field), "C0083");
  EXPECT_EQ(written("=split(PID-5, 'e')", Target::field), "C0083");
  EXPECT_EQ(written("=PID", Target::field), "C0098");
  EXPECT_EQ(written("=", Target::field), "C0094");
}

TEST(Template, puts_formulas_into_text) {
  EXPECT_EQ(written("{{ $channel }}-{{ upper(PID-5.2) }}.hl7", Target::text), "text:adt-EVE.hl7");
  EXPECT_EQ(written("{{ PID-5.2 }}^{{ PID-5.1 & '^' }}", Target::field), "raw:Eve^Everywoman\\S\\");
  EXPECT_EQ(written("a {{ '}}' }} b", Target::text), "text:a }} b");
  EXPECT_EQ(written("{{ PID-5.2 }}^x", Target::leaf), "C0091");
  EXPECT_EQ(written("LAB-{{ MSH-4", Target::text), "C0096");
  EXPECT_EQ(written("LAB-{{ }}", Target::text), "C0094");
  EXPECT_EQ(written("{{ PID-8 == 'F' }}", Target::text), "C0083");
}

TEST(Value, is_constant_when_it_does_not_depend_on_the_message) {
  config::Diagnostics diagnostics;
  const auto constant = [&](const std::string& value) {
    return compile_value(sample::node(value), Target::text, sample::scope(), diagnostics)->constant();
  };
  EXPECT_EQ(constant("lab"), "lab");
  EXPECT_EQ(constant("=\"lab\""), "lab");
  EXPECT_EQ(constant("=$site.facility"), "NORTH");
  EXPECT_EQ(constant("=PID-8"), std::nullopt);
  EXPECT_EQ(constant("x {{ PID-8 }}"), std::nullopt);
}

TEST(Decimal, reads_what_hl7_calls_a_number) {
  for (const auto* text : {"1", "-1", "+1", "1.50", ".5", "5.", " 7 ", "0"}) EXPECT_TRUE(Decimal::parse(text)) << text;
  for (const auto* text : {"", "-", ".", "1e5", "1,000", "1.2.3", "0x1", "1 2"})
    EXPECT_FALSE(Decimal::parse(text)) << text;
  EXPECT_EQ(Decimal::parse("1.50")->text(), "1.50");
  EXPECT_EQ(Decimal::parse("-0.05")->text(), "-0.05");
  EXPECT_EQ(Decimal::parse(".5")->text(), "0.5");
  EXPECT_FALSE(Decimal::parse("12345678901234567890123456789012345"));
}

TEST(Decimal, is_exact_or_nothing) {
  const auto number = [](const char* text) { return *Decimal::parse(text); };
  EXPECT_EQ(Decimal::add(number("0.1"), number("0.2"))->text(), "0.3");
  EXPECT_EQ(Decimal::multiply(number("1.1"), number("1.1"))->text(), "1.21");
  EXPECT_EQ(Decimal::divide(number("2"), number("3"))->text(), "0.6666666666666666666666666666666667");
  EXPECT_EQ(Decimal::divide(number("100"), number("4"))->text(), "25");
  EXPECT_EQ(Decimal::divide(number("1"), number("0.5"))->text(), "2");
  EXPECT_FALSE(Decimal::multiply(number("9999999999999999999999"), number("9999999999999999999999")));
  EXPECT_EQ(number("1.0") <=> number("1"), std::strong_ordering::equal);
  EXPECT_EQ(number("-2") <=> number("1"), std::strong_ordering::less);
  EXPECT_EQ(number("2.345").round(2)->text(), "2.35");
  EXPECT_EQ(number("-2.5").round(0)->text(), "-3");
  EXPECT_EQ(number("1250").round(-2)->text(), "1300");
}

TEST(Timestamp, reads_dates_that_exist) {
  for (const auto* text : {"2026", "202602", "20260228", "2026022810", "202602281059", "20260228105959",
                           "20260228105959.1234+0100", "2026-02-28", "2026-02-28T10:59:59Z", "202602281059-0500"})
    EXPECT_TRUE(Timestamp::parse(text)) << text;
  for (const auto* text :
       {"", "20", "20261301", "20260230", "2026022824", "20260228106", "hello", "20260228+25", "2026-2-8", "20260228."})
    EXPECT_FALSE(Timestamp::parse(text)) << text;
  EXPECT_EQ(Timestamp::parse("20260228105959.12-0530")->hl7(), "20260228105959.12-0530");
}

TEST(Timestamp, adds_to_the_calendar) {
  const auto add = [](const char* from, int count, const char* unit) {
    return Timestamp::parse(from)->add(count, unit)->hl7();
  };
  EXPECT_EQ(add("20240131", 1, "months"), "20240229");
  EXPECT_EQ(add("20240229", 1, "years"), "20250228");
  EXPECT_EQ(add("20260101", -1, "days"), "20251231");
  EXPECT_EQ(add("202601012330", 45, "minutes"), "202601020015");
  EXPECT_FALSE(Timestamp::parse("20260101")->add(99'999'999, "years"));
}

TEST(Timestamp, is_never_written_more_precisely_than_it_came) {
  EXPECT_EQ(Timestamp::parse("1987")->format("yyyy-MM-dd"), std::nullopt);
  EXPECT_EQ(Timestamp::parse("198705")->format("yyyy-MM-dd"), std::nullopt);
  EXPECT_EQ(Timestamp::parse("19870523")->format("yyyyMMddHHmm"), std::nullopt);
  EXPECT_EQ(Timestamp::parse("198705231200")->format("HH:mm:ss"), std::nullopt);
  EXPECT_EQ(Timestamp::parse("20260228105907")->format("HH:mm:ss.SSS"), "10:59:07.000");
  EXPECT_EQ(Timestamp::parse("202602281059")->format("HH:mm.SSS"), std::nullopt);
}

TEST(Timestamp, leaves_out_a_section_that_asks_for_more_than_it_says) {
  constexpr auto kPattern = "yyyy[-MM[-dd['T'HH:mm]]]";
  EXPECT_EQ(format_mistake(kPattern), "");
  EXPECT_EQ(Timestamp::parse("1987")->format(kPattern), "1987");
  EXPECT_EQ(Timestamp::parse("198705")->format(kPattern), "1987-05");
  EXPECT_EQ(Timestamp::parse("19870523")->format(kPattern), "1987-05-23");
  EXPECT_EQ(Timestamp::parse("198705231015")->format(kPattern), "1987-05-23T10:15");
  EXPECT_EQ(Timestamp::parse("1987")->format("yyyy'[x]'"), "1987[x]");
  EXPECT_NE(format_mistake("yyyy[-MM"), "");
  EXPECT_NE(format_mistake("yyyy]-[MM"), "");
}

TEST(Timestamp, is_read_with_or_without_a_section) {
  const auto read = [](const char* text) { return parse_as(text, "dd.MM.yyyy[ HH:mm]")->hl7(); };
  EXPECT_EQ(read("23.05.1987"), "19870523");
  EXPECT_EQ(read("23.05.1987 10:15"), "198705231015");
  EXPECT_FALSE(parse_as("05.1987", "dd.MM.yyyy[ HH:mm]"));
}

TEST(Timestamp, is_written_by_a_pattern) {
  EXPECT_EQ(Timestamp::parse("20260228105907.5+0100")->format("yyyy-MM-ddTHH:mm:ss.SSSZZZ"),
            "2026-02-28T10:59:07.500+0100");
  EXPECT_EQ(Timestamp::parse("2026010200")->format("dd/MM/yy 'at' HH"), "02/01/26 at 00");
  EXPECT_EQ(format_mistake("yyyy-MM-dd"), "");
  EXPECT_NE(format_mistake("YYYY"), "");
  EXPECT_NE(format_mistake(""), "");
}

}  // namespace
}  // namespace myelin::expr
