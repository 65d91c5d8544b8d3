#include "routes/map/primitive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/hl7/escape.h"
#include "engine/hl7/timestamp.h"
#include "routes/map/reader.h"

namespace myelin::mapping {
namespace {

using hl7::Precision;
using hl7::Timestamp;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// What a formatting sequence is in plain text; nothing: it is no such sequence.
std::optional<std::string_view> plain_format(std::string_view word) {
  if (word == "H" || word == "N" || word == ".nf" || word == ".fi") return "";
  if (word == ".br" || word.starts_with(".sp") || word.starts_with(".ce")) return "\n";
  if (word.starts_with(".sk")) return " ";
  if (word.starts_with(".in") || word.starts_with(".ti")) return "";
  return std::nullopt;
}

// As hl7::decode() sees it: a short word of letters and digits, a local one, or one of bytes. Others are stray escape
// characters, as in a path of Windows.
bool is_sequence(std::string_view word) {
  const auto plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  if (word.starts_with('.')) return word.size() >= 2 && word.size() <= 16;
  if (word.empty() || !std::ranges::all_of(word, plain)) return false;
  return word.size() <= 3 || word[0] == 'X' || word[0] == 'Z' ||
         ((word[0] == 'C' || word[0] == 'M') && word.size() <= 7);
}

std::string date_of(const Timestamp& time) {
  if (time.precision == Precision::year) return fmt::format("{:04}", time.year);
  if (time.precision == Precision::month) return fmt::format("{:04}-{:02}", time.year, time.month);
  return fmt::format("{:04}-{:02}-{:02}", time.year, time.month, time.day);
}

// Days since 1970 of a civil date.
std::int64_t days(int year, int month, int day) {
  const std::int64_t y = year - (month <= 2 ? 1 : 0);
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t of_era = y - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

std::optional<int> offset_in(const Timestamp& time, const hl7::Zone& zone) {
  return zone.offset_of_local(days(time.year, time.month, time.day) * 86400 + time.hour * 3600 + time.minute * 60 +
                              time.second);
}

std::optional<int> offset_of(const Timestamp& time, const hl7::Zone* zone) {
  return time.offset_minutes || !zone ? time.offset_minutes : offset_in(time, *zone);
}

std::string time_of_day(int hour, int minute, int second, int microsecond, int digits) {
  auto text = fmt::format("{:02}:{:02}:{:02}", hour, minute, std::min(second, 59));
  if (digits > 0) text += "." + fmt::format("{:06}", microsecond).substr(0, static_cast<std::size_t>(digits));
  return text;
}

std::optional<std::string> complete(const Timestamp& time, const hl7::Zone* zone) {
  const auto offset = offset_of(time, zone);
  if (!offset || time.precision < Precision::minute) return std::nullopt;
  const int off = std::abs(*offset);
  return date_of(time) + "T" +
         time_of_day(time.hour, time.minute, time.second, time.microsecond, time.fraction_digits) +
         fmt::format("{}{:02}:{:02}", *offset < 0 ? '-' : '+', off / 60, off % 60);
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t word = 0;
    const auto size = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t index = 0; index < 3; ++index)
      word = word << 8U | (index < size ? static_cast<unsigned char>(bytes[at + index]) : 0U);
    for (std::size_t index = 0; index < 4; ++index)
      out += index <= size ? kLetters[(word >> (18 - 6 * index)) & 63U] : '=';
  }
  return out;
}

std::optional<std::string> unhex(std::string_view text) {
  std::string out;
  int high = -1;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    if (high < 0) high = digit;
    else out += static_cast<char>(std::exchange(high, -1) * 16 + digit);
  }
  return high < 0 ? std::optional(out) : std::nullopt;
}

// With the signs at its end that some leave out; nothing when it is no Base64.
std::optional<std::string> whole_base64(std::string letters) {
  const auto end = letters.find_last_not_of('=');
  const auto size = end == letters.npos ? 0 : end + 1;
  const auto is_letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  if (size == 0 || size % 4 == 1 || letters.size() - size > 2) return std::nullopt;
  if (!std::ranges::all_of(std::string_view(letters).substr(0, size), is_letter)) return std::nullopt;
  letters.resize(size);
  letters.resize((size + 3) / 4 * 4, '=');
  return letters;
}

}  // namespace

