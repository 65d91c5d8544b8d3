// What a message becomes on the wire of a destination that wants another character set.
#include "engine/model/body.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";
constexpr std::string_view kMessage =
    "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5.1||||||UNICODE UTF-8\rPID|1||7||M\xC3\xBCller\r";

Body marked() { return Body::read(Bytes(std::string(kMark) + std::string(kMessage)), {}).value(); }

TEST(BodyOnTheWire, leaves_the_mark_of_utf8_out_for_a_destination_with_a_set_of_its_own) {
  const auto wire = marked().wire({}, "8859/1");
  ASSERT_TRUE(wire.has_value()) << to_string(wire.error());
  EXPECT_EQ(wire->view(), "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5.1||||||8859/1\rPID|1||7||M\xFCller\r");
}

TEST(BodyOnTheWire, leaves_the_mark_out_too_where_that_set_is_utf8) {
  const auto wire = marked().wire({}, "UNICODE UTF-8");
  ASSERT_TRUE(wire.has_value()) << to_string(wire.error());
  EXPECT_EQ(wire->view(), kMessage);
}

TEST(BodyOnTheWire, keeps_the_mark_where_nothing_is_said) {
  const auto wire = marked().wire({}, "");
  ASSERT_TRUE(wire.has_value());
  EXPECT_EQ(wire->view(), std::string(kMark) + std::string(kMessage));
}

TEST(BodyOnTheWire, still_says_where_a_character_does_not_fit) {
  const auto body = Body::read(Bytes(std::string(kMark) + "MSH|^~\\&|A|B\rPID|1||7||\xE2\x82\xAC\r"), {});
  const auto wire = body->wire({}, "8859/1");
  ASSERT_FALSE(wire.has_value());
  EXPECT_EQ(wire.error().code, FaultCode::bad_charset);
  EXPECT_EQ(wire.error().at, "PID[1]-5");
}

}  // namespace
}  // namespace myelin
