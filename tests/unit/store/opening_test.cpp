// Which files the store opens, which it refuses and leaves alone, and what it finds in them again.
#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/base/crypto.h"
#include "engine/store/sqlite/open_file.h"
#include "tests/unit/store/sqlite_fixture.h"

namespace myelin::testing {
namespace {

using StoreFile = SqliteFile;

TEST_F(StoreFile, is_used_by_one_engine_at_a_time) {
  ASSERT_TRUE(open());
  const auto second = open_sqlite_store(settings);
  ASSERT_EQ(code(second), FaultCode::store_locked);
  EXPECT_TRUE(second.error().detail.contains(std::to_string(::getpid())));
  EXPECT_TRUE(second.error().detail.contains(settings.path));
  store.reset();
  EXPECT_TRUE(open());
}

TEST_F(StoreFile, of_a_newer_program_is_refused_and_not_touched) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane)}));
  ASSERT_TRUE(close());
  store.reset();
  number("PRAGMA user_version=99");
  const auto before = content();
  ASSERT_EQ(code(open()), FaultCode::schema_newer);
  EXPECT_EQ(content(), before);
  EXPECT_FALSE(std::filesystem::exists(settings.path + "-wal"));
}

TEST_F(StoreFile, of_a_newer_program_is_refused_even_when_only_the_log_says_so) {
  ASSERT_TRUE(open());
  number("PRAGMA user_version=99");
  store.reset();
  EXPECT_EQ(code(open()), FaultCode::schema_newer);
  EXPECT_EQ(number("PRAGMA user_version"), 99);
}

TEST_F(StoreFile, that_is_something_else_is_refused_and_not_touched) {
  std::ofstream(settings.path) << std::string(500, 'x');
  EXPECT_EQ(code(open()), FaultCode::schema_invalid);
  EXPECT_EQ(content(), std::string(500, 'x'));
}

TEST_F(StoreFile, that_a_process_left_half_made_is_made_anew) {
  {
    auto begun = sqlite::Database::open(settings.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    ASSERT_TRUE(begun->execute("PRAGMA auto_vacuum=INCREMENTAL"));
    ASSERT_TRUE(begun->execute("PRAGMA journal_mode=WAL"));
  }
  ASSERT_FALSE(content().empty());
  EXPECT_TRUE(open());
}

// Found by the power cuts (seed 500006508): the file had its length already, and nothing in it.
TEST_F(StoreFile, that_the_power_left_with_a_length_and_nothing_in_it_is_made_anew) {
  const auto zeros = [this](std::size_t size) { std::ofstream(settings.path) << std::string(size, '\0'); };
  zeros(3584);
  std::ofstream(settings.path + "-journal") << std::string(512, 'j');
  EXPECT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane)}, "4711"));
  ASSERT_TRUE(reopen_clean());
  EXPECT_EQ(store->last_id().value, 1);
  store.reset();
  // What was a store once is never taken for one that was not begun.
  zeros(64U << 10);
  EXPECT_EQ(code(open()), FaultCode::schema_invalid);
  zeros(4096);
  std::ofstream(settings.path + "-wal") << "a log";
  EXPECT_EQ(code(open()), FaultCode::schema_invalid);
  EXPECT_EQ(content(), std::string(4096, '\0'));
}

