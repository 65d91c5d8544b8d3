// How verbs become commits: what shares one, what waits for one, what is refused, and what a crash may take.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "engine/store/rules.h"
#include "engine/store/sqlite/recent_messages.h"
#include "engine/store/sqlite/schema.h"
#include "tests/unit/store/sqlite_fixture.h"

namespace myelin::testing {
namespace {

class StoreCommit : public SqliteFile {
 protected:
  // Opens with a writer that waits at the gate before each commit.
  void open_gated() {
    settings.before_sync = [this](std::int64_t) { gate.wait(); };
    settings.after_sync = [this](std::int64_t number) { commits = number; };
    ASSERT_TRUE(open());
  }
  void begin_append(std::int64_t id) {
    answers.emplace_back(std::make_unique<std::optional<Result<void>>>());
    spawn(keep_value(store->append(loop, message_of(id, {on(kLane)})), *answers.back()));
  }
  void until_all_answered() {
    loop.run_until([&] { return std::ranges::all_of(answers, [](const auto& each) { return each->has_value(); }); });
  }
  // Lets the loop finish the turn in which the verbs were called, so that they are handed over.
  void end_turn() {
    bool ended = false;
    loop.post([&] { ended = true; });
    loop.run_until([&] { return ended; });
  }

  Gate gate;
  std::atomic<std::int64_t> commits{0};
  std::vector<std::unique_ptr<std::optional<Result<void>>>> answers;
};

TEST_F(StoreCommit, of_the_first_append_begins_at_once_and_all_that_comes_meanwhile_shares_the_next) {
  open_gated();
  begin_append(1);
  end_turn();
  gate.until_somebody_waits();
  for (std::int64_t id = 2; id <= 60; ++id) begin_append(id);
  end_turn();
  for (const auto& each : answers) EXPECT_FALSE(each->has_value());
  gate.open();
  until_all_answered();
  EXPECT_EQ(commits, 2);
}

TEST_F(StoreCommit, that_does_not_return_is_seen_by_the_watchdog_and_an_idle_writer_is_not) {
  open_gated();
  PulseWatch watch(*settings.pulse, seconds(60));
  MonoTime now{};
  EXPECT_TRUE(watch.beats(now));
  EXPECT_TRUE(watch.beats(now += hours(1)));
  begin_append(1);
  end_turn();
  gate.until_somebody_waits();
  EXPECT_TRUE(watch.beats(now += seconds(1)));
  EXPECT_TRUE(watch.beats(now += seconds(59)));
  EXPECT_FALSE(watch.beats(now += seconds(2)));
  gate.open();
  until_all_answered();
  ASSERT_TRUE(append(2, {on(kLane)}));
  EXPECT_TRUE(watch.beats(now += seconds(1)));
}

TEST_F(StoreCommit, of_an_append_takes_the_settlements_along) {
  settings.after_sync = [this](std::int64_t number) { commits = number; };
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane), on(kLane)}));
  bool rode = false;
  store->settle(loop, settled(delivery(1, 0), State::delivered),
                [&](Result<void> result) { rode = result.has_value(); });
  begin_append(2);
  until_all_answered();
  EXPECT_TRUE(rode);
  EXPECT_EQ(commits, 2);
  EXPECT_TRUE(settle(settled(delivery(1, 1), State::delivered)));  // nothing to ride with: it goes alone
  EXPECT_EQ(commits, 3);
}

TEST_F(StoreCommit, shows_nothing_to_readers_before_it_is_done) {
  open_gated();
  begin_append(1);
  end_turn();
  gate.until_somebody_waits();
  EXPECT_EQ(code(await(loop, store->message(loop, MessageId{1}))), FaultCode::not_found);
  EXPECT_TRUE(waiting(kLane).empty());
  EXPECT_EQ(store->last_id(), MessageId{0});
  gate.open();
  until_all_answered();
  EXPECT_TRUE(await(loop, store->message(loop, MessageId{1})));
  EXPECT_EQ(waiting(kLane), std::vector{delivery(1)});
}

TEST_F(StoreCommit, refuses_appends_when_too_many_wait_and_takes_them_again_later) {
  settings.waiting_rows = 3;
  open_gated();
  for (std::int64_t id = 1; id <= 3; ++id) begin_append(id);
  end_turn();
  gate.until_somebody_waits();
  EXPECT_EQ(code(append(4, {on(kLane)})), FaultCode::overloaded);
  gate.open();
  until_all_answered();
  EXPECT_TRUE(std::ranges::all_of(answers, [](const auto& each) { return (*each)->has_value(); }));
  EXPECT_TRUE(append(4, {on(kLane)}));
}

TEST(BackPressure, goes_on_until_there_is_room_again_and_does_not_say_yes_and_no_in_turns) {
  using store_rules::is_full;
  EXPECT_FALSE(is_full(false, 99, 100));
  EXPECT_TRUE(is_full(false, 100, 100));
  EXPECT_TRUE(is_full(true, 99, 100));
  EXPECT_TRUE(is_full(true, 61, 100));
  EXPECT_FALSE(is_full(true, 60, 100));
}

