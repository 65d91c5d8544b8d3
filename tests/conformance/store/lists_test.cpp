// What every store must show: what waits, what stands, how many there are, and what came since.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/store/rules.h"
#include "tests/conformance/store/conformance.h"

namespace myelin::testing {
namespace {

Task<void> count_in(Task<Result<void>> append, int& stored) {
  const auto done = co_await append;
  EXPECT_TRUE(done);
  ++stored;
}

TEST_P(StoreConformance, lists_waiting_deliveries_of_a_lane_in_order_and_page_by_page) {
  for (std::int64_t id = 1; id <= 6; ++id) ASSERT_TRUE(append(id, {on(kOther), on(kLane)}));
  ASSERT_TRUE(settle(settled(delivery(2, 1), State::delivered)));
  ASSERT_TRUE(settle(settled(delivery(3, 1), State::parked)));
  ASSERT_TRUE(settle(settled(delivery(4, 1), State::queued)));
  ASSERT_TRUE(change(delivery(5, 1), State::held));  // it stops its lane, so a lane must see it
  EXPECT_EQ(waiting(kLane), (std::vector{delivery(1, 1), delivery(4, 1), delivery(5, 1), delivery(6, 1)}));
  EXPECT_EQ(waiting(kLane, {}, 2), (std::vector{delivery(1, 1), delivery(4, 1)}));
  EXPECT_EQ(waiting(kLane, delivery(4, 1), 2), (std::vector{delivery(5, 1), delivery(6, 1)}));
  EXPECT_TRUE(waiting(kLane, delivery(6, 1)).empty());
  EXPECT_TRUE(waiting(LaneKey{"adt", "nobody", ""}).empty());
}

TEST_P(StoreConformance, lists_and_counts_a_route_whatever_the_keys_of_its_deliveries) {
  const LaneKey one{"adt", "pacs", "a"}, two{"adt", "pacs", "a+b"}, none{"adt", "pacs", std::string(kNoOrder)};
  ASSERT_TRUE(append(1, {on(one), on(two), on(none)}));
  EXPECT_EQ(waiting(kOther), (std::vector{delivery(1, 0), delivery(1, 1), delivery(1, 2)}));
  EXPECT_EQ(trace(1).deliveries[0].lane, one);
  EXPECT_EQ(trace(1).deliveries[1].lane, two);
  EXPECT_EQ(trace(1).deliveries[2].lane, none);
  const auto unfinished = await(loop, store->unfinished(loop));
  ASSERT_EQ(unfinished->size(), 1U);
  EXPECT_EQ(unfinished->front().count, 3);
}

TEST_P(StoreConformance, makes_keys_that_tell_nothing_and_stay_the_same) {
  EXPECT_EQ(store->key_of("4711").size(), 16U);
  EXPECT_EQ(store->key_of("4711"), store->key_of("4711"));
  EXPECT_NE(store->key_of("4711"), store->key_of("4712"));
  EXPECT_FALSE(store->key_of("4711").contains("4711"));
}

TEST_P(StoreConformance, keeps_a_stop_for_each_key_and_one_for_the_route) {
  const LaneKey route{"adt", "pacs", ""}, key{"adt", "pacs", "a"};
  ASSERT_TRUE(await(loop, store->stop_lane(loop, LaneStop{route, loop.wall_now, "all", "anna"})));
  ASSERT_TRUE(await(loop, store->stop_lane(loop, LaneStop{key, loop.wall_now, "one", "engine"})));
  EXPECT_EQ(await(loop, store->stopped_lanes(loop))->size(), 2U);
  ASSERT_TRUE(await(loop, store->start_lane(loop, route)));
  const auto left = await(loop, store->stopped_lanes(loop));
  ASSERT_EQ(left->size(), 1U);
  EXPECT_EQ(left->front().lane, key);
  EXPECT_EQ(left->front().reason, "one");
}

TEST_P(StoreConformance, lists_by_channel_route_and_state) {
  ASSERT_TRUE(append(1, {on(kLane), on(kOther), on(LaneKey{"oru", "lab", ""})}));
  ASSERT_TRUE(append(2, {on(kLane, State::parked), on(kOther, State::held)}));
  ASSERT_TRUE(append(3, {on(kLane), on(kLane)}));
  ASSERT_TRUE(settle(settled(delivery(3, 0), State::delivered)));
  ASSERT_TRUE(settle(settled(delivery(3, 1), State::awaiting_reply)));
  QueueFilter filter;
  const std::vector all = {delivery(1, 0), delivery(1, 1), delivery(1, 2),
                           delivery(2, 0), delivery(2, 1), delivery(3, 1)};
  EXPECT_EQ(ids(filter), all);
  filter.channel = "oru";
  EXPECT_EQ(ids(filter), std::vector{delivery(1, 2)});
  filter.channel = "adt";
  filter.route = "pacs";
  EXPECT_EQ(ids(filter), (std::vector{delivery(1, 1), delivery(2, 1)}));
  filter.state = State::held;
  EXPECT_EQ(ids(filter), std::vector{delivery(2, 1)});
  filter.route = "lab";
  for (const auto& [state, id] :
       {std::pair(State::queued, delivery(1, 0)), std::pair(State::parked, delivery(2, 0)),
        std::pair(State::delivered, delivery(3, 0)), std::pair(State::awaiting_reply, delivery(3, 1))}) {
    filter.state = state;
    EXPECT_EQ(ids(filter), std::vector{id}) << name_of(state);
  }
  filter.route = "*";
  EXPECT_TRUE(ids(filter).empty());
}

TEST_P(StoreConformance, pages_a_list_without_gaps_or_repeats) {
  for (std::int64_t id = 1; id <= 7; ++id) {
    const auto state = id % 3 == 0 ? State::parked : State::queued;
    ASSERT_TRUE(append(id, {on(kLane, state)}));
  }
  QueueFilter filter;
  filter.limit = 2;
  std::vector<DeliveryId> all;
  for (auto page = ids(filter); !page.empty(); page = ids(filter)) {
    EXPECT_LE(page.size(), 2U);
    all.insert(all.end(), page.begin(), page.end());
    filter.after = page.back();
  }
  ASSERT_EQ(all.size(), 7U);
  for (std::int64_t id = 1; id <= 7; ++id) EXPECT_EQ(all[static_cast<std::size_t>(id) - 1], delivery(id));
}

TEST_P(StoreConformance, answers_a_thousand_rows_and_no_more) {
  for (std::int64_t id = 1; id <= 2; ++id) ASSERT_TRUE(append(id, std::vector<NewDelivery>(600, on(kLane))));
  QueueFilter filter;
  filter.limit = 5000;
  EXPECT_EQ(ids(filter).size(), 1000U);
  filter.limit = 0;
  EXPECT_EQ(ids(filter).size(), 1U);
}

TEST_P(StoreConformance, counts_what_was_stored_filtered_and_refused_and_what_waits) {
  ASSERT_TRUE(append(1, {on(kLane), on(kOther)}));
  ASSERT_TRUE(append(2, {on(kLane)}));
  ASSERT_TRUE(append(3, {}));
  Incident incident;
  incident.fault.code = FaultCode::not_hl7;
  incident.bytes = Bytes("garbage");
  store->keep(MessageId{9}, "adt", loop.wall_now, incident);
  ASSERT_TRUE(settle(settled(delivery(1, 1), State::parked)));
  ASSERT_TRUE(append(4, {on(kLane)}));
  ASSERT_TRUE(settle(settled(delivery(4), State::delivered)));
  const auto counts = await(loop, store->counts(loop));
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->messages, 4);
  EXPECT_EQ(counts->filtered, 1);
  EXPECT_EQ(counts->refused, 1);
  ASSERT_EQ(counts->lanes.size(), 2U);
  EXPECT_EQ(counts->lanes[0].lane, kLane);
  EXPECT_EQ(counts->lanes[0].state, State::queued);
  EXPECT_EQ(counts->lanes[0].count, 2);
  EXPECT_EQ(counts->lanes[0].oldest, message_of(1, {}).message.received_at);
  EXPECT_EQ(counts->lanes[1].lane, (LaneKey{kOther.channel, kOther.route, ""}));
  EXPECT_EQ(counts->lanes[1].state, State::parked);
  const auto unfinished = await(loop, store->unfinished(loop));
  ASSERT_TRUE(unfinished);
  EXPECT_EQ(unfinished->size(), 2U);
  EXPECT_FALSE(trace(3).routed);
  EXPECT_TRUE(trace(4).routed);
}

TEST_P(StoreConformance, keeps_the_lanes_that_stand) {
  ASSERT_TRUE(await(loop, store->stop_lane(loop, LaneStop{kLane, loop.wall_now, "three refused", "engine"})));
  ASSERT_TRUE(await(loop, store->stop_lane(loop, LaneStop{kOther, loop.wall_now, "for the night", "anna"})));
  ASSERT_TRUE(await(loop, store->stop_lane(loop, LaneStop{kLane, loop.wall_now + seconds(1), "again", "berta"})));
  auto stops = await(loop, store->stopped_lanes(loop));
  ASSERT_TRUE(stops);
  ASSERT_EQ(stops->size(), 2U);
  EXPECT_EQ((*stops)[0].lane, kLane);
  EXPECT_EQ((*stops)[0].since, loop.wall_now + seconds(1));
  EXPECT_EQ((*stops)[0].reason, "again");
  EXPECT_EQ((*stops)[0].by, "berta");
  ASSERT_TRUE(await(loop, store->start_lane(loop, kLane)));
  ASSERT_TRUE(await(loop, store->start_lane(loop, kLane)));
  stops = await(loop, store->stopped_lanes(loop));
  ASSERT_EQ(stops->size(), 1U);
  EXPECT_EQ((*stops)[0].lane, kOther);
}

TEST_P(StoreConformance, gives_the_messages_since_a_time_oldest_first) {
  for (std::int64_t id = 1; id <= 4; ++id) ASSERT_TRUE(append(id, {on(kLane)}, "body " + std::to_string(id)));
  const auto keys = recent(message_of(3, {}).message.received_at);
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[0].id, MessageId{3});
  EXPECT_EQ((*keys)[0].channel, "adt");
  EXPECT_EQ((*keys)[0].received_at, message_of(3, {}).message.received_at);
  EXPECT_EQ((*keys)[1].fingerprint.content, sha256("body 4"));
  EXPECT_EQ((*keys)[1].fingerprint.sender, 6U);
}

