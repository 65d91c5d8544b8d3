// The table of codes, source text, and the printing and sorting of diagnostics.
#include "engine/config/diagnostic.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace myelin::config {
namespace {

TEST(DiagnosticCodes, are_sorted_explained_and_shown_wrong_and_right) {
  std::string_view last;
  for (const auto& code : all_diagnostic_codes()) {
    EXPECT_LT(last, code.id);
    last = code.id;
    EXPECT_EQ(code.id.size(), 5U) << code.id;
    const Severity severity = code.id[0] == 'C'   ? Severity::error
                              : code.id[0] == 'W' ? Severity::warning
                                                  : Severity::hint;
    EXPECT_EQ(code.severity, severity) << code.id;
    EXPECT_FALSE(code.title.empty()) << code.id;
    EXPECT_GE(code.explanation.size(), 40U) << code.id;
    EXPECT_FALSE(code.wrong.empty()) << code.id;
    EXPECT_FALSE(code.right.empty()) << code.id;
    EXPECT_NE(code.wrong, code.right) << code.id;
    EXPECT_EQ(find_diagnostic(code.id), &code);
  }
  EXPECT_EQ(find_diagnostic("C9999"), nullptr);
}

TEST(DiagnosticCodes, have_those_that_the_design_names) {
  for (const auto* id : {"C0001", "C0031"}) EXPECT_TRUE(find_diagnostic(id)) << id;
}

std::shared_ptr<const SourceText> source(std::string text, std::string path = "conf/a.yaml") {
  return std::make_shared<const SourceText>(std::move(path), std::move(text));
}

TEST(SourceText, counts_lines_and_columns_as_an_editor_does) {
  const auto text = source("é: ü\r\nsecond\n\nlast");
  EXPECT_EQ(text->line_count(), 4);
  EXPECT_EQ(text->line(1), "é: ü");
  EXPECT_EQ(text->line(3), "");
  EXPECT_EQ(text->line(4), "last");
  EXPECT_EQ(text->line(5), "");
  EXPECT_EQ(text->line(0), "");
  EXPECT_EQ(text->column(1, 0), 1);
  EXPECT_EQ(text->column(1, 2), 2);
  EXPECT_EQ(text->column(1, 4), 4);
  EXPECT_EQ(text->column(1, 5), 4);  // inside ü
  EXPECT_EQ(text->column(1, 99), 5);
}

TEST(SourceText, is_read_from_a_file_up_to_a_mebibyte) {
  const std::string path = ::testing::TempDir() + "source_text_" + std::to_string(::getpid()) + ".yaml";
  std::ofstream(path) << "a: b\n";
  const auto read = SourceText::read(path);
  ASSERT_TRUE(read);
  EXPECT_EQ((*read)->content(), "a: b\n");
  EXPECT_EQ((*read)->path(), path);
  std::ofstream(path) << std::string((1 << 20) + 1, 'x');
  const auto large = SourceText::read(path);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, FaultCode::io_failed);
  std::remove(path.c_str());
  EXPECT_FALSE(SourceText::read(path));
  EXPECT_FALSE(SourceText::read(::testing::TempDir()));
}

TEST(Diagnostics, are_sorted_by_place_and_said_once) {
  const auto a = source("one\ntwo\n", "a.yaml"), b = source("one\n", "b.yaml");
  Diagnostics diagnostics;
  diagnostics.add("C0001", Place{b, 1, 1, 1}, "third");
  diagnostics.add("C0001", Place{a, 2, 1, 1}, "second");
  diagnostics.add("W0151", Place{a, 1, 3, 1}, "first");
  diagnostics.add("C0001", Place{a, 2, 1, 1}, "second");
  std::string order;
  for (const auto& diagnostic : diagnostics.sorted()) order += diagnostic.message + " ";
  EXPECT_EQ(order, "first second third ");
  EXPECT_EQ(diagnostics.errors(), 3U);
  EXPECT_EQ(diagnostics.warnings(), 1U);
  EXPECT_FALSE(diagnostics.ok());
}

TEST(Diagnostics, are_fine_with_warnings_only) {
  Diagnostics diagnostics;
  diagnostics.add("W0151", Place{}, "w");
  EXPECT_TRUE(diagnostics.ok());
}

TEST(Render, puts_the_caret_under_the_characters) {
  Diagnostics diagnostics;
  diagnostics.add("C0001", Place{source("to: löbb\n"), 1, 5, 4}, "no such thing", "did you mean lab?");
  EXPECT_EQ(render(diagnostics.all()[0], Colour::never),
            "error[C0001]: no such thing\n"
            "  --> conf/a.yaml:1:5\n"
            "    1 | to: löbb\n"
            "      |     ^^^^ did you mean lab?\n");
}

TEST(Render, says_only_the_file_when_there_is_no_line) {
  Diagnostics diagnostics;
  diagnostics.add("C0064", Place{source(""), 0, 0, 1}, "the file is empty", "add a line");
  EXPECT_EQ(render(diagnostics.all()[0], Colour::never),
            "error[C0064]: the file is empty\n  --> conf/a.yaml\n      add a line\n");
}

TEST(Render, shows_a_long_line_around_the_caret_and_no_control_characters) {
  Diagnostics diagnostics;
  diagnostics.add("C0001", Place{source(std::string(1000, 'x') + "\tY" + std::string(1000, 'z')), 1, 1002, 1}, "m");
  const std::string text = render(diagnostics.all()[0], Colour::never);
  EXPECT_LT(text.size(), 600U);
  EXPECT_EQ(text.find('\t'), std::string::npos);
  const std::size_t line = text.find(" | ") + 3;
  const std::size_t caret_line = text.find(" | ", line) + 3;
  // "…" is three bytes and one column.
  EXPECT_EQ(text[line + (text.find('^') - caret_line) + 2], 'Y');
}

TEST(Render, colours_when_asked) {
  Diagnostics diagnostics;
  diagnostics.add("C0001", Place{source("a"), 1, 1, 1}, "m");
  EXPECT_NE(render(diagnostics.all()[0], Colour::always).find("\x1b[1;31m"), std::string::npos);
  EXPECT_EQ(render(diagnostics.all()[0], Colour::never).find('\x1b'), std::string::npos);
}

TEST(Nearest, finds_slips_swaps_and_other_cases_but_not_other_words) {
  const std::string_view legal[] = {"lab", "ehr", "pas", "address", "timeout"};
  EXPECT_EQ(nearest("labb", legal), "lab");
  EXPECT_EQ(nearest("adress", legal), "address");
  EXPECT_EQ(nearest("timeuot", legal), "timeout");
  EXPECT_EQ(nearest("Timeout", legal), "timeout");
  EXPECT_EQ(nearest("xyz", legal), "");
  EXPECT_EQ(nearest("frobnicate", legal), "");
  EXPECT_EQ(nearest("", legal), "");
}

TEST(Place, is_printed_as_file_line_and_column) {
  EXPECT_EQ(to_string(Place{source("a"), 9, 14, 1}), "conf/a.yaml:9:14");
  EXPECT_EQ(to_string(Place{source("a"), 0, 0, 1}), "conf/a.yaml");
  EXPECT_EQ(to_string(Place{}), "");
  EXPECT_EQ(within(Place{source("a"), 1, 4, 9}, 3, 2).column, 7);
}

}  // namespace
}  // namespace myelin::config
