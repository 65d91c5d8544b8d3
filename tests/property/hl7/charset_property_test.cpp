// Whatever a set can hold comes back as it was, and what is read never holds less than UTF-8.
#include "engine/hl7/charset.h"
#include "tests/property.h"

namespace myelin::hl7 {
namespace {

const std::vector<std::string> kNames = {"ASCII",          "8859/1",          "8859/2",        "8859/5",
                                         "8859/7",         "8859/15",         "KS X 1001",     "GB 18030-2000",
                                         "CNS 11643-1992", "BIG-5",           "~ISO IR87",     "~ISO IR87~ISO IR159",
                                         "ISO IR14",       "JIS X 0202",      "8859/1~8859/5", "8859/5~8859/1~ISO IR87",
                                         "UNICODE UTF-8",  "8859/9~KS X 1001"};

void append_utf8(std::string& out, std::uint32_t point) {
  const auto byte = [&](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xC0 | (point >> 6));
  } else {
    byte(0xE0 | (point >> 12));
    byte(0x80 | ((point >> 6) & 0x3F));
  }
  byte(0x80 | (point & 0x3F));
}

// Letters of all the sets above, and the delimiters between them.
rc::Gen<std::string> words() {
  const auto point =
      rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0x20, 0x7F), rc::gen::inRange<std::uint32_t>(0xA0, 0x17F),
                     rc::gen::inRange<std::uint32_t>(0x391, 0x3CA), rc::gen::inRange<std::uint32_t>(0x410, 0x450),
                     rc::gen::inRange<std::uint32_t>(0x3041, 0x30F0), rc::gen::inRange<std::uint32_t>(0x4E00, 0x9FA0),
                     rc::gen::inRange<std::uint32_t>(0xAC00, 0xD7A0), rc::gen::just<std::uint32_t>('^'));
  return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(point), [](const std::vector<std::uint32_t>& all) {
    std::string text;
    for (const auto one : all) append_utf8(text, one == '\\' ? ' ' : one);
    return text;
  });
}

std::string message(const std::string& charset, const std::string& text) {
  return "MSH|^~\\&|LIS||||||ADT^A01|1|P|2.5.1||||||" + charset + "\rPID|1||" + text + "|x\rPV1|1|y\r";
}

RC_GTEST_PROP(Charset, gives_back_what_it_could_write, ()) {
  const auto name = *rc::gen::elementOf(kNames);
  const bool hl7 = *rc::gen::arbitrary<bool>();
  const Bytes text(message(name, *words()));
  const WireForm form{.hl7_switches = hl7};
  const auto written = encode_message(text, form, {});
  RC_PRE(written.has_value());
  const auto read = decode_message(*written, {});
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->text.view() == text.view());
}

RC_GTEST_PROP(Charset, gives_back_one_letter_after_the_other, ()) {
  const auto name = *rc::gen::elementOf(kNames);
  std::string kept;
  for (const auto letter :
       *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0xA0, 0xD7FF))) {
    std::string one;
    append_utf8(one, letter);
    if (encode_message(Bytes(message(name, one)), {}, {})) kept += one + (letter % 3 == 0 ? "^" : "");
  }
  const Bytes text(message(name, kept));
  const auto written = encode_message(text, {}, {});
  RC_ASSERT(written.has_value());
  const auto read = decode_message(*written, {});
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->text.view() == text.view());
}

RC_GTEST_PROP(Charset, tells_an_offset_inside_the_message, ()) {
  const auto name = *rc::gen::elementOf(kNames);
  const auto bytes = *rc::gen::arbitrary<std::string>();
  const Bytes received(message(name, bytes));
  const auto read = decode_message(received, {});
  if (read) return;
  RC_ASSERT(read.error().code == FaultCode::bad_charset);
  const auto& detail = read.error().detail;
  RC_ASSERT(detail.starts_with("the byte at offset "));
  RC_ASSERT(std::stoul(detail.substr(19)) < received.size());
}

}  // namespace
}  // namespace myelin::hl7
