// MSH-1 and MSH-2: what is read, and what is refused with which fault.
#include "engine/hl7/delimiters.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace myelin::hl7 {
namespace {

FaultCode fault_of(std::string_view message) {
  const auto result = read_delimiters(message);
  return result ? FaultCode::io_failed : result.error().code;
}

TEST(Delimiters, are_the_usual_ones) { EXPECT_EQ(read_delimiters("MSH|^~\\&|A"), Delimiters{}); }

TEST(Delimiters, are_read_by_position_whatever_they_are) {
  EXPECT_EQ(read_delimiters("MSH#!@%*#A"), (Delimiters{'#', '!', '@', '%', '*', 0}));
  EXPECT_EQ(read_delimiters("MSH|^\\&|A"), (Delimiters{'|', '^', '\\', '&', 0, 0}));
}

TEST(Delimiters, have_a_truncation_character_from_2_7_on) {
  EXPECT_EQ(read_delimiters("MSH|^~\\&#|A"), (Delimiters{'|', '^', '~', '\\', '&', '#'}));
}

TEST(Delimiters, may_leave_the_last_ones_undeclared) {
  EXPECT_EQ(read_delimiters("MSH|^~|A"), (Delimiters{'|', '^', '~', 0, 0, 0}));
  EXPECT_EQ(read_delimiters("MSH|^|A"), (Delimiters{'|', '^', 0, 0, 0, 0}));
  EXPECT_EQ(read_delimiters("MSH|^~\r"), (Delimiters{'|', '^', '~', 0, 0, 0}));
}

TEST(Delimiters, are_found_behind_a_byte_order_mark_a_start_byte_and_blank_lines) {
  EXPECT_EQ(message_begin("\xEF\xBB\xBFMSH|"), 3U);
  EXPECT_EQ(message_begin("\x0BMSH|"), 1U);
  EXPECT_EQ(message_begin("\r\n\rMSH|"), 3U);
  EXPECT_EQ(message_begin(" MSH|"), 0U);
  EXPECT_EQ(read_delimiters("\x0B\xEF\xBB\xBFMSH|^~\\&|A"), Delimiters{});
}

TEST(Delimiters, are_missing_from_what_is_no_message) {
  for (const auto* bytes :
       {"", "M", "MS", "PID|1", "FHS|^~\\&|", "msh|^~\\&|", " MSH|^~\\&|", "\r\n", "GET / HTTP/1.1"}) {
    EXPECT_EQ(fault_of(bytes), FaultCode::not_hl7) << bytes;
  }
}

TEST(Delimiters, are_too_short_where_the_message_ends_in_them) {
  for (const auto* bytes : {"MSH", "MSH\r", "MSH|", "MSH|^", "MSH|^~", "MSH|^~\\"}) {
    EXPECT_EQ(fault_of(bytes), FaultCode::msh_too_short) << bytes;
  }
  EXPECT_TRUE(read_delimiters("MSH|^~\\&"));
}

TEST(Delimiters, are_refused_where_they_cannot_separate) {
  const std::pair<const char*, const char*> cases[] = {
      {"MSHA^~\\&A", "MSH-1"}, {"MSH ^~\\& ", "MSH-1"},   {"MSH\"^~\\&\"", "MSH-1"},
      {"MSH||A", "MSH-2"},     {"MSH|^^\\&|", "MSH-2"},   {"MSH|^~\\\\&|", "MSH-2"},
      {"MSH|^~1&|", "MSH-2"},  {"MSH|^~\\&#!|", "MSH-2"}, {"MSH|\xC3\xA4~\\&|", "MSH-2"}};
  for (const auto& [bytes, place] : cases) {
    const auto result = read_delimiters(bytes);
    ASSERT_FALSE(result) << bytes;
    EXPECT_EQ(result.error().code, FaultCode::bad_delimiters) << bytes;
    EXPECT_EQ(result.error().at, place) << bytes;
    EXPECT_FALSE(result.error().detail.empty());
  }
}

TEST(Delimiters, doubled_by_a_programming_language_are_told_so) {
  EXPECT_NE(read_delimiters("MSH|^~\\\\&|A").error().detail.find("backslash twice"), std::string::npos);
}

}  // namespace
}  // namespace myelin::hl7