TEST_F(StoreFile, that_is_another_database_is_refused_and_not_touched) {
  {
    auto other = sqlite::Database::open(settings.path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    ASSERT_TRUE(other->execute("CREATE TABLE patient(id)"));
  }
  const auto before = content();
  EXPECT_EQ(code(open()), FaultCode::schema_invalid);
  EXPECT_EQ(content(), before);
}

TEST_F(StoreFile, in_a_directory_that_is_not_there_or_takes_no_file_is_refused_with_its_path) {
  std::ofstream(folder.file("plain")) << "x";
  for (const auto& path :
       {folder.file("missing/myelin.db"), folder.file("plain/myelin.db"), std::string("/proc/self/myelin.db")}) {
    settings.path = path;
    const auto opened = open();
    EXPECT_EQ(code(opened), FaultCode::store_unwritable) << path;
    EXPECT_TRUE(opened.error().detail.contains(path)) << opened.error().detail;
  }
}

TEST_F(StoreFile, that_is_empty_becomes_a_store) {
  std::ofstream(settings.path).flush();
  ASSERT_TRUE(open());
  EXPECT_FALSE(store->unclean());
  EXPECT_TRUE(append(1, {on(kLane)}));
}

TEST_F(StoreFile, is_readable_by_its_owner_alone) {
  ASSERT_TRUE(open());
  using std::filesystem::perms;
  const auto others = perms::group_all | perms::others_all;
  for (const auto* suffix : {"", "-wal", "-shm", ".lock"}) {
    const auto mode = std::filesystem::status(settings.path + suffix).permissions();
    EXPECT_EQ(mode & others, perms::none) << suffix;
  }
}

TEST_F(StoreFile, knows_whether_the_last_process_closed_it) {
  ASSERT_TRUE(open());
  EXPECT_FALSE(store->unclean());
  ASSERT_TRUE(reopen_unclean());
  EXPECT_TRUE(store->unclean());
  ASSERT_TRUE(reopen_clean());
  EXPECT_FALSE(store->unclean());
}

TEST_F(StoreFile, doubts_the_lanes_that_a_crash_left_until_somebody_has_said_which_went) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane)}));
  ASSERT_TRUE(append(2, {on(kLane), on(kOther, State::parked)}));
  ASSERT_TRUE(reopen_clean());
  EXPECT_EQ(doubts(), "");
  ASSERT_TRUE(reopen_unclean());
  const auto in_doubt = "adt/lab up to " + to_string(delivery(2)) + "\n";
  EXPECT_EQ(doubts(), in_doubt);
  ASSERT_TRUE(append(3, {on(kLane)}));
  ASSERT_TRUE(reopen_clean());
  EXPECT_EQ(doubts(), in_doubt) << "an orderly stop decides nothing";
  const LaneKey renamed{"adt", "renamed", ""};
  ASSERT_TRUE(await(loop, store->adopt(loop, kLane, renamed)));
  EXPECT_EQ(doubts(), "adt/renamed up to " + to_string(delivery(2)) + "\n");
  ASSERT_TRUE(await(loop, store->end_doubt(loop, renamed)));
  ASSERT_TRUE(reopen_clean());
  EXPECT_EQ(doubts(), "");
}

TEST_F(StoreFile, keeps_all_that_was_answered_over_a_crash_and_over_a_close) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(5, {on(kLane), on(kOther, State::parked)}, "first"));
  ASSERT_TRUE(append(4, {}, "out of turn"));
  auto retry = settled(delivery(5), State::queued, 2);
  retry.rendered = Bytes("sent");
  retry.fault = "M0402";
  ASSERT_TRUE(settle(retry));
  ASSERT_TRUE(await(loop, store->stop_lane(loop, LaneStop{kLane, loop.wall_now, "why", "anna"})));
  Incident incident;
  store->keep(MessageId{5}, "adt", loop.wall_now, incident);
  ASSERT_TRUE(append(6, {on(kLane)}));
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(round == 0 ? reopen_unclean() : reopen_clean());
    EXPECT_EQ(store->last_id(), MessageId{6});
    EXPECT_EQ(trace(5).message.bytes.view(), "first");
    EXPECT_EQ(trace(5).attempts.size(), 1U);
    EXPECT_EQ(rendered(delivery(5)), "sent");
    EXPECT_EQ(waiting(kLane), (std::vector{delivery(5), delivery(6)}));
    const auto counts = await(loop, store->counts(loop));
    EXPECT_EQ(counts->messages, 3);
    EXPECT_EQ(counts->filtered, 1);
    EXPECT_EQ(counts->refused, 1);
    EXPECT_EQ(counts->lanes.size(), 2U);
    EXPECT_EQ(await(loop, store->stopped_lanes(loop))->size(), 1U);
  }
}

