// A backup while messages come, what a cut leaves of it, and a restore that gives the same ledger.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "engine/store/sqlite/restore.h"
#include "tests/unit/store/sqlite_fixture.h"

namespace myelin::testing {
namespace {

class StoreBackup : public SqliteFile {
 protected:
  Result<Backup> back_up() { return await(loop, store->backup(loop, directory())); }
  std::string directory() const { return folder.file("backup"); }

  // Everything that was promised about a message.
  static std::string ledger(const std::string& path) {
    auto database = sqlite::Database::open(path, SQLITE_OPEN_READWRITE);
    EXPECT_TRUE(database);
    auto text = database->text(
        "SELECT (SELECT group_concat(id||':'||hex(sha256)) FROM message)||'|'||(SELECT "
        "group_concat(id||':'||state||':'||"
        "attempts) FROM delivery)||'|'||(SELECT count(*) FROM chunk)||'|'||(SELECT hex(bytes) FROM secret)");
    EXPECT_TRUE(text);
    return text ? *text : std::string();
  }
  void fill(std::int64_t from, std::int64_t to) {
    for (std::int64_t id = from; id < to; ++id) {
      ASSERT_TRUE(append(id, {on(kLane), on(kOther, State::parked)}, std::string(3000, 'x')));
      if (id % 3 == 0) {
        ASSERT_TRUE(settle(settled(delivery(id), State::delivered)));
      }
    }
  }
};

TEST_F(StoreBackup, restored_gives_the_same_ledger) {
  ASSERT_TRUE(open());
  fill(1, 200);
  ASSERT_TRUE(append(200, {on(kLane)}, std::string((3U << 20) + 7, 'y')));
  const auto backup = back_up();
  ASSERT_TRUE(backup) << to_string(backup.error());
  EXPECT_EQ(backup->sha256.size(), 64U);
  ASSERT_TRUE(close());
  store.reset();
  const auto before = ledger(settings.path);

  StoreSettings other;
  other.path = folder.file("restored.db");
  other.reserve_bytes = 0;
  const auto restored = restore_store(directory(), other.path);
  ASSERT_TRUE(restored) << to_string(restored.error());
  EXPECT_TRUE(restored->set_aside.empty());
  settings = other;
  ASSERT_TRUE(open());
  EXPECT_TRUE(store->unclean());  // what was being sent then may have been sent since
  EXPECT_EQ(trace(200).message.bytes.size(), (3U << 20) + 7);
  ASSERT_TRUE(close());
  store.reset();
  EXPECT_EQ(ledger(settings.path), before);
}

TEST_F(StoreBackup, has_all_that_was_acknowledged_before_it_began_though_messages_go_on_coming) {
  ASSERT_TRUE(open());
  fill(1, 1000);
  std::optional<Result<Backup>> backup;
  spawn(keep_value(store->backup(loop, directory()), backup));
  for (std::int64_t id = 1000; !backup; ++id) ASSERT_TRUE(append(id, {on(kLane)}, std::string(3000, 'z')));
  ASSERT_TRUE(*backup) << to_string(backup->error());
  auto copy = sqlite::Database::open(directory() + "/myelin.db", SQLITE_OPEN_READWRITE);
  ASSERT_TRUE(copy);
  EXPECT_EQ(*copy->number("SELECT count(*) FROM message WHERE id<1000"), 999);
  EXPECT_EQ(*copy->number("SELECT count(*) FROM message m LEFT JOIN delivery d ON d.id/1024=m.id WHERE d.id IS NULL"),
            0);
  EXPECT_EQ(*copy->text("PRAGMA integrity_check"), "ok");
}

TEST_F(StoreBackup, that_was_cut_off_is_never_restored_and_the_next_one_may_take_its_place) {
  ASSERT_TRUE(open());
  fill(1, 400);
  ASSERT_TRUE(close());
  store.reset();
  const auto child = ::fork();
  if (child == 0) {
    BlockingLoop own;
    auto opened = open_sqlite_store(settings);
    if (!opened) ::_exit(1);
    std::optional<Result<Backup>> backup;
    spawn(keep_value((*opened)->backup(own, directory()), backup));
    own.run_until([&] { return std::filesystem::exists(directory() + "/myelin.db.part"); });
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(code(restore_store(directory(), folder.file("restored.db"))), FaultCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(folder.file("restored.db")));
  ASSERT_TRUE(open());
  EXPECT_TRUE(back_up());
  EXPECT_EQ(code(back_up()), FaultCode::bad_request);  // a whole one is not overwritten
}

TEST_F(StoreBackup, that_was_damaged_is_refused_before_anything_is_touched) {
  ASSERT_TRUE(open());
  fill(1, 50);
  ASSERT_TRUE(back_up());
  ASSERT_TRUE(close());
  store.reset();
  const auto before = ledger(settings.path);
  {
    std::fstream file(directory() + "/myelin.db", std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(9000);
    file.put('#');
  }
  EXPECT_EQ(code(restore_store(directory(), settings.path)), FaultCode::corrupt_row);
  EXPECT_EQ(ledger(settings.path), before);
}

TEST_F(StoreBackup, is_not_restored_over_a_running_engine_and_keeps_the_old_store_aside) {
  ASSERT_TRUE(open());
  fill(1, 10);
  ASSERT_TRUE(back_up());
  fill(10, 20);
  EXPECT_EQ(code(restore_store(directory(), settings.path)), FaultCode::store_locked);
  ASSERT_TRUE(close());
  store.reset();
  const auto restored = restore_store(directory(), settings.path);
  ASSERT_TRUE(restored);
  EXPECT_EQ(sqlite::Database::open(restored->set_aside, SQLITE_OPEN_READWRITE)->number("SELECT count(*) FROM message"),
            19);
  EXPECT_EQ(number("SELECT count(*) FROM message"), 9);
}

}  // namespace
}  // namespace myelin::testing