std::string clean_text(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\r') {
      if (at + 1 == text.size() || text[at + 1] != '\n') out += '\n';
    } else if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') {
      out += ' ';
    } else {
      out += c;
    }
  }
  const auto begin = out.find_first_not_of(" \t\n");
  if (begin == out.npos) return {};
  return out.substr(begin, out.find_last_not_of(" \t\n") - begin + 1);
}

std::string plain_text(std::string_view raw, const hl7::Delimiters& delimiters) {
  if (delimiters.escape == 0 || !raw.contains(delimiters.escape)) return clean_text(raw);
  std::string out;
  std::size_t at = 0;
  while (at < raw.size()) {
    const auto begin = std::min(raw.find(delimiters.escape, at), raw.size());
    out += raw.substr(at, begin - at);
    at = begin;
    const auto end = begin == raw.size() ? raw.npos : raw.find(delimiters.escape, begin + 1);
    if (end == raw.npos) break;
    const auto whole = raw.substr(begin, end + 1 - begin), word = whole.substr(1, whole.size() - 2);
    if (const auto plain = plain_format(word)) {
      out += *plain;
    } else if (is_sequence(word)) {
      out += hl7::decode(whole, delimiters);
    } else {
      out += delimiters.escape;
      ++at;
      continue;
    }
    at = end + 1;
  }
  out += raw.substr(at);
  return clean_text(out);
}

std::string clean_code(std::string_view text) {
  std::string out;
  for (const char c : clean_text(text)) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    if (!blank) out += c;
    else if (!out.ends_with(' ')) out += ' ';
  }
  return out;
}

std::string percent(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~:/?@!$'()*;=").contains(c);
    if (plain) out += c;
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string fhir_uri(std::string_view text) {
  const auto is_hex = [&](std::size_t at) {
    return at < text.size() && std::string_view("0123456789ABCDEFabcdef").contains(text[at]);
  };
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool stays = (c == '%' && is_hex(at + 1) && is_hex(at + 2)) || std::string_view("#[]&+,").contains(c);
    if (stays) out += c;
    else out += percent(text.substr(at, 1));
  }
  return out;
}

bool is_oid(std::string_view text) {
  if (text.size() < 5 || text[0] < '0' || text[0] > '2' || text[1] != '.' || text.ends_with('.')) return false;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] != '.' && (text[at] < '0' || text[at] > '9')) return false;
    if (text[at] != '.') continue;
    if (text[at + 1] == '.') return false;
    if (text[at + 1] == '0' && at + 2 < text.size() && text[at + 2] != '.') return false;
  }
  return true;
}

std::optional<std::string> fhir_date(std::string_view text) {
  const auto time = hl7::parse_timestamp(text);
  if (!time || time->year == 0) return std::nullopt;
  return date_of(*time);
}

std::optional<std::string> fhir_date_time(std::string_view text, const hl7::Zone* zone, bool& dropped) {
  const auto time = hl7::parse_timestamp(text);
  if (!time || time->year == 0) return std::nullopt;
  if (time->precision < Precision::hour) return date_of(*time);
  if (auto full = complete(*time, zone)) return full;
  dropped = true;
  return date_of(*time);
}

std::optional<std::string> fhir_instant(std::string_view text, const hl7::Zone* zone) {
  const auto time = hl7::parse_timestamp(text);
  return time && time->year != 0 ? complete(*time, zone) : std::nullopt;
}

std::string default_offset(std::string_view sent, const hl7::Zone* zone) {
  const auto time = hl7::parse_timestamp(sent);
  if (!time || !time->offset_minutes || (zone && offset_in(*time, *zone) == time->offset_minutes)) return {};
  const int offset = std::abs(*time->offset_minutes);
  return fmt::format("{}{:02}{:02}", *time->offset_minutes < 0 ? '-' : '+', offset / 60, offset % 60);
}

