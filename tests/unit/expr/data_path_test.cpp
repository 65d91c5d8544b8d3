// Paths into JSON and XML: picks, what is absent, and what is refused.
#include "routes/expr/data_path.h"

#include "tests/unit/expr/sample.h"

namespace myelin::expr {
namespace {

constexpr std::string_view kJson =
    R"({"patient": {"mrn": "4711", "given": ["Eve", "E"], "dead": null, "weight": 71.50, "active": true},
        "results": [{"code": "GLU", "value": 5}, {"code": "NA", "value": 140}], "ward": "W3", "odd key": 1, "none": []})";

std::string in_json(const std::string& formula) { return sample::evaluate_in(BodyKind::json, formula, kJson); }

TEST(DataPath, reads_keys_and_counts_items_from_one) {
  EXPECT_EQ(in_json("patient.mrn"), "4711");
  EXPECT_EQ(in_json("patient.given"), "Eve");
  EXPECT_EQ(in_json("patient.given[2]"), "E");
  EXPECT_EQ(in_json("results[last].code"), "NA");
  EXPECT_EQ(in_json("results[code=NA].value"), "140");
  EXPECT_EQ(in_json("join(results[*].code, '+')"), "GLU+NA");
  EXPECT_EQ(in_json("$body['odd key']"), "1");
  EXPECT_EQ(in_json("$original.results[2].code"), "NA");
}

TEST(DataPath, keeps_digits_and_words) {
  EXPECT_EQ(in_json("patient.weight"), "71.50");
  EXPECT_EQ(in_json("patient.active == 'true'"), "true");
  EXPECT_EQ(in_json("number(patient.weight) > 70"), "true");
}

TEST(DataPath, tells_absent_null_and_present_apart) {
  EXPECT_EQ(in_json("missing(patient.born) and null(patient.dead) and present(patient.mrn)"), "true");
  EXPECT_EQ(in_json("missing(none) and missing(results[3].code) and missing(patient.mrn.more)"), "true");
  EXPECT_EQ(in_json("patient.born == '' and patient.dead == ''"), "true");
}

TEST(DataPath, runs_over_arrays_with_the_name_as_the_current_item) {
  EXPECT_EQ(in_json("count(results)"), "2");
  EXPECT_EQ(in_json("any(results, results.code == 'NA' and number(results.value) > 100)"), "true");
  EXPECT_EQ(in_json("all(results, results.code == 'NA')"), "false");
  EXPECT_EQ(in_json("count(patient.given, patient.given == 'E')"), "1");
}

TEST(DataPath, lets_a_name_of_let_go_before_a_key) { EXPECT_EQ(in_json("ward & patient.mrn"), "4711"); }

TEST(DataPath, refuses_what_names_nothing) {
  EXPECT_EQ(in_json("results[0].code"), "C0011");
  EXPECT_EQ(in_json("results[x].code"), "C0010");
  EXPECT_EQ(in_json("PID-5.1"), "C0138");
  EXPECT_EQ(in_json("xpath('//a')"), "C0138");
  EXPECT_EQ(sample::evaluate("$body.patient"), "C0138");
}

TEST(DataPath, reads_an_array_at_the_root_by_body) {
  EXPECT_EQ(sample::evaluate_in(BodyKind::json, "$body[2].id & count($body)", R"([{"id": "a"}, {"id": "b"}])"), "b2");
}

TEST(XPath, reads_the_text_of_a_node_with_what_is_inside) {
  EXPECT_EQ(sample::evaluate_in_xml("xpath('//name')"), "Everywoman Eve");
  EXPECT_EQ(sample::evaluate_in_xml("xpath('//missing') == ''"), "true");
  EXPECT_EQ(sample::evaluate_in_xml("number(xpath('count(//code)'))"), "2");
}

TEST(FhirPath, refuses_what_is_none_and_a_body_that_is_no_json) {
  EXPECT_EQ(sample::evaluate_in_fhir("fhirpath('name.wher(1)')"), "C0010");
  EXPECT_EQ(sample::evaluate("fhirpath('name')"), "C0138");
  EXPECT_EQ(sample::evaluate_in_fhir("fhirpath_holds('name') and fhirpath('nothing') == ''"), "false");
}

TEST(XPath, refuses_what_is_none) { EXPECT_EQ(sample::evaluate_in_xml("xpath('//[')"), "C0010"); }

}  // namespace
}  // namespace myelin::expr
