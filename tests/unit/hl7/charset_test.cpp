// What stands on the wire and what is read of it, set by set.
#include "engine/hl7/charset.h"

#include <gtest/gtest.h>

#include "tests/unit/hl7/corpus.h"

namespace myelin::hl7 {
namespace {

Bytes message(std::string_view charset, std::string_view name) {
  return Bytes("MSH|^~\\&|LIS|LAB|||20260101||ADT^A01|1|P|2.5.1||||||" + std::string(charset) + "\rPID|1||4711||" +
               std::string(name) + "\r");
}

std::string text_of(std::string_view charset, std::string_view name, const CharsetChoice& choice = {}) {
  const auto decoded = decode_message(message(charset, name), choice);
  if (!decoded) return "fault " + to_string(decoded.error());
  const auto line = decoded->text.view().substr(decoded->text.view().find("PID|1||4711||") + 13);
  return std::string(line.substr(0, line.find('\r')));
}

// The truth beside a file of ours: what it says, in UTF-8.
std::string truth_of(const std::string& name) {
  std::ifstream file(
      std::filesystem::path(MYELIN_SOURCE_DIR "/../shared/corpus") / (name.substr(0, name.size() - 4) + ".utf8.txt"),
      std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Charset, our_files_of_the_corpus_come_out_as_their_truth_says_and_go_back_as_they_came) {
  int seen = 0;
  const auto corpus = samples::corpus();
  for (const auto& [name, content] : corpus) {
    if (!name.starts_with("charset-set__")) continue;
    SCOPED_TRACE(name);
    ++seen;
    const CharsetChoice choice{name.contains("undeclared") ? "windows-1252" : "", false};
    const auto decoded = decode_message(Bytes(content), choice);
    ASSERT_TRUE(decoded.has_value()) << to_string(decoded.error());
    EXPECT_EQ(decoded->text.view(), truth_of(name));
    const auto back = encode_message(decoded->text, decoded->form, choice);
    ASSERT_TRUE(back.has_value()) << to_string(back.error());
    EXPECT_EQ(back->view(), content);
  }
  EXPECT_EQ(seen, corpus.empty() ? 0 : 8);
}

TEST(Charset, every_message_of_the_corpus_that_can_be_read_goes_back_as_it_came) {
  int changed = 0, unreadable = 0;
  const auto corpus = samples::corpus();
  for (const auto& [name, content] : corpus) {
    SCOPED_TRACE(name);
    const Bytes received(content);
    const auto decoded = decode_message(received, {});
    if (!decoded) {
      ++unreadable;
      EXPECT_EQ(decoded.error().code, FaultCode::bad_charset);
      continue;
    }
    if (decoded->text.view().data() != received.view().data()) ++changed;
    const auto back = encode_message(decoded->text, decoded->form, {});
    ASSERT_TRUE(back.has_value()) << to_string(back.error());
    EXPECT_EQ(back->view(), content);
  }
  EXPECT_EQ(changed, corpus.empty() ? 0 : 6);
  EXPECT_EQ(unreadable, 0);
}

TEST(Charset, reads_the_eight_bit_sets_of_table_0211) {
  EXPECT_EQ(text_of("8859/1", "M\xFCller"), "Müller");
  EXPECT_EQ(text_of("8859/2", "\xA3ukasz"), "Łukasz");
  EXPECT_EQ(text_of("8859/3", "\xA9"), "İ");
  EXPECT_EQ(text_of("8859/4", "\xBD"), "Ŋ");
  EXPECT_EQ(text_of("8859/5", "\xB8\xD2"), "Ив");
  EXPECT_EQ(text_of("8859/6", "\xC7"), "ا");
  EXPECT_EQ(text_of("8859/7", "\xC1"), "Α");
  EXPECT_EQ(text_of("8859/8", "\xE0"), "א");
  EXPECT_EQ(text_of("8859/9", "\xDD"), "İ");
  EXPECT_EQ(text_of("8859/15", "5 \xA4"), "5 €");
}

TEST(Charset, reads_the_sets_whose_second_bytes_look_like_delimiters) {
  EXPECT_EQ(text_of("GB 18030-2000", "\xCD\xF5"), "王");
  EXPECT_EQ(text_of("GB 18030-2000", "\x81\x7C^A"), "亅^A");
  EXPECT_EQ(text_of("BIG-5", "\xB3\x5C"), "許");
  EXPECT_EQ(text_of("KS X 1001", "\xB1\xE8"), "김");
  EXPECT_EQ(text_of("CNS 11643-1992", "\xC4\xE3"), "中");
}

TEST(Charset, reads_how_names_are_misspelt_and_what_only_iconv_knows) {
  EXPECT_EQ(text_of("ISO-8859-1", "M\xFCller"), "Müller");
  EXPECT_EQ(text_of("ISO 8859/1", "M\xFCller"), "Müller");
  EXPECT_EQ(text_of("UTF-8", "Müller"), "Müller");
  EXPECT_EQ(text_of("windows-1252", "5 \x80"), "5 €");
}

TEST(Charset, reads_japanese_switched_by_escape_bytes_and_goes_back_byte_for_byte) {
  EXPECT_EQ(text_of("~ISO IR87", "\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B"), "山田^太郎");
  EXPECT_EQ(text_of("ISO IR87", "\x1B$B;3ED\x1B(B"), "山田");
  EXPECT_EQ(text_of("ISO IR14~ISO IR87~ISO IR159", "\x1B$(D0!\x1B(J"), "丂");
  EXPECT_EQ(text_of("JIS X 0202", "\x1B(I14@\x1B(B"), "ｱｴﾀ");
}

TEST(Charset, reads_sets_switched_by_the_escapes_of_hl7_and_writes_them_so_again) {
  const auto received = message("~ISO IR87", "\\M2442\\;3ED\\C2842\\^Taro");
  const auto decoded = decode_message(received, {});
  ASSERT_TRUE(decoded.has_value()) << to_string(decoded.error());
  EXPECT_EQ(text_of("~ISO IR87", "\\M2442\\;3ED\\C2842\\^Taro"), "山田^Taro");
  EXPECT_TRUE(decoded->form.hl7_switches);
  const auto back = encode_message(decoded->text, decoded->form, {});
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->view(), received.view());
}

TEST(Charset, reads_a_second_eight_bit_set_until_the_line_ends) {
  EXPECT_EQ(text_of("8859/1~8859/5", "M\xFC\x1B-L\xB8\xD2"), "MüИв");
  const auto decoded = decode_message(
      Bytes("MSH|^~\\&|||||||ADT^A01|1|P|2.5.1||||||8859/1~8859/5\rPID|1||\x1B-L\xB8\rPV1|1|\xFC\r"), {});
  ASSERT_TRUE(decoded.has_value());
  EXPECT_TRUE(decoded->text.view().ends_with("PID|1||И\rPV1|1|ü\r"));
}

TEST(Charset, what_is_not_declared_passes_unless_the_connection_says_a_set) {
  const auto silent = message("", "M\xFCller");
  const auto passed = decode_message(silent, {});
  ASSERT_TRUE(passed.has_value());
  EXPECT_EQ(passed->text.view().data(), silent.view().data());
  EXPECT_EQ(text_of("", "M\xFCller", {"8859/1", false}), "Müller");
  EXPECT_EQ(text_of("8859/5", "M\xFCller", {"8859/1", true}), "Müller");
  EXPECT_EQ(text_of("8859/5", "\xB8", {"8859/1", false}), "И");
}

TEST(Charset, ascii_and_utf8_are_the_same_bytes_again) {
  for (const auto& [charset, name] :
       {std::pair{"", "Muster"}, std::pair{"8859/1", "Muster"}, std::pair{"~ISO IR87", "Muster"},
        std::pair{"UNICODE UTF-8", "Müller 😀"}, std::pair{"NO SUCH SET", "Muster"}}) {
    SCOPED_TRACE(charset);
    const auto received = message(charset, name);
    const auto decoded = decode_message(received, {});
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->text.view().data(), received.view().data());
    const auto back = encode_message(decoded->text, decoded->form, {});
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->view().data(), received.view().data());
  }
}

