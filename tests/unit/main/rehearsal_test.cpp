// The Rehearsal: a plan on the real intake and lanes, with scripted peers.
#include "engine/main/workbench/rehearsal.h"

#include <gtest/gtest.h>

#include "engine/base/event.h"
#include "tests/unit/main/plans.h"

namespace myelin {
namespace {

using made::admission;

struct Ended {
  std::vector<Rehearsed> messages;
  std::vector<Sent> sent;
};

Ended rehearse(const Plan& plan, const Replies& replies, const std::vector<std::string>& given, Duration span = {}) {
  set_log_level("off");
  Rehearsal rehearsal(plan, replies, time_of_sample(given.front()));
  EXPECT_TRUE(rehearsal.begin());
  for (const auto& message : given) rehearsal.accept(message);
  rehearsal.run_for(span);
  auto messages = rehearsal.messages();
  EXPECT_TRUE(messages);
  return {std::move(*messages), rehearsal.sent()};
}

TEST(Rehearsal, delivers_to_every_route_and_acknowledges_as_a_source_would) {
  const auto ended = rehearse(made::plan({made::route("lab", {made::set("MSH-5", "LAB2")}), made::route("archive")}),
                              {}, {admission()});
  ASSERT_EQ(ended.sent.size(), 2U);
  EXPECT_NE(ended.sent[0].bytes.view(), ended.sent[1].bytes.view());
  const auto& message = ended.messages.at(0);
  EXPECT_EQ(message.ack, "AA");
  EXPECT_NE(message.ack_message.find("MSA|AA|M1"), std::string::npos);
  ASSERT_EQ(message.deliveries.size(), 2U);
  for (const auto& delivery : message.deliveries) EXPECT_EQ(delivery.state, State::delivered);
}

TEST(Rehearsal, retries_after_no_answer_with_the_same_bytes_at_the_longest_pause) {
  const auto plan = made::plan({made::route("lab")});
  const auto early = rehearse(plan, {{"lab", {"none"}}}, {admission()}, milliseconds(900));
  EXPECT_EQ(early.sent.size(), 1U);
  EXPECT_EQ(early.messages[0].deliveries.at(0).state, State::queued);
  const auto later = rehearse(plan, {{"lab", {"none"}}}, {admission()}, seconds(2));
  ASSERT_EQ(later.sent.size(), 2U);
  EXPECT_EQ(later.sent[0].bytes.view(), later.sent[1].bytes.view());
  EXPECT_EQ(later.messages[0].deliveries.at(0).state, State::delivered);
}

TEST(Rehearsal, parks_what_the_peer_answers_AE) {
  const auto ended = rehearse(made::plan({made::route("lab")}), {{"lab", {"AE record locked"}}}, {admission()});
  const auto& delivery = ended.messages[0].deliveries.at(0);
  EXPECT_EQ(delivery.state, State::parked);
  EXPECT_EQ(delivery.fault, entry(FaultCode::refused_ae).id);
}

TEST(Rehearsal, calls_a_scripted_status_what_the_daemon_calls_it) {
  const auto plan = made::plan({made::route("lab")});
  const auto busy = rehearse(plan, {{"lab", {"503"}}}, {admission()});
  EXPECT_EQ(busy.messages[0].deliveries.at(0).fault, entry(FaultCode::peer_not_ready).id);
  const auto wrong = rehearse(plan, {{"lab", {"422"}}}, {admission()});
  EXPECT_EQ(wrong.messages[0].deliveries.at(0).fault, entry(FaultCode::unsuitable_answer).id);
}

TEST(Rehearsal, lets_a_rule_read_the_scripted_answers_text) {
  auto route = made::route("lab");
  ReplyRule rule;
  rule.code = "AE";
  rule.when = std::make_shared<made::When>(
      [](const Body& answer) { return answer.bytes().view().find("locked") != std::string_view::npos; });
  rule.action = ReplyAction::delivered;
  route.lane.on_reply.push_back(rule);
  const auto ended =
      rehearse(made::plan({route}), {{"lab", {"AE record locked", "AE other"}}}, {admission("M1"), admission("M2")});
  EXPECT_EQ(ended.messages[0].deliveries.at(0).state, State::delivered);
  EXPECT_EQ(ended.messages[1].deliveries.at(0).state, State::parked);
}

TEST(Rehearsal, never_parks_while_the_peer_is_down) {
  const Replies replies{{"lab", std::vector<std::string>(50, "down")}};
  const auto ended = rehearse(made::plan({made::route("lab")}), replies, {admission()}, minutes(20));
  EXPECT_EQ(ended.messages[0].deliveries.at(0).state, State::queued);
  EXPECT_GT(ended.sent.size(), 10U);
}

TEST(Rehearsal, says_why_no_route_got_a_message) {
  auto unwanted = made::route("lab");
  unwanted.when = made::never();
  EXPECT_EQ(rehearse(made::plan({unwanted}), {}, {admission()}).messages[0].filtered, "no route");
  const auto dropped =
      rehearse(made::plan({made::route("lab")}, {made::ends(Verdict::Kind::drop, "stays here")}), {}, {admission()});
  EXPECT_EQ(dropped.messages[0].filtered, "stays here");
  EXPECT_EQ(dropped.messages[0].ack, "AA");
  EXPECT_TRUE(dropped.messages[0].deliveries.empty());
}

TEST(Rehearsal, refuses_before_the_commit_and_keeps_nothing) {
  auto plan = made::plan({made::route("lab")});
  plan.accept.types = {"ORU^R01"};
  const auto ended = rehearse(plan, {}, {admission()});
  EXPECT_EQ(ended.messages[0].ack, "AR");
  ASSERT_TRUE(ended.messages[0].receipt.fault);
  EXPECT_EQ(ended.messages[0].receipt.fault->code, FaultCode::type_not_accepted);
  EXPECT_TRUE(ended.messages[0].deliveries.empty());
  EXPECT_TRUE(ended.sent.empty());
}

TEST(Rehearsal, keeps_a_fault_of_the_shared_steps_as_one_delivery_not_yet_routed) {
  const auto ended =
      rehearse(made::plan({made::route("lab")}, {made::faults(FaultCode::unmapped, "PID[1]-8")}), {}, {admission()});
  EXPECT_EQ(ended.messages[0].ack, "AA");
  ASSERT_EQ(ended.messages[0].deliveries.size(), 1U);
  EXPECT_EQ(ended.messages[0].deliveries[0].lane.route, "");
  EXPECT_EQ(ended.messages[0].deliveries[0].state, State::parked);
}

TEST(Rehearsal, holds_the_lane_when_a_step_holds) {
  const auto ended = rehearse(made::plan({made::route("lab", {made::ends(Verdict::Kind::hold, "ask first")})}), {},
                              {admission("M1"), admission("M2")});
  EXPECT_EQ(ended.messages[0].deliveries.at(0).state, State::held);
  EXPECT_EQ(ended.messages[1].deliveries.at(0).state, State::queued);
  EXPECT_TRUE(ended.sent.empty());
}

TEST(Rehearsal, takes_the_same_message_twice_for_a_duplicate) {
  const auto ended = rehearse(made::plan({made::route("lab")}), {}, {admission(), admission()});
  EXPECT_EQ(ended.messages[1].receipt.kind, Receipt::Kind::duplicate);
  EXPECT_EQ(ended.messages[1].ack, "AA");
  EXPECT_EQ(ended.sent.size(), 1U);
}

TEST(Rehearsal, rehearses_a_paused_channel_too) {
  auto plan = made::plan({made::route("lab")});
  plan.paused = true;
  EXPECT_EQ(rehearse(plan, {}, {admission()}).sent.size(), 1U);
}

TEST(Rehearsal, begins_at_the_time_of_the_sample) {
  using namespace std::chrono;
  EXPECT_EQ(time_of_sample(admission()), WallTime(sys_days(2026y / 1 / 2)) + hours(9) + minutes(30));
  EXPECT_EQ(time_of_sample("MSH|^~\\&|||||20260102093000+0100||ADT^A01|1|P|2.5\r"),
            WallTime(sys_days(2026y / 1 / 2)) + hours(8) + minutes(30));
  EXPECT_EQ(time_of_sample("nothing"), WallTime(sys_days(2026y / 1 / 1)));
  EXPECT_EQ(rehearse(made::plan({made::route("lab")}), {}, {admission()}).messages[0].receipt.received_at,
            time_of_sample(admission()));
}

}  // namespace
}  // namespace myelin
