// The formula language: operators, paths, functions, and what is refused when a file is read.
#include <set>

#include "tests/unit/expr/sample.h"

namespace myelin::expr {
namespace {

using sample::evaluate;
using sample::mistakes_of_condition;

TEST(Functions, do_what_their_examples_say) {
  for (const auto& function : function_docs()) {
    const std::string example(function.example);
    const auto result = function.name.starts_with("xpath")      ? sample::evaluate_in_xml(example)
                        : function.name.starts_with("fhirpath") ? sample::evaluate_in_fhir(example)
                                                                : evaluate(example);
    EXPECT_EQ(result, function.result) << example;
  }
}

TEST(Functions, have_a_name_a_doc_line_and_a_form) {
  std::set<std::string_view> names;
  for (const auto& function : function_docs()) {
    EXPECT_TRUE(names.insert(function.name).second) << function.name << " stands twice";
    EXPECT_GE(function.doc.size(), 10U) << function.name;
    EXPECT_TRUE(function.signature.starts_with(std::string(function.name) + "(")) << function.signature;
    EXPECT_TRUE(is_function(function.name));
  }
  EXPECT_FALSE(is_function("uper"));
}

TEST(Formula, reads_the_first_leaf_of_a_path) {
  EXPECT_EQ(evaluate("PID-5"), "Everywoman");
  EXPECT_EQ(evaluate("PID-3"), "12345");
  EXPECT_EQ(evaluate("PID-3[2].1"), "67890");
  EXPECT_EQ(evaluate("PID-3[5=PI].1"), "67890");
  EXPECT_EQ(evaluate("PID-3.4.2"), "1.2.3");
  EXPECT_EQ(evaluate("OBX[last]-5"), "7.2");
  EXPECT_EQ(evaluate("OBX[3.1=718-7]-5"), "13.2");
  EXPECT_EQ(evaluate("PID.5.2"), "Eve");
  EXPECT_EQ(evaluate("PID-5-2"), "Eve");
}

TEST(Formula, takes_absent_empty_and_null_for_the_empty_text) {
  EXPECT_EQ(evaluate("PID-19 == ''"), "true");
  EXPECT_EQ(evaluate("PID-6 == \"\""), "true");
  EXPECT_EQ(evaluate("PID-2 == ''"), "true");
  EXPECT_EQ(evaluate("ZPI-1 == ''"), "true");
  EXPECT_EQ(evaluate("PID-8 == ''"), "false");
}

TEST(Formula, tells_missing_present_and_null_apart) {
  EXPECT_EQ(evaluate("missing(PID-19) and not present(PID-19) and not null(PID-19)"), "true");
  EXPECT_EQ(evaluate("not missing(PID-6) and not present(PID-6) and null(PID-6)"), "true");
  EXPECT_EQ(evaluate("not missing(PID-8) and present(PID-8) and not null(PID-8)"), "true");
  EXPECT_EQ(evaluate("present(PV1) and not present(ZPI)"), "true");
  EXPECT_EQ(evaluate("present(OBX[*]-8)"), "true");
}

TEST(Formula, binds_operators_in_their_order) {
  EXPECT_EQ(evaluate("1 + 2 * 3"), "7");
  EXPECT_EQ(evaluate("(1 + 2) * 3"), "9");
  EXPECT_EQ(evaluate("10 - 4 - 3"), "3");
  EXPECT_EQ(evaluate("-2 + 5"), "3");
  EXPECT_EQ(evaluate("true or false and false"), "true");
  EXPECT_EQ(evaluate("not PID-8 == 'M'"), "true");
  EXPECT_EQ(evaluate("'a' & 1 + 1 & 'b'"), "a2b");
  EXPECT_EQ(evaluate("'a' & 'b' == 'ab'"), "true");
}

TEST(Formula, compares_texts_and_lists) {
  EXPECT_EQ(evaluate("PV1-2 in [\"I\", \"E\"]"), "true");
  EXPECT_EQ(evaluate("PV1-2 not in [\"I\", \"E\"]"), "false");
  EXPECT_EQ(evaluate("'4548-4' in OBX[*]-3"), "true");
  EXPECT_EQ(evaluate("PID-5 contains 'woman'"), "true");
  EXPECT_EQ(evaluate("PID-5 starts_with 'woman'"), "false");
  EXPECT_EQ(evaluate("PID-5 ends_with 'woman'"), "true");
  EXPECT_EQ(evaluate("PID-3.1 matches '^[0-9]{5}$'"), "true");
  EXPECT_EQ(evaluate("PID-3.1 matches '^[0-9]{4}$'"), "false");
  EXPECT_EQ(evaluate("'O''Neil' == \"O'Neil\""), "true");
}

TEST(Formula, calculates_in_decimal) {
  EXPECT_EQ(evaluate("0.1 + 0.2 == 0.3"), "true");
  EXPECT_EQ(evaluate("number(OBX-5) * 10"), "132.0");
  EXPECT_EQ(evaluate("1 / 3"), "0.3333333333333333333333333333333333");
  EXPECT_EQ(evaluate("1 / 4"), "0.25");
  EXPECT_EQ(evaluate("1 / 0"), "");
  EXPECT_EQ(evaluate("number('abc') > 1"), "false");
  EXPECT_EQ(evaluate("number('abc') < 1"), "false");
}

TEST(Formula, compares_dates_to_the_shorter_precision) {
  EXPECT_EQ(evaluate("date(PID-7) == '1953'"), "true");
  EXPECT_EQ(evaluate("date(PID-7) < '1953'"), "false");
  EXPECT_EQ(evaluate("date(PID-7) < '19530519'"), "true");
  EXPECT_EQ(evaluate("date('20260101120000+0100') == '20260101110000+0000'"), "true");
  EXPECT_EQ(evaluate("$received_at > date(MSH-7)"), "false");
  EXPECT_EQ(evaluate("$received_at == date(MSH-7)"), "true");
}

TEST(Formula, names_facts_site_values_and_lets) {
  EXPECT_EQ(evaluate("$channel"), "adt");
  EXPECT_EQ(evaluate("$peer"), "10.0.0.1:4000");
  EXPECT_EQ(evaluate("$site.facility == MSH-4"), "true");
  EXPECT_EQ(evaluate("ward & patient-class"), "W3I");
  EXPECT_EQ(evaluate("$original.PID-8", "MSH|^~\\&|X\rPID|||||||| \r"), "F");
  EXPECT_EQ(evaluate("$received_at"), "20260301101500+0000");
}

TEST(Formula, counts_segments_and_asks_each) {
  EXPECT_EQ(evaluate("any(OBX, OBX-5 == \"7.2\")"), "true");
  EXPECT_EQ(evaluate("any(OBX, OBX-5 == \"7.3\")"), "false");
  EXPECT_EQ(evaluate("all(OBX, OBX-11 == \"F\")"), "true");
  EXPECT_EQ(evaluate("all(OBX, OBX-8 == \"H\")"), "false");
  EXPECT_EQ(evaluate("all(ZZZ, ZZZ-1 == \"H\")"), "true");
  EXPECT_EQ(evaluate("count(OBX, number(OBX-5) > 10)"), "1");
  EXPECT_EQ(evaluate("count(OBX[*]-8)"), "1");
  EXPECT_EQ(evaluate("any(NTE)"), "false");
}

TEST(Formula, makes_the_same_ids_for_the_same_message) {
  EXPECT_EQ(evaluate("uuid() == uuid()"), "true");
  EXPECT_EQ(evaluate("uuid('a') == uuid('b')"), "false");
  EXPECT_EQ(evaluate("short_id() matches '^[0-9A-Z]{20}$'"), "true");
  EXPECT_EQ(evaluate("uuid() matches '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'"), "true");
}

TEST(Formula, gives_nothing_over_a_body_that_is_no_hl7) {
  EXPECT_EQ(evaluate("PID-5", "hello"), "");
  EXPECT_EQ(evaluate("present(PID-5) or any(OBX, OBX-5 == '1')", "hello"), "false");
}

TEST(Formula, refuses_what_it_cannot_read) {
  EXPECT_EQ(evaluate(""), "C0094");
  EXPECT_EQ(evaluate("PV1-2 =="), "C0080");
  EXPECT_EQ(evaluate("(PV1-2"), "C0080");
  EXPECT_EQ(evaluate("PV1-2 == 'I'' "), "C0095");
  EXPECT_EQ(evaluate("PV1-2 'I'"), "C0080");
  EXPECT_EQ(evaluate("1 < 2 < 3"), "C0080");
  EXPECT_EQ(evaluate("PV1-2 = 'I'"), "C0093");
  EXPECT_EQ(evaluate("present(PV1) && true"), "C0093");
  EXPECT_EQ(evaluate("present(PV1) AND true"), "C0093");
  EXPECT_EQ(evaluate("OBX(0)-5"), "C0011");
  EXPECT_EQ(evaluate("PID-0"), "C0010");
}

TEST(Formula, refuses_unknown_names) {
  EXPECT_EQ(evaluate("uper(PID-5)"), "C0081");
  EXPECT_EQ(evaluate("left(PID-5)"), "C0082");
  EXPECT_EQ(evaluate("upper(PID-5, 1)"), "C0082");
  EXPECT_EQ(evaluate("PV1-2 == inpatient"), "C0085");
  EXPECT_EQ(evaluate("$idd"), "C0085");
  EXPECT_EQ(evaluate("$header"), "C0232");
  EXPECT_EQ(evaluate("$query == 'x'"), "C0232");
  EXPECT_EQ(evaluate("$header.Authorization"), "C0231");
  EXPECT_EQ(evaluate("$site.facilty"), "C0086");
  EXPECT_EQ(evaluate("lookup('sexes', PID-8)"), "C0087");
  EXPECT_EQ(evaluate("lookup('sex', PID-8, 'lable')"), "C0088");
}

TEST(Formula, reads_how_the_message_came) {
  EXPECT_EQ(evaluate("$file & '/' & $user"), "lab-north.hl7/wards");
  EXPECT_EQ(evaluate("$header.X-Ward & $header.x-ward"), "B2B2");
  EXPECT_EQ(evaluate("$query.Bed & coalesce($query.bed, '-')"), "7-");
  EXPECT_EQ(evaluate("left($file, 3) == 'lab' and $header.x-none == ''"), "true");
}

TEST(Formula, refuses_types_that_do_not_fit) {
  EXPECT_EQ(evaluate("upper(1 == 2)"), "C0083");
  EXPECT_EQ(evaluate("OBX-5 > 10"), "C0084");
  EXPECT_EQ(evaluate("PID-8 == 1"), "C0100");
  EXPECT_EQ(evaluate("PID-8 in [1, 2]"), "C0100 C0100");
  EXPECT_EQ(evaluate("PID-8 in 'F'"), "C0083");
  EXPECT_EQ(evaluate("PID-8 == null"), "C0083");
  EXPECT_EQ(evaluate("PID == 'x'"), "C0098");
  EXPECT_EQ(evaluate("OBX[*]-5 == 'x'"), "C0083");
  EXPECT_EQ(evaluate("PID-8 and true"), "C0083");
  EXPECT_EQ(evaluate("if(true, 'a', 1)"), "C0083");
  EXPECT_EQ(evaluate("date(PID-7) < 'yesterday'"), "C0083");
  EXPECT_EQ(evaluate("PID-5 matches '['"), "C0089");
  EXPECT_EQ(evaluate("PID-5 matches PID-6"), "C0089");
  EXPECT_EQ(evaluate("format(PID-7, 'DD.MM')"), "C0097");
  EXPECT_EQ(evaluate("add(PID-7, 1, 'day')"), "C0005");
  EXPECT_EQ(evaluate("PID"), "C0098");
}

TEST(Formula, says_several_mistakes_at_once) { EXPECT_EQ(evaluate("uper(PID-5) == loer(PID-6)"), "C0081 C0081"); }

TEST(Formula, is_bounded) {
  EXPECT_EQ(evaluate(std::string(5000, ' ') + "1"), "C0092");
  EXPECT_EQ(evaluate(std::string(100, '(') + "1" + std::string(100, ')')), "C0092");
  std::string sum = "1", joined = "''";
  for (int i = 0; i < 200; ++i) {
    sum += "+1";
    joined += "&'x'";
  }
  EXPECT_EQ(evaluate(sum), "C0092");
  EXPECT_EQ(evaluate("length(" + joined + ")"), "200");
}

TEST(Condition, must_be_true_or_false) {
  EXPECT_EQ(mistakes_of_condition("PV1-2 == 'I'"), "");
  EXPECT_EQ(mistakes_of_condition("=PV1-2 == 'I'"), "H0101");
  EXPECT_EQ(mistakes_of_condition("PV1-2"), "C0099");
  EXPECT_EQ(mistakes_of_condition("PV1"), "C0099");
  EXPECT_EQ(mistakes_of_condition("count(OBX)"), "C0099");
}

TEST(Formula, tells_which_paths_it_reads) {
  config::Diagnostics diagnostics;
  const auto compiled =
      compile_formula(sample::node("OBX-5 == PID-3[1].1 and any(OBX, OBX-8 == 'H')"), 0, sample::scope(), diagnostics);
  ASSERT_TRUE(compiled);
  ASSERT_EQ(compiled->paths().size(), 4U);
  EXPECT_EQ(compiled->paths()[0].text, "OBX-5");
  EXPECT_EQ(compiled->paths()[1].place.column, 10);
}

}  // namespace
}  // namespace myelin::expr
