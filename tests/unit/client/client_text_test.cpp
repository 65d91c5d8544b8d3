#include "engine/main/client/text.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

const Console kPlain("status", false, false, 60);

TEST(Table, lines_columns_up_and_leaves_no_blanks_behind) {
  Table table({{"NAME"}, {"COUNT", Align::right}, {"WHY"}});
  table.add({"a", "5", "x"});
  table.add({"längst", "12,000", ""});
  EXPECT_EQ(table.text(kPlain),
            "NAME     COUNT  WHY\n"
            "a            5  x\n"
            "längst  12,000\n");
}

TEST(Table, cuts_only_the_last_column_to_the_width_of_the_terminal) {
  Table table({{"ID"}, {"WHY"}});
  table.add({"01K2Z9Q7M4X.0", std::string(80, 'y')});
  const auto text = table.text(kPlain);
  const auto row = text.substr(text.find('\n') + 1);
  EXPECT_TRUE(row.starts_with("01K2Z9Q7M4X.0  yyy"));
  EXPECT_EQ(columns(row.substr(0, row.size() - 1)), 60U);
  EXPECT_TRUE(row.ends_with("…\n"));
}

TEST(Table, cuts_a_column_that_says_how_wide_it_may_be) {
  Table table({{"ID", Align::left, 8}, {"WHY"}});
  table.add({std::string(300, 'x'), "y"});
  table.add({"short", "z"});
  EXPECT_EQ(table.text(kPlain), "ID        WHY\nxxxxxxx…  y\nshort     z\n");
}

TEST(Table, colours_only_where_colour_is_wanted_and_keeps_its_columns) {
  const Console coloured("status", false, true, 60);
  Table table({{"STATE"}, {"NEXT"}});
  table.add({Cell("held", Ink::red), "x"});
  EXPECT_NE(table.text(coloured).find("\x1b[31mheld\x1b[0m   x"), std::string::npos);
  EXPECT_EQ(table.text(kPlain).find('\x1b'), std::string::npos);
}

TEST(Text, says_spans_in_the_unit_that_matters) {
  EXPECT_EQ(span_text(seconds(-5)), "0 s");
  EXPECT_EQ(span_text(milliseconds(59'999)), "59 s");
  EXPECT_EQ(span_text(seconds(60)), "1 min");
  EXPECT_EQ(span_text(minutes(185)), "3 h 05 min");
  EXPECT_EQ(span_text(hours(50)), "2 d 2 h");
}

TEST(Text, groups_thousands) {
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(999), "999");
  EXPECT_EQ(number_text(1'234'567), "1,234,567");
  EXPECT_EQ(number_text(-1'000), "-1,000");
}

TEST(Text, says_sizes_in_bytes_kib_and_mib) {
  EXPECT_EQ(size_text(412), "412 bytes");
  EXPECT_EQ(size_text(1), "1 byte");
  EXPECT_EQ(size_text(2'458), "2.4 KiB");
  EXPECT_EQ(size_text(3 * 1024 * 1024), "3.0 MiB");
}

TEST(Text, reads_the_timestamps_of_the_api) {
  EXPECT_EQ(parse_timestamp("1994-11-06T08:49:37.250Z"), WallTime(milliseconds(784111777250)));
  EXPECT_EQ(parse_timestamp(""), std::nullopt);
  EXPECT_EQ(parse_timestamp("2026-13-45T00:00:00.000Z"), std::nullopt);
  EXPECT_EQ(parse_timestamp("2026-02-30T00:00:00.000Z"), std::nullopt);
  EXPECT_TRUE(parse_timestamp("2028-02-29T23:59:59.999Z"));
  EXPECT_EQ(age_text("1994-11-06T08:49:37.000Z", WallTime(seconds(784111777 + 61))), "1 min");
  EXPECT_EQ(age_text("", WallTime{}), "");
}

TEST(Text, wraps_words_within_the_width) {
  const auto text = wrapped("one two three four five six seven", 22, "  ");
  EXPECT_EQ(text, "  one two three four\n  five six seven\n");
}

}  // namespace
}  // namespace myelin