TEST_F(StoreFile, finds_a_replayed_delivery_below_all_that_waits) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane, State::parked)}));
  for (std::int64_t id = 2; id < 20; ++id) {
    ASSERT_TRUE(append(id, {on(kLane)}));
    ASSERT_TRUE(settle(settled(delivery(id), State::delivered)));
  }
  ASSERT_TRUE(reopen_clean());
  EXPECT_EQ(number("SELECT value FROM meta WHERE name='low_water'"), delivery(20).value);
  EXPECT_EQ(ids({}), std::vector{delivery(1)});
  EXPECT_TRUE(waiting(kLane).empty());
  ASSERT_TRUE(change(delivery(1), State::queued));
  EXPECT_EQ(waiting(kLane), std::vector{delivery(1)});
  ASSERT_TRUE(reopen_unclean());
  EXPECT_EQ(waiting(kLane), std::vector{delivery(1)});
  ASSERT_TRUE(settle(settled(delivery(1), State::delivered)));
  ASSERT_TRUE(append(3 * 7, {on(kLane)}));
  EXPECT_EQ(waiting(kLane), std::vector{delivery(21)});
}

TEST_F(StoreFile, names_the_states_as_the_table_does) {
  ASSERT_TRUE(open());
  for (const auto& each : kStates)
    EXPECT_EQ(number("SELECT count(*) FROM state WHERE name='" + std::string(each.name) + "'"), 1) << each.name;
  EXPECT_EQ(number("SELECT count(*) FROM state"), static_cast<std::int64_t>(kStates.size()));
  auto database = sqlite::Database::open(settings.path, SQLITE_OPEN_READWRITE);
  EXPECT_FALSE(database->execute("INSERT INTO delivery VALUES(1,1,99,0,0,0,0,'','')"));
}

TEST_F(StoreFile, sweeps_parts_that_no_message_counts) {
  const std::string big(3U << 20, 'b');
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(7, {on(kLane)}, big));
  number("INSERT INTO chunk VALUES(9000,'left by a crash')");
  EXPECT_EQ(number("SELECT count(*) FROM chunk"), 49);
  ASSERT_TRUE(reopen_unclean());
  EXPECT_EQ(number("SELECT count(*) FROM chunk"), 48);
  EXPECT_EQ(trace(7).message.bytes.view(), big);
}

// As a store holds them that an earlier release has written.
TEST_F(StoreFile, reads_a_body_whose_parts_have_another_size) {
  const std::string big(3U << 20, 'b');
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(7, {on(kLane)}, big));
  number("DELETE FROM chunk");
  number("INSERT INTO chunk SELECT 7*1024+value,CAST(printf('%.*c',1048576,'b') AS BLOB) FROM json_each('[0,1,2]')");
  number("UPDATE message SET parts=3");
  EXPECT_EQ(await(loop, store->message(loop, MessageId{7}))->bytes.view(), big);
}

TEST_F(StoreFile, that_was_damaged_is_noticed_after_a_crash) {
  ASSERT_TRUE(open());
  for (std::int64_t id = 1; id < 100; ++id) ASSERT_TRUE(append(id, {on(kLane)}, std::string(3000, 'x')));
  ASSERT_TRUE(close());
  store.reset();
  number("UPDATE meta SET value=0 WHERE name='clean'");
  std::fstream file(settings.path, std::ios::binary | std::ios::in | std::ios::out);
  for (std::streamoff page = 40; page < 80; ++page) {
    file.seekp(page * 4096);
    file << "no page of a tree begins like this";
  }
  file.close();
  const auto opened = open();
  EXPECT_EQ(code(opened), FaultCode::store_failed);
  EXPECT_TRUE(opened.error().detail.contains("integrity_check")) << opened.error().detail;
}

TEST_F(StoreFile, whose_index_misses_rows_is_noticed_after_a_crash) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane)}));
  ASSERT_TRUE(close());
  store.reset();
  number("UPDATE meta SET value=0 WHERE name='clean'");
  {
    auto database = sqlite::Database::open(settings.path, SQLITE_OPEN_READWRITE);
    ASSERT_TRUE(
        database->execute("PRAGMA writable_schema=1; UPDATE sqlite_schema SET sql=replace(sql,"
                          "'WHERE state IN (','WHERE state IN (0,1,2,') WHERE "
                          "name='delivery_waits_for_person'"));
    EXPECT_EQ(*database->text("PRAGMA quick_check"), "ok");
  }
  const auto opened = open();
  EXPECT_EQ(code(opened), FaultCode::store_failed);
  EXPECT_TRUE(opened.error().detail.contains("missing from index")) << opened.error().detail;
}

