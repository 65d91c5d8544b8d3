// What a profile finds beyond the dictionary: its own usage, values, conditions and rules.
#include "routes/profile/profile.h"

#include <gtest/gtest.h>

#include "tests/unit/hl7/samples.h"

namespace myelin::routes {
namespace {

const std::string kAdt =
    "MSH|^~\\&|PAS|WARD|LAB|HOUSE|20260114093000||ADT^A01^ADT_A01|1|P|2.5.1\r"
    "EVN||20260114093000\r"
    "PID|1||4711^^^HOUSE^MR||Muster^Anna||19700203|F\r"
    "PV1|1|I|W1^2^3\r"
    "OBX|1|NM|1^a^L||5|kg|||||F\r"
    "OBX|2|ST|2^b^L||\r";

struct Read {
  std::shared_ptr<const Profile> profile;
  config::Diagnostics diagnostics;
};

Read read(std::string text) {
  Read made;
  made.profile = Profile::read(std::make_shared<config::SourceText>("p.yaml", "profile: p\n" + std::move(text)),
                               expr::Scope{}, made.diagnostics);
  return made;
}

using Lines = std::vector<std::string>;

// Beyond what HL7 itself finds in the message: nothing at `info`.
Lines check(const std::string& text, const std::string& message = kAdt) {
  const auto made = read(text);
  for (const auto& each : made.diagnostics.all()) ADD_FAILURE() << each.message;
  Lines lines;
  const auto findings = made.profile->validate(Body(hl7::samples::tree(message)), Context{});
  for (const auto& each : findings.all)
    if (each.severity > schema::Severity::info)
      lines.push_back(std::string(to_string(each.severity)) + " " + each.at + ": " + each.text);
  return lines;
}

const Lines kHl7 = {"error OBX[2]-11: Observation Result Status is required"};

Lines and_hl7(Lines lines) {
  lines.insert(lines.end(), kHl7.begin(), kHl7.end());
  return lines;
}

TEST(Profile, says_nothing_beyond_hl7_when_it_says_nothing) { EXPECT_EQ(check("about: x"), kHl7); }

TEST(Profile, turns_rules_off_and_up) {
  EXPECT_EQ(check("severity: { usage: off }"), Lines{});
  EXPECT_EQ(check("fields: { OBX-11: { severity: warning } }"),
            Lines{"warning OBX[2]-11: Observation Result Status is required"});
}

TEST(Profile, requires_and_forbids_places) {
  EXPECT_EQ(check("fields: { PID-18: R }"), and_hl7({"error PID[1]-18: Patient Account Number is required"}));
  EXPECT_EQ(check("fields: { OBX-11: O }"), Lines{});
  EXPECT_EQ(check("fields: { PID-8: { usage: X, severity: error } }"),
            and_hl7({"error PID[1]-8[1]: Administrative Sex is not wanted here"}));
}

TEST(Profile, fixes_values_and_lengths) {
  EXPECT_EQ(check("fields: { MSH-4.1: { values: WARD }, PID-8: { values: [M, X] } }"),
            and_hl7({"error PID[1]-8[1]: Administrative Sex is none of the values of the profile"}));
  EXPECT_EQ(check("tables: { wards: { W2: the second } }\nfields: { PV1-3.1: { table: wards } }\n"),
            (Lines{"error PV1[1]-3.1: Point of Care is none of table wards", kHl7[0]}));
  EXPECT_EQ(check("severity: { length: error }\nfields: { PID-3.1: { length: 5..9 } }"),
            and_hl7({"error PID[1]-3.1: ID Number has less than 5 characters"}));
}

TEST(Profile, counts_segments_and_repetitions) {
  EXPECT_EQ(check("segments: { OBX: { most: 1 }, NK1: R }"),
            (Lines{"warning OBX: OBX stands there at most 1 time", "error NK1: NK1 is required", kHl7[0]}));
  EXPECT_EQ(check("fields: { PID-3: { least: 2 } }"),
            and_hl7({"warning PID[1]-3: Patient Identifier List repeats at least 2 times"}));
}

TEST(Profile, looks_at_a_usage_only_while_its_formula_holds) {
  const std::string rule = "fields: { PV1-19: { usage: R, when: PV1-2 == \"I\" } }";
  EXPECT_EQ(check(rule), (Lines{kHl7[0], "error PV1[1]-19: PV1-19 is required here"}));
  auto outpatient = kAdt;
  outpatient.replace(outpatient.find("PV1|1|I"), 7, "PV1|1|O");
  EXPECT_EQ(check(rule, outpatient), kHl7);
}

TEST(Profile, asks_a_formula_of_each_segment_for_itself) {
  EXPECT_EQ(
      check(
          "rules:\n  - rule: a number has units\n    each: OBX\n    when: OBX-2 == \"NM\"\n    check: OBX-6 == \"g\"\n"
          "    at: OBX-6\n    severity: warning\n"),
      (Lines{kHl7[0], "warning OBX[1]-6: a number has units"}));
}

TEST(Profile, tells_messages_that_it_is_not_for) {
  EXPECT_EQ(check("messages: [ADT^A08, ORU^*]"), (Lines{kHl7[0], "error MSH[1]-9: the profile is for other messages"}));
  EXPECT_EQ(check("messages: [ADT^*]"), kHl7);
}

TEST(Profile, reports_every_mistake_and_keeps_the_rest) {
  const auto made = read(
      "messages: [adt]\nsegments: { obx: R }\nfields:\n  PID-3[1]: R\n  PID-99999: R\n  PID-5: { usage: Q }\n"
      "  PID-8: { table: none }\n  PID-7: { length: a }\n  PV1-3: { usage: O, when: PV1-2 == \"I\" }\n  PID-18: R\n");
  std::size_t form = 0;
  for (const auto& each : made.diagnostics.all()) form += each.code == "C0160" ? 1U : 0U;
  EXPECT_EQ(form, 7U);
  EXPECT_EQ(made.diagnostics.errors(), 8U);
  const auto findings = made.profile->validate(Body(hl7::samples::tree(kAdt)), Context{});
  EXPECT_EQ(findings.count(schema::Severity::error), 2U) << "PID-18 counts all the same";
}

const std::string kOru =
    "MSH|^~\\&|LIS|LAB|EHR|WARD|20260114093000||ORU^R01^ORU_R01|1|P|2.5.1\r"
    "PID|1||4711^^^HOUSE^MR||Muster^Anna||19700203|F\r"
    "OBR|1|||a^b^L\r"
    "NTE|1||about the order\r"
    "OBX|1|NM|1^a^L||5|kg|||||F\r"
    "NTE|1||about the result\r"
    "OBX|2|NM|2^a^L||6|kg|||||F\r"
    "OBR|2|||c^d^L\r"
    "OBX|1|NM|3^a^L||7||||||F\r";

Lines groups(const std::string& text) {
  return check("messages: [ORU^R01]\nversion: \"2.5.1\"\ngroups:\n" + text, kOru);
}

TEST(ProfileGroups, counts_them_in_each_group_around_them) {
  EXPECT_EQ(groups("  PATIENT: R\n  OBSERVATION: { least: 1, most: 2 }\n"), Lines{});
  EXPECT_EQ(groups("  OBSERVATION: { least: 2 }\n"),
            Lines{"warning ORDER_OBSERVATION[2]: OBSERVATION stands there at least 2 times in ORDER_OBSERVATION[2]"});
  EXPECT_EQ(groups("  OBSERVATION: { most: 1 }\n"),
            Lines{"warning ORDER_OBSERVATION[1]: OBSERVATION stands there at most 1 time in ORDER_OBSERVATION[1]"});
  EXPECT_EQ(groups("  SPECIMEN: { usage: R, severity: warning }\n"),
            (Lines{"warning ORDER_OBSERVATION[1]: SPECIMEN is required in ORDER_OBSERVATION[1]",
                   "warning ORDER_OBSERVATION[2]: SPECIMEN is required in ORDER_OBSERVATION[2]"}));
  EXPECT_EQ(groups("  PATIENT: { usage: X, severity: error }\n"),
            Lines{"error PATIENT[1]: PATIENT is not wanted here"});
}

TEST(ProfileGroups, count_the_segments_that_stand_directly_in_each) {
  EXPECT_EQ(groups("  ORDER_OBSERVATION: { segments: { NTE: { usage: X, severity: error } } }\n"),
            Lines{"error NTE[1]: NTE is not wanted in ORDER_OBSERVATION"});
  EXPECT_EQ(groups("  OBSERVATION: { segments: { NTE: { usage: R, severity: error } } }\n"),
            (Lines{"error OBSERVATION[2]: NTE is required in OBSERVATION[2]",
                   "error OBSERVATION[1]: NTE is required in OBSERVATION[1]"}));
}

TEST(ProfileGroups, say_of_the_fields_in_them_what_holds_there_alone) {
  EXPECT_EQ(groups("  OBSERVATION: { fields: { OBX-6: R } }\n"), Lines{"error OBX[3]-6: Units is required"});
  EXPECT_EQ(groups("  OBSERVATION: { fields: { NTE-3: { values: [x], severity: error } } }\n"),
            Lines{"error NTE[2]-3[1]: Comment is none of the values of the profile"});
  EXPECT_EQ(groups("  ORDER_OBSERVATION: { fields: { OBX-6: R } }\n"), Lines{}) << "OBX stands in OBSERVATION";
}

TEST(ProfileGroups, are_those_of_its_messages) {
  EXPECT_EQ(read("groups: { PATIENT: R }").diagnostics.all().front().code, "C0222");
  EXPECT_EQ(read("messages: [ORU^R01]\ngroups: { PATIENTS: R }").diagnostics.all().front().code, "C0222");
  EXPECT_TRUE(read("messages: [ORU^*]\ngroups: { PATIENT: R }").diagnostics.ok());
  EXPECT_EQ(read("messages: [ORU^R01]\ngroups: { PATIENT: { fields: { PID-8: { usage: R, when: PID-7 } } } }")
                .diagnostics.all()
                .front()
                .code,
            "C0160");
}

TEST(ProfileGroups, are_compared_too) {
  const auto made =
      read("messages: [ORU^R01]\ngroups: { OBSERVATION: { most: 3, segments: { NTE: X }, fields: { OBX-5: R } } }");
  const std::vector<std::pair<std::string, std::string>> expected = {{"messages ORU^R01", "is one"},
                                                                     {"OBSERVATION", "least 0, most 3"},
                                                                     {"OBSERVATION NTE", "usage X"},
                                                                     {"OBSERVATION OBX-5", "usage R"}};
  EXPECT_EQ(made.profile->says(), expected);
}

TEST(Profile, says_what_it_says_for_a_comparison) {
  const auto made = read("version: \"2.5\"\nfields: { PID-8: { usage: R, values: [M, F] } }\nsegments: { NTE: X }");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"version", "2.5"}, {"NTE", "usage X"}, {"PID-8", "usage R, values M F"}};
  EXPECT_EQ(made.profile->says(), expected);
}

}  // namespace
}  // namespace myelin::routes
