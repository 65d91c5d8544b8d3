#include "engine/base/printable.h"

#include <algorithm>
#include <array>

namespace myelin {

namespace {

constexpr std::string_view kNoText = "\xEF\xBF\xBD";  // U+FFFD

// What Console and the diagnostics paint with. The same few in a stranger's text can do no more than colour it.
constexpr std::array<std::string_view, 12> kColours = {"0",  "1",  "31",   "32",   "33",   "34",
                                                       "36", "90", "1;31", "1;32", "1;33", "1;36"};

// Length of one of our colours at `at`; 0: it is none.
std::size_t colour_length(std::string_view text, std::size_t at) {
  const auto rest = text.substr(at);
  if (!rest.starts_with("\x1b[")) return 0;
  const auto end = rest.substr(0, 8).find('m');
  if (end == std::string_view::npos) return 0;
  return std::ranges::find(kColours, rest.substr(2, end - 2)) == kColours.end() ? 0 : end + 1;
}

// One character, or one byte where there is none; moves `at` behind it.
void add_shown(std::string& out, std::string_view text, std::size_t& at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  const auto length = utf8_length(text, at);
  const bool upper_control = length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0;
  if (length == 0 || upper_control) {
    out += kNoText;
  } else if (byte < 0x20 || byte == 0x7F) {
    out += "\xE2\x90";  // U+2400 and the following are the pictures of U+0000 and the following
    out += static_cast<char>(0x80 + (byte == 0x7F ? 0x21 : byte));
  } else {
    out += text.substr(at, length);
  }
  at += std::max<std::size_t>(length, 1);
}

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xC0U) != 0x80U) return 0;
  const unsigned second = byte(at + 1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
  if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return length;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) add_shown(out, text, at);
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto ours = text[at] == '\n' || text[at] == '\t' ? 1 : colour_length(text, at);
    if (ours == 0) {
      const bool ends_segment = text[at] == '\r';
      add_shown(out, text, at);
      if (ends_segment && at < text.size() && text[at] != '\n') out += '\n';
      continue;
    }
    out += text.substr(at, ours);
    at += ours;
  }
  return out;
}

}  // namespace myelin
