// Editing: what changes, and above all what does not.
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/hl7/samples.h"

namespace myelin::hl7 {
namespace {

using samples::tree;
using samples::written;

constexpr std::string_view kShort = "MSH|^~\\&|A|B\r\nPID|1|x^y&z~w\r\nPV1|1";

TEST(Edit, replaces_a_field_and_leaves_every_other_byte_alone) {
  auto message = tree(kShort);
  ASSERT_TRUE(message.write_raw({1, 1, 0, 0, 0}, "22"));
  EXPECT_TRUE(message.edited());
  EXPECT_EQ(message.raw({1, 1, 0, 0, 0}), "22");
  EXPECT_EQ(message.raw({1, 2, 2, 0, 0}), "w");
  EXPECT_EQ(written(message), "MSH|^~\\&|A|B\r\nPID|22|x^y&z~w\r\nPV1|1");
}

TEST(Edit, replaces_the_part_that_the_spot_names) {
  const auto after = [](Spot spot, std::string_view raw) {
    auto message = tree(kShort);
    EXPECT_TRUE(message.write_raw(spot, raw));
    EXPECT_EQ(message.raw(spot), raw);
    return std::string(message.segment_text(1));
  };
  EXPECT_EQ(after({1, 2, 0, 0, 0}, "n~m"), "PID|1|n~m");
  EXPECT_EQ(after({1, 2, 2, 0, 0}, "n^m"), "PID|1|x^y&z~n^m");
  EXPECT_EQ(after({1, 2, 1, 1, 0}, "n"), "PID|1|n^y&z~w");
  EXPECT_EQ(after({1, 2, 0, 1, 0}, "n"), "PID|1|n^y&z~w");
  EXPECT_EQ(after({1, 2, 1, 2, 2}, "n"), "PID|1|x^y&n~w");
  EXPECT_EQ(after({1, 0, 0, 0, 0}, "ZPI|new|text"), "ZPI|new|text");
}

TEST(Edit, makes_what_is_missing) {
  const auto after = [](Spot spot) {
    auto message = tree(kShort);
    EXPECT_TRUE(message.write_raw(spot, "n"));
    EXPECT_EQ(message.raw(spot), "n");
    return std::string(message.segment_text(spot.segment));
  };
  EXPECT_EQ(after({1, 5, 0, 0, 0}), "PID|1|x^y&z~w|||n");
  EXPECT_EQ(after({1, 4, 0, 3, 2}), "PID|1|x^y&z~w||^^&n");
  EXPECT_EQ(after({1, 2, 4, 2, 0}), "PID|1|x^y&z~w~~^n");
  EXPECT_EQ(after({1, 2, 2, 3, 0}), "PID|1|x^y&z~w^^n");
  EXPECT_EQ(after({0, 7, 0, 0, 0}), "MSH|^~\\&|A|B|||n");
}

TEST(Edit, makes_nothing_for_an_empty_value) {
  auto message = tree(kShort);
  EXPECT_TRUE(message.write_raw({1, 9, 0, 3, 0}, ""));
  EXPECT_TRUE(message.write_raw({1, 1, 0, 0, 0}, "1"));
  EXPECT_FALSE(message.edited());
  EXPECT_EQ(written(message), kShort);
}

TEST(Edit, writes_null_as_two_quotes) {
  auto message = tree(kShort);
  ASSERT_TRUE(message.write_raw({1, 1, 0, 0, 0}, "\"\""));
  EXPECT_EQ(message.presence({1, 1, 0, 0, 0}), Presence::null);
}

TEST(Edit, escapes_the_delimiters_in_text) {
  auto message = tree(kShort);
  ASSERT_TRUE(message.write_text({1, 2, 1, 1, 0}, "a|b^c\r"));
  EXPECT_EQ(message.raw({1, 2, 1, 1, 0}), "a\\F\\b\\S\\c\\X0D\\");
  EXPECT_EQ(message.text({1, 2, 1, 1, 0}), "a|b^c\r");
}

TEST(Edit, edits_a_segment_again_and_again) {
  auto message = tree(kShort);
  for (int i = 0; i < 40; ++i)
    ASSERT_TRUE(message.write_raw({1, 1, 0, 0, 0}, std::string(static_cast<std::size_t>(i), 'a')));
  ASSERT_TRUE(message.write_raw({2, 1, 0, 0, 0}, "v"));
  ASSERT_TRUE(message.write_raw({1, 1, 0, 0, 0}, "z"));
  EXPECT_EQ(written(message), "MSH|^~\\&|A|B\r\nPID|z|x^y&z~w\r\nPV1|v");
}

TEST(Edit, may_write_a_view_into_the_same_message) {
  auto message = tree(kShort);
  ASSERT_TRUE(message.write_raw({1, 1, 0, 0, 0}, "v"));
  ASSERT_TRUE(message.write_raw({2, 1, 0, 0, 0}, message.raw({1, 1, 0, 0, 0})));
  ASSERT_TRUE(message.write_raw({1, 4, 0, 0, 0}, message.raw({1, 2, 0, 0, 0})));
  EXPECT_EQ(written(message), "MSH|^~\\&|A|B\r\nPID|v|x^y&z~w||x^y&z~w\r\nPV1|v");
}

TEST(Edit, does_not_reach_a_copy_of_the_tree) {
  auto message = tree(kShort);
  ASSERT_TRUE(message.write_raw({1, 1, 0, 0, 0}, "first"));
  const Tree copy = message;
  ASSERT_TRUE(message.write_raw({1, 1, 0, 0, 0}, "second"));
  EXPECT_EQ(copy.raw({1, 1, 0, 0, 0}), "first");
}

TEST(Edit, refuses_what_would_break_the_message) {
  auto message = tree("MSH|^~\\&|A|B\rPID|1\r\r");
  const auto refused = [&](Spot spot, std::string_view raw) {
    const auto result = message.write_raw(spot, raw);
    return !result && result.error().code == FaultCode::cannot_write;
  };
  EXPECT_TRUE(refused({0, 1, 0, 0, 0}, "#"));
  EXPECT_TRUE(refused({0, 2, 0, 0, 0}, "^~\\&#"));
  EXPECT_TRUE(refused({0, 0, 0, 0, 0}, "MSH|^~\\&|"));
  EXPECT_TRUE(refused({1, 1, 0, 0, 0}, "a\rb"));
  EXPECT_TRUE(refused({1, 1, 0, 0, 0}, "a\nb"));
  EXPECT_TRUE(refused({1, 1, 0, 0, 0}, "a\x1C"));
  EXPECT_TRUE(refused({1, 1, 0, 0, 0}, "a|b"));
  EXPECT_TRUE(refused({1, 1, 1, 0, 0}, "a~b"));
  EXPECT_TRUE(refused({1, 1, 0, 2, 0}, "a^b"));
  EXPECT_TRUE(refused({1, 1, 0, 2, 1}, "a&b"));
  EXPECT_TRUE(refused({1, 0, 0, 0, 0}, "no name"));
  EXPECT_TRUE(refused({2, 1, 0, 0, 0}, "a"));
  EXPECT_TRUE(refused({9, 1, 0, 0, 0}, "a"));
  EXPECT_FALSE(message.edited());
}

TEST(Edit, refuses_parts_for_which_the_message_has_no_delimiter) {
  auto message = tree("MSH|^|A\rPID|1\r");
  EXPECT_FALSE(message.write_raw({1, 1, 2, 0, 0}, "a"));
  EXPECT_FALSE(message.write_raw({1, 1, 1, 1, 2}, "a"));
  EXPECT_TRUE(message.write_raw({1, 1, 1, 2, 1}, "a"));
  EXPECT_EQ(message.segment_text(1), "PID|1^a");
}

TEST(Edit, counts_the_fields_of_a_bare_header_as_those_of_a_full_one) {
  auto message = tree("MSH|^~\\&|A\rFHS\r");
  EXPECT_EQ(message.field_count(1), 0U);
  EXPECT_EQ(message.raw({1, 1, 0, 0, 0}), "");
  EXPECT_FALSE(message.write_raw({1, 2, 0, 0, 0}, "a"));
  ASSERT_TRUE(message.write_raw({1, 5, 0, 0, 0}, "a"));
  EXPECT_EQ(message.segment_text(1), "FHS||||a");
  EXPECT_EQ(message.raw({1, 5, 0, 0, 0}), "a");
}

TEST(Edit, says_where_without_saying_what) {
  auto message = tree(kShort);
  const auto result = message.write_raw({1, 2, 2, 1, 0}, "Secret\rName");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().at, "PID[1]-2[2].1");
  EXPECT_EQ(to_string(result.error()).find("Secret"), std::string::npos);
}

TEST(Edit, erases_segments_with_their_line_ends) {
  auto message = tree("MSH|^~\\&|A\rZ01|1\nPID|1\r\nZ02|2\rPV1|1");
  const std::vector<std::uint32_t> both{1, 3};
  message.erase_segments(both);
  EXPECT_EQ(written(message), "MSH|^~\\&|A\rPID|1\r\nPV1|1");
  message.erase_segment(1);
  EXPECT_EQ(written(message), "MSH|^~\\&|A\rPV1|1");
  EXPECT_EQ(message.segment_count(), 2U);
}

TEST(Edit, never_erases_msh) {
  auto message = tree(kShort);
  message.erase_segment(0);
  message.erase_segment(77);
  EXPECT_FALSE(message.edited());
  EXPECT_EQ(message.segment_count(), 3U);
}

TEST(Edit, inserts_segments_that_end_as_the_others_do) {
  auto message = tree(kShort);
  message.insert_segment(1, "EVN");
  ASSERT_TRUE(message.write_raw({1, 2, 0, 0, 0}, "now"));
  message.insert_segment(99, "ZZZ");
  EXPECT_EQ(written(message), "MSH|^~\\&|A|B\r\nEVN||now\r\nPID|1|x^y&z~w\r\nPV1|1\r\nZZZ\r\n");
}

TEST(Edit, inserts_nothing_before_msh_and_nothing_nameless) {
  auto message = tree("MSH|^~\\&|A");
  message.insert_segment(1, "");
  message.insert_segment(1, "A|B");
  message.insert_segment(1, "A\rB");
  message.insert_segment(1, "AB\x1C");
  EXPECT_FALSE(message.edited());
  message.insert_segment(0, "EVN");
  EXPECT_EQ(written(message), "MSH|^~\\&|A\rEVN\r");
}

TEST(Edit, keeps_what_stands_around_the_message) {
  auto message = tree("\x0B\xEF\xBB\xBFMSH|^~\\&|A\rPID|1\r\x1C\r");
  ASSERT_TRUE(message.write_raw({1, 1, 0, 0, 0}, "2"));
  EXPECT_EQ(written(message), "\x0B\xEF\xBB\xBFMSH|^~\\&|A\rPID|2\r\x1C\r");
}

}  // namespace
}  // namespace myelin::hl7
