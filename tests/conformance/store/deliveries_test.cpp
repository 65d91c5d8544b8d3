// What every store must do with deliveries: settled by an attempt, changed by a person, replaced, renamed.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/store/rules.h"
#include "tests/conformance/store/conformance.h"

namespace myelin::testing {
namespace {

// Brings a delivery of its own into `state` by the verbs alone; false: no verb leads there.
bool bring_to(Driver& driver, DeliveryId id, State state) {
  if (!driver.append(id.message().value, {on(kLane)})) return false;
  if (state == State::queued) return true;
  if (state == State::discarded) return driver.change(id, state).has_value();
  return state != State::sending && driver.settle(settled(id, state)).has_value();
}

TEST_P(StoreConformance, settles_along_the_edges_of_the_table_and_no_others) {
  std::int64_t id = 0;
  for (const auto& from : kStates)
    for (const auto& to : kStates) {
      const auto row = delivery(++id);
      if (!bring_to(*this, row, from.state)) continue;
      const bool attempted = from.state == State::queued && may_become(State::sending, to.state);
      const bool replied = from.state == State::awaiting_reply && may_become(from.state, to.state);
      const auto answer = settle(settled(row, to.state));
      EXPECT_EQ(answer.has_value(), attempted || replied) << from.name << " -> " << to.name;
      if (!answer) {
        EXPECT_EQ(answer.error().code, FaultCode::wrong_state) << from.name << " -> " << to.name;
      }
      EXPECT_EQ(state(row), answer ? to.state : from.state) << from.name << " -> " << to.name;
    }
}

TEST_P(StoreConformance, changes_along_the_edges_of_a_person_and_no_others) {
  std::int64_t id = 0;
  int allowed = 0;
  for (const auto& from : kStates)
    for (const auto& to : kStates) {
      const auto row = delivery(++id);
      if (!bring_to(*this, row, from.state)) continue;
      const auto answer = change(row, to.state);
      allowed += answer ? 1 : 0;
      if (answer) {
        EXPECT_TRUE(may_become(from.state, to.state)) << from.name << " -> " << to.name;
      } else {
        EXPECT_EQ(answer.error().code, FaultCode::wrong_state) << from.name << " -> " << to.name;
      }
      EXPECT_EQ(state(row), answer ? to.state : from.state) << from.name << " -> " << to.name;
    }
  EXPECT_EQ(allowed, 8);  // release, replay, hold, park from two states, and discard from three
}

TEST_P(StoreConformance, settles_the_same_attempt_once) {
  ASSERT_TRUE(append(1, {on(kLane)}));
  EXPECT_TRUE(settle(settled(delivery(1), State::delivered)));
  EXPECT_EQ(code(settle(settled(delivery(1), State::delivered))), FaultCode::wrong_state);
  EXPECT_EQ(code(settle(settled(delivery(1), State::queued, 2))), FaultCode::wrong_state);
  EXPECT_EQ(state(delivery(1)), State::delivered);
}

TEST_P(StoreConformance, keeps_what_a_retry_needs_to_know) {
  ASSERT_TRUE(append(1, {on(kLane)}));
  auto retry = settled(delivery(1), State::queued, 3);
  retry.due = loop.wall_now + seconds(20);
  retry.possible_duplicate = true;
  retry.fault = "M0402";
  retry.detail = "no answer in 30 s";
  retry.rendered = Bytes("MSH|sent");
  retry.plan_hash = "abc";
  ASSERT_TRUE(settle(retry));
  auto row = trace(1).deliveries.at(0);
  EXPECT_EQ(row.state, State::queued);
  EXPECT_EQ(row.due, loop.wall_now + seconds(20));
  EXPECT_TRUE(row.possible_duplicate);
  EXPECT_EQ(row.attempts, 3);
  EXPECT_EQ(row.fault, "M0402");
  EXPECT_EQ(row.detail, "no answer in 30 s");
  EXPECT_EQ(row.changed_at, loop.wall_now);
  EXPECT_EQ(rendered(delivery(1)), "MSH|sent");

  // A later attempt that reached nobody takes neither the bytes nor the doubt away.
  ASSERT_TRUE(settle(settled(delivery(1), State::queued, 4)));
  row = trace(1).deliveries.at(0);
  EXPECT_TRUE(row.possible_duplicate);
  EXPECT_EQ(row.fault, "");
  EXPECT_EQ(rendered(delivery(1)), "MSH|sent");

  ASSERT_TRUE(settle(settled(delivery(1), State::delivered, 5)));
  EXPECT_TRUE(trace(1).deliveries.at(0).possible_duplicate);
  EXPECT_EQ(rendered(delivery(1)), "none");
}

TEST_P(StoreConformance, keeps_the_last_answer_that_was_no_yes_until_the_message_goes) {
  ASSERT_TRUE(append(1, {on(kLane), on(kOther)}));
  auto refused = settled(delivery(1), State::queued, 1);
  refused.fault = "M0404";
  refused.answer = Bytes("MSA|AE|1|locked");
  ASSERT_TRUE(settle(refused));
  refused.attempts = 2;
  refused.answer = Bytes("MSA|AE|1|no such room");
  ASSERT_TRUE(settle(refused));
  ASSERT_TRUE(settle(settled(delivery(1), State::delivered, 3)));
  ASSERT_TRUE(settle(settled(delivery(1, 1), State::delivered)));
  const auto kept = trace(1).answers;
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].id, delivery(1));
  EXPECT_EQ(kept[0].attempt, 2);
  EXPECT_EQ(kept[0].at, loop.wall_now);
  EXPECT_EQ(kept[0].bytes.view(), "MSA|AE|1|no such room");

