#include "routes/steps/table.h"

#include <gtest/gtest.h>

namespace myelin::routes {
namespace {

struct Read {
  std::shared_ptr<const Table> table;
  config::Diagnostics diagnostics;
};

Read read(std::string csv) {
  Read result;
  const auto source = std::make_shared<const config::SourceText>("tables/t.csv", std::move(csv));
  result.table = Table::read(source, "t", result.diagnostics);
  return result;
}

std::string answer(const Table& table, std::string_view key, std::string_view column = {}) {
  const auto found = table.lookup(key, column);
  return found ? std::string(*found) : "(none)";
}

TEST(Table, answers_from_the_second_column_unless_another_is_named) {
  const auto read_in = read("code,lab,word\nM,1,male\nF,2,female\n");
  ASSERT_TRUE(read_in.diagnostics.ok());
  EXPECT_EQ(answer(*read_in.table, "F"), "2");
  EXPECT_EQ(answer(*read_in.table, "F", "word"), "female");
  EXPECT_EQ(answer(*read_in.table, "F", "code"), "F");
}

TEST(Table, has_nothing_for_an_unknown_key_or_column) {
  const auto read_in = read("code,lab\nM,1\n");
  EXPECT_EQ(answer(*read_in.table, "m"), "(none)");
  EXPECT_EQ(answer(*read_in.table, "M", "word"), "(none)");
  EXPECT_TRUE(read_in.table->has_column("lab"));
  EXPECT_FALSE(read_in.table->has_column("word"));
}

TEST(Table, reads_quoted_values_with_commas_quotes_and_line_ends) {
  const auto read_in = read("code,word\n\"a,b\",\"say \"\"ah\"\"\"\nc,\"two\nlines\"\nd,e\n");
  ASSERT_TRUE(read_in.diagnostics.ok());
  EXPECT_EQ(answer(*read_in.table, "a,b"), "say \"ah\"");
  EXPECT_EQ(answer(*read_in.table, "c"), "two\nlines");
  EXPECT_EQ(answer(*read_in.table, "d"), "e");
}

TEST(Table, skips_comments_blank_lines_carriage_returns_and_a_byte_order_mark) {
  const auto read_in = read("\xEF\xBB\xBF# which codes\r\n\r\ncode,lab\r\n# men\r\nM,1\r\n\r\nF,\r\n");
  ASSERT_TRUE(read_in.diagnostics.ok());
  EXPECT_EQ(read_in.table->columns().front(), "code");
  EXPECT_EQ(answer(*read_in.table, "M"), "1");
  EXPECT_EQ(answer(*read_in.table, "F"), "");
}

TEST(Table, names_the_line_of_a_key_that_stands_twice) {
  const auto read_in = read("code,lab\nM,1\n# between\nF,2\nM,3\n");
  ASSERT_EQ(read_in.diagnostics.errors(), 1U);
  EXPECT_EQ(read_in.diagnostics.all().front().place.line, 5);
  EXPECT_EQ(answer(*read_in.table, "M"), "1");
}

TEST(Table, names_the_line_after_a_value_of_two_lines) {
  const auto read_in = read("code,word\nc,\"two\nlines\"\nd\n");
  ASSERT_EQ(read_in.diagnostics.errors(), 1U);
  EXPECT_EQ(read_in.diagnostics.all().front().place.line, 4);
}

std::string rows(std::size_t count) {
  std::string csv = "code,lab\n";
  for (std::size_t row = 0; row < count; ++row) csv += "K" + std::to_string(row) + "," + std::to_string(row) + "\n";
  return csv;
}

TEST(Table, holds_as_many_rows_as_its_limit_and_no_more) {
  const auto full = read(rows(kMaxTableRows));
  EXPECT_TRUE(full.diagnostics.ok());
  EXPECT_EQ(full.table->size(), kMaxTableRows);
  EXPECT_EQ(answer(*full.table, "K99999"), "99999");
  EXPECT_EQ(read(rows(kMaxTableRows + 1)).diagnostics.errors(), 1U);
}

TEST(Table, is_empty_without_a_row_of_names) {
  const auto read_in = read("");
  EXPECT_EQ(read_in.table->size(), 0U);
  EXPECT_EQ(read_in.diagnostics.errors(), 1U);
}

}  // namespace
}  // namespace myelin::routes
