// What `myelin test` says of a test in a channel: nothing when it holds, the difference when it does not.
#include "engine/main/workbench/test_runner.h"

#include <gtest/gtest.h>

#include "engine/base/event.h"
#include "engine/hl7/path.h"
#include "tests/unit/main/plans.h"

namespace myelin {
namespace {

using made::admission;
using routes::FieldExpectation;
using routes::RouteExpectation;
using routes::TestCase;

TestCase test_of(std::vector<std::string> given = {admission()}) {
  set_log_level("off");
  TestCase test;
  test.it = "does what it should";
  for (auto& content : given) test.given.push_back({"", std::move(content), {}, {}});
  return test;
}

RouteExpectation on(const std::string& route) {
  RouteExpectation expected;
  expected.route = route;
  return expected;
}

RouteExpectation field(const std::string& route, const std::string& path, const std::string& value) {
  auto expected = on(route);
  expected.fields.push_back({path, *hl7::parse_path(path), value, {}});
  return expected;
}

// The mismatches as "about: expected/got".
std::vector<std::string> run(const Plan& plan, const TestCase& test) {
  std::vector<std::string> texts;
  for (const auto& mismatch : run_test(plan, test).mismatches)
    texts.push_back(mismatch.about + ": " + mismatch.expected + "/" + mismatch.got);
  return texts;
}

using Texts = std::vector<std::string>;

const Plan kLab = made::plan({made::route("lab", {made::set("MSH-5", "LAB2")}), made::route("archive")});

TEST(TestRunner, passes_when_fields_are_as_expected) {
  auto test = test_of();
  test.ack = "AA";
  test.routes = {field("lab", "MSH-5", "LAB2"), field("lab", "PID-3", "100200^^^HOSPITAL^MR"),
                 field("lab", "PID-5.1", "Example"), field("lab", "PID-30", "")};
  EXPECT_EQ(run(kLab, test), Texts{});
}

TEST(TestRunner, shows_path_expected_and_got_of_a_wrong_field) {
  auto test = test_of();
  test.routes = {field("lab", "MSH-5", "LAB"), field("archive", "PID-8", "F"), field("lab", "ZPI-1", "x")};
  EXPECT_EQ(run(kLab, test),
            (Texts{"lab MSH-5: \"LAB\"/\"LAB2\"", "archive PID-8: \"F\"/absent", "lab ZPI-1: \"x\"/absent"}));
}

TEST(TestRunner, compares_every_place_that_a_path_names) {
  auto test = test_of({admission() + "OBX|1||A||F\rOBX|2||B||C\r"});
  test.routes = {field("archive", "OBX[*]-5", "F")};
  EXPECT_EQ(run(kLab, test), Texts{"archive OBX[*]-5: \"F\"/\"C\""});
}

TEST(TestRunner, shows_another_acknowledgement) {
  auto test = test_of();
  test.ack = "AE";
  test.fault = "M0203";
  EXPECT_EQ(run(kLab, test), (Texts{"ack: AE/AA", "fault: M0203/no fault"}));
}

TEST(TestRunner, finds_fault_and_place_of_a_refusal) {
  auto plan = kLab;
  plan.accept.checks = {made::faults(FaultCode::required_missing, "PID[1]-3")};
  auto test = test_of();
  test.ack = "AE";
  test.fault = "required_missing";
  test.at = "PID-3";
  test.others_none = true;
  EXPECT_EQ(run(plan, test), Texts{});
  test.at = "PID-5";
  EXPECT_EQ(run(plan, test), Texts{"at: PID-5/PID[1]-3"});
}

TEST(TestRunner, says_of_unchanged_which_field_changed) {
  auto test = test_of();
  auto archive = on("archive");
  archive.unchanged = true;
  test.routes = {archive};
  EXPECT_EQ(run(kLab, test), Texts{});
  auto lab = on("lab");
  lab.unchanged = true;
  test.routes = {lab};
  EXPECT_EQ(run(kLab, test), Texts{"lab MSH[1]-5: \"LAB\"/\"LAB2\""});
}

TEST(TestRunner, knows_a_delivery_that_a_step_parked_by_fault_and_by_reason) {
  const auto unmapped = made::plan({made::route("lab", {made::faults(FaultCode::unmapped, "PID[1]-8")})});
  auto test = test_of();
  auto lab = on("lab");
  lab.parked = "unmapped";
  test.routes = {lab};
  EXPECT_EQ(run(unmapped, test), Texts{});
  EXPECT_EQ(run(kLab, test), Texts{"lab parked: unmapped/delivered"});
  const auto asked = made::plan({made::route("lab", {made::ends(Verdict::Kind::park, "ask the ward")})});
  test.routes[0].parked = "ask the ward";
  EXPECT_EQ(run(asked, test), Texts{});
}

TEST(TestRunner, knows_a_held_delivery) {
  const auto plan = made::plan({made::route("lab", {made::ends(Verdict::Kind::hold, "ask first")})});
  auto test = test_of();
  auto lab = on("lab");
  lab.held = "ask first";
  test.routes = {lab};
  EXPECT_EQ(run(plan, test), Texts{});
  EXPECT_EQ(run(kLab, test), Texts{"lab held: ask first/delivered"});
}

TEST(TestRunner, says_that_nothing_was_sent_where_a_field_was_expected) {
  const auto plan = made::plan({made::route("lab", {made::faults(FaultCode::unmapped, "PID[1]-8")})});
  auto test = test_of();
  test.routes = {field("lab", "PID-8", "1")};
  const auto texts = run(plan, test);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_TRUE(texts[0].starts_with("lab: a message/parked: M0301 unmapped")) << texts[0];
}

TEST(TestRunner, counts_attempts_over_scripted_replies) {
  auto test = test_of();
  test.replies = {{"lab", {"none", "AA"}}};
  test.run_for = seconds(10);
  auto lab = on("lab");
  lab.attempts = 2;
  test.routes = {lab};
  EXPECT_EQ(run(kLab, test), Texts{});
  test.run_for = {};
  EXPECT_EQ(run(kLab, test), Texts{"lab attempts: 2/1"});
}

TEST(TestRunner, expects_nothing_on_a_route_and_on_the_others) {
  auto unwanted = made::route("lab");
  unwanted.when = made::never();
  const auto plan = made::plan({unwanted, made::route("archive")});
  auto test = test_of();
  auto lab = on("lab");
  lab.nothing = true;
  test.routes = {lab};
  EXPECT_EQ(run(plan, test), Texts{});
  EXPECT_EQ(run(kLab, test), Texts{"lab: nothing/a message"});
  test.others_none = true;
  EXPECT_EQ(run(plan, test), Texts{"archive: no delivery/delivered"});
}

TEST(TestRunner, finds_the_segment_that_should_be_absent) {
  auto test = test_of();
  auto lab = on("lab");
  lab.absent = {
      {"PV1", *hl7::parse_path("PV1")}, {"ZPI", *hl7::parse_path("ZPI")}, {"PID-3", *hl7::parse_path("PID-3")}};
  test.routes = {lab};
  EXPECT_EQ(run(kLab, test), (Texts{"lab PV1: absent/\"PV1|1|I\"", "lab PID-3: absent/\"100200^^^HOSPITAL^MR\""}));
}

TEST(TestRunner, compares_the_reason_of_a_drop) {
  const auto plan = made::plan({made::route("lab")}, {made::ends(Verdict::Kind::drop, "stays here")});
  auto test = test_of();
  test.filtered = "stays here";
  EXPECT_EQ(run(plan, test), Texts{});
  EXPECT_EQ(run(kLab, test), Texts{"filtered: \"stays here\"/not filtered"});
}

TEST(TestRunner, runs_a_thousand_tests_in_little_time) {
  auto test = test_of();
  test.routes = {field("lab", "MSH-5", "LAB2")};
  int failed = 0;
  for (int i = 0; i < 1'000; ++i) failed += run_test(kLab, test).passed() ? 0 : 1;
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace myelin
