// Window: what of the queue is in memory, and where reading goes on.
#include "engine/runtime/window.h"

#include <gtest/gtest.h>

namespace myelin::runtime {
namespace {

DeliveryId id(std::int64_t number) { return DeliveryId::of(MessageId{number}, 0); }

std::shared_ptr<const Message> message_of(std::size_t bytes) {
  auto message = std::make_shared<Message>();
  message->bytes = Bytes(std::string(bytes, 'x'));
  return message;
}

// What a lane does after a start: it reads to the end.
Window at_the_end() {
  Window window;
  window.begin_read();
  EXPECT_FALSE(window.end_read(true));
  return window;
}

TEST(Window, is_behind_until_a_read_came_to_the_end) {
  Window window;
  EXPECT_TRUE(window.behind());
  window.begin_read();
  EXPECT_TRUE(window.reading());
  window.add(id(5));
  EXPECT_FALSE(window.end_read(false));
  EXPECT_TRUE(window.behind());
  EXPECT_EQ(window.cursor(), id(5));
  window.begin_read();
  EXPECT_FALSE(window.end_read(true));
  EXPECT_FALSE(window.behind());
  EXPECT_FALSE(window.reading());
}

TEST(Window, is_behind_again_when_something_was_left_in_the_store) {
  auto window = at_the_end();
  window.pushed(id(7));
  window.leave_in_store(id(7));
  EXPECT_TRUE(window.behind());
  EXPECT_LT(window.cursor(), id(7));
  window.begin_read();
  window.add(id(7));
  EXPECT_FALSE(window.end_read(true));
  EXPECT_FALSE(window.behind());
}

TEST(Window, has_seen_all_that_was_pushed_before_a_read_that_came_to_the_end) {
  Window window;
  window.pushed(id(9));  // and finished by somebody before the read
  window.begin_read();
  EXPECT_FALSE(window.end_read(true));
  EXPECT_EQ(window.cursor(), id(9));
  EXPECT_FALSE(window.behind());
}

TEST(Window, stays_behind_what_was_pushed_after_the_read_was_begun) {
  Window window;
  window.begin_read();
  window.pushed(id(9));
  window.leave_in_store(id(9));
  EXPECT_FALSE(window.end_read(true));
  EXPECT_TRUE(window.behind());
}

TEST(Window, knows_that_a_read_passed_over_what_was_stored_meanwhile) {
  Window window;
  window.begin_read();
  window.pushed(id(4));  // large, and stored late: its id is an earlier one
  window.add(id(6));
  EXPECT_TRUE(window.end_read(false));
}

TEST(Window, forgets_what_was_pushed_during_a_read_that_was_given_up) {
  Window window;
  window.begin_read();
  window.pushed(id(4));
  window.give_up_read();
  EXPECT_FALSE(window.reading());
  EXPECT_TRUE(window.behind());
  window.begin_read();
  window.add(id(4));
  window.add(id(6));
  EXPECT_FALSE(window.end_read(false));
}

TEST(Window, overlooks_what_lies_before_its_cursor_or_where_nobody_reads_any_more) {
  Window window;
  window.add(id(5));
  EXPECT_FALSE(window.overlooks(id(5)));
  EXPECT_TRUE(window.overlooks(id(3)));
  EXPECT_FALSE(window.overlooks(id(8))) << "it will be read";
  auto done = at_the_end();
  EXPECT_TRUE(done.overlooks(id(8)));
  done.clear();
  EXPECT_FALSE(done.overlooks(id(8)));
}

TEST(Window, keeps_small_originals_up_to_a_sum) {
  Window window;
  auto& large = window.add(id(1));
  window.offer_original(large, message_of(100'000));
  EXPECT_EQ(large.original, nullptr);
  constexpr std::size_t kEach = 64 * 1024;
  for (std::int64_t n = 2; n < 2 + 128; ++n) {
    auto& small = window.add(id(n));
    window.offer_original(small, message_of(kEach));
    EXPECT_NE(small.original, nullptr) << n;
  }
  auto& last = window.add(id(1000));
  window.offer_original(last, message_of(kEach));
  EXPECT_EQ(last.original, nullptr);
  window.erase(id(2));
  window.offer_original(last, message_of(kEach));
  EXPECT_NE(last.original, nullptr);
  window.drop_original(last);
  window.offer_original(window.add(id(1001)), message_of(kEach));
  EXPECT_NE(window.at(id(1001)).original, nullptr);
}

}  // namespace
}  // namespace myelin::runtime
