// The retention over months, on the virtual clock.
#include <gtest/gtest.h>

#include "engine/base/virtual_loop.h"
#include "engine/runtime/purger.h"
#include "engine/store/memory/memory_store.h"

namespace myelin::runtime {
namespace {

constexpr auto kDay = hours(24);

// What a step took leaves `parts` in so many steps more.
class InParts : public MemoryStore {
 public:
  int parts = 0;
  int left = 0;
  int asked_for_nothing_more = 0;
  Task<Result<Purged>> purge(Loop& loop, PurgeStep step) override {
    const bool nothing_more = step.enough <= 0;
    asked_for_nothing_more += nothing_more;
    auto purging = MemoryStore::purge(loop, std::move(step));
    auto purged = co_await purging;
    if (!purged) co_return purged;
    if (left > 0) --left;
    if (purged->messages > 0) left = parts;
    purged->parts = left > 0;
    purged->end = purged->end && !purged->parts;
    co_return purged;
  }
};

class Retaining : public ::testing::Test {
 protected:
  void start(RetentionRules rules) {
    purger.use(std::move(rules));
    spawn(purger.run(stop_.get_token()));
  }
  ~Retaining() override {
    stop_.request_stop();
    loop.run_ready();
  }

  MessageId store_message(const std::string& channel, State state = State::queued, std::size_t size = 100) {
    NewMessage fresh;
    fresh.message.id = ids_.next(loop.wall());
    fresh.message.channel = channel;
    fresh.message.received_at = loop.wall();
    fresh.message.bytes = Bytes(std::string(size, 'x'));
    const auto id = fresh.message.id;
    fresh.deliveries.push_back(NewDelivery{LaneKey{channel, "lab", ""}, state, {}, {}});
    spawn(drop_value(store.append(loop, std::move(fresh))));
    loop.run_ready();
    return id;
  }
  MessageId delivered(const std::string& channel, std::size_t size = 100) {
    const auto id = store_message(channel, State::queued, size);
    Settlement settlement;
    settlement.id = DeliveryId::of(id, 0);
    store.settle(loop, settlement, [](const Result<void>& result) { EXPECT_TRUE(result); });
    loop.run_ready();
    return id;
  }
  void change(MessageId id, State to) {
    spawn(drop_value(store.change(loop, DeliveryId::of(id, 0), to, "as the ward asked", "anna")));
    loop.run_ready();
  }
  std::int64_t kept(const std::string& channel) {
    std::int64_t found = -1;
    spawn(count(channel, found));
    loop.run_ready();
    return found;
  }

  VirtualLoop loop{WallTime(std::chrono::duration_cast<microseconds>(hours(24 * 365 * 56)))};
  InParts store;
  Purger purger{loop, store};

 private:
  static Task<void> drop_value(Task<Result<void>> task) {
    const auto done = co_await task;
    EXPECT_TRUE(done);
  }
  Task<void> count(std::string channel, std::int64_t& found) {
    const auto all = co_await store.kept(loop);
    found = 0;
    for (const auto& each : *all)
      if (each.channel == channel) found = each.messages;
  }

