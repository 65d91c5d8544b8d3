// Escape sequences: what becomes text, what stays as it stands.
#include "engine/hl7/escape.h"

#include <gtest/gtest.h>

namespace myelin::hl7 {
namespace {

const Delimiters kUsual{};
const Delimiters kNoEscape{'|', '^', '~', 0, 0, 0};
const Delimiters kOther{'#', '!', '@', '%', '*', 0};

TEST(Escape, decodes_the_delimiters) {
  EXPECT_EQ(decode("\\F\\\\S\\\\T\\\\R\\\\E\\", kUsual), "|^&~\\");
  EXPECT_EQ(decode("%F%%S%", kOther), "#!");
}

TEST(Escape, decodes_the_truncation_character_where_it_is_declared) {
  auto with_truncation = kUsual;
  with_truncation.truncation = '#';
  EXPECT_EQ(decode("a\\P\\", with_truncation), "a#");
  EXPECT_EQ(decode("a\\P\\", kUsual), "a\\P\\");
  EXPECT_EQ(encode("a#", with_truncation), "a\\P\\");
}

TEST(Escape, decodes_bytes_in_hexadecimal) {
  EXPECT_EQ(decode("a\\X0D0a\\b", kUsual), "a\r\nb");
  EXPECT_EQ(decode("\\X0\\\\XZZ\\\\X0D0\\", kUsual), "\\X0\\\\XZZ\\\\X0D0\\");
}

TEST(Escape, leaves_formatting_and_unknown_sequences_as_they_stand_both_ways) {
  for (const auto* raw :
       {"a\\.br\\b", "\\.sp 3\\", "\\H\\loud\\N\\", "\\Zabc\\", "\\C2842\\", "\\M244A42\\", "\\Q\\"}) {
    EXPECT_EQ(decode(raw, kUsual), raw);
    EXPECT_EQ(encode(raw, kUsual), raw);
  }
}

TEST(Escape, treats_other_escape_characters_as_text) {
  EXPECT_EQ(decode("C:\\temp\\scan and 1\\2 \\T\\ more\\", kUsual), "C:\\temp\\scan and 1\\2 & more\\");
  EXPECT_EQ(encode("C:\\temp\\scan", kUsual), "C:\\E\\temp\\E\\scan");
}

TEST(Escape, encodes_text_that_looks_like_a_delimiter_s_sequence) {
  EXPECT_EQ(encode("\\F\\", kUsual), "\\E\\F\\E\\");
  EXPECT_EQ(encode("\\X0D\\", kUsual), "\\E\\X0D\\E\\");
  EXPECT_EQ(decode(encode("\\F\\", kUsual), kUsual), "\\F\\");
}

TEST(Escape, encodes_what_would_end_a_segment_or_a_frame) {
  EXPECT_EQ(encode("a\r\n\x0B\x1C", kUsual), "a\\X0D\\\\X0A\\\\X0B\\\\X1C\\");
}

TEST(Escape, writes_a_space_where_there_is_no_escape_character) {
  EXPECT_EQ(encode("a|b^c~d\re\\f&", kNoEscape), "a b c d e\\f&");
  EXPECT_EQ(decode("\\F\\", kNoEscape), "\\F\\");
}

TEST(Escape, translates_structure_between_delimiters) {
  EXPECT_EQ(translate("a^b&c~d", kUsual, kOther), "a!b*c@d");
  EXPECT_EQ(translate("a^b&c~d", kUsual, kUsual), "a^b&c~d");
  EXPECT_EQ(translate("a^b&c", kUsual, kNoEscape), "a^b c");
}

TEST(Escape, translates_data_so_that_its_text_stays) {
  EXPECT_EQ(translate("50% \\F\\ #1 \\.br\\", kUsual, kOther), "50%E% | %F%1 %.br%");
  EXPECT_EQ(translate("%F%", kOther, kUsual), "#");
  EXPECT_EQ(translate("a|b", kOther, kUsual), "a\\F\\b");
  EXPECT_EQ(translate("a\\.br\\b\\T\\c", kUsual, kNoEscape), "a b&c");
}

}  // namespace
}  // namespace myelin::hl7
