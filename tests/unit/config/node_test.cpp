// Reading YAML: text as typed, order, places, and bounds. What is refused is in tests/golden/diagnostics/config.
#include "engine/config/node.h"

#include <gtest/gtest.h>

namespace myelin::config {
namespace {

struct Loaded {
  Node root;
  Diagnostics diagnostics;
};

Loaded load(std::string text) {
  Loaded loaded;
  loaded.root = load_yaml(std::make_shared<const SourceText>("case.yaml", std::move(text)), loaded.diagnostics);
  return loaded;
}

std::string where(const Place& place) { return std::to_string(place.line) + ":" + std::to_string(place.column); }

TEST(Node, keeps_the_text_as_typed) {
  const auto loaded = load("a: 0123\nb: NO\nc: 2.10\nd: 12:30\ne: ~\nf: null\ng: 0x1F\nh: =EVN-2\ni: \"\"\n");
  ASSERT_TRUE(loaded.diagnostics.ok());
  std::string all;
  for (const auto& entry : loaded.root.entries()) all += entry.key + "=" + entry.value.text() + ";";
  EXPECT_EQ(all, "a=0123;b=NO;c=2.10;d=12:30;e=~;f=null;g=0x1F;h==EVN-2;i=;");
}

TEST(Node, keeps_the_order_of_the_file_and_finds_by_key) {
  const auto loaded = load("z: 1\na: [x, y]\nm: { k: v }\n");
  ASSERT_EQ(loaded.root.entries().size(), 3U);
  EXPECT_EQ(loaded.root.entries()[0].key, "z");
  EXPECT_EQ(loaded.root.find("a")->items()[1].text(), "y");
  EXPECT_EQ(loaded.root.find("m")->find("k")->text(), "v");
  EXPECT_EQ(loaded.root.find("q"), nullptr);
}

TEST(Node, tells_quoted_from_plain_text) {
  const auto loaded = load("a: x\nb: 'x'\nc: \"x\"\nd: |\n  x\n");
  EXPECT_FALSE(loaded.root.find("a")->quoted());
  EXPECT_TRUE(loaded.root.find("b")->quoted());
  EXPECT_TRUE(loaded.root.find("c")->quoted());
  EXPECT_TRUE(loaded.root.find("d")->quoted());
  EXPECT_TRUE(loaded.root.find("d")->block());
  EXPECT_EQ(loaded.root.find("d")->text(), "x\n");
}

TEST(Node, places_characters_of_plain_and_quoted_text) {
  const auto loaded = load("a: hello\nbé: \"x\\ty\"\nc: 'it''s'\n");
  EXPECT_EQ(where(loaded.root.find("a")->place()), "1:4");
  EXPECT_EQ(loaded.root.find("a")->place().length, 5);
  EXPECT_EQ(where(loaded.root.find("a")->place_of(2, 1)), "1:6");
  const Node& escaped = *loaded.root.find("bé");
  EXPECT_EQ(where(escaped.place()), "2:5");
  EXPECT_EQ(where(escaped.place_of(1, 1)), "2:7");  // the tab
  EXPECT_EQ(where(escaped.place_of(2, 1)), "2:9");  // y, behind two characters that are one
  EXPECT_EQ(where(loaded.root.find("c")->place_of(3, 1)), "3:9");
}

TEST(Node, places_characters_of_blocks_and_folded_text) {
  const auto loaded = load("a: |\n    one\n    two\n\n      six\nb: >\n  one\n  two\n\n  three\nc: one\n  two\n");
  ASSERT_TRUE(loaded.diagnostics.ok());
  const Node& literal = *loaded.root.find("a");
  EXPECT_EQ(literal.text(), "one\ntwo\n\n  six\n");
  EXPECT_EQ(where(literal.place()), "2:5");
  EXPECT_EQ(where(literal.place_of(4, 3)), "3:5");
  EXPECT_EQ(where(literal.place_of(literal.text().find("six"), 3)), "5:7");
  const Node& folded = *loaded.root.find("b");
  EXPECT_EQ(folded.text(), "one two\nthree\n");
  EXPECT_EQ(where(folded.place_of(4, 3)), "8:3");
  EXPECT_EQ(where(folded.place_of(8, 5)), "10:3");
  EXPECT_EQ(where(loaded.root.find("c")->place_of(4, 3)), "12:3");
}

TEST(Node, reads_windows_line_ends_and_a_byte_order_mark) {
  const auto loaded = load(
      "\xEF\xBB\xBF"
      "a: 1\r\nb:\r\n  - x\r\n  - y\r\n");
  ASSERT_TRUE(loaded.diagnostics.ok());
  EXPECT_EQ(loaded.root.find("b")->items()[1].text(), "y");
  EXPECT_EQ(where(loaded.root.find("b")->items()[1].place()), "4:5");
}

TEST(Node, goes_on_after_a_mistake) {
  const auto loaded = load("a: 1\na: 2\nb:\nc: &x 3\nd: 4\n");
  EXPECT_EQ(loaded.diagnostics.errors(), 3U);
  EXPECT_EQ(loaded.root.find("a")->text(), "1");
  EXPECT_EQ(loaded.root.find("b")->kind(), Node::Kind::missing);
  EXPECT_EQ(where(loaded.root.find("b")->place()), "3:1");
  EXPECT_EQ(loaded.root.find("d")->text(), "4");
}

TEST(Node, allows_comments_two_blanks_behind_a_value_and_anywhere_else) {
  EXPECT_TRUE(load("# head\na: x  # two blanks\nb: \"x\" # quoted\nc: [d] # list\n# end\n").diagnostics.ok());
  EXPECT_EQ(load("a: x # one blank\n").diagnostics.errors(), 1U);
}

TEST(Node, refuses_more_than_a_mebibyte_and_takes_what_is_just_below) {
  EXPECT_EQ(load(std::string(kMaxConfigBytes + 1, '#')).diagnostics.all().at(0).code, "C0057");
  EXPECT_TRUE(load("a: b\n#" + std::string(kMaxConfigBytes - 10, 'x')).diagnostics.ok());
}

TEST(Node, takes_64_levels_and_refuses_65) {
  EXPECT_TRUE(load(std::string(64, '[') + "x" + std::string(64, ']')).diagnostics.ok());
  EXPECT_EQ(load(std::string(65, '[') + "x" + std::string(65, ']')).diagnostics.all().at(0).code, "C0058");
}

TEST(Node, says_the_first_hundred_mistakes_of_a_file) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "k" + std::to_string(i) + ":\n";
  EXPECT_EQ(load(text + "last: x\n").diagnostics.errors(), 100U);
}

TEST(Node, counts_columns_far_right_in_a_line_of_many_bytes) {
  std::string text = "[";
  for (int i = 0; i < 300; ++i) text += "é,";
  const auto loaded = load(text + "x]\n");
  EXPECT_EQ(loaded.root.items().back().text(), "x");
  EXPECT_EQ(where(loaded.root.items().back().place()), "1:602");
  EXPECT_EQ(where(loaded.root.items()[299].place()), "1:600");
}

TEST(Node, refuses_an_empty_file) {
  for (const auto* text : {"", "\n\n", "# only a comment\n", "---\n"})
    EXPECT_EQ(load(text).diagnostics.all().at(0).code, "C0064") << text;
}

}  // namespace
}  // namespace myelin::config
