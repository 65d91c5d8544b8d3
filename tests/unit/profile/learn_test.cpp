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

}  // namespace
}  // namespace myelin::routes
