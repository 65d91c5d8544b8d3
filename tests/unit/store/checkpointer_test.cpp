#include "engine/store/sqlite/checkpointer.h"

#include <atomic>
#include <optional>
#include <thread>

#include "tests/crash/power_cut/losing_disk.h"
#include "tests/unit/store/sqlite_fixture.h"

namespace myelin::testing {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

// A file with a log, and somebody who moves it.
class CheckpointerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = sqlite::Database::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    ASSERT_TRUE(opened);
    writing = std::move(*opened);
    ASSERT_TRUE(writing.execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(x)"));
    ASSERT_TRUE(checkpointer.start(path, [this] {
      ended = true;
      ended.notify_one();
    }));
  }

  Result<sqlite::Moved> move() {
    ended = false;
    EXPECT_TRUE(checkpointer.begin(1));
    ended.wait(false);
    EXPECT_FALSE(checkpointer.busy());
    auto result = checkpointer.take();
    EXPECT_TRUE(result);
    EXPECT_FALSE(checkpointer.take());
    return result ? std::move(*result) : fail(FaultCode::not_found, "nothing was told");
  }

  LosingDisk disk{1, true};
  TemporaryFolder folder;
  std::string path = folder.file("moved.db");
  sqlite::Database writing;
  std::atomic<bool> ended{false};
  sqlite::Checkpointer checkpointer;
};

TEST_F(CheckpointerTest, moves_the_log_and_tells_how_much) {
  const auto before = std::filesystem::file_size(path);
  ASSERT_TRUE(writing.execute("INSERT INTO t VALUES(zeroblob(100000))"));
  const auto moved = move();
  ASSERT_TRUE(moved);
  EXPECT_GT(moved->pages, 20);
  EXPECT_EQ(moved->moved, moved->pages);
  EXPECT_GT(std::filesystem::file_size(path), before + 100'000);
}

TEST_F(CheckpointerTest, begins_nothing_where_all_is_moved) {
  ASSERT_TRUE(writing.execute("INSERT INTO t VALUES(1)"));
  ASSERT_TRUE(move());
  const auto before = disk.operations();
  EXPECT_FALSE(checkpointer.begin(0));
  EXPECT_FALSE(checkpointer.busy());
  EXPECT_FALSE(checkpointer.take());
  EXPECT_EQ(disk.operations(), before);
}

TEST_F(CheckpointerTest, leaves_what_somebody_reads) {
  ASSERT_TRUE(writing.execute("INSERT INTO t VALUES(1)"));
  auto reader = sqlite::Database::open(path, SQLITE_OPEN_READONLY);
  ASSERT_TRUE(reader && reader->execute("BEGIN; SELECT count(*) FROM t"));
  ASSERT_TRUE(writing.execute("INSERT INTO t VALUES(zeroblob(100000))"));
  const auto moved = move();
  ASSERT_TRUE(moved);
  EXPECT_LT(moved->moved, moved->pages);
}

TEST_F(CheckpointerTest, moves_nothing_while_another_does) {
  ASSERT_TRUE(writing.execute("INSERT INTO t VALUES(zeroblob(100000))"));
  std::optional<Result<sqlite::Moved>> beside;
  disk.may_sync([&](const std::string& synced) {
    if (synced == path && !beside) beside = move();
    return true;
  });
  const auto moved = sqlite::move_log(writing.handle(), SQLITE_CHECKPOINT_PASSIVE);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->moved, moved->pages);
  ASSERT_TRUE(beside && *beside);
  EXPECT_EQ((*beside)->moved, 0);
}

TEST_F(CheckpointerTest, leaves_the_log_to_the_next_start_when_it_ends) {
  ASSERT_TRUE(writing.execute("INSERT INTO t VALUES(zeroblob(100000))"));
  sqlite3_db_config(writing.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  writing = sqlite::Database();
  checkpointer.stop();
  EXPECT_GT(std::filesystem::file_size(path + "-wal"), 100'000);
}

class LargeBody : public SqliteFile {
 protected:
  ~LargeBody() override { store.reset(); }  // before the disk
  LosingDisk disk{1, true};
};

// Each sync of the file is held until the small message was answered: if it waits for one, for that of a part.
TEST_F(LargeBody, lets_no_small_message_wait_for_a_checkpoint_of_its_parts) {
  std::atomic<bool> answered{false}, held{false}, waits{false};
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane)}));
  disk.may_sync([&](const std::string& path) {
    if (path != settings.path || answered) return true;
    held = true;
    loop.post([] {});
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!answered && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(milliseconds(1));
    waits = waits || !answered;
    return true;
  });
  std::optional<Result<void>> big;
  spawn(keep_value(store->append(loop, message_of(2, {on(kLane)}, std::string(4U << 20, 'x'))), big));
  loop.run_until([&] { return held.load(); });
  EXPECT_TRUE(append(3, {on(kLane)}));
  answered = true;
  loop.run_until([&] { return big.has_value(); });
  EXPECT_TRUE(*big);
  EXPECT_FALSE(waits);
  store.reset();  // it asks the disk until then
}

// Its parts are synchronised by nobody but its own commit, or by another's.
TEST_F(LargeBody, is_whole_after_a_power_cut_once_it_was_answered) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane)}, std::string(4U << 20, 'x')));
  const auto image = disk.cut();
  store.reset();
  const TemporaryFolder after;
  settings.path = after.file("myelin.db");
  for (const auto& suffix : {"", "-wal"})
    std::ofstream(settings.path + suffix, std::ios::binary) << image.at(folder.file("myelin.db") + suffix);
  ASSERT_TRUE(open());
  const auto found = await(loop, store->message(loop, MessageId{1}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->bytes.view(), std::string(4U << 20, 'x'));
  store.reset();
}

TEST_F(LargeBody, is_refused_and_nothing_is_trusted_when_a_checkpoint_of_its_parts_fails) {
  std::atomic<bool> failed{false};
  settings.on_failure = [&](const Fault&) { failed = true; };
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane)}));
  disk.may_sync([&](const std::string& path) { return path != settings.path; });
  EXPECT_FALSE(append(2, {on(kLane)}, std::string(4U << 20, 'x')));
  EXPECT_TRUE(failed);
  EXPECT_EQ(code(append(3, {on(kLane)})), FaultCode::store_failed);
  store.reset();
}

}  // namespace
}  // namespace myelin::testing