  IdSource ids_;
  std::stop_source stop_;
};

RetentionRules rules(Retention fallback, std::map<std::string, Retention> channels = {}) {
  return RetentionRules{fallback, std::move(channels)};
}

TEST_F(Retaining, takes_a_message_when_its_days_are_over_and_not_before) {
  start(rules({.days = 3}));
  delivered("adt");
  loop.advance(kDay * 3 - minutes(2));
  EXPECT_EQ(kept("adt"), 1);
  loop.advance(minutes(5));
  EXPECT_EQ(kept("adt"), 0);
  EXPECT_EQ(purger.view().messages, 1);
  EXPECT_EQ(purger.view().bytes, 100);
}

TEST_F(Retaining, keeps_all_for_ever_unless_it_is_told_otherwise) {
  start(rules({}));
  delivered("adt");
  loop.advance(kDay * 20);
  EXPECT_EQ(kept("adt"), 1);
}

TEST_F(Retaining, obeys_each_channel_and_the_engine_for_the_others) {
  start(rules({.days = 9}, {{"adt", {.days = 1}}, {"archive", {}}}));
  for (const auto* channel : {"adt", "lab", "archive"}) delivered(channel);
  loop.advance(kDay * 2);
  EXPECT_EQ(kept("adt"), 0);
  EXPECT_EQ(kept("lab"), 1);
  loop.advance(kDay * 8);
  EXPECT_EQ(kept("lab"), 0);
  EXPECT_EQ(kept("archive"), 1);  // it says `retain: {}`: for ever
}

TEST_F(Retaining, never_takes_what_waits_and_takes_it_soon_after_it_is_finished) {
  start(rules({.days = 2}));
  const auto parked = store_message("adt", State::parked);
  store_message("adt", State::queued);
  loop.advance(kDay * 20);
  EXPECT_EQ(kept("adt"), 2);
  change(parked, State::discarded);
  loop.advance(hours(2));
  EXPECT_EQ(kept("adt"), 1);
}

TEST_F(Retaining, keeps_longer_what_a_person_decided_about) {
  start(rules({.days = 3, .parked = 18}));
  delivered("adt");
  const auto parked = store_message("adt", State::parked);
  change(parked, State::discarded);
  const auto late = store_message("adt", State::parked);
  loop.advance(kDay * 4);
  EXPECT_EQ(kept("adt"), 2);
  change(late, State::discarded);
  loop.advance(kDay * 13);
  EXPECT_EQ(kept("adt"), 2);
  loop.advance(kDay * 2);
  EXPECT_EQ(kept("adt"), 0);
}

TEST_F(Retaining, by_bytes_takes_the_oldest_first_but_nothing_of_the_last_hour) {
  start(rules({}, {{"adt", {.bytes = 1000}}}));
  const auto first = store_message("adt", State::parked, 500);
  for (int i = 0; i < 20; ++i) {
    delivered("adt", 100);
    delivered("lab", 100);
    loop.advance(minutes(1));
  }
  loop.advance(minutes(30));
  EXPECT_EQ(kept("adt"), 21);  // all of this hour
  loop.advance(hours(1));
  EXPECT_EQ(kept("adt"), 6);  // the parked one with its 500 bytes, and five
  EXPECT_EQ(kept("lab"), 20);
  change(first, State::discarded);
  for (int i = 0; i < 5; ++i) delivered("adt", 100);
  loop.advance(hours(2));
  EXPECT_EQ(kept("adt"), 10);  // it was the oldest
}

// A large body goes in parts, after its message: as long as these are there its bytes count, and others would go for
// them.
TEST_F(Retaining, by_bytes_stays_until_the_last_part_of_what_went_has_gone) {
  store.parts = 3;
  start(rules({}, {{"adt", {.bytes = 1000}}}));
  for (int i = 0; i < 12; ++i) delivered("adt", 100);
  loop.advance(hours(2));
  EXPECT_EQ(kept("adt"), 10);
  EXPECT_EQ(store.left, 0);
  EXPECT_EQ(store.asked_for_nothing_more, 3);
}

TEST_F(Retaining, looks_from_the_beginning_when_a_reload_changes_the_days) {
  start(rules({.days = 30}));
  delivered("adt");
  loop.advance(kDay * 5);
  EXPECT_EQ(kept("adt"), 1);
  purger.use(rules({.days = 3}));
  loop.advance(minutes(2));
  EXPECT_EQ(kept("adt"), 0);
}

TEST_F(Retaining, takes_refused_bytes_of_the_same_age) {
  start(rules({.days = 3}));
  store.keep(MessageId{1}, "adt", loop.wall(), Incident{});
  loop.advance(kDay * 2);
  EXPECT_EQ(store.incidents().size(), 1U);
  loop.advance(kDay * 2);
  EXPECT_TRUE(store.incidents().empty());
  EXPECT_EQ(purger.view().incidents, 1);
}

}  // namespace
}  // namespace myelin::runtime