std::string with_offset(std::string_view text, std::string_view offset) {
  const auto time = offset.empty() ? std::nullopt : hl7::parse_timestamp(text);
  const bool bare = time && time->precision >= Precision::hour && !time->offset_minutes;
  return std::string(text) + std::string(bare ? offset : "");
}

std::optional<std::string> fhir_time(std::string_view text, bool& dropped) {
  // A time of day is the end of a date.
  const auto time = hl7::parse_timestamp("20000101" + std::string(text));
  if (!time || time->precision < Precision::minute) return std::nullopt;
  dropped = time->offset_minutes.has_value();
  return time_of_day(time->hour, time->minute, time->second, time->microsecond, time->fraction_digits);
}

std::optional<Amount> amount_of(std::string_view text) {
  Amount made{"", clean_code(text)};
  for (const std::string_view sign : {"<=", ">=", "<", ">"})
    if (made.number.starts_with(sign)) {
      made = {std::string(sign), clean_code(std::string_view(made.number).substr(sign.size()))};
      break;
    }
  return is_number(made.number) ? std::optional(std::move(made)) : std::nullopt;
}

std::optional<json::Value> fhir_decimal(std::string_view text) {
  const auto clean = clean_code(text);
  if (!is_number(clean)) return std::nullopt;
  std::string_view digits = clean;
  std::string out;
  if (digits.starts_with('-')) out = "-";
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  while (digits.size() > 1 && digits[0] == '0' && digits[1] != '.') digits.remove_prefix(1);
  if (digits.starts_with('.')) out += '0';
  if (digits.ends_with('.')) digits.remove_suffix(1);
  return json::Value::number(out.append(digits));
}

std::optional<json::Value> fhir_integer(std::string_view text) {
  auto number = fhir_decimal(text);
  if (!number || !number->integer() || *number->integer() < 0 || *number->integer() > 2'147'483'647)
    return std::nullopt;
  return number;
}

std::optional<json::Value> fhir_boolean(std::string_view text) {
  const auto word = lower(clean_code(text));
  if (word == "y" || word == "yes" || word == "true") return json::Value(true);
  if (word == "n" || word == "no" || word == "false") return json::Value(false);
  return std::nullopt;
}

std::optional<std::string> fhir_base64(std::string_view data, std::string_view encoding, bool text) {
  const auto how = lower(clean_code(encoding));
  if (data.empty()) return std::nullopt;
  if (how == "a" || how == "ascii" || (how.empty() && text)) return base64(data);
  std::string letters;
  for (const char c : data)
    if (c != '\r' && c != '\n' && c != ' ' && c != '\t') letters += c;
  if (how == "hex") {
    const auto bytes = unhex(letters);
    return bytes && !bytes->empty() ? std::optional(base64(*bytes)) : std::nullopt;
  }
  const bool likely = !how.empty() || (letters.size() % 4 == 0 && letters.size() >= 8);
  if (auto whole = likely ? whole_base64(std::move(letters)) : std::nullopt) return whole;
  return how.empty() ? std::optional(base64(data)) : std::nullopt;
}

std::string media_type(std::string_view type, std::string_view subtype) {
  constexpr std::array<std::string_view, 6> kTypes = {"application", "audio", "image", "text", "video", "multipart"};
  auto main = lower(clean_code(type));
  auto sub = lower(clean_code(subtype));
  if (sub.contains('/')) return sub;
  if (main.contains('/')) return main;
  const auto kind = sub.empty() ? main : sub;
  if (kind == "pdf" || kind == "rtf" || kind == "json") return "application/" + kind;
  if (kind == "jpeg" || kind == "jpg") return "image/jpeg";
  if (kind == "png" || kind == "gif" || kind == "tiff" || kind == "bmp") return "image/" + kind;
  if (kind == "html" || kind == "xml" || kind == "plain") return "text/" + kind;
  if (kind == "text" || kind == "txt" || kind == "tx" || kind == "ft") return "text/plain";
  const bool known = std::ranges::find(kTypes, main) != kTypes.end();
  const bool token = std::ranges::all_of(sub, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("!#$&-^_.+").contains(c);
  });
  return known && token && !sub.empty() ? main + "/" + sub : "application/octet-stream";
}

}  // namespace myelin::mapping