  PurgeStep all;
  all.of_others = true;
  all.before = MessageId{1000};
  ASSERT_TRUE(await(loop, store->purge(loop, all)));
  ASSERT_TRUE(append(1000, {on(kLane)}));
  EXPECT_TRUE(trace(1000).answers.empty());
}

TEST_P(StoreConformance, forgets_stored_bytes_and_begins_again_when_a_person_replays) {
  ASSERT_TRUE(append(1, {on(kLane)}));
  auto retry = settled(delivery(1), State::parked, 7);
  retry.rendered = Bytes("MSH|sent");
  retry.fault = "M0404";
  ASSERT_TRUE(settle(retry));
  EXPECT_EQ(rendered(delivery(1)), "MSH|sent");
  ASSERT_TRUE(change(delivery(1), State::queued));
  const auto row = trace(1).deliveries.at(0);
  EXPECT_EQ(rendered(delivery(1)), "none");
  EXPECT_EQ(row.attempts, 0);
  EXPECT_EQ(row.due, loop.wall_now);
  EXPECT_EQ(row.fault, "");
  EXPECT_EQ(waiting(kLane), std::vector{delivery(1)});
}

TEST_P(StoreConformance, records_attempts_with_a_fault_and_changes_by_a_person) {
  ASSERT_TRUE(append(1, {on(kLane), on(kOther)}));
  auto retry = settled(delivery(1), State::queued, 1);
  retry.fault = "M0401";
  retry.detail = "connection refused";
  ASSERT_TRUE(settle(retry));
  ASSERT_TRUE(change(delivery(1), State::held));
  ASSERT_TRUE(settle(settled(delivery(1, 1), State::delivered)));
  const auto all = trace(1).attempts;
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].id, delivery(1));
  EXPECT_EQ(all[0].number, 1);
  EXPECT_EQ(all[0].at, loop.wall_now);
  EXPECT_EQ(all[0].fault, "M0401");
  EXPECT_EQ(all[0].detail, "connection refused");
  EXPECT_EQ(all[1].fault, "");
  EXPECT_EQ(all[1].detail, "held by anna: asked by the ward");
}