TEST_F(StoreCommit, refuses_appends_when_too_many_bytes_wait) {
  settings.waiting_bytes = 1000;
  open_gated();
  std::optional<Result<void>> big;
  spawn(keep_value(store->append(loop, message_of(1, {on(kLane)}, std::string(1001, 'x'))), big));
  EXPECT_EQ(code(append(2, {on(kLane)})), FaultCode::overloaded);
  gate.open();
  loop.run_until([&] { return big.has_value(); });
  EXPECT_TRUE(*big);
  EXPECT_TRUE(append(2, {on(kLane)}));
}

TEST_F(StoreCommit, refuses_nothing_small_while_a_body_waits_that_is_larger_than_all_that_may_wait) {
  settings.waiting_bytes = 1U << 20;
  open_gated();
  const std::string body(2U << 20, 'x');
  std::optional<Result<void>> big;
  spawn(keep_value(store->append(loop, message_of(1, {on(kLane)}, body)), big));
  end_turn();
  gate.until_somebody_waits();
  begin_append(2);
  EXPECT_EQ(code(append(3, {on(kLane)}, body)), FaultCode::overloaded);
  gate.open();
  loop.run_until([&] { return big.has_value() && answers.front()->has_value(); });
  EXPECT_TRUE(*big);
  EXPECT_TRUE(**answers.front());
  EXPECT_TRUE(append(3, {on(kLane)}, body));
}

TEST_F(StoreCommit, of_a_big_body_lets_those_pass_that_came_later) {
  ASSERT_TRUE(open());
  std::optional<Result<void>> big;
  bool big_first = false;
  spawn(keep_value(store->append(loop, message_of(1, {on(kLane)}, std::string(8U << 20, 'x'))), big));
  end_turn();
  begin_append(2);
  loop.run_until([&] {
    const bool small = answers.front()->has_value();
    big_first = big_first || (big.has_value() && !small);
    return small && big.has_value();
  });
  EXPECT_FALSE(big_first);
  EXPECT_TRUE(*big);
  EXPECT_EQ(await(loop, store->message(loop, MessageId{1}))->bytes.size(), 8U << 20);
  EXPECT_EQ(waiting(kLane), (std::vector{delivery(1), delivery(2)}));
}

TEST_F(StoreCommit, of_a_big_body_is_done_before_the_store_closes) {
  ASSERT_TRUE(open());
  std::optional<Result<void>> big;
  spawn(keep_value(store->append(loop, message_of(1, {on(kLane)}, std::string(4U << 20, 'x'))), big));
  end_turn();
  ASSERT_TRUE(close());
  loop.run_until([&] { return big.has_value(); });
  EXPECT_TRUE(*big);
  ASSERT_TRUE(open());
  EXPECT_EQ(await(loop, store->message(loop, MessageId{1}))->bytes.view(), std::string(4U << 20, 'x'));
}

TEST_F(StoreCommit, never_changes_the_length_of_the_log) {
  ASSERT_TRUE(open());
  const auto length = std::filesystem::file_size(settings.path + "-wal");
  std::int64_t id = 0;
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 40; ++i) begin_append(++id);
    until_all_answered();
    answers.clear();
  }
  EXPECT_EQ(std::filesystem::file_size(settings.path + "-wal"), length);
  EXPECT_GT(std::filesystem::file_size(settings.path), 100'000U);  // so it was checkpointed on the way
}

TEST_F(StoreCommit, of_a_big_body_waits_for_a_reader_that_keeps_the_log_from_beginning_again) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane)}));
  const auto length = std::filesystem::file_size(settings.path + "-wal");
  auto reader = sqlite::Database::open(settings.path, SQLITE_OPEN_READONLY);
  ASSERT_TRUE(reader && reader->execute("BEGIN; SELECT count(*) FROM message"));
  std::optional<Result<void>> big;
  spawn(keep_value(store->append(loop, message_of(2, {on(kLane)}, std::string(8U << 20, 'x'))), big));
  end_turn();
  for (std::int64_t id = 3; id < 80; ++id) ASSERT_TRUE(append(id, {on(kLane)}));  // a part could go behind each
  EXPECT_FALSE(big.has_value());
  ASSERT_TRUE(reader->execute("COMMIT"));
  loop.run_until([&] { return big.has_value(); });
  EXPECT_TRUE(*big);
  EXPECT_EQ(std::filesystem::file_size(settings.path + "-wal"), length);
}

TEST_F(StoreCommit, of_a_big_body_does_not_wait_for_ever_for_a_reader) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane)}));
  auto reader = sqlite::Database::open(settings.path, SQLITE_OPEN_READONLY);
  ASSERT_TRUE(reader && reader->execute("BEGIN; SELECT count(*) FROM message"));
  EXPECT_TRUE(append(2, {on(kLane)}, std::string(4U << 20, 'x')));
}