TEST_P(StoreConformance, remembers_what_came_before_large_messages) {
  ASSERT_TRUE(append(1, {on(kLane)}, "small"));
  for (std::int64_t id = 2; id <= 3; ++id) {
    auto large = message_of(id, {on(kLane)}, std::string(std::size_t{34} << 20, 'x'));
    large.fingerprint = Fingerprint{sha256("as it was received"), 77};
    ASSERT_TRUE(append(std::move(large)));
  }
  const auto keys = recent();
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 3U);
  EXPECT_EQ((*keys)[0].fingerprint.content, sha256("small"));
  EXPECT_EQ((*keys)[2].fingerprint.content, sha256("as it was received")) << "it is not read anew";
  EXPECT_EQ((*keys)[2].fingerprint.sender, 77U);
}

TEST_P(StoreConformance, reads_large_messages_whose_fingerprint_was_not_kept_up_to_a_bound) {
  ASSERT_TRUE(append(1, {on(kLane)}, "small"));
  for (std::int64_t id = 2; id <= 4; ++id)
    ASSERT_TRUE(append(id, {on(kLane)}, std::string(store_rules::kDuplicateBytes / 2 + 1, 'x')));
  const auto keys = recent();
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->front().id, MessageId{1});
  EXPECT_EQ(keys->back().id, MessageId{4});
}

TEST_P(StoreConformance, remembers_a_quiet_channel_beside_a_busy_one) {
  ASSERT_TRUE(append(1, {on(kLane)}, "small"));
  int stored = 0;
  for (std::int64_t id = 2; id < 70'000;) {
    const auto first = id;
    for (; id < first + 500; ++id) {
      auto fresh = message_of(id, {}, "much");
      fresh.message.channel = "oru";
      spawn(count_in(store->append(loop, std::move(fresh)), stored));
    }
    loop.run_until([&] { return stored + 2 == id; });
  }
  const auto keys = recent();
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->front().id, MessageId{1});
  EXPECT_EQ(keys->size(), 1U + static_cast<std::size_t>(stored));
}

TEST_P(StoreConformance, gives_no_message_of_a_channel_that_is_not_asked_about) {
  ASSERT_TRUE(append(1, {on(kLane)}, "small"));
  const auto none = await(loop, store->received_since(loop, {}));
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

}  // namespace
}  // namespace myelin::testing