TEST_P(StoreConformance, keeps_who_had_a_queued_delivery_tried_now_and_changes_nothing_else) {
  ASSERT_TRUE(append(1, {on(kLane)}));
  auto retry = settled(delivery(1), State::queued, 3);
  retry.fault = "M0402";
  retry.due = loop.wall_now + seconds(20);
  retry.rendered = Bytes("MSH|sent");
  ASSERT_TRUE(settle(retry));
  const auto hurry = [&] { return await(loop, store->hurry(loop, delivery(1), "the cable is in", "anna")); };
  ASSERT_TRUE(hurry());
  const auto all = trace(1);
  ASSERT_EQ(all.attempts.size(), 2U);
  EXPECT_EQ(all.attempts[1].fault, "");
  EXPECT_EQ(all.attempts[1].detail, "tried now by anna: the cable is in");
  const auto& row = all.deliveries.at(0);
  EXPECT_EQ(row.state, State::queued);
  EXPECT_EQ(row.attempts, 3);
  EXPECT_EQ(row.fault, "M0402");
  EXPECT_EQ(row.due, loop.wall_now + seconds(20));
  EXPECT_EQ(rendered(delivery(1)), "MSH|sent");

  ASSERT_TRUE(settle(settled(delivery(1), State::delivered, 4)));
  EXPECT_EQ(code(hurry()), FaultCode::wrong_state);
  EXPECT_EQ(code(await(loop, store->hurry(loop, delivery(7), "x", "anna"))), FaultCode::not_found);
}

TEST_P(StoreConformance, says_of_what_is_discarded_that_it_is_so_already) {
  ASSERT_TRUE(append(1, {on(kLane)}));
  ASSERT_TRUE(change(delivery(1), State::discarded));
  EXPECT_EQ(change(delivery(1), State::discarded).error().detail,
            "delivery " + to_string(delivery(1)) + " is discarded already");
}

TEST_P(StoreConformance, keeps_the_newest_hundred_attempts_of_a_delivery) {
  ASSERT_TRUE(append(1, {on(kLane)}));
  for (int number = 1; number <= store_rules::kAttemptsKept + 1; ++number) {
    auto retry = settled(delivery(1), State::queued, number);
    retry.fault = "M0401";
    store->settle(loop, retry, [](Result<void> result) { EXPECT_TRUE(result); });
  }
  ASSERT_TRUE(append(2, {}));
  const auto all = trace(1).attempts;
  ASSERT_EQ(all.size(), static_cast<std::size_t>(store_rules::kAttemptsKept));
  EXPECT_EQ(all.front().number, 2);
}

TEST_P(StoreConformance, replaces_an_unrouted_delivery_by_the_real_ones) {
  ASSERT_TRUE(append(1, {on(kUnrouted, State::held)}));
  EXPECT_EQ(code(await(loop, store->replace(loop, delivery(1), 1, {on(kLane)}))), FaultCode::wrong_state);
  ASSERT_TRUE(change(delivery(1), State::queued));
  ASSERT_TRUE(await(loop, store->replace(loop, delivery(1), 1, {on(kLane), on(kOther, State::parked)})));
  const auto rows = trace(1).deliveries;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].id, delivery(1, 1));
  EXPECT_EQ(rows[0].lane, kLane);
  EXPECT_EQ(rows[1].state, State::parked);
  EXPECT_EQ(code(await(loop, store->replace(loop, delivery(1), 1, {}))), FaultCode::not_found);
  EXPECT_EQ(code(await(loop, store->replace(loop, delivery(1, 1), 1, {}))), FaultCode::bad_request);
}

TEST_P(StoreConformance, replaces_a_delivery_beside_others_behind_the_last_of_them) {
  auto part = on(kLane);
  part.piece = {2, 3};
  ASSERT_TRUE(append(1, {on(kOther), on(kUnrouted), part}));
  EXPECT_EQ(code(await(loop, store->replace(loop, delivery(1, 1), 2, {on(kLane)}))), FaultCode::bad_request);
  ASSERT_TRUE(await(loop, store->replace(loop, delivery(1, 1), 3, {part})));
  const auto rows = trace(1).deliveries;
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].id, delivery(1, 0));
  EXPECT_EQ(rows[0].piece, (Piece{1, 1}));
  EXPECT_EQ(rows[1].piece, (Piece{2, 3}));
  EXPECT_EQ(rows[2].id, delivery(1, 3));
  EXPECT_EQ(rows[2].piece, (Piece{2, 3}));
}

