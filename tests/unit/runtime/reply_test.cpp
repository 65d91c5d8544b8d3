#include "engine/runtime/reply.h"

#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

Next once(const Outcome& outcome, LaneMemory memory = {}) { return judge(outcome, LanePolicy{}, memory, 1.0); }

TEST(Reply, AA_is_delivered_and_forgets_every_failure) {
  LaneMemory memory;
  memory.failures = memory.refused_in_a_row = 2;
  EXPECT_EQ(judge(accepted(), LanePolicy{}, memory, 1.0).to, State::delivered);
  EXPECT_EQ(memory.failures, 0);
  EXPECT_EQ(memory.refused_in_a_row, 0);
}

TEST(Reply, a_row_may_read_a_no_in_what_the_peer_accepted) {
  LanePolicy policy;
  ReplyRule row;
  row.code = "AA";
  row.action = ReplyAction::park;
  policy.on_reply.push_back(row);
  LaneMemory memory;
  const auto parked = judge(accepted(), policy, memory, 1.0);
  EXPECT_EQ(parked.to, State::parked);
  EXPECT_EQ(parked.fault->code, FaultCode::parked_by_step);
  policy.on_reply[0].action = ReplyAction::retry;
  policy.on_reply[0].retries = 2;
  policy.on_reply[0].every = minutes(1);
  EXPECT_EQ(judge(accepted(), policy, memory, 1.0).pause, minutes(1));
  EXPECT_EQ(judge(accepted(), policy, memory, 1.0).to, State::queued);
  EXPECT_EQ(judge(accepted(), policy, memory, 1.0).to, State::parked);
  policy.on_reply[0].action = ReplyAction::delivered;
  EXPECT_TRUE(judge(accepted(), policy, memory, 1.0).by_row);
}

