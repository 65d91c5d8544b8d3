// A large body is read in steps, each with a snapshot of its own: a reader keeps nobody's log from beginning again.
#include "engine/store/sqlite/queries.h"
#include "tests/unit/store/sqlite_fixture.h"

namespace myelin::testing {
namespace {

class LargeRead : public SqliteFile {
 protected:
  void SetUp() override {
    SqliteFile::SetUp();
    ASSERT_TRUE(open());
    for (std::size_t at = 0; at < 4'500'000; ++at) body += static_cast<char>('a' + at % 23);
    ASSERT_TRUE(append(1, {on(kLane)}, body));
    ASSERT_TRUE(append(2, {on(kLane)}, "small"));
    auto opened = sqlite::Queries::open(settings.path, published);
    ASSERT_TRUE(opened);
    queries = std::move(*opened);
  }

  std::string body;
  sqlite::Published published;
  std::unique_ptr<sqlite::Queries> queries;
};

TEST_F(LargeRead, gives_the_log_free_between_a_few_parts_and_the_next) {
  ASSERT_TRUE(queries->message(MessageId{2}));
  EXPECT_EQ(queries->looked_anew(), 0);
  const auto read = queries->message(MessageId{1});
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->bytes.view() == body);
  EXPECT_EQ(queries->looked_anew(), 9);  // 69 parts, eight at a time
}

TEST_F(LargeRead, is_the_same_among_other_messages) {
  const auto read = queries->messages({MessageId{1}, MessageId{2}}, 10'000'000);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  EXPECT_TRUE(read->front().bytes.view() == body);
  EXPECT_EQ(read->back().bytes.view(), "small");
  const auto traced = queries->trace(MessageId{1});
  ASSERT_TRUE(traced);
  EXPECT_TRUE(traced->message.bytes.view() == body);
  EXPECT_EQ(traced->deliveries.size(), 1U);
}

}  // namespace
}  // namespace myelin::testing
