// HL7 dates and times in every precision.
#include "engine/hl7/timestamp.h"

#include <gtest/gtest.h>

namespace myelin::hl7 {
namespace {

TEST(Timestamp, is_read_in_its_own_precision_and_written_back_the_same) {
  for (const auto* text : {"2026", "202601", "20260114", "2026011409", "202601140930", "20260114093001",
                           "20260114093001.1", "20260114093001.0420", "20260114093001.25+0100", "2026-0500",
                           "202601140930+0545", "20240229", "20161231235960+0000"}) {
    const auto read = parse_timestamp(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(to_string(*read), text);
  }
  EXPECT_EQ(parse_timestamp("202601")->precision, Precision::month);
  EXPECT_EQ(parse_timestamp("20260114093001.25")->microsecond, 250000);
  EXPECT_EQ(parse_timestamp("2026-0530")->offset_minutes, -330);
}

TEST(Timestamp, is_refused_when_no_such_date_exists) {
  for (const auto* text : {"",
                           "26",
                           "202",
                           "20261",
                           "20260",
                           "20261301",
                           "20260230",
                           "20250229",
                           "2026011424",
                           "202601140960",
                           "20260114093061",
                           "20260114093001.",
                           "20260114093001.12345",
                           "20260114.5",
                           "20260114 ",
                           "2026+1",
                           "2026+0160",
                           "2026+1500",
                           "x",
                           "20260114093001123"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

TEST(Timestamp, names_an_instant_only_with_an_offset) {
  EXPECT_FALSE(instant(*parse_timestamp("20260114093001")));
  const auto east = instant(*parse_timestamp("20260114103001.5+0100"));
  ASSERT_TRUE(east);
  EXPECT_EQ(*east, WallTime(microseconds(1'768'383'001'500'000)));
  EXPECT_EQ(format_timestamp(*east), "20260114093001+0000");
}

TEST(Timestamp, of_the_clock_is_written_in_utc) {
  EXPECT_EQ(format_timestamp(WallTime{}), "19700101000000+0000");
  EXPECT_EQ(format_timestamp(WallTime(microseconds(-1))), "19691231235959+0000");
}

}  // namespace
}  // namespace myelin::hl7