TEST(Charset, a_byte_that_does_not_fit_is_a_fault_with_its_offset_and_its_field) {
  const auto received = message("UNICODE UTF-8", "M\xFCller");
  const auto decoded = decode_message(received, {});
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code, FaultCode::bad_charset);
  EXPECT_EQ(decoded.error().at, "PID[1]-5");
  const auto offset = received.view().find('\xFC');
  EXPECT_EQ(decoded.error().detail, "the byte at offset " + std::to_string(offset) + " does not fit UNICODE UTF-8");
}

TEST(Charset, misfits_of_every_kind_are_faults) {
  for (const auto& [charset, name] :
       {std::pair{"ASCII", "M\xFCller"}, std::pair{"8859/7", "\xFF"}, std::pair{"~ISO IR87", "\x1B$B;"},
        std::pair{"~ISO IR87", "\x1B%G"}, std::pair{"~ISO IR87", "\xFC"}, std::pair{"UNICODE UTF-8", "\xED\xA0\x80"},
        std::pair{"UNICODE UTF-8", "\xC0\xAF"}, std::pair{"UNICODE UTF-8", "\xF4\x90\x80\x80"},
        std::pair{"GB 18030-2000", "\xFF"}, std::pair{"NO SUCH SET", "\xFC"}}) {
    SCOPED_TRACE(charset);
    EXPECT_TRUE(text_of(charset, name).starts_with("fault ")) << text_of(charset, name);
  }
}

