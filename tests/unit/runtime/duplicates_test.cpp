#include "engine/runtime/duplicates.h"

#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

constexpr WallTime kReceived = World::kStart;
constexpr MonoTime kNow{hours(1)};

std::string at_time(std::string message, const std::string& time) {
  return message.replace(message.find("20261121080000"), 14, time);
}

TEST(DuplicateWindow, knows_the_same_content_with_another_time_of_sending) {
  EXPECT_EQ(DuplicateWindow::fingerprint(adt("7")), DuplicateWindow::fingerprint(at_time(adt("7"), "20270101")));
}

TEST(DuplicateWindow, tells_other_content_under_the_same_id) {
  EXPECT_NE(DuplicateWindow::fingerprint(adt("7", "A01", "F")), DuplicateWindow::fingerprint(adt("7", "A01", "M")));
}

TEST(DuplicateWindow, never_matches_what_has_no_id) {
  DuplicateWindow window;
  window.set_span(minutes(10));
  const auto none = DuplicateWindow::fingerprint("not hl7");
  window.remember(none, 0, MessageId{1}, kReceived, kNow);
  EXPECT_FALSE(window.find(none, kNow));
}

TEST(DuplicateWindow, forgets_after_its_span) {
  DuplicateWindow window;
  window.set_span(minutes(10));
  const auto key = DuplicateWindow::fingerprint(adt("7"));
  window.remember(key, 0, MessageId{5}, kReceived, kNow);
  EXPECT_EQ(window.find(key, kNow + minutes(10))->id, MessageId{5});
  EXPECT_FALSE(window.find(key, kNow + minutes(10) + microseconds(1)));
}

TEST(DuplicateWindow, knows_an_id_that_comes_again_with_other_content) {
  DuplicateWindow window;
  window.set_span(minutes(10));
  const auto id = DuplicateWindow::sender_id(adt("7", "A01", "F"));
  EXPECT_EQ(id, DuplicateWindow::sender_id(adt("7", "A01", "M")));
  EXPECT_NE(id, DuplicateWindow::sender_id(adt("8", "A01", "F")));
  EXPECT_FALSE(window.knows_id(id, kNow));
  window.remember(DuplicateWindow::fingerprint(adt("7", "A01", "F")), id, MessageId{5}, kReceived, kNow);
  EXPECT_TRUE(window.knows_id(id, kNow + minutes(10)));
  EXPECT_FALSE(window.knows_id(id, kNow + minutes(11)));
  EXPECT_FALSE(window.knows_id(DuplicateWindow::sender_id("not hl7"), kNow));
}

TEST(DuplicateWindow, is_bounded) {
  DuplicateWindow window;
  window.set_span(hours(1));
  const auto key = [](std::size_t n) { return sha256(std::to_string(n)); };
  for (std::size_t n = 0; n <= DuplicateWindow::kMost; ++n) window.remember(key(n), 0, MessageId{1}, kReceived, kNow);
  EXPECT_FALSE(window.find(key(0), kNow));
  EXPECT_TRUE(window.find(key(1), kNow));
}

TEST(DuplicateWindow, that_is_off_remembers_nothing) {
  DuplicateWindow window;
  window.remember(DuplicateWindow::fingerprint(adt("7")), 0, MessageId{5}, kReceived, kNow);
  EXPECT_FALSE(window.find(DuplicateWindow::fingerprint(adt("7")), kNow));
}

}  // namespace
}  // namespace myelin::runtime
