// A learned profile: what it says, that it compiles, and that what it was learned from keeps to it.
#include "routes/profile/learn.h"

#include <gtest/gtest.h>

#include "routes/profile/profile.h"
#include "tests/unit/hl7/samples.h"

namespace myelin::routes {
namespace {

const std::string kFirst =
    "MSH|^~\\&|PAS|WARD|LAB|HOUSE|20260114093000||ADT^A01^ADT_A01|1|P|2.5.1\r"
    "EVN||20260114093000\r"
    "PID|1||4711^^^HOUSE^MR||Muster^Anna||19700203|F\r"
    "PV1|1|I|W1^2^3\r";
const std::string kSecond =
    "MSH|^~\\&|PAS|WARD|LAB|HOUSE|20260114093000||ADT^A08^ADT_A01|2|P|2.5.1\r"
    "EVN||20260114093000\r"
    "PID|1||4712^^^HOUSE^MR~8^^^NAT^NI||Geheim^Bernd\r"
    "NK1|1\r"
    "PV1|1|O|W1^2^3\r";

std::string learned() {
  ProfileLearner learner;
  learner.add(hl7::samples::tree(kFirst));
  learner.add(hl7::samples::tree(kSecond));
  return learner.yaml("seen");
}

bool has(const std::string& text, std::string_view part) { return text.contains(part); }

TEST(LearnedProfile, requires_what_was_always_there) {
  const auto text = learned();
  EXPECT_TRUE(has(text, "profile: seen\n")) << text;
  EXPECT_TRUE(has(text, "version: \"2.5.1\"\nmessages: [ADT^A01, ADT^A08]\n")) << text;
  EXPECT_TRUE(has(text, "  NK1: { least: 0, most: 1 }\n")) << text;
  EXPECT_TRUE(has(text, "  PID-3: { usage: R, most: 2 }\n")) << text;
  EXPECT_TRUE(has(text, "  PID-3.5: { usage: R, values: [\"MR\", \"NI\"] }\n")) << text;
  EXPECT_TRUE(has(text, "  PID-8: { usage: O, most: 1, values: [\"F\"] }\n")) << text;
  EXPECT_TRUE(has(text, "  PV1-2: { usage: R, most: 1, values: [\"I\", \"O\"] }\n")) << text;
}

TEST(LearnedProfile, holds_nothing_of_a_patient) {
  const auto text = learned();
  for (const std::string_view personal : {"Muster", "Geheim", "4711", "4712", "19700203"})
    EXPECT_FALSE(has(text, personal)) << text;
}

TEST(LearnedProfile, is_kept_by_what_it_was_learned_from) {
  config::Diagnostics diagnostics;
  const auto profile =
      Profile::read(std::make_shared<config::SourceText>("seen.yaml", learned()), expr::Scope{}, diagnostics);
  for (const auto& each : diagnostics.all()) ADD_FAILURE() << each.message << " " << each.place.line;
  for (const auto& message : {kFirst, kSecond}) {
    const auto findings = profile->validate(Body(hl7::samples::tree(message)), Context{});
    for (const auto& each : findings.all)
      EXPECT_LT(each.severity, schema::Severity::warning) << each.at << ": " << each.text;
  }
  auto strange = kFirst;
  strange.replace(strange.find("|F\r"), 3, "|W\r");
  const auto findings = profile->validate(Body(hl7::samples::tree(strange)), Context{});
  EXPECT_EQ(findings.count(schema::Severity::error), 1U);
}

TEST(LearnedProfile, counts_groups_and_what_stands_in_each) {
  const std::string first =
      "MSH|^~\\&|L|L|E|W|20260114||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1||4711||Muster^Anna\rOBR|1|||a^b^L\r"
      "OBX|1|NM|1^a^L||5|kg|||||F\rNTE|1||x\rOBX|2|NM|2^a^L||6|kg|||||F\rOBR|2|||c^d^L\r";
  ProfileLearner learner;
  learner.add(hl7::samples::tree(first));
  const auto text = learner.yaml("seen");
  EXPECT_TRUE(has(text,
                  "  OBSERVATION:\n    least: 0\n    most: 2\n    segments:\n      NTE: { least: 0, most: 1 }\n"
                  "      OBX: { least: 1, most: 1 }\n"))
      << text;
  EXPECT_TRUE(has(text, "  ORDER_OBSERVATION:\n    least: 2\n    most: 2\n")) << text;
  EXPECT_TRUE(has(text, "  PATIENT:\n    least: 1\n    most: 1\n    segments:\n      PID: { least: 1, most: 1 }\n"))
      << text;
  config::Diagnostics diagnostics;
  const auto profile =
      Profile::read(std::make_shared<config::SourceText>("seen.yaml", text), expr::Scope{}, diagnostics);
  for (const auto& each : diagnostics.all()) ADD_FAILURE() << each.message << " " << each.place.line;
  EXPECT_EQ(profile->validate(Body(hl7::samples::tree(first)), Context{}).count(schema::Severity::warning), 0U);
  auto more = first;
  more.insert(more.find("OBR|2"), "OBX|3|NM|3^a^L||6|kg|||||F\r");
  EXPECT_EQ(profile->validate(Body(hl7::samples::tree(more)), Context{}).count(schema::Severity::warning), 2U)
      << "three OBX in the message, three groups in the order";
}

}  // namespace
}  // namespace myelin::routes
