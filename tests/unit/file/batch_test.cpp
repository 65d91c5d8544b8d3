#include "adapters/file/batch.h"

#include "tests/property.h"

namespace myelin::file {
namespace {

using Pieces = std::vector<std::string_view>;

std::string fault(std::string_view content) {
  const auto split = split_batch(content);
  return split ? "" : std::string(entry(split.error().code).name) + ": " + split.error().detail;
}

TEST(Batch, leaves_a_single_message_as_it_is) {
  for (const std::string_view content : {"MSH|^~\\&|A\rPID|1\r", "MSH|^~\\&|A\nPID|1\n\n", "MSH|^~\\&|A\r\nPID|1"}) {
    const auto split = split_batch(content);
    ASSERT_TRUE(split);
    EXPECT_EQ(*split, Pieces{content});
  }
}

TEST(Batch, cuts_where_a_line_begins_with_msh) {
  EXPECT_EQ(*split_batch("MSH|^~\\&|A\rPID|MSH|\rMSH|^~\\&|B\r"), (Pieces{"MSH|^~\\&|A\rPID|MSH|\r", "MSH|^~\\&|B\r"}));
  EXPECT_EQ(*split_batch("MSH|^~\\&|A\r\nMSHX|1\r\nMSH#^~\\&#B"), (Pieces{"MSH|^~\\&|A\r\nMSHX|1\r\n", "MSH#^~\\&#B"}));
}

TEST(Batch, takes_the_envelope_away_and_counts) {
  EXPECT_EQ(*split_batch("FHS|^~\\&\rBHS|^~\\&\rMSH|1\rMSH|2\rBTS|2\rBHS|^~\\&\rMSH|3\rBTS|1\rFTS|2\r"),
            (Pieces{"MSH|1\r", "MSH|2\r", "MSH|3\r"}));
  EXPECT_EQ(*split_batch("BHS|^~\\&\rMSH|1\rBTS\r"), Pieces{"MSH|1\r"});
  EXPECT_EQ(*split_batch("FHS|^~\\&\rBHS|^~\\&\rBTS|0\rFTS|1\r"), Pieces{});
}

TEST(Batch, refuses_what_is_not_all_there) {
  EXPECT_EQ(fault("BHS|^~\\&\rMSH|1\rBTS|2\r"), "batch_incomplete: BTS-1 says 2 messages, there are 1");
  EXPECT_EQ(fault("FHS|^~\\&\rMSH|1\rFTS|1\r"), "batch_incomplete: FTS-1 says 1 batches, there are 0");
  EXPECT_EQ(fault("BHS|^~\\&\rMSH|1\r"), "batch_incomplete: BHS without BTS");
  EXPECT_EQ(fault("FHS|^~\\&\rMSH|1\r"), "batch_incomplete: FHS without FTS");
  EXPECT_EQ(fault("FHS|^~\\&\rPID|1\rMSH|1\rFTS|0"), "batch_incomplete: bytes outside of a message");
  EXPECT_EQ(fault(" \r\n\x1A"), "empty_message: the file is empty");
}

TEST(Batch, takes_marks_and_frames_away) {
  EXPECT_EQ(*split_batch("\xEF\xBB\xBFMSH|1\r"), Pieces{"MSH|1\r"});
  EXPECT_EQ(*split_batch("\x0BMSH|1\r\x1C\r\x0BMSH|2\r\x1C\r"), (Pieces{"MSH|1\r", "MSH|2\r"}));
  EXPECT_EQ(*split_batch("MSH|1\r\n\x1A"), Pieces{"MSH|1\r\n"});
}

TEST(Batch, leaves_what_is_no_hl7_to_the_intake) {
  EXPECT_EQ(*split_batch("%PDF-1.7\nMSH|1\r"), Pieces{"%PDF-1.7\nMSH|1\r"});
  EXPECT_EQ(*split_batch("MSHX"), Pieces{"MSHX"});
}

RC_GTEST_PROP(Batch, loses_no_message_whatever_stands_in_it, (std::vector<std::string> texts)) {
  std::string content;
  std::vector<std::string> messages;
  for (auto text : texts) {
    std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == '\x0B' || c == '\x1C' || c == '\x1A'; });
    messages.push_back("MSH|" + text + "\r");
    content += messages.back();
  }
  if (messages.empty()) return;
  const auto split = split_batch(content);
  RC_ASSERT(split.has_value());
  RC_ASSERT(std::vector<std::string>(split->begin(), split->end()) == messages);
}

}  // namespace
}  // namespace myelin::file
