#include "engine/hl7/formatted.h"

#include <gtest/gtest.h>

namespace myelin::hl7 {
namespace {

std::string plain(std::string_view text) { return render_formatted(text, TextForm::plain); }
std::string markdown(std::string_view text) { return render_formatted(text, TextForm::markdown); }
std::string html(std::string_view text) { return render_formatted(text, TextForm::html); }

TEST(FormattedText, ends_lines_where_the_commands_say_so) {
  EXPECT_EQ(plain("one\\.br\\two\\.sp\\three\\.sp 2\\four"), "one\ntwo\n\nthree\n\n\nfour");
  EXPECT_EQ(plain("one\r\ntwo\nthree"), "one\ntwo\nthree");
  EXPECT_EQ(markdown("one\\.br\\two"), "one  \ntwo");
  EXPECT_EQ(html("one\\.br\\two"), "one<br>two");
}

TEST(FormattedText, indents_the_lines_that_follow_and_one_otherwise) {
  EXPECT_EQ(plain("\\.in+4\\a\\.br\\b\\.in-2\\\\.br\\c"), "    a\n    b\n  c");
  EXPECT_EQ(plain("\\.in2\\a\\.ti0\\\\.br\\b\\.br\\c"), "  a\nb\n  c");
  EXPECT_EQ(plain("a\\.sk 3\\b"), "a   b");
  EXPECT_EQ(html("\\.in2\\a"), "&nbsp;&nbsp;a");
  EXPECT_EQ(plain("\\.in-9\\a\\.in 9999\\\\.br\\b"), "a\n" + std::string(255, ' ') + "b");
}

TEST(FormattedText, highlights_and_closes_what_was_left_open) {
  EXPECT_EQ(plain("a \\H\\high\\N\\ b"), "a high b");
  EXPECT_EQ(markdown("a \\H\\high\\N\\ b"), "a **high** b");
  EXPECT_EQ(markdown("\\H\\a\\.br\\b"), "**a**  \n**b**");
  EXPECT_EQ(html("a \\H\\high\\.br\\more"), "a <strong>high<br>more</strong>");
  EXPECT_EQ(html("\\H\\\\N\\a"), "a");
}

TEST(FormattedText, centres_a_line) {
  EXPECT_EQ(html("a\\.ce\\title\\.br\\b"), "a<br><div style=\"text-align:center\">title</div>b");
  EXPECT_EQ(plain("a\\.ce\\title\\.br\\b"), "a\ntitle\nb");
}

TEST(FormattedText, lets_nothing_of_the_text_become_markup) {
  EXPECT_EQ(html("<script>\"a\" & b</script>"), "&lt;script&gt;&quot;a&quot; &amp; b&lt;/script&gt;");
  EXPECT_EQ(markdown("*a* [b](c) # <d>"), "\\*a\\* \\[b\\](c) \\# \\<d\\>");
}

TEST(FormattedText, leaves_what_is_no_command) {
  EXPECT_EQ(plain("C:\\temp\\ \\.xx\\ \\.brx\\Zfoo\\ \\.in x\\"), "C:\\temp\\ \\.xx\\ \\.brx\\Zfoo\\ \\.in x\\");
  EXPECT_EQ(plain("\\"), "\\");
  EXPECT_EQ(plain(""), "");
  EXPECT_EQ(plain("\\.fi\\a\\.nf\\b"), "ab");
}

}  // namespace
}  // namespace myelin::hl7
