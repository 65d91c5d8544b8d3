// Arbitrary bytes as a text with formulas, and as the value of one. The first byte says where the text goes. Held: no
// crash, and a value stays one value of what it is put into.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/fhir/json.h"
#include "engine/hl7/charset_iconv.h"
#include "routes/expr/filling.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;

constexpr std::string_view kMessage =
    "MSH|^~\\&|PAS|NORTH|LAB|WEST|20260301101500||ADT^A01|1|P|2.5.1\r"
    "PID|1||12345^^^WEST^MR||Everywoman^Eve|\"\"|19530518|F\rPV1|1|I|2000^2012^01\rOBX|1|NM|718-7^Hb^LN||13.2|g/dL\r";

void check_value(std::string_view value) {
  for (const char c : expr::encode_for(Encoding::url, value))
    require(c > ' ' && c < 0x7f && std::string_view("/?#&=").find(c) == std::string_view::npos);
  for (const char c : expr::encode_for(Encoding::header, value)) require(c >= ' ' && c < 0x7f);
  require(expr::encode_for(Encoding::file_name, value).find_first_of(std::string_view("/\0\\\n", 4)) ==
          std::string::npos);
  require(expr::encode_for(Encoding::xml, value).find_first_of("<>\"'") == std::string::npos);
  // JSON is UTF-8; a value that is none is a fault before it comes here.
  if (hl7::find_non_utf8(value)) return;
  const auto back = json::read("\"" + expr::encode_for(Encoding::json, value) + "\"");
  if (back) require(back->text() && *back->text() == value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_value(text);
  static const expr::Scope kScope;
  static const Body kBody(*hl7::Tree::parse(Bytes(std::string(kMessage))));
  const auto source = std::make_shared<const config::SourceText>("fuzz.yaml", text);
  const auto node = config::Node::scalar(text, config::Place{source, 1, 1, 1}, false);
  Message message;
  message.channel = "fuzz";
  config::Diagnostics diagnostics;
  const auto encoding = static_cast<Encoding>(data[0] % 6);
  const auto filling = expr::compile_filling(Template{"url", node, encoding}, kScope, diagnostics);
  require((filling == nullptr) != diagnostics.ok());
  if (!filling) return 0;
  Context context;
  context.message = &message;
  const auto filled = filling->text(kBody, context);
  if (filled && encoding == Encoding::json) require(json::read(*filled).has_value());
  return 0;
}
