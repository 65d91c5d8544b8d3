// What every store must keep of the retention: what goes, what never goes, and how a step ends.
#include <gtest/gtest.h>

#include "engine/store/rules.h"
#include "tests/conformance/store/conformance.h"

namespace myelin::testing {
namespace {

class Purging : public StoreConformance {
 protected:
  // Stored, and delivered to one peer.
  void finished(std::int64_t id, std::string channel = "adt", std::string bytes = "MSH|^~\\&|") {
    auto fresh = message_of(id, {on(kLane)}, std::move(bytes));
    fresh.message.channel = std::move(channel);
    ASSERT_TRUE(append(std::move(fresh)));
    ASSERT_TRUE(settle(settled(delivery(id), State::delivered)));
  }
  Purged purge(PurgeStep step) {
    auto purged = await(loop, store->purge(loop, std::move(step)));
    EXPECT_TRUE(purged) << (purged ? "" : to_string(purged.error()));
    return purged ? std::move(*purged) : Purged{};
  }
  std::vector<Kept> kept() {
    auto found = await(loop, store->kept(loop));
    EXPECT_TRUE(found);
    return found ? std::move(*found) : std::vector<Kept>{};
  }
  static PurgeStep before(std::int64_t id) {
    PurgeStep step;
    step.of_others = true;
    step.before = MessageId{id};
    return step;
  }
};

TEST_P(Purging, takes_a_finished_message_with_all_that_belongs_to_it) {
  ASSERT_TRUE(append(7, {on(kLane), on(kOther)}));
  auto retried = settled(delivery(7), State::queued);
  retried.fault = "M0401";
  retried.rendered = Bytes("MSH|rendered");
  ASSERT_TRUE(settle(retried));
  ASSERT_TRUE(settle(settled(delivery(7), State::delivered, 2)));
  ASSERT_TRUE(settle(settled(delivery(7, 1), State::filtered)));
  const auto purged = purge(before(8));
  EXPECT_EQ(purged.messages, 1);
  EXPECT_EQ(purged.bytes, 9);
  EXPECT_TRUE(purged.end);
  EXPECT_FALSE(await(loop, store->trace(loop, MessageId{7})));
  QueueFilter delivered;
  delivered.state = State::delivered;
  EXPECT_TRUE(ids(delivered).empty());
  EXPECT_EQ(store->last_id(), MessageId{7});  // an id is never given twice
}

TEST_P(Purging, never_takes_what_is_not_finished_whatever_it_is_asked_for) {
  ASSERT_TRUE(append(1, {on(kLane)}));
  ASSERT_TRUE(append(2, {on(kLane, State::parked)}));
  ASSERT_TRUE(append(3, {on(kLane, State::held)}));
  ASSERT_TRUE(append(4, {on(kLane)}));
  ASSERT_TRUE(settle(settled(delivery(4), State::awaiting_reply)));
  ASSERT_TRUE(append(5, {on(kLane), on(kOther)}));
  ASSERT_TRUE(settle(settled(delivery(5), State::delivered)));
  ASSERT_TRUE(append(6, {}));  // no route wanted it: nothing waits
  auto step = before(100);
  auto purged = purge(step);
  EXPECT_EQ(purged.messages, 1);
  EXPECT_EQ(purged.unfinished.size(), 5U);
  step.only = purged.unfinished;
  EXPECT_EQ(purge(step).messages, 0);
  for (std::int64_t id = 1; id <= 5; ++id) EXPECT_EQ(trace(id).message.id, MessageId{id});
}

TEST_P(Purging, takes_only_of_the_channels_and_ids_it_was_asked_for) {
  finished(1, "adt");
  finished(2, "lab");
  finished(3, "adt");
  auto step = before(3);
  step.of_others = false;
  step.channels = {"adt"};
  EXPECT_EQ(purge(step).messages, 1);
  EXPECT_EQ(kept().size(), 2U);
  step.of_others = true;  // all but adt
  EXPECT_EQ(purge(step).messages, 1);
  ASSERT_EQ(kept().size(), 1U);
  EXPECT_EQ(kept()[0].channel, "adt");
  EXPECT_EQ(kept()[0].messages, 1);
}

TEST_P(Purging, spares_what_a_person_decided_about_where_it_is_told_to) {
  finished(1);
  ASSERT_TRUE(append(2, {on(kLane, State::parked)}));
  ASSERT_TRUE(change(delivery(2), State::discarded));
  auto step = before(10);
  step.spare_decided = true;
  auto purged = purge(step);
  EXPECT_EQ(purged.messages, 1);
  EXPECT_TRUE(purged.unfinished.empty());
  EXPECT_EQ(trace(2).deliveries.size(), 1U);
  step.spare_decided = false;
  EXPECT_EQ(purge(step).messages, 1);
}

TEST_P(Purging, stops_when_enough_has_gone_and_says_how_far_it_came) {
  for (std::int64_t id = 1; id <= 5; ++id) finished(id, "adt", std::string(100, 'x'));
  auto step = before(100);
  step.enough = 150;
  const auto purged = purge(step);
  EXPECT_EQ(purged.bytes, 200);
  EXPECT_EQ(purged.reached, MessageId{2});
  EXPECT_FALSE(purged.end);
  EXPECT_EQ(kept()[0].bytes, 300);
}

// NGC #3447: the archiver took a thousand messages into memory at once.
TEST_P(Purging, goes_in_steps_of_at_most_a_thousand_rows) {
  for (std::int64_t id = 1; id <= 1300; ++id) ASSERT_TRUE(append(id, {}));
  auto step = before(10'000);
  std::int64_t messages = 0;
  int steps = 0;
  for (;; ++steps) {
    const auto purged = purge(step);
    EXPECT_LE(purged.messages, store_rules::kPurgeRows);
    messages += purged.messages;
    step.after = purged.reached;
    if (purged.end) break;
  }
  EXPECT_EQ(messages, 1300);
  EXPECT_GE(steps, 1);
  EXPECT_TRUE(kept().empty());
}

TEST_P(Purging, takes_a_big_body_in_all_its_parts) {
  finished(1, "adt", std::string((9U << 20) + 1, 'x'));
  auto step = before(10);
  EXPECT_EQ(purge(step).bytes, (9 << 20) + 1);
  for (int more = 0; more < 8; ++more) purge(step);
  EXPECT_TRUE(kept().empty());
}

INSTANTIATE_TEST_SUITE_P(Stores, Purging, store_kinds(), kind_name);

}  // namespace
}  // namespace myelin::testing