TEST_F(StoreCommit, is_nothing_that_a_store_without_room_makes) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane), on(kOther)}));
  ASSERT_TRUE(close());
  settings.reserve_bytes = std::int64_t{1} << 60;
  ASSERT_TRUE(open());
  EXPECT_EQ(code(append(2, {on(kLane)})), FaultCode::disk_reserve);
  EXPECT_EQ(code(append(3, {on(kLane)}, std::string(2U << 20, 'x'))), FaultCode::disk_reserve);
  EXPECT_TRUE(settle(settled(delivery(1), State::delivered)));
  EXPECT_TRUE(change(delivery(1, 1), State::held));
  EXPECT_EQ(store->last_id(), MessageId{1});
  EXPECT_EQ(number("SELECT count(*) FROM chunk"), 0);
}

TEST(RecentMessages, forget_the_oldest_beyond_their_bounds) {
  sqlite::RecentMessages recent;
  const auto most = static_cast<std::int64_t>(sqlite::RecentMessages::kMessages);
  for (std::int64_t id = 1; id <= most; ++id) recent.put(message_of(id, {}, "x").message);
  EXPECT_TRUE(recent.find(MessageId{1}));
  recent.put(message_of(most + 1, {}, "x").message);
  EXPECT_FALSE(recent.find(MessageId{1}));
  EXPECT_TRUE(recent.find(MessageId{2}));
  const std::string eighth(sqlite::RecentMessages::kBytes / 8, 'y');
  for (std::int64_t id = 1; id <= 8; ++id) recent.put(message_of(100'000 + id, {}, eighth).message);
  EXPECT_TRUE(recent.find(MessageId{100'001}));
  EXPECT_FALSE(recent.find(MessageId{most + 1}));
  recent.put(message_of(200'000, {}, eighth + "y").message);  // would push out all the others
  EXPECT_FALSE(recent.find(MessageId{200'000}));
}

// What a process stores that dies: message after message, or each handed over to a second channel (2 by 1, 4 by 3 …).
NewMessage alone(std::int64_t id) {
  return message_of(id, {on(kLane)}, std::string(static_cast<std::size_t>(id % 7) << 18, 'k'));
}
NewMessage handed_over(std::int64_t id) {
  if (id % 2 == 1) return message_of(id, {on(kLane)});
  auto fresh = message_of(id, {on(kOther)}, std::string(static_cast<std::size_t>(id % 7) << 18, 'k'));
  fresh.settles = settled(delivery(id - 1), State::delivered);
  return fresh;
}

// A process of its own that stores messages and says which were answered, and dies at a commit.
std::vector<std::int64_t> answered_by_a_process_that_dies(const StoreSettings& given, std::int64_t at, bool after,
                                                          NewMessage (*make)(std::int64_t) = alone) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const auto child = ::fork();
  if (child == 0) {
    auto settings = given;
    auto& hook = after ? settings.after_sync : settings.before_sync;
    hook = [at](std::int64_t number) {
      if (number == at) ::_exit(9);
    };
    Driver driver;
    driver.store = std::move(*open_sqlite_store(settings));
    const auto last = driver.store->last_id().value;
    for (std::int64_t id = last + 1;; ++id)
      if (driver.append(make(id))) (void)!::write(ends[1], &id, sizeof id);
  }
  ::close(ends[1]);
  std::vector<std::int64_t> answered;
  for (std::int64_t id = 0; ::read(ends[0], &id, sizeof id) == sizeof id;) answered.push_back(id);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 9);
  return answered;
}

TEST_F(StoreCommit, that_was_answered_survives_a_process_that_dies_at_any_commit) {
  for (std::int64_t at = 1; at <= 12; ++at)
    for (const bool after : {false, true}) {
      const auto answered = answered_by_a_process_that_dies(settings, at, after);
      ASSERT_TRUE(open());
      EXPECT_TRUE(store->unclean());
      for (const auto id : answered)
        EXPECT_EQ(trace(id).message.bytes.size(), static_cast<std::size_t>(id % 7) << 18) << id;
      EXPECT_EQ(number("SELECT count(*) FROM chunk"), number("SELECT coalesce(sum(parts),0) FROM message"));
      store.reset();
    }
}

TEST_F(StoreCommit, hands_over_wholly_or_not_at_all_where_a_process_dies_at_any_commit) {
  for (std::int64_t at = 1; at <= 12; ++at)
    for (const bool after : {false, true}) {
      const auto answered = answered_by_a_process_that_dies(settings, at, after, handed_over);
      ASSERT_TRUE(open());
      for (const auto id : answered) EXPECT_EQ(trace(id).message.id.value, id);
      EXPECT_EQ(number("SELECT count(*) FROM message WHERE id%2=0"),
                number("SELECT count(*) FROM delivery WHERE id/1024%2=1 AND state=" +
                       std::to_string(sqlite::stored(State::delivered))));
      EXPECT_EQ(number("SELECT count(*) FROM chunk"), number("SELECT coalesce(sum(parts),0) FROM message"));
      // The next process begins with an odd number again.
      if (const auto last = store->last_id().value; last % 2 == 1) {
        ASSERT_TRUE(append(handed_over(last + 1)));
      }
      store.reset();
    }
}

}  // namespace
}  // namespace myelin::testing
