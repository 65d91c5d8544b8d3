// The retention on a disk: space that really goes back, and what a crash in the middle of a purge leaves.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/store/sqlite_fixture.h"

namespace myelin::testing {
namespace {

class StorePurge : public SqliteFile {
 protected:
  void fill(std::int64_t from, std::int64_t to, std::size_t size = 4000) {
    for (std::int64_t id = from; id < to; ++id) {
      ASSERT_TRUE(append(id, {on(kLane)}, std::string(size, 'x')));
      settle_later(delivery(id));
    }
    ASSERT_TRUE(loop.run_until([&] { return settling == 0; }));
  }
  void settle_later(DeliveryId id) {
    ++settling;
    store->settle(loop, settled(id, State::delivered), [this](const Result<void>& result) {
      EXPECT_TRUE(result);
      --settling;
    });
  }
  // To the end; how many messages went.
  std::int64_t purge_before(std::int64_t id) {
    PurgeStep step;
    step.of_others = true;
    step.before = MessageId{id};
    std::int64_t messages = 0;
    for (;;) {
      const auto purged = await(loop, store->purge(loop, step));
      EXPECT_TRUE(purged);
      if (!purged) return -1;
      messages += purged->messages;
      step.after = purged->reached;
      if (purged->end) return messages;
    }
  }
  std::int64_t give_back_all() {
    std::int64_t returned = 0;
    for (;;) {
      const auto space = await(loop, store->give_back(loop));
      EXPECT_TRUE(space);
      if (!space || space->returned == 0) return returned;
      EXPECT_LE(space->returned, 64 * 4096);
      returned += space->returned;
    }
  }

  int settling = 0;
};

TEST_F(StorePurge, returns_the_space_to_the_file_system) {
  ASSERT_TRUE(open());
  fill(1, 3001);
  ASSERT_TRUE(reopen_clean());
  const auto before = std::filesystem::file_size(settings.path);
  EXPECT_EQ(purge_before(2901), 2900);
  const auto returned = give_back_all();
  ASSERT_TRUE(close());
  const auto after = std::filesystem::file_size(settings.path);
  EXPECT_LT(after, before / 4);
  EXPECT_GE(returned, static_cast<std::int64_t>(before - after) * 9 / 10);
  ASSERT_TRUE(open());
  for (std::int64_t id = 2901; id <= 3000; ++id) EXPECT_EQ(trace(id).message.bytes.size(), 4000U);
}

TEST_F(StorePurge, keeps_its_counts_through_a_crash_and_a_clean_end) {
  ASSERT_TRUE(open());
  fill(1, 101, 100);
  EXPECT_EQ(purge_before(51), 50);
  fill(101, 111, 100);
  for (const bool clean : {false, true, false}) {
    ASSERT_TRUE(clean ? reopen_clean() : reopen_unclean());
    const auto kept = await(loop, store->kept(loop));
    ASSERT_TRUE(kept);
    ASSERT_EQ(kept->size(), 1U);
    EXPECT_EQ((*kept)[0].messages, 60);
    EXPECT_EQ((*kept)[0].bytes, 6000);
    const auto counts = await(loop, store->counts(loop));
    ASSERT_TRUE(counts);
    EXPECT_EQ(counts->messages, 110);  // since it was made
  }
}

TEST_F(StorePurge, that_a_crash_cuts_off_leaves_every_message_whole_or_gone_and_none_that_waits_is_lost) {
  constexpr std::int64_t kAll = 2000, kWaits = 7;  // each seventh is parked
  ASSERT_TRUE(open());
  for (std::int64_t id = 1; id <= kAll; ++id) {
    const bool parked = id % kWaits == 0;
    ASSERT_TRUE(append(id, {on(kLane, parked ? State::parked : State::queued)}, std::string(300, 'x')));
    if (!parked) settle_later(delivery(id));
  }
  ASSERT_TRUE(loop.run_until([&] { return settling == 0; }));
  ASSERT_TRUE(close());
  store.reset();
  for (const std::int64_t cut : {1, 2, 3}) {
    const auto child = ::fork();
    if (child == 0) {
      std::int64_t steps = 0;
      settings.before_sync = [&](std::int64_t) {
        if (++steps > cut) ::_exit(0);
      };
      BlockingLoop own;
      auto opened = open_sqlite_store(settings);
      PurgeStep step;
      step.of_others = true;
      step.before = MessageId{kAll + 1};
      while (opened) {
        const auto purged = await(own, (*opened)->purge(own, step));
        if (!purged || purged->end) break;
        step.after = purged->reached;
      }
      ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_TRUE(open());
    for (std::int64_t id = kWaits; id <= kAll; id += kWaits) ASSERT_EQ(state(delivery(id)), State::parked);
    store.reset();
    EXPECT_EQ(number("SELECT count(*) FROM delivery d WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.id=d.id/1024)"),
              0);
    EXPECT_EQ(number("SELECT count(*) FROM message m WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.id/1024=m.id)"),
              0);
  }
}

}  // namespace
}  // namespace myelin::testing