TEST(Charset, what_the_set_cannot_hold_is_a_fault_when_it_is_written) {
  const auto fits = encode_message(message("8859/1", "Müller"), {}, {});
  ASSERT_TRUE(fits.has_value());
  EXPECT_EQ(fits->view(), message("8859/1", "M\xFCller").view());
  const auto euro = encode_message(message("8859/1", "5 €"), {}, {});
  ASSERT_FALSE(euro.has_value());
  EXPECT_EQ(euro.error().code, FaultCode::bad_charset);
  EXPECT_EQ(euro.error().at, "PID[1]-5");
  EXPECT_FALSE(encode_message(message("~ISO IR87", "€"), {}, {}).has_value());
}

TEST(Charset, utf8_that_calls_itself_ascii_is_read_and_goes_back_so) {
  const auto received = message("ASCII", "Müller");
  const auto decoded = decode_message(received, {});
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->text.view().data(), received.view().data());
  EXPECT_EQ(encode_message(decoded->text, decoded->form, {})->view(), received.view());
  EXPECT_FALSE(encode_message(received, {}, {}).has_value()) << "what came as ASCII is not made UTF-8 by a step";
}

TEST(Charset, the_set_of_the_connection_counts_when_it_writes) {
  const auto written = encode_message(message("", "5 €"), {}, {"windows-1252", false});
  ASSERT_TRUE(written.has_value());
  EXPECT_EQ(written->view(), message("", "5 \x80").view());
  const auto untold = encode_message(message("", "5 €"), {}, {});
  ASSERT_TRUE(untold.has_value());
  EXPECT_EQ(untold->view(), message("", "5 €").view());
}

TEST(Charset, utf16_and_utf32_are_known_by_their_mark_or_their_zeros) {
  const std::string text(message("UNICODE UTF-16", "Müller").view());
  for (const bool mark : {false, true}) {
    for (const auto units :
         {WireForm::Units::utf16_le, WireForm::Units::utf16_be, WireForm::Units::utf32_le, WireForm::Units::utf32_be}) {
      SCOPED_TRACE(static_cast<int>(units));
      const WireForm form{units, mark};
      const auto wire = encode_message(Bytes(text), form, {});
      ASSERT_TRUE(wire.has_value());
      EXPECT_GE(wire->size(), 2 * text.size() - 2);
      const auto decoded = decode_message(*wire, {});
      ASSERT_TRUE(decoded.has_value());
      EXPECT_EQ(decoded->text.view(), text);
      EXPECT_EQ(decoded->form, form);
    }
  }
}

TEST(Charset, a_utf16_message_cut_in_a_character_is_a_fault) {
  auto wire = std::string(encode_message(message("", "Müller"), {WireForm::Units::utf16_le, true}, {})->view());
  wire.pop_back();
  const auto decoded = decode_message(Bytes(wire), {});
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().detail, "the byte at offset " + std::to_string(wire.size() - 1) + " does not fit UTF-16LE");
}

TEST(Charset, names_are_known_or_not_and_have_a_form_for_msh) {
  EXPECT_TRUE(knows_charset("8859/1"));
  EXPECT_TRUE(knows_charset("~ISO IR87"));
  EXPECT_TRUE(knows_charset("windows-1252"));
  EXPECT_FALSE(knows_charset(""));
  EXPECT_FALSE(knows_charset("klingon"));
  EXPECT_FALSE(knows_charset("UTF-16"));  // delimiters are no single bytes in it
  EXPECT_EQ(msh_name_of("utf-8"), "UNICODE UTF-8");
  EXPECT_EQ(msh_name_of("iso-8859-15"), "8859/15");
  EXPECT_EQ(msh_name_of("~iso ir87"), "~ISO IR87");
  EXPECT_EQ(msh_name_of("windows-1252"), "");
}

}  // namespace
}  // namespace myelin::hl7
