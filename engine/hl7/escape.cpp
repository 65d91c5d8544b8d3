// One tokenizer serves decode, encode and translate, so what one leaves alone the others leave alone too.
#include "engine/hl7/escape.h"

#include <algorithm>
#include <cstddef>

namespace myelin::hl7 {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool is_delimiter(char c, const Delimiters& d) {
  return c != 0 && (c == d.field || c == d.component || c == d.repetition || c == d.escape || c == d.subcomponent ||
                    c == d.truncation);
}

// Characters that cannot stand in a field as they are: line ends, and the bytes with which MLLP frames a message.
bool is_control(char c) { return c == '\r' || c == '\n' || c == '\x0B' || c == '\x1C'; }

// The body of the sequence that begins with the escape character at `at`; empty when there is none.
std::string_view sequence_at(std::string_view text, std::size_t at, const Delimiters& d) {
  const auto rest = text.substr(at + 1);
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == d.escape) return rest.substr(0, i);
    if (is_delimiter(rest[i], d) || is_control(rest[i])) return {};
  }
  return {};
}

// The delimiter that a body of one letter stands for; 0 when it stands for none.
char delimiter_of(std::string_view body, const Delimiters& d) {
  if (body.size() != 1) return 0;
  switch (body[0]) {
    case 'F':
      return d.field;
    case 'S':
      return d.component;
    case 'T':
      return d.subcomponent;
    case 'R':
      return d.repetition;
    case 'E':
      return d.escape;
    case 'P':
      return d.truncation;
    default:
      return 0;
  }
}

char letter_of(char c, const Delimiters& d) {
  if (c == d.field) return 'F';
  if (c == d.component) return 'S';
  if (c == d.repetition) return 'R';
  if (c == d.escape) return 'E';
  if (c == d.subcomponent) return 'T';
  return 'P';
}

bool all_hex(std::string_view digits) {
  return std::ranges::all_of(digits, [](char c) { return hex_value(c) >= 0; });
}

bool is_hex(std::string_view body) {
  return body.size() >= 3 && body.size() % 2 == 1 && body[0] == 'X' && all_hex(body.substr(1));
}

std::string bytes_of_hex(std::string_view body) {
  std::string bytes;
  for (std::size_t i = 1; i + 1 < body.size(); i += 2) {
    bytes.push_back(static_cast<char>(hex_value(body[i]) * 16 + hex_value(body[i + 1])));
  }
  return bytes;
}

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool is_formatting(std::string_view body) {  // .br  .sp 3  .ti-4
  return body.size() >= 2 && body.size() <= 16 && body[0] == '.' && is_letter(body[1]);
}

bool is_character_set(std::string_view body) {  // C2842  M244A  M244A42
  const bool sized = (body[0] == 'C' && body.size() == 5) || (body[0] == 'M' && (body.size() == 5 || body.size() == 7));
  return sized && all_hex(body.substr(1));
}

// A sequence with a meaning of its own, which text keeps: formatting, highlighting, character sets, local (Z), and
// unknown ones as short as a sequence is. What else stands between two escape characters is text with stray ones in
// it, a Windows path or a fraction.
bool is_kept(std::string_view body, const Delimiters& d) {
  if (body.empty() || delimiter_of(body, d) != 0 || is_hex(body)) return false;
  if (is_formatting(body) || is_character_set(body)) return true;
  const auto letter_or_digit = [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return body.size() <= (body[0] == 'Z' ? 64 : 3) && std::ranges::all_of(body, letter_or_digit);
}

void append_encoded(std::string& out, char c, const Delimiters& d) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const bool delimiter = is_delimiter(c, d);
  if (!delimiter && !is_control(c)) {
    out.push_back(c);
  } else if (d.escape == 0) {
    out.push_back(' ');
  } else {
    out.push_back(d.escape);
    if (delimiter) {
      out.push_back(letter_of(c, d));
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'X', kDigits[byte / 16U], kDigits[byte % 16U]});
    }
    out.push_back(d.escape);
  }
}

}  // namespace

std::string decode(std::string_view raw, const Delimiters& delimiters) {
  if (delimiters.escape == 0 || raw.find(delimiters.escape) == std::string_view::npos) return std::string(raw);
  std::string text;
  text.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size();) {
    const auto body = raw[i] == delimiters.escape ? sequence_at(raw, i, delimiters) : std::string_view();
    if (const char c = delimiter_of(body, delimiters); c != 0) {
      text.push_back(c);
    } else if (is_hex(body)) {
      text.append(bytes_of_hex(body));
    } else if (is_kept(body, delimiters)) {
      text.append(raw.substr(i, body.size() + 2));
    } else {
      text.push_back(raw[i++]);
      continue;
    }
    i += body.size() + 2;
  }
  return text;
}

std::string encode(std::string_view text, const Delimiters& delimiters) {
  std::string raw;
  raw.reserve(text.size() + 8);
  for (std::size_t i = 0; i < text.size();) {
    const bool escape = delimiters.escape != 0 && text[i] == delimiters.escape;
    const auto body = escape ? sequence_at(text, i, delimiters) : std::string_view();
    if (is_kept(body, delimiters)) {
      raw.append(text.substr(i, body.size() + 2));
      i += body.size() + 2;
    } else {
      append_encoded(raw, text[i++], delimiters);
    }
  }
  return raw;
}

namespace {

// What the structural delimiter `c` of `from` is in `to`; a part that `to` has no character for is set off by a space.
char translated(char c, const Delimiters& from, const Delimiters& to) {
  const auto known = [](char in_to) { return in_to == 0 ? ' ' : in_to; };
  if (c == from.field) return to.field;
  if (c == from.component) return to.component;
  if (c == from.repetition) return known(to.repetition);
  return known(to.subcomponent);
}

void append_kept(std::string& out, std::string_view body, const Delimiters& to) {
  if (to.escape == 0 || std::ranges::any_of(body, [&](char c) { return is_delimiter(c, to); })) {
    out.push_back(' ');
  } else {
    out.push_back(to.escape);
    out.append(body).push_back(to.escape);
  }
}

}  // namespace

std::string translate(std::string_view raw, const Delimiters& from, const Delimiters& to) {
  if (from == to) return std::string(raw);
  std::string out;
  out.reserve(raw.size() + 8);
  for (std::size_t i = 0; i < raw.size();) {
    const char c = raw[i];
    const bool escape = from.escape != 0 && c == from.escape;
    const auto body = escape ? sequence_at(raw, i, from) : std::string_view();
    if (const char stands_for = delimiter_of(body, from); stands_for != 0) {
      append_encoded(out, stands_for, to);
    } else if (is_hex(body)) {
      for (const char byte : bytes_of_hex(body)) append_encoded(out, byte, to);
    } else if (is_kept(body, from)) {
      append_kept(out, body, to);
    } else {
      const bool structural = !escape && c != from.truncation && is_delimiter(c, from);
      if (structural) out.push_back(translated(c, from, to));
      else append_encoded(out, c, to);
      ++i;
      continue;
    }
    i += body.size() + 2;
  }
  return out;
}

}  // namespace myelin::hl7
