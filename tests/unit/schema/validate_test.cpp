// What validation finds in messages that break one rule each, and in none that break none.
#include "engine/schema/validate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/unit/hl7/corpus.h"
#include "tests/unit/hl7/samples.h"

namespace myelin::schema {
namespace {

const std::string kAdt =
    "MSH|^~\\&|PAS|WARD|LAB|HOUSE|20260114093000||ADT^A01^ADT_A01|1|P|2.5.1\r"
    "EVN||20260114093000\r"
    "PID|1||4711^^^HOUSE^MR||Muster^Anna||19700203|F\r"
    "PV1|1|I|W1^2^3\r";

std::string with(std::string message, std::string_view old_text, std::string_view new_text) {
  const auto at = message.find(old_text);
  EXPECT_NE(at, std::string::npos) << old_text;
  return message.replace(at, old_text.size(), new_text);
}

Findings check(const std::string& message, const Rulebooks& rulebooks = Rulebooks::standard()) {
  const auto tree = hl7::samples::tree(message);
  return validate(tree, rulebooks);
}

// "error usage PID[1]-3: Patient Identifier List is required"
std::vector<std::string> lines(const Findings& findings, Severity least = Severity::warning) {
  std::vector<std::string> out;
  for (const auto& each : findings.all)
    if (each.severity >= least)
      out.push_back(std::string(to_string(each.severity)) + " " + std::string(to_string(each.rule)) + " " + each.at +
                    ": " + each.text);
  return out;
}

using Lines = std::vector<std::string>;

TEST(Validate, finds_nothing_in_a_message_as_it_should_be) {
  const auto findings = check(kAdt);
  EXPECT_EQ(lines(findings, Severity::info), Lines{});
  EXPECT_EQ(findings.structure, "ADT_A01");
  EXPECT_EQ(findings.version, "2.5.1");
  EXPECT_TRUE(findings.ok());
}

TEST(Validate, names_a_segment_that_is_missing) {
  EXPECT_EQ(lines(check(with(kAdt, "PV1|1|I|W1^2^3\r", ""))), Lines{"error structure PV1: PV1 is missing in ADT_A01"});
}

TEST(Validate, names_a_group_that_is_missing) {
  EXPECT_EQ(lines(check("MSH|^~\\&|A|B|C|D|20260114||ORU^R01^ORU_R01|1|P|2.5.1\r")),
            Lines{"error structure PATIENT_RESULT: PATIENT_RESULT is missing in ORU_R01"});
}

TEST(Validate, names_what_a_group_lacks) {
  EXPECT_EQ(lines(check("MSH|^~\\&|A|B|C|D|20260114||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1||7||X\rORC|RE\r")),
            Lines{"error structure OBR: OBR is missing in ORDER_OBSERVATION[1]"});
}

TEST(Validate, tells_a_second_segment_from_one_out_of_order) {
  EXPECT_EQ(lines(check(with(kAdt, "PV1|", "PID|1||8||X\rPV1|"))),
            Lines{"error structure PID[2]: PID stands there only once"});
  const auto swapped = with(with(kAdt, "EVN||20260114093000\r", ""), "PV1|1", "EVN||20260114093000\rPV1|1");
  EXPECT_EQ(lines(check(swapped)), Lines{"error structure EVN[1]: EVN is out of order in ADT_A01"});
}

TEST(Validate, knows_what_does_not_belong_and_lets_z_segments_be) {
  EXPECT_EQ(lines(check(kAdt + "RXA|0|1|20260114|20260114|1^a|2\r")),
            Lines{"error structure RXA[1]: RXA does not belong into ADT_A01"});
  EXPECT_EQ(lines(check(kAdt + "XYZ|1\r")), Lines{"error structure XYZ[1]: XYZ is no segment of HL7 v2"});
  EXPECT_EQ(lines(check(kAdt + "ZPI|1\r"), Severity::info), Lines{});
}

TEST(Validate, finds_required_fields_and_components_that_are_empty) {
  EXPECT_EQ(lines(check(with(kAdt, "4711^^^HOUSE^MR", ""))),
            Lines{"error usage PID[1]-3: Patient Identifier List is required"});
  EXPECT_EQ(lines(check(with(kAdt, "4711^^^HOUSE^MR", "\"\""))),
            Lines{"error usage PID[1]-3: Patient Identifier List is required"});
  EXPECT_EQ(lines(check(with(kAdt, "4711^^^HOUSE^MR", "^^^HOUSE^MR"))),
            Lines{"error usage PID[1]-3.1: ID Number is required"});
}

TEST(Validate, finds_formats_that_do_not_fit_their_type) {
  EXPECT_EQ(lines(check(with(kAdt, "19700203", "03.02.1970"))).size(), 1U);
  EXPECT_EQ(lines(check(with(kAdt, "PID|1|", "PID|one|"))),
            Lines{"error type PID[1]-1[1]: Set ID - PID is not a whole number"});
}

TEST(Validate, reads_obx_5_by_obx_2) {
  std::string oru(hl7::samples::kOru);
  for (const std::string_view units : {"mmol/l", "mg/l"})
    for (std::size_t at = 0; (at = oru.find(std::string(units) + "\r", at)) != std::string::npos; at += 8)
      oru.insert(at + units.size(), "|||||F");
  EXPECT_EQ(lines(check(with(oru, "||5.4|", "||5,4|"))),
            Lines{"error type OBX[1]-5[1]: Observation Value is not a number"});
  EXPECT_EQ(lines(check(with(oru, "|NM|2345-7^Glucose^LN||5.4|", "|ST|2345-7^Glucose^LN||5,4|"))), Lines{});
  EXPECT_EQ(lines(check(with(oru, "|NM|2345-7^Glucose^LN||5.4|", "|QQ|2345-7^Glucose^LN||5,4|"))),
            Lines{"warning table OBX[1]-2[1]: Value Type is none of table 0125"});
}

TEST(Validate, finds_repetitions_that_may_not_be) {
  EXPECT_EQ(lines(check(with(kAdt, "19700203", "19700203~19700204"))),
            Lines{"warning repetition PID[1]-7: Date Time Of Birth does not repeat"});
}

TEST(Validate, tells_tables_of_hl7_from_tables_that_sites_fill) {
  EXPECT_EQ(lines(check(with(kAdt, "HOUSE^MR", "HOUSE^QQQ"))),
            Lines{"warning table PID[1]-3.5: Identifier Type Code is none of table 0203"});
  EXPECT_EQ(lines(check(with(kAdt, "|F", "|W")), Severity::info),
            Lines{"info user_table PID[1]-8[1]: Administrative Sex is none of table 0001"});
}

TEST(Validate, informs_of_lengths_and_of_parts_that_are_not_documented) {
  EXPECT_EQ(lines(check(with(kAdt, "PID|1|", "PID|12345|")), Severity::info),
            Lines{"info length PID[1]-1[1]: Set ID - PID has more than 4 characters"});
  EXPECT_EQ(lines(check(with(kAdt, "EVN|", "EVN|A01") + "ZZ1|\r"), Severity::info).size(), 0U);
  EXPECT_EQ(lines(check(with(kAdt, "|F", "|F^x")), Severity::info).back(),
            "info extra PID[1]-8[1]: IS has no components");
}

TEST(Validate, counts_what_is_too_much) {
  auto message = kAdt;
  for (int i = 0; i < 1500; ++i) message += "XYZ|\r";
  const auto findings = check(message);
  EXPECT_EQ(findings.all.size(), kMaxFindings);
  EXPECT_EQ(findings.left_out, 500U);
}

TEST(Validate, says_nothing_about_what_a_profile_turned_off) {
  Constraints constraints;
  constraints.severities[static_cast<std::size_t>(Rule::usage)] = Severity::off;
  const Rulebooks rulebooks(constraints);
  EXPECT_EQ(lines(check(with(kAdt, "4711^^^HOUSE^MR", ""), rulebooks)), Lines{});
}

TEST(Validate, lays_a_profile_over_the_dictionary_down_to_subcomponents) {
  Constraints constraints;
  ElementConstraint authority{.segment = "PID", .field = 3, .component = 4, .subcomponent = 1};
  authority.values = std::vector<std::string>{"CLINIC"};
  ElementConstraint visit{.segment = "PV1", .field = 19};
  visit.required = true;
  ElementConstraint own{.segment = "ZPI", .field = 2};
  own.required = true;
  constraints.elements = {authority, visit, own};
  constraints.segments = {{.segment = "NK1", .least = 1},
                          {.segment = "PV1", .unwanted = true, .severity = Severity::info}};
  const Rulebooks rulebooks(constraints);
  EXPECT_EQ(lines(check(kAdt + "ZPI|1\r", rulebooks), Severity::info),
            (Lines{"error usage NK1: NK1 is required", "info withdrawn PV1[1]: PV1 is not wanted here",
                   "error value PID[1]-3.4.1: Namespace ID is none of the values of the profile",
                   "error usage PV1[1]-19: Visit Number is required", "error usage ZPI[1]-2: the place is required"}));
  EXPECT_EQ(lines(check(kAdt)), Lines{}) << "the dictionary's own rules are shared and must not change";
}

TEST(Validate, makes_faults_worst_first_with_the_others_behind) {
  const auto findings = check(with(with(kAdt, "19700203", "19700203~19700204"), "PV1|1|I|W1^2^3\r", ""));
  const auto fault = to_fault(findings, Severity::warning);
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->code, FaultCode::bad_structure);
  ASSERT_EQ(fault->more.size(), 1U);
  EXPECT_EQ(fault->more[0].code, FaultCode::too_many);
  EXPECT_EQ(fault->more[0].severity, 'W');
  EXPECT_FALSE(to_fault(check(kAdt), Severity::info).has_value());
}

TEST(Validate, goes_through_every_message_of_the_corpus) {
  std::size_t messages = 0, clean = 0;
  std::map<std::string, int> kinds;
  for (const auto& [name, bytes] : hl7::samples::corpus()) {
    const auto tree = hl7::Tree::parse(Bytes(bytes));
    if (!tree) continue;
    ++messages;
    const auto findings = validate(*tree, Rulebooks::standard());
    clean += findings.count(Severity::error) == 0 ? 1U : 0U;
    for (const auto& each : findings.all) {
      EXPECT_TRUE(!each.spot || each.spot->segment < tree->segment_count()) << name;
      ++kinds[std::string(to_string(each.severity)) + " " + std::string(to_string(each.rule))];
    }
  }
  std::printf("%zu messages, %zu without an error\n", messages, clean);
  for (const auto& [kind, count] : kinds) std::printf("  %-24s %d\n", kind.c_str(), count);
}

}  // namespace
}  // namespace myelin::schema
