#include "engine/main/workbench/message_file.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

using Messages = std::vector<std::string>;

TEST(MessageFile, keeps_a_single_message_as_it_is) {
  EXPECT_EQ(split_messages("MSH|^~\\&|A\rPID|1\r"), Messages{"MSH|^~\\&|A\rPID|1\r"});
  EXPECT_EQ(split_messages("MSH|^~\\&|A\nPID|1"), Messages{"MSH|^~\\&|A\nPID|1"});
}

TEST(MessageFile, splits_at_MSH_and_leaves_envelopes_framing_and_byte_order_marks_out) {
  EXPECT_EQ(split_messages("\xEF\xBB\xBF"
                           "FHS|^~\\&\rBHS|^~\\&\rMSH|1\rPID|1\rMSH|2\rBTS|2\rFTS|1\r"),
            (Messages{"MSH|1\rPID|1\r", "MSH|2\r"}));
  EXPECT_EQ(split_messages("\x0bMSH|1\rPID|1\r\x1c\r\x0bMSH|2\r\x1c\r"), (Messages{"MSH|1\rPID|1\r", "MSH|2\r"}));
}

TEST(MessageFile, hands_over_what_is_no_message_as_it_stands) {
  EXPECT_EQ(split_messages("hello"), Messages{"hello"});
  EXPECT_EQ(split_messages(""), Messages{});
}

TEST(MessageFile, makes_line_ends_carriage_returns) {
  EXPECT_EQ(with_carriage_returns("MSH|1\r\nPID|1\nPV1"), "MSH|1\rPID|1\rPV1\r");
  EXPECT_EQ(with_carriage_returns("MSH|1\r"), "MSH|1\r");
}

}  // namespace
}  // namespace myelin
