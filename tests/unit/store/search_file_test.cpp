// search.db by itself: its parts, what they are begun by, and what is found across them.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "engine/store/sqlite/search_file.h"
#include "tests/conformance/store/store_fixture.h"

namespace myelin::sqlite {
namespace {

using std::chrono::days;

constexpr std::int64_t kWanted = 7;

class SearchFileParts : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    file = {};
    auto opened = SearchFile::open(path);
    ASSERT_TRUE(opened) << opened.error().detail;
    file = std::move(*opened);
  }
  static MessageId on_day(int day, std::int64_t nth = 0) {
    return MessageId{first_id_at(WallTime(days(20'000 + day))).value + nth};
  }
  // Each 10,000th has the hash that is looked for, the others one of their own.
  void put(MessageId first, std::int64_t count) {
    std::vector<IndexRow> rows;
    for (std::int64_t nth = 0; nth < count; ++nth) {
      const MessageId id{first.value + nth};
      rows.push_back({nth % 10'000 == 0 ? kWanted : 1'000'000 + nth, id});
    }
    ASSERT_TRUE(file.put(std::move(rows), first));
  }
  std::vector<std::int64_t> find(MessageId below, MessageId from = {}, int limit = 100) {
    const auto found = file.find({kWanted}, below, from, limit);
    EXPECT_TRUE(found);
    std::vector<std::int64_t> days_and_numbers;
    for (const auto id : *found) days_and_numbers.push_back(id.value - on_day(0).value);
    return days_and_numbers;
  }
  std::int64_t parts() const {
    auto beside = Database::open(path, SQLITE_OPEN_READONLY);
    return *beside->number("SELECT count(*) FROM sqlite_schema WHERE name GLOB 'part_*'");
  }

  testing::TemporaryFolder folder;
  const std::string path = folder.file("search.db");
  SearchFile file;
};

TEST_F(SearchFileParts, a_full_part_is_followed_by_another_and_all_are_searched_from_the_newest_on) {
  put(on_day(0), SearchFile::kPartRows);
  EXPECT_EQ(parts(), 1);
  put(on_day(0, SearchFile::kPartRows), 20'000);
  EXPECT_EQ(parts(), 2);
  using Numbers = std::vector<std::int64_t>;
  EXPECT_EQ(find(on_day(1)),
            (Numbers{110'000, 100'000, 90'000, 80'000, 70'000, 60'000, 50'000, 40'000, 30'000, 20'000, 10'000, 0}));
  EXPECT_EQ(find(on_day(1), {}, 3), (Numbers{110'000, 100'000, 90'000}));
  EXPECT_EQ(find(on_day(0, 100'000), on_day(0, 70'000)), (Numbers{90'000, 80'000, 70'000}));
  EXPECT_EQ(find(on_day(1), on_day(0, 100'001)), (Numbers{110'000}));
}

TEST_F(SearchFileParts, what_comes_late_stands_among_its_neighbours) {
  put(on_day(0, 1), SearchFile::kPartRows);
  put(on_day(0, 200'000), 1);
  put(on_day(0, 300'000), 1);
  for (const auto late : {250'000, 50'000, 0}) ASSERT_TRUE(file.put({{kWanted, on_day(0, late)}}, {}));
  const auto found = find(on_day(1));
  EXPECT_TRUE(std::ranges::is_sorted(found, std::greater<>()));
  for (const auto late : {250'000, 50'000, 0}) EXPECT_EQ(std::ranges::count(found, late), 1) << late;
  EXPECT_EQ(parts(), 2);
}

TEST_F(SearchFileParts, a_part_is_gone_on_with_after_a_start) {
  put(on_day(0), SearchFile::kPartRows - 1);
  open();
  put(on_day(0, SearchFile::kPartRows), 10);
  EXPECT_EQ(parts(), 1);
  open();
  put(on_day(0, 2 * SearchFile::kPartRows), 1);
  EXPECT_EQ(parts(), 2);
}

TEST_F(SearchFileParts, a_day_begins_a_part_and_what_the_retention_took_goes_with_its_parts) {
  for (int day = 0; day < 3; ++day) put(on_day(day), 1);
  EXPECT_EQ(parts(), 3);
  ASSERT_TRUE(file.forget_before(on_day(1)));
  EXPECT_EQ(parts(), 2);
  EXPECT_EQ(find(on_day(9)).size(), 2U);
  ASSERT_TRUE(file.forget_before(on_day(9)));
  EXPECT_EQ(parts(), 1) << "the newest stays";
  ASSERT_TRUE(file.start_over("other keys"));
  EXPECT_EQ(parts(), 0);
  EXPECT_TRUE(find(on_day(9)).empty());
  put(on_day(0), 1);
  EXPECT_EQ(find(on_day(9)).size(), 1U);
}

}  // namespace
}  // namespace myelin::sqlite