TEST(Reply, what_the_peer_said_goes_with_what_is_not_delivered) {
  auto outcome = refused("AE");
  outcome.response = Bytes("MSA|AE|1|no such room");
  EXPECT_EQ(once(outcome).answer->view(), "MSA|AE|1|no such room");
  outcome.response = Bytes(std::string(100'000, 'x'));
  EXPECT_EQ(once(outcome).answer->size(), kMostOfAnswer);
  auto yes = accepted();
  yes.response = Bytes("MSA|AA|1");
  EXPECT_FALSE(once(yes).answer);
  EXPECT_FALSE(once(down()).answer);
}

TEST(Reply, AE_is_parked_at_once) { EXPECT_EQ(once(refused("AE")).to, State::parked); }

TEST(Reply, AR_is_tried_three_times_in_a_minute_and_then_parked) {
  for (const auto* code : {"AR", "CE", "CR"}) {
    LaneMemory memory;
    for (int i = 0; i < 3; ++i) {
      const auto next = judge(refused(code), LanePolicy{}, memory, 1.0);
      EXPECT_EQ(next.to, State::queued) << code;
      EXPECT_EQ(next.pause, seconds(20));
      EXPECT_FALSE(next.possible_duplicate);
    }
    EXPECT_EQ(judge(refused(code), LanePolicy{}, memory, 1.0).to, State::parked) << code;
  }
}

TEST(Reply, the_third_different_message_refused_holds_the_lane) {
  LaneMemory memory;
  EXPECT_EQ(judge(refused("AE"), LanePolicy{}, memory, 1.0).to, State::parked);
  EXPECT_EQ(judge(refused("AE"), LanePolicy{}, memory, 1.0).to, State::parked);
  const auto third = judge(refused("AE"), LanePolicy{}, memory, 1.0);
  EXPECT_EQ(third.to, State::held);
  EXPECT_EQ(third.fault->code, FaultCode::refused_in_a_row);
}

TEST(Reply, an_accepted_message_between_two_refused_ones_starts_the_count_anew) {
  LaneMemory memory;
  judge(refused("AE"), LanePolicy{}, memory, 1.0);
  judge(refused("AE"), LanePolicy{}, memory, 1.0);
  judge(accepted(), LanePolicy{}, memory, 1.0);
  EXPECT_EQ(judge(refused("AE"), LanePolicy{}, memory, 1.0).to, State::parked);
}

TEST(Reply, an_unreachable_peer_never_parks_anything) {
  LaneMemory memory;
  for (int i = 0; i < 10'000; ++i) {
    const auto next = judge(down(), LanePolicy{}, memory, 1.0);
    ASSERT_EQ(next.to, State::queued);
    ASSERT_FALSE(next.possible_duplicate);
    ASSERT_LE(next.pause, seconds(60));
  }
}

TEST(Reply, a_missing_answer_repeats_the_same_bytes_as_a_possible_duplicate) {
  const auto next = once(no_answer());
  EXPECT_EQ(next.to, State::queued);
  EXPECT_TRUE(next.possible_duplicate);
}

TEST(Reply, ten_doubts_park_only_when_the_peer_answers_others) {
  LaneMemory lonely;
  for (int i = 0; i < 20; ++i) ASSERT_EQ(judge(no_answer(), LanePolicy{}, lonely, 1.0).to, State::queued);
  LaneMemory busy;
  busy.peer_answers_others = true;
  for (int i = 0; i < 9; ++i) ASSERT_EQ(judge(no_answer(), LanePolicy{}, busy, 1.0).to, State::queued);
  EXPECT_EQ(judge(no_answer(), LanePolicy{}, busy, 1.0).to, State::parked);
}

TEST(Reply, three_garbage_answers_hold_the_lane) {
  LaneMemory memory;
  const auto garbage = answer(Outcome::Kind::unknown, {}, FaultCode::garbage_answer);
  EXPECT_EQ(judge(garbage, LanePolicy{}, memory, 1.0).to, State::queued);
  EXPECT_EQ(judge(garbage, LanePolicy{}, memory, 1.0).to, State::queued);
  EXPECT_EQ(judge(garbage, LanePolicy{}, memory, 1.0).to, State::held);
}

TEST(Reply, http_statuses_retry_or_park_as_the_table_says) {
  for (const auto* code : {"408", "429", "500", "503"}) EXPECT_EQ(once(refused(code)).to, State::queued) << code;
  for (const auto* code : {"400", "404", "409", "422"}) EXPECT_EQ(once(refused(code)).to, State::parked) << code;
}

TEST(Reply, the_peers_own_pause_wins_over_ours_but_not_over_what_was_written) {
  auto busy = refused("503");
  busy.retry_after = seconds(90);
  EXPECT_EQ(once(busy).pause, seconds(90));
  busy.retry_after = hours(1000);
  EXPECT_EQ(once(busy).pause, hours(1));
  busy.retry_after = Duration::zero();
  EXPECT_EQ(once(busy).pause, LanePolicy{}.retry.least);
  LanePolicy policy;
  policy.on_reply.push_back({"503", nullptr, ReplyAction::retry, 2, seconds(7), ReplyAction::park, true});
  LaneMemory memory;
  EXPECT_EQ(judge(busy, policy, memory, 1.0).pause, seconds(7));
}

TEST(Reply, retry_alone_goes_at_the_pace_of_the_peer_and_of_the_route) {
  LanePolicy policy;
  policy.retry.longest = seconds(2);
  policy.on_reply.push_back({"503", nullptr, ReplyAction::retry});
  policy.on_reply.push_back({"AE", nullptr, ReplyAction::retry});
  policy.on_reply.push_back({"429", nullptr, ReplyAction::retry, 5});
  LaneMemory memory;
  auto busy = refused("503");
  busy.retry_after = seconds(3);
  EXPECT_EQ(judge(busy, policy, memory, 1.0).pause, seconds(3));
  busy.retry_after.reset();
  for (int i = 0; i < 100; ++i) {
    const auto next = judge(busy, policy, memory, 1.0);
    ASSERT_EQ(next.to, State::queued);
    ASSERT_EQ(next.pause, seconds(2));
    ASSERT_TRUE(next.of_peer);
  }
  LaneMemory locked;
  const auto next = judge(refused("AE"), policy, locked, 1.0);
  EXPECT_EQ(next.pause, seconds(1));
  EXPECT_FALSE(next.of_peer);  // it is this record that is locked
  auto slow = refused("429");
  EXPECT_EQ(judge(slow, policy, locked, 1.0).pause, seconds(20));
  slow.retry_after = seconds(90);
  EXPECT_EQ(judge(slow, policy, locked, 1.0).pause, seconds(90));
}

TEST(Reply, a_written_row_comes_before_the_default_and_may_look_at_the_answer) {
  LanePolicy policy;
  policy.on_reply.push_back(
      {"AE", std::make_shared<TriggerIs>("A08"), ReplyAction::retry, 2, seconds(7), ReplyAction::hold});
  policy.on_reply.push_back({"AE", nullptr, ReplyAction::delivered, 0, {}, ReplyAction::park});
  auto locked = refused("AE");
  locked.response = Bytes(adt("1", "A08"));
  LaneMemory memory;
  EXPECT_EQ(judge(locked, policy, memory, 1.0).pause, seconds(7));
  EXPECT_EQ(judge(locked, policy, memory, 1.0).to, State::queued);
  EXPECT_EQ(judge(locked, policy, memory, 1.0).to, State::held);
  EXPECT_EQ(judge(refused("AE"), policy, memory, 1.0).to, State::delivered);
}

}  // namespace
}  // namespace myelin::runtime