TEST_P(StoreConformance, gives_what_is_not_finished_and_the_stops_to_the_lane_that_a_route_became) {
  ASSERT_TRUE(append(1, {on(kLane)}));
  ASSERT_TRUE(append(2, {on(kLane), on(kOther)}));
  ASSERT_TRUE(append(3, {on(kLane, State::parked)}));
  ASSERT_TRUE(append(4, {on(kLane, State::held)}));
  ASSERT_TRUE(settle(settled(delivery(1), State::delivered)));
  ASSERT_TRUE(await(loop, store->stop_lane(loop, LaneStop{kLane, {}, "so", "anna"})));
  const LaneKey renamed{"other channel", "renamed", ""};
  ASSERT_TRUE(await(loop, store->adopt(loop, kLane, renamed)));
  EXPECT_EQ(waiting(kLane), std::vector<DeliveryId>());
  EXPECT_EQ(waiting(renamed), (std::vector{delivery(2), delivery(4)}));
  EXPECT_EQ(trace(3).deliveries[0].lane.route, "renamed");
  EXPECT_EQ(trace(1).deliveries[0].lane, kLane) << "what is finished keeps its name";
  EXPECT_EQ(trace(2).deliveries[1].lane, kOther);
  const auto stops = await(loop, store->stopped_lanes(loop));
  ASSERT_EQ(stops->size(), 1U);
  EXPECT_EQ(stops->front().lane, renamed);
}

TEST_P(StoreConformance, marks_what_may_have_been_sent_and_keeps_the_bytes_that_went) {
  for (std::int64_t id = 1; id <= 5; ++id) ASSERT_TRUE(append(id, {on(kLane)}));
  auto retry = settled(delivery(2), State::queued);
  retry.rendered = Bytes("the first attempt");
  ASSERT_TRUE(settle(retry));
  ASSERT_TRUE(change(delivery(3), State::held));
  ASSERT_TRUE(settle(settled(delivery(4), State::delivered)));
  std::vector<Doubtful> rows;
  for (std::int64_t id = 1; id <= 4; ++id) rows.push_back({delivery(id), Bytes("what went"), "hash"});
  ASSERT_TRUE(await(loop, store->doubt(loop, rows)));
  const auto marked = [this](std::int64_t id) { return trace(id).deliveries.at(0).possible_duplicate; };
  EXPECT_TRUE(marked(1));
  EXPECT_EQ(rendered(delivery(1)), "what went");
  EXPECT_TRUE(marked(2));
  EXPECT_EQ(rendered(delivery(2)), "the first attempt");
  EXPECT_TRUE(marked(3));
  EXPECT_EQ(state(delivery(3)), State::held);
  EXPECT_FALSE(marked(4)) << "its end is known";
  EXPECT_EQ(rendered(delivery(4)), "none");
  EXPECT_FALSE(marked(5));
  EXPECT_EQ(state(delivery(1)), State::queued);
  EXPECT_EQ(trace(1).deliveries.at(0).attempts, 0);
  ASSERT_TRUE(settle(settled(delivery(1), State::delivered)));
  EXPECT_TRUE(marked(1)) << "it stays to be seen";
  EXPECT_EQ(rendered(delivery(1)), "none");
}

TEST_P(StoreConformance, filters_an_unrouted_delivery_that_no_route_wants) {
  ASSERT_TRUE(append(1, {on(kUnrouted)}));
  ASSERT_TRUE(await(loop, store->replace(loop, delivery(1), 1, {})));
  EXPECT_EQ(state(delivery(1)), State::filtered);
}

}  // namespace
}  // namespace myelin::testing
