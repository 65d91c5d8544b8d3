// search.db is derived: what becomes of it when it is lost, damaged, behind, or made for other keys.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/unit/store/sqlite_fixture.h"

namespace myelin::testing {
namespace {

class StoreSearch : public SqliteFile {
 protected:
  void open_indexed(const std::string& name = "mrn") {
    ASSERT_TRUE(open());
    store->index_with(
        [name](const Message& message) { return std::vector<SearchKey>{{name, std::string(message.bytes.view())}}; },
        name);
  }
  std::vector<std::int64_t> find(const std::string& value, const std::string& name = "mrn") {
    SearchQuery query;
    query.keys = {{name, value}};
    std::vector<std::int64_t> ids;
    // Complete only when all that is stored is in it; each answer gives the index a turn.
    for (int tries = 0; tries < 10'000; ++tries) {
      const auto page = await(loop, store->search(loop, query));
      if (!page || !page->complete) continue;
      for (const auto& each : page->messages) ids.push_back(each.message.id.value);
      return ids;
    }
    ADD_FAILURE() << "the index was never complete";
    return ids;
  }
  std::string index() const { return folder.file("search.db"); }
  using Ids = std::vector<std::int64_t>;
};

TEST_F(StoreSearch, is_made_anew_when_it_was_lost) {
  open_indexed();
  ASSERT_TRUE(append(1, {on(kLane)}, "4711"));
  EXPECT_EQ(find("4711"), (Ids{1}));
  ASSERT_TRUE(close());
  store.reset();
  ASSERT_TRUE(std::filesystem::remove(index()));
  open_indexed();
  EXPECT_EQ(find("4711"), (Ids{1}));
}

TEST_F(StoreSearch, reads_large_messages_a_few_at_a_time_and_misses_none) {
  const auto large = [](int id) { return std::string(std::size_t{10} << 20, static_cast<char>('a' + id)); };
  open_indexed();
  for (int id = 1; id <= 5; ++id) ASSERT_TRUE(append(id, {on(kLane)}, large(id)));
  for (int id = 1; id <= 5; ++id) EXPECT_EQ(find(large(id)), (Ids{id}));
  ASSERT_TRUE(close());
  store.reset();
  ASSERT_TRUE(std::filesystem::remove(index()));
  open_indexed();
  for (int id = 1; id <= 5; ++id) EXPECT_EQ(find(large(id)), (Ids{id}));
}

TEST_F(StoreSearch, is_made_anew_when_it_is_no_database_any_more) {
  open_indexed();
  ASSERT_TRUE(append(1, {on(kLane)}, "4711"));
  ASSERT_TRUE(close());
  store.reset();
  {
    std::ofstream file(index(), std::ios::binary | std::ios::trunc);
    file << std::string(20'000, 'x');
  }
  open_indexed();
  EXPECT_EQ(find("4711"), (Ids{1}));
}

TEST_F(StoreSearch, has_after_a_crash_what_was_committed_before_it) {
  open_indexed();
  for (std::int64_t id = 1; id <= 600; ++id) ASSERT_TRUE(append(id, {}, id % 100 == 0 ? "4711" : "other"));
  ASSERT_TRUE(reopen_unclean());
  store.reset();
  open_indexed();
  EXPECT_EQ(find("4711"), (Ids{600, 500, 400, 300, 200, 100}));
}

// A large body is examined for long, and committed under an id that is older than others. While the index stands, more
// is stored than may wait for it.
TEST_F(StoreSearch, finds_what_was_stored_late_and_could_not_be_offered) {
  constexpr std::int64_t kHour = 3'600'000'000;
  const auto then = first_id_at(WallTime(microseconds(1'700'000'000'000'000))).value;
  const auto now = first_id_at(WallTime(microseconds(1'700'000'000'000'000 + kHour))).value;
  std::atomic<bool> stands{false};
  ASSERT_TRUE(open());
  store->index_with(
      [&stands](const Message& message) {
        while (stands) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return std::vector<SearchKey>{{"mrn", std::string(message.bytes.view().substr(0, 4))}};
      },
      "mrn");
  ASSERT_TRUE(append(now, {}, "4711"));
  EXPECT_EQ(find("4711"), (Ids{now}));
  stands = true;
  for (std::int64_t late = 0; late < 7; ++late)
    ASSERT_TRUE(append(then + late, {}, "4712" + std::string(std::size_t{10} << 20, 'x')));
  stands = false;
  EXPECT_EQ(find("4712"), (Ids{then + 6, then + 5, then + 4, then + 3, then + 2, then + 1, then}));
}

TEST_F(StoreSearch, has_after_a_clean_end_what_was_committed_just_before_it) {
  open_indexed();
  ASSERT_TRUE(append(1, {}, "4711"));
  EXPECT_EQ(find("4711"), (Ids{1}));  // it lives on what is offered now
  ASSERT_TRUE(append(2, {}, "4712"));
  ASSERT_TRUE(close());
  store.reset();
  auto file = sqlite::Database::open(index(), SQLITE_OPEN_READONLY);
  ASSERT_TRUE(file);
  auto part = file->text("SELECT name FROM sqlite_schema WHERE name GLOB 'part_*'");
  ASSERT_TRUE(part);
  EXPECT_EQ(*file->number("SELECT count(DISTINCT message) FROM " + *part), 2);
}

TEST_F(StoreSearch, is_made_anew_for_other_keys) {
  open_indexed("mrn");
  ASSERT_TRUE(append(1, {on(kLane)}, "4711"));
  EXPECT_EQ(find("4711"), (Ids{1}));
  ASSERT_TRUE(close());
  store.reset();
  open_indexed("visit");
  EXPECT_EQ(find("4711", "visit"), (Ids{1}));
  EXPECT_EQ(find("4711", "mrn"), Ids{});
}

TEST_F(StoreSearch, holds_no_value_that_could_be_read) {
  open_indexed();
  ASSERT_TRUE(append(1, {on(kLane)}, "UNMISTAKABLE-4711"));
  EXPECT_EQ(find("UNMISTAKABLE-4711"), (Ids{1}));
  ASSERT_TRUE(close());
  std::ifstream file(index(), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  EXPECT_GT(bytes.size(), 0U);
  EXPECT_EQ(bytes.find("UNMISTAKABLE"), std::string::npos);
}

TEST_F(StoreSearch, does_not_keep_the_engine_from_running_where_it_cannot_be_made) {
  std::filesystem::create_directories(index() + "/in-the-way");
  open_indexed();
  ASSERT_TRUE(append(1, {on(kLane)}, "4711"));
  SearchQuery query;
  query.keys = {{"mrn", "4711"}};
  EXPECT_EQ(code(await(loop, store->search(loop, query))), FaultCode::overloaded);
  query.keys.clear();  // what needs no index is found all the same
  const auto page = await(loop, store->search(loop, query));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->messages.size(), 1U);
}

// Another channel may keep for longer: behind many hits that have gone are some that have not.
TEST_F(StoreSearch, looks_past_what_the_retention_took) {
  open_indexed();
  for (std::int64_t id = 1; id <= 500; ++id) ASSERT_TRUE(append(id, {}, "4711"));
  ASSERT_TRUE(append(501, {}, "the newest of all, and another's"));
  EXPECT_FALSE(find("4711").empty());  // all is in the index
  PurgeStep step;
  step.of_others = true;
  step.after = MessageId{3};
  step.before = MessageId{501};
  for (;;) {
    const auto purged = await(loop, store->purge(loop, step));
    ASSERT_TRUE(purged);
    if (purged->end) break;
    step.after = purged->reached;
  }
  EXPECT_EQ(find("4711"), (Ids{3, 2, 1}));
}

TEST_F(StoreSearch, forgets_what_the_retention_took) {
  open_indexed();
  ASSERT_TRUE(append(1, {}, "4711"));
  EXPECT_EQ(find("4711"), (Ids{1}));
  PurgeStep step;
  step.of_others = true;
  step.before = MessageId{2};
  ASSERT_TRUE(await(loop, store->purge(loop, step)));
  EXPECT_EQ(find("4711"), Ids{});
}

}  // namespace
}  // namespace myelin::testing
