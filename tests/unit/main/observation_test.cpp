// What `myelin try` takes down.
#include "engine/main/workbench/observation.h"

#include <gtest/gtest.h>

#include "engine/base/event.h"
#include "tests/unit/main/plans.h"

namespace myelin {
namespace {

using made::admission;

Observation seen(const Plan& plan) {
  set_log_level("off");
  auto observation = observe(plan, admission());
  EXPECT_TRUE(observation);
  return std::move(*observation);
}

TEST(Observation, takes_down_each_step_with_what_it_changed) {
  const auto seen_all =
      seen(made::plan({made::route("lab", {made::set("MSH-5", "LAB2"), made::set("MSH-6", "X", made::never())})},
                      {made::set("PID-8", "F")}));
  ASSERT_EQ(seen_all.steps.size(), 1U);
  EXPECT_EQ(seen_all.steps[0].changes, (std::vector<FieldChange>{{"PID[1]-8", "", "F"}}));
  EXPECT_TRUE(seen_all.routes.at(0).decided);
  EXPECT_TRUE(seen_all.routes.at(0).wanted);
  ASSERT_EQ(seen_all.routes.at(0).deliveries.size(), 1U);
  const auto& lab = seen_all.routes.at(0).deliveries.at(0);
  ASSERT_EQ(lab.steps.size(), 2U);
  EXPECT_EQ(lab.steps[0].changes, (std::vector<FieldChange>{{"MSH[1]-5", "LAB", "LAB2"}}));
  EXPECT_FALSE(lab.steps[0].skipped);
  EXPECT_TRUE(lab.steps[1].skipped);
  EXPECT_TRUE(lab.steps[1].changes.empty());
  ASSERT_TRUE(lab.sent);
  EXPECT_NE(lab.sent->view().find("|LAB2|"), std::string_view::npos);
}

TEST(Observation, takes_down_where_the_message_was_dropped) {
  const auto seen_all =
      seen(made::plan({made::route("lab")}, {made::ends(Verdict::Kind::drop, "stays here"), made::set("PID-8", "F")}));
  ASSERT_EQ(seen_all.steps.size(), 1U);
  EXPECT_EQ(seen_all.steps[0].verdict.kind, Verdict::Kind::drop);
  EXPECT_EQ(seen_all.steps[0].verdict.reason, "stays here");
  EXPECT_EQ(seen_all.result.filtered, "stays here");
  EXPECT_FALSE(seen_all.routes.at(0).decided);
}

TEST(Observation, takes_down_the_check_that_refused) {
  auto plan = made::plan({made::route("lab")});
  plan.accept.checks = {made::faults(FaultCode::required_missing, "PID[1]-3")};
  const auto seen_all = seen(plan);
  ASSERT_EQ(seen_all.checks.size(), 1U);
  EXPECT_EQ(seen_all.checks[0].verdict.fault->code, FaultCode::required_missing);
  EXPECT_EQ(seen_all.result.ack, "AE");
}

TEST(Observation, takes_down_a_route_that_is_not_wanted) {
  auto unwanted = made::route("lab");
  unwanted.when = made::never();
  const auto seen_all = seen(made::plan({unwanted, made::route("archive")}));
  EXPECT_TRUE(seen_all.routes[0].decided);
  EXPECT_FALSE(seen_all.routes[0].wanted);
  EXPECT_TRUE(seen_all.routes[0].deliveries.empty());
  EXPECT_TRUE(seen_all.routes[1].deliveries.at(0).sent);
}

TEST(Observation, shows_inner_steps_below_the_outer_one_and_each_change_once) {
  const Steps inner = {made::set("PID-8", "F")};
  const auto outer = std::make_shared<made::Made>(
      "if", [inner](Body& body, Context& context) { return run_steps(inner, body, context); }, nullptr);
  const auto seen_all = seen(made::plan({made::route("lab")}, {outer}));
  ASSERT_EQ(seen_all.steps.size(), 2U);
  EXPECT_TRUE(seen_all.steps[0].compound);
  EXPECT_TRUE(seen_all.steps[0].changes.empty());
  EXPECT_EQ(seen_all.steps[1].depth, 1);
  EXPECT_EQ(seen_all.steps[1].changes.size(), 1U);
}

}  // namespace
}  // namespace myelin