TEST_F(StoreFile, is_written_with_what_durability_rests_on) {
  auto file = sqlite::open_file(settings.path);
  ASSERT_TRUE(file);
  auto& database = file->database;
  for (const auto& [name, value] :
       {std::pair("synchronous", 2), std::pair("foreign_keys", 1), std::pair("mmap_size", 0),
        std::pair("wal_autocheckpoint", 0), std::pair("busy_timeout", 5000)})
    EXPECT_EQ(*database.number(std::string("PRAGMA ") + name), value) << name;
}

TEST_F(StoreFile, with_a_flipped_byte_in_a_payload_is_corrupt_there_and_nowhere_else) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane)}, "a payload to be damaged"));
  ASSERT_TRUE(append(2, {on(kLane)}, "a payload to be spared"));
  ASSERT_TRUE(append(3, {on(kLane)}, std::string(2U << 20, 'p') + "the tail of a big one"));
  auto retry = settled(delivery(2), State::queued);
  retry.rendered = Bytes("rendered bytes to be damaged");
  ASSERT_TRUE(settle(retry));
  ASSERT_TRUE(close());
  store.reset();
  damage("a payload to be damaged");
  damage("the tail of a big one");
  damage("rendered bytes to be damaged");
  ASSERT_TRUE(open());
  EXPECT_EQ(code(await(loop, store->message(loop, MessageId{1}))), FaultCode::corrupt_row);
  EXPECT_EQ(code(await(loop, store->trace(loop, MessageId{1}))), FaultCode::corrupt_row);
  EXPECT_EQ(code(await(loop, store->message(loop, MessageId{3}))), FaultCode::corrupt_row);
  EXPECT_EQ(code(await(loop, store->rendered(loop, delivery(2)))), FaultCode::corrupt_row);
  EXPECT_TRUE(await(loop, store->message(loop, MessageId{2})));
  EXPECT_EQ(recent()->size(), 3U);
}

TEST_F(StoreFile, counts_what_was_refused_out_of_turn_after_a_crash) {
  ASSERT_TRUE(open());
  const Incident incident;
  store->keep(MessageId{8}, "adt", loop.wall_now, incident);
  ASSERT_TRUE(append(1, {}));
  ASSERT_TRUE(reopen_clean());
  store->keep(MessageId{5}, "adt", loop.wall_now, incident);
  ASSERT_TRUE(append(2, {}));
  ASSERT_TRUE(reopen_unclean());
  EXPECT_EQ(await(loop, store->counts(loop))->refused, 2);
  EXPECT_EQ(store->last_id(), MessageId{8});
}

// As an earlier program kept them.
TEST_F(StoreFile, keeps_the_incidents_of_an_earlier_version) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(close());
  store.reset();
  for (const auto* later : {"incident", "lane_doubt", "fingerprint"}) number(std::string("DROP TABLE ") + later);
  number(
      "CREATE TABLE incident(id INTEGER PRIMARY KEY, channel TEXT NOT NULL, at INTEGER NOT NULL, fault TEXT NOT NULL, "
      "detail TEXT NOT NULL, place TEXT NOT NULL, peer TEXT NOT NULL, sha256 BLOB NOT NULL, bytes BLOB NOT NULL)");
  number("INSERT INTO incident VALUES(3,'adt',5,'M0110','no MSH','','10.0.0.1:4000',x'" + hex(sha256("old")) +
         "',x'6f6c64')");
  number("PRAGMA user_version=10");
  ASSERT_TRUE(open());
  const auto kept = await(loop, store->incident(loop, MessageId{3}));
  ASSERT_TRUE(kept) << to_string(kept.error());
  EXPECT_EQ(kept->bytes.view(), "old");
  EXPECT_EQ(kept->fault, "M0110");
  EXPECT_EQ(kept->peer, "10.0.0.1:4000");
  EXPECT_FALSE(kept->whole);
}

}  // namespace
}  // namespace myelin::testing
