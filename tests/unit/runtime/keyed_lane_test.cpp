// A route that is ordered by key: patients in parallel, each in order, a merge behind both.
#include "tests/unit/runtime/keyed_lane.h"

#include <algorithm>

namespace myelin::runtime {
namespace {

TEST_F(KeyedLane, sends_patients_in_parallel_and_each_in_order) {
  start();
  send("1", "anna");
  send("2", "berta");
  send("3", "anna");
  EXPECT_EQ(lab.waiting(), (Ids{"1", "2"}));
  answer("1");
  EXPECT_EQ(lab.waiting(), (Ids{"2", "3"}));
}

TEST_F(KeyedLane, has_no_more_in_flight_than_sessions) {
  start(2);
  for (int n = 1; n <= 4; ++n) send(std::to_string(n), "patient " + std::to_string(n));
  EXPECT_EQ(lab.waiting(), (Ids{"1", "2"}));
  answer("2");
  EXPECT_EQ(lab.waiting(), (Ids{"1", "3"}));
}

TEST_F(KeyedLane, makes_a_merge_wait_for_both_patients_and_both_for_the_merge) {
  start(8);
  send("1", "anna");
  send("2", "berta");
  send("3", "anna", "berta");
  send("4", "berta");
  send("5", "anna");
  send("6", "carla");
  EXPECT_EQ(lab.waiting(), (Ids{"1", "2", "6"}));
  answer("1");
  EXPECT_EQ(lab.waiting(), (Ids{"2", "6"}));
  answer("2");
  EXPECT_EQ(lab.waiting(), (Ids{"3", "6"}));
  answer("3");
  EXPECT_EQ(lab.waiting(), (Ids{"4", "5", "6"}));
}

TEST_F(KeyedLane, sends_messages_without_a_key_one_after_the_other) {
  start();
  send("1", "");
  send("2", "");
  send("3", "anna");
  EXPECT_EQ(lab.waiting(), (Ids{"1", "3"}));
}

TEST_F(KeyedLane, sends_everything_at_once_without_order) {
  start(8, OrderKind::none);
  for (int n = 1; n <= 3; ++n) send(std::to_string(n), "anna");
  EXPECT_EQ(lab.waiting(), (Ids{"1", "2", "3"}));
}

TEST_F(KeyedLane, holds_only_the_patient_whose_message_was_refused) {
  start();
  const auto refused_one = send("1", "anna");
  send("2", "anna");
  send("3", "berta");
  answer("1", refused("AE"));
  send("4", "berta");
  send("5", "anna");
  answer("3");
  EXPECT_EQ(lab.waiting(), Ids{"4"});
  EXPECT_EQ(world.delivery(refused_one).state, State::held);
  ASSERT_EQ(lanes().size(), 2U);
  EXPECT_FALSE(lanes()[0].stopped);
  EXPECT_TRUE(lanes()[0].last_fault.empty());
  EXPECT_EQ(lanes()[1].lane, lane_of("anna"));
  EXPECT_EQ(lanes()[1].stopped->by, "engine");

  EXPECT_TRUE(world.run(world.host->release(refused_one, Person{"anna", "mended there"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "3", "4", "1", "2", "5"}));
  EXPECT_EQ(lanes().size(), 1U);
  EXPECT_TRUE(world.list().empty());
}

TEST_F(KeyedLane, makes_a_merge_wait_for_a_patient_who_is_held) {
  start();
  const auto refused_one = send("1", "anna");
  answer("1", refused("AE"));
  send("2", "berta", "anna");
  send("3", "berta");
  world.loop.advance(minutes(10));
  EXPECT_TRUE(lab.open.empty());
  EXPECT_TRUE(world.run(world.host->discard(refused_one, Person{"anna", "wrong patient"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "2", "3"}));
}

TEST_F(KeyedLane, holds_and_releases_one_key_by_hand) {
  start();
  EXPECT_TRUE(world.run(world.host->hold_lane(lane_of("anna"), Person{"anna", "record is locked"})));
  send("1", "anna");
  send("2", "berta");
  EXPECT_EQ(lab.waiting(), Ids{"2"});
  EXPECT_TRUE(world.run(world.host->release_lane(lane_of("anna"), Person{"anna", "done"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"2", "1"}));
}

TEST_F(KeyedLane, stops_one_patient_at_a_delivery_that_a_person_holds) {
  start();
  send("1", "anna");
  const auto second = send("2", "anna");
  send("3", "anna");
  send("4", "berta");
  EXPECT_TRUE(world.run(world.host->hold(second, Person{"anna", "look at it"})));
  EXPECT_EQ(lab.waiting(), (Ids{"1", "4"}));  // nothing in flight was broken off
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "4"}));
  ASSERT_EQ(lanes().size(), 2U);
  EXPECT_EQ(lanes()[1].lane, lane_of("anna"));
  EXPECT_EQ(lanes()[1].stopped->reason, "look at it");
  EXPECT_EQ(lanes()[1].head, second);
  EXPECT_TRUE(world.run(world.host->release(second, Person{"anna", "fine"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "4", "2", "3"}));
}

TEST_F(KeyedLane, lets_go_what_waited_for_a_discarded_one_while_others_are_in_flight) {
  start();
  send("1", "anna");
  const auto second = send("2", "anna", "berta");
  send("3", "berta");
  send("4", "carla");
  EXPECT_EQ(lab.waiting(), (Ids{"1", "4"}));
  EXPECT_TRUE(world.run(world.host->discard(second, Person{"anna", "wrong merge"})));
  EXPECT_EQ(lab.waiting(), (Ids{"1", "3", "4"}));
}

TEST_F(KeyedLane, releases_one_held_patient_while_another_stays_held) {
  start();
  const auto anna = send("1", "anna");
  send("2", "berta");
  answer("1", refused("AE"));
  answer("2", refused("AE"));
  send("3", "anna");
  send("4", "berta");
  EXPECT_TRUE(world.run(world.host->release(anna, Person{"anna", "mended there"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "2", "1", "3"}));
  ASSERT_EQ(lanes().size(), 2U);
  EXPECT_EQ(lanes()[1].lane, lane_of("berta"));
}

TEST_F(KeyedLane, tries_now_what_a_person_asks_for_and_not_another_patient) {
  start(2);
  const auto anna = send("1", "anna");
  send("2", "berta");
  answer("1", refused("AR"));
  answer("2", refused("AR"));
  EXPECT_TRUE(lab.open.empty());
  EXPECT_TRUE(world.run(world.host->retry(anna, Person{"anna", "now"})));
  EXPECT_EQ(lab.waiting(), Ids{"1"});
}

TEST_F(KeyedLane, sends_a_parked_message_of_a_patient_again_in_its_old_place) {
  ReplyRule park{"AE", nullptr, ReplyAction::park, 0, {}, ReplyAction::park};
  start(4, OrderKind::keyed, "one", {park});
  const auto anna = send("1", "anna");
  send("2", "anna");
  answer("1", refused("AE"));
  EXPECT_EQ(lab.waiting(), Ids{"2"});
  answer("2");
  EXPECT_TRUE(world.run(world.host->hold_lane(lane_of("anna"), Person{"anna", "wait"})));
  send("3", "anna");
  EXPECT_TRUE(world.run(world.host->retry(anna, Person{"anna", "repaired"})));
  EXPECT_TRUE(world.run(world.host->release_lane(lane_of("anna"), Person{"anna", "go"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "2", "1", "3"}));
}

TEST_F(KeyedLane, begins_nothing_more_while_too_much_is_behind) {
  start(4);
  for (int n = 0; n < 2 * kUnsettled; ++n) send(std::to_string(n), "patient " + std::to_string(n));
  while (!lab.open.empty()) lab.answer(lab.open.front().id);  // the store has no turn meanwhile
  EXPECT_GE(lab.sent.size(), static_cast<std::size_t>(kUnsettled));
  EXPECT_LT(lab.sent.size(), static_cast<std::size_t>(kUnsettled + 4));
  world.loop.advance(seconds(1));
  answer_all();
  EXPECT_EQ(lab.sent.size(), static_cast<std::size_t>(2 * kUnsettled));
}

TEST_F(KeyedLane, stands_whole_when_the_peer_refuses_three_in_a_row) {
  start(1);
  for (int n = 1; n <= 5; ++n) send(std::to_string(n), "patient " + std::to_string(n));
  for (const auto* id : {"1", "2", "3"}) answer(id, refused("AE"));
  world.loop.advance(minutes(10));
  EXPECT_TRUE(lab.open.empty());
  EXPECT_TRUE(lanes()[0].stopped);
  EXPECT_TRUE(world.run(world.host->release_lane(LaneKey{"adt", "lab", ""}, Person{"anna", "repaired"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "2", "3", "1", "2", "3", "4", "5"}));
}

TEST_F(KeyedLane, does_not_try_every_patient_on_a_peer_that_is_down) {
  start(2);
  for (int n = 1; n <= 20; ++n) send(std::to_string(n), "patient " + std::to_string(n));
  for (int n = 0; n < 10; ++n) {
    while (!lab.open.empty()) answer(lab.open.front().id, down());
    world.loop.advance(minutes(1));
  }
  EXPECT_TRUE(std::ranges::all_of(lab.sent, [](const auto& id) { return id == "1" || id == "2"; }));
  answer_all();
  EXPECT_TRUE(world.list().empty());
}

TEST_F(KeyedLane, goes_on_with_others_while_one_patient_waits_for_its_next_attempt) {
  start(1);
  send("1", "anna");
  send("2", "anna");
  send("3", "berta");
  answer("1", refused("AR"));
  EXPECT_EQ(lab.waiting(), Ids{"3"});
  answer("3");
  world.loop.advance(seconds(21));
  EXPECT_EQ(lab.waiting(), Ids{"1"});
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "3", "1", "2"}));
}

TEST_F(KeyedLane, never_stores_the_value_that_it_orders_by) {
  start();
  const auto id = send("1", "4711-secret");
  const auto key = world.delivery(id).lane.key;
  EXPECT_EQ(key, world.store->key_of("4711-secret"));
  EXPECT_EQ(key.size(), 16U);
  EXPECT_FALSE(key.contains("4711"));
}

}  // namespace
}  // namespace myelin::runtime
