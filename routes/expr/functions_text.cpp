// Text functions. Characters are UTF-8 code points; bytes that are no UTF-8 count one each, so that Latin-1 messages
// work too. Results are bounded: what would grow over 16 MiB is absent.
#include <algorithm>
#include <array>

#include "engine/hl7/formatted.h"
#include "routes/expr/characters.h"
#include "routes/expr/functions.h"
#include "routes/expr/pattern.h"

namespace myelin::expr {

namespace {

constexpr std::int64_t kMaxWidth = 10'000;

// Where each character begins, and the end.
std::vector<std::size_t> characters(std::string_view text) {
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; at < text.size(); at += character_at(text, at)) starts.push_back(at);
  starts.push_back(text.size());
  return starts;
}

std::string part(const std::string& text, std::int64_t from, std::int64_t to) {
  const auto starts = characters(text);
  const auto count = static_cast<std::int64_t>(starts.size()) - 1;
  from = std::clamp<std::int64_t>(from, 0, count);
  to = std::clamp<std::int64_t>(to, from, count);
  const std::size_t begin = starts[static_cast<std::size_t>(from)];
  return text.substr(begin, starts[static_cast<std::size_t>(to)] - begin);
}

std::int64_t length_of(const std::string& text) { return static_cast<std::int64_t>(characters(text).size()) - 1; }

template <class Change>
Value changed(std::string text, Change change) {
  for (char& letter : text) letter = change(letter);
  return Value(std::move(text));
}

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

Value run_upper(const Arguments& given) {
  return changed(given.text(0), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
}

Value run_lower(const Arguments& given) {
  return changed(given.text(0), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

Value run_trim(const Arguments& given) {
  const std::string text = given.text(0);
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string::npos) return Value(std::string());
  return Value(text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1));
}

Value run_pad(const Arguments& given) {
  std::string text = given.text(0);
  const std::int64_t width = given.whole(1, -kMaxWidth, kMaxWidth, 0);
  const std::string with = given.size() > 2 ? part(given.text(2), 0, 1) : " ";
  std::int64_t lacking = (width < 0 ? -width : width) - length_of(text);
  std::string filling;
  for (; lacking > 0; --lacking) filling += with;
  return Value(width < 0 ? text + filling : filling + text);
}

Value run_left(const Arguments& given) { return Value(part(given.text(0), 0, given.whole(1, 0, INT32_MAX, 0))); }

Value run_right(const Arguments& given) {
  const std::string text = given.text(0);
  const std::int64_t length = length_of(text);
  return Value(part(text, length - given.whole(1, 0, INT32_MAX, 0), length));
}

Value run_substring(const Arguments& given) {
  const std::int64_t from = given.whole(1, 1, INT32_MAX, 1) - 1;
  const std::int64_t count = given.size() > 2 ? given.whole(2, 0, INT32_MAX, 0) : INT32_MAX;
  return Value(part(given.text(0), from, from + count));
}

Value run_replace(const Arguments& given) {
  auto replaced = replace_all(*given.call().pattern, given.text(0), given.text(2));
  return replaced ? Value(std::move(*replaced)) : Value();
}

Value run_split(const Arguments& given) {
  const std::string text = given.text(0);
  const std::string separator = given.text(1);
  Value::List items;
  if (separator.empty() || text.empty()) {
    if (!text.empty()) items.emplace_back(text);
    return Value(std::move(items));
  }
  std::size_t from = 0;
  for (std::size_t at = text.find(separator); at != std::string::npos; at = text.find(separator, from)) {
    items.emplace_back(text.substr(from, at - from));
    from = at + separator.size();
  }
  items.emplace_back(text.substr(from));
  return Value(std::move(items));
}

Value run_lines(const Arguments& given) {
  const std::string text = given.text(0);
  constexpr std::string_view kBreak = "\\.br\\";
  Value::List items;
  std::string line;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    const std::size_t ends = rest.starts_with(kBreak)             ? kBreak.size()
                             : rest.starts_with("\r\n")           ? 2
                             : rest[0] == '\n' || rest[0] == '\r' ? 1
                                                                  : 0;
    if (ends == 0) {
      line += text[at++];
      continue;
    }
    items.emplace_back(std::move(line));
    line.clear();
    at += ends;
  }
  if (!line.empty()) items.emplace_back(std::move(line));
  return Value(std::move(items));
}

Value run_join(const Arguments& given) {
  Value list = given.value(0);
  if (!list.list()) return list;
  const std::string separator = given.text(1);
  std::string text;
  bool first = true;
  for (const auto& item : *list.list()) {
    if (!first) text += separator;
    text += to_text(item);
    first = false;
    if (text.size() > kMaxText) return {};
  }
  return Value(std::move(text));
}

Value run_length(const Arguments& given) { return Value(Decimal(length_of(given.text(0)))); }

Value run_digits(const Arguments& given) {
  std::string text = given.text(0);
  std::erase_if(text, [](char byte) { return byte < '0' || byte > '9'; });
  return Value(std::move(text));
}

Value run_base64(const Arguments& given) {
  const std::string text = given.text(0);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    unsigned group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8U | (at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      out += at + i <= text.size() ? kAlphabet[(group >> (18U - 6U * static_cast<unsigned>(i))) & 63U] : '=';
  }
  return Value(std::move(out));
}

Value run_unbase64(const Arguments& given) {
  constexpr unsigned kNone = 64;
  static const auto kDigits = [] {
    std::array<unsigned char, 256> digits;
    digits.fill(kNone);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i)
      digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<unsigned char>(i);
    return digits;
  }();
  constexpr std::string_view kBreak = "\\.br\\";  // how senders cut the lines of a document
  const std::string text = given.text(0);
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  unsigned bits = 0;
  int count = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char byte = text[at];
    if (byte == '=' || byte == '\r' || byte == '\n' || byte == ' ') continue;
    const unsigned digit = kDigits[static_cast<unsigned char>(byte)];
    if (digit == kNone) {
      if (text.compare(at, kBreak.size(), kBreak) != 0) return {};
      at += kBreak.size() - 1;
      continue;
    }
    bits = (bits << 6U | digit) & 0xFFFFFFU;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(static_cast<unsigned char>(bits >> static_cast<unsigned>(count)));
  }
  return Value(std::move(out));
}

Value run_plain_text(const Arguments& given) {
  return Value(hl7::render_formatted(given.text(0), hl7::TextForm::plain));
}

Value run_markdown(const Arguments& given) {
  return Value(hl7::render_formatted(given.text(0), hl7::TextForm::markdown));
}

Value run_html(const Arguments& given) { return Value(hl7::render_formatted(given.text(0), hl7::TextForm::html)); }

}  // namespace myelin::expr
