// Bodies of a size that would leave half of a page empty: in two halves, and whole for whoever asks.
#include <filesystem>

#include "engine/store/sqlite/schema.h"
#include "tests/unit/store/sqlite_fixture.h"

namespace myelin::testing {
namespace {

class HalvedBody : public SqliteFile {
 protected:
  static std::string body(std::size_t size) {
    std::string text;
    for (std::size_t at = 0; at < size; ++at) text += static_cast<char>('a' + at % 23);
    return text;
  }
};

TEST_F(HalvedBody, is_read_as_it_was_written_at_each_edge) {
  ASSERT_TRUE(open());
  std::int64_t id = 0, bytes = 0;
  for (const auto size :
       {sqlite::kHalvedFrom - 1, sqlite::kHalvedFrom, std::size_t{2001}, sqlite::kHalvedTo, sqlite::kHalvedTo + 1}) {
    ASSERT_TRUE(append(++id, {on(kLane)}, body(size)));
    bytes += static_cast<std::int64_t>(size);
  }
  ASSERT_TRUE(reopen_unclean());
  for (id = 1; id <= 5; ++id) {
    const auto found = trace(id).message.bytes;
    EXPECT_EQ(found.view(), body(found.size())) << id;
  }
  EXPECT_EQ(number("SELECT count(*) FROM chunk"), 3);
  const auto newest = recent();
  ASSERT_TRUE(newest);
  ASSERT_EQ(newest->size(), 5U);
  EXPECT_EQ(newest->at(2).fingerprint.content, sha256(body(2001)));
  const auto kept = await(loop, store->kept(loop));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->front().bytes, bytes);
}

TEST_F(HalvedBody, that_was_damaged_in_its_second_half_is_not_given_out) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane)}, body(1500) + "the end of it" + body(500)));
  ASSERT_TRUE(close());
  damage("the end of it");
  ASSERT_TRUE(open());
  EXPECT_EQ(code(await(loop, store->message(loop, MessageId{1}))), FaultCode::corrupt_row);
}

TEST_F(HalvedBody, goes_in_the_step_of_its_message) {
  ASSERT_TRUE(open());
  for (std::int64_t id = 1; id <= 3; ++id) ASSERT_TRUE(append(id, {on(kLane)}, body(2000)));
  for (std::int64_t id = 1; id <= 2; ++id) ASSERT_TRUE(settle(settled(delivery(id), State::delivered)));
  PurgeStep step;
  step.of_others = true;
  step.before = MessageId{10};
  const auto purged = await(loop, store->purge(loop, step));
  ASSERT_TRUE(purged);
  EXPECT_TRUE(purged->end);
  EXPECT_EQ(purged->messages, 2);
  EXPECT_EQ(number("SELECT count(*) FROM chunk"), 1);
  EXPECT_EQ(trace(3).message.bytes.view(), body(2000));
}

// The figure of `make bench` at its worst size.
TEST_F(HalvedBody, keeps_a_message_below_one_and_six_tenths_of_its_size_and_five_hundred_bytes) {
  ASSERT_TRUE(open());
  constexpr std::int64_t kMany = 400;
  std::int64_t id = 0;
  for (const std::size_t size : {1750U, 1950U, 2200U, 2450U}) {
    ASSERT_TRUE(reopen_clean());
    const auto before = std::filesystem::file_size(settings.path);
    for (std::int64_t i = 0; i < kMany; ++i) ASSERT_TRUE(append(++id, {on(kLane)}, body(size)));
    ASSERT_TRUE(reopen_clean());
    const auto grown = static_cast<double>(std::filesystem::file_size(settings.path) - before);
    EXPECT_LE(grown / kMany, 1.6 * static_cast<double>(size) + 500) << size;
  }
}

}  // namespace
}  // namespace myelin::testing
