#include "routes/reverse/texts.h"

#include <algorithm>
#include <charconv>

#include "engine/hl7/timestamp.h"
#include "routes/map/library.h"
#include "routes/map/primitive.h"

namespace myelin::reverse {
namespace {

constexpr std::string_view kTables = "http://terminology.hl7.org/CodeSystem/v2-";
constexpr std::size_t kMostDigits = 400;

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Takes `mark` and `size` digits behind it.
bool take(std::string_view& text, char mark, std::size_t size, std::string& out) {
  if (!text.starts_with(mark) || !is_digits(text.substr(1, size)) || text.size() < size + 1) return false;
  out += text.substr(1, size);
  text.remove_prefix(size + 1);
  return true;
}

// .123456 has at most four digits in HL7.
void take_fraction(std::string_view& text, std::string& out) {
  if (!text.starts_with('.')) return;
  const auto end = std::min(text.find_first_not_of("0123456789", 1), text.size());
  out += text.substr(0, std::min<std::size_t>(end, 5));
  text.remove_prefix(end);
}

bool take_offset(std::string_view& text, std::string& out) {
  if (text == "Z") {
    out += "+0000";
    text = {};
  } else if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    const char sign = text.front();
    std::string digits;
    if (!take(text, sign, 2, digits) || !take(text, ':', 2, digits)) return false;
    out += sign + digits;
  }
  return text.empty();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string unpercent(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    if (text[at] == '%' && at + 2 < text.size() &&
        std::from_chars(text.data() + at + 1, text.data() + at + 3, value, 16).ptr == text.data() + at + 3) {
      out += static_cast<char>(value);
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

// HOSP:AN is the authority HOSP, and says the type beside it once more. HOSP:PID-2 stays a name of its own: as HOSP
// alone its numbers would be those of the facility's patients.
std::string_view without_type(std::string_view name) {
  const auto mark = name.find(':');
  return name.substr(0, mark == name.npos || name.substr(mark).contains('-') ? name.npos : mark);
}

}  // namespace

std::optional<std::string> hl7_time(std::string_view text, bool day) {
  std::string out, clock;
  std::string_view rest = text;
  if (!is_digits(rest.substr(0, 4)) || rest.size() < 4) return std::nullopt;
  out = rest.substr(0, 4);
  rest.remove_prefix(4);
  const bool month = take(rest, '-', 2, out);
  const bool full = month && take(rest, '-', 2, out);
  if (!rest.empty()) {
    if (!full || !take(rest, 'T', 2, clock) || !take(rest, ':', 2, clock)) return std::nullopt;
    if (take(rest, ':', 2, clock)) take_fraction(rest, clock);
    if (!take_offset(rest, clock)) return std::nullopt;
  }
  if (!hl7::parse_timestamp(out + clock)) return std::nullopt;
  return day ? out : out + clock;
}

std::optional<std::string> hl7_time_of_day(std::string_view text) {
  const auto full = hl7_time("2000-01-01T" + std::string(text), false);
  return full ? std::optional(full->substr(8)) : std::nullopt;
}

std::optional<std::string> hl7_number(std::string_view digits) {
  const auto mark = digits.find_first_of("eE");
  if (mark == digits.npos) return std::string(digits);
  int shift = 0;
  auto exponent = digits.substr(mark + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  if (std::from_chars(exponent.data(), exponent.data() + exponent.size(), shift).ec != std::errc() ||
      shift > static_cast<int>(kMostDigits) || shift < -static_cast<int>(kMostDigits))
    return std::nullopt;
  auto whole = std::string(digits.substr(0, mark));
  const bool negative = whole.starts_with('-');
  if (negative) whole.erase(0, 1);
  auto point = static_cast<int>(std::min(whole.find('.'), whole.size()));
  std::erase(whole, '.');
  point += shift;
  if (point <= 0) {
    whole.insert(0, static_cast<std::size_t>(1 - point), '0');
    point = 1;
  }
  if (point > static_cast<int>(whole.size())) whole.resize(static_cast<std::size_t>(point), '0');
  if (point < static_cast<int>(whole.size())) whole.insert(static_cast<std::size_t>(point), ".");
  while (whole.size() > 1 && whole[0] == '0' && whole[1] != '.') whole.erase(0, 1);
  return negative ? "-" + whole : whole;
}

std::string hl7_range(const json::Value& range) {
  const auto* low = range["low"]["value"].digits();
  const auto* high = range["high"]["value"].digits();
  const auto text = [](const std::string* digits) { return digits ? hl7_number(*digits).value_or("") : std::string(); };
  if (low && high) return text(low) + "-" + text(high);
  return low ? ">=" + text(low) : high ? "<=" + text(high) : std::string();
}

std::string hl7_media_type(std::string_view type, bool mime) {
  auto word = lower(type.substr(0, type.find('/')));
  if (mime || word == "multipart") return word;
  return word == "image" ? "IM" : word == "audio" ? "AU" : word == "text" ? "TEXT" : "AP";
}

std::string hl7_media_subtype(std::string_view type) {
  const auto slash = type.find('/');
  auto word = lower(slash == type.npos ? type : type.substr(slash + 1));
  word = word.substr(0, word.find_first_of("; "));
  if (word == "pdf" || word == "rtf" || word == "html" || word == "xml" || word == "jpeg" || word == "gif" ||
      word == "tiff" || word == "png" || word == "dicom")
    for (char& c : word) c = static_cast<char>(c - 'a' + 'A');
  return word == "octet-stream" ? "Octet-stream" : word;
}

Systems::Systems(const mapping::Overlay& overlay) : fallback_(overlay.fallback) {
  for (const auto& [name, uri] : overlay.systems) systems_.emplace(uri, name);
  for (const auto& [name, uri] : overlay.coding_systems) coding_systems_.emplace(uri, name);
}

std::array<std::string, 3> Systems::authority(std::string_view uri) const {
  if (const auto known = systems_.find(uri); known != systems_.end()) {
    const auto name = without_type(known->second);
    if (mapping::is_oid(name)) return {"", std::string(name), "ISO"};
    return {std::string(name), "", ""};
  }
  if (uri.starts_with("urn:oid:")) return {"", std::string(uri.substr(8)), "ISO"};
  if (uri.starts_with("urn:uuid:")) return {"", std::string(uri.substr(9)), "UUID"};
  if (!fallback_.empty() && uri.starts_with(fallback_))
    return {unpercent(without_type(uri.substr(fallback_.size()))), "", ""};
  if (uri.empty()) return {};
  return {"", std::string(uri), "URI"};
}

std::string Systems::coding_system(std::string_view uri) const {
  if (const auto known = coding_systems_.find(uri); known != coding_systems_.end()) return known->second;
  if (const auto known = mapping::Library::embedded().code_system_name(uri); !known.empty()) return std::string(known);
  if (uri.starts_with(kTables) && uri.size() == kTables.size() + 4)
    return "HL7" + std::string(uri.substr(kTables.size()));
  if (uri.starts_with("urn:oid:")) return std::string(uri.substr(8));
  if (!fallback_.empty() && uri.starts_with(fallback_)) {
    const auto name = uri.substr(fallback_.size());
    return unpercent(name.substr(name.starts_with("code/") ? name.rfind('/') + 1 : 0));
  }
  return std::string(uri);
}

}  // namespace myelin::reverse
