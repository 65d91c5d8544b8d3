// What waits is found behind however many finished deliveries, however soon a look at them is given up for the log's
// sake.
#include "engine/store/sqlite/queries.h"
#include "tests/unit/store/sqlite_fixture.h"

namespace myelin::testing {
namespace {

constexpr int kFinished = 300'000;

class Walk : public SqliteFile {
 protected:
  // An old delivery of a dead peer, then very many that are delivered, of the other lane, then one that waits there.
  void SetUp() override {
    SqliteFile::SetUp();
    ASSERT_TRUE(open());
    ASSERT_TRUE(append(1, {on(kLane)}));
    ASSERT_TRUE(append(2, {on(kOther)}));
    ASSERT_TRUE(settle(settled(delivery(2), State::delivered)));
    ASSERT_TRUE(append(100 * (kFinished + 3), {on(kOther)}));
    auto database = sqlite::Database::open(settings.path, SQLITE_OPEN_READWRITE);
    ASSERT_TRUE(database);
    const auto one = std::to_string(DeliveryId::of(MessageId{100}, 0).value);
    ASSERT_TRUE(database->execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<" +
                                  std::to_string(kFinished) + ") INSERT INTO delivery SELECT i*" + one +
                                  ",lane,state,due,attempts,possible_duplicate,changed_at,fault,detail,keys,part,parts,"
                                  "also,priority FROM n,(SELECT * FROM delivery WHERE id=" +
                                  std::to_string(delivery(2).value) + ")"));
    published.log_pages = 1'000'000;  // the log is long
    published.low_water = delivery(1).value;
    auto opened = sqlite::Queries::open(settings.path, published, milliseconds(4));
    ASSERT_TRUE(opened);
    queries = std::move(*opened);
  }

  sqlite::Published published;
  std::unique_ptr<sqlite::Queries> queries;
};

TEST_F(Walk, finds_what_waits_behind_more_than_one_look_can_see) {
  const auto rows = queries->waiting(kOther, DeliveryId{}, 10);
  ASSERT_TRUE(rows) << to_string(rows.error());
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().id, delivery(100 * (kFinished + 3)));
}

TEST_F(Walk, counts_what_waits_behind_more_than_one_look_can_see) {
  const auto lanes = queries->unfinished();
  ASSERT_TRUE(lanes) << to_string(lanes.error());
  ASSERT_EQ(lanes->size(), 2U);
  EXPECT_EQ(lanes->front().count, 1);
  EXPECT_EQ(lanes->back().count, 1);
}

TEST_F(Walk, stops_at_the_limit_and_goes_on_behind_it) {
  for (int more = 1; more <= 5; ++more) ASSERT_TRUE(append(100 * (kFinished + 3) + more, {on(kOther)}));
  const auto first = queries->waiting(kOther, DeliveryId{}, 4);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->size(), 4U);
  const auto rest = queries->waiting(kOther, first->back().id, 4);
  ASSERT_TRUE(rest);
  ASSERT_EQ(rest->size(), 2U);
}

}  // namespace
}  // namespace myelin::testing
