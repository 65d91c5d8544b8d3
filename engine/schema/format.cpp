#include "engine/schema/format.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/hl7/timestamp.h"

namespace myelin::schema {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

// NM: an optional sign, digits, at most one point. "1." and ".5" are sent and read by everybody.
bool is_number(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  const auto point = text.find('.');
  if (point == std::string_view::npos) return all_digits(text);
  const auto whole = text.substr(0, point), fraction = text.substr(point + 1);
  return (whole.empty() || all_digits(whole)) && (fraction.empty() || all_digits(fraction)) && text.size() > 1;
}

bool two_digits(std::string_view text, std::size_t at, int most) {
  return text.size() >= at + 2 && is_digit(text[at]) && is_digit(text[at + 1]) &&
         (text[at] - '0') * 10 + (text[at + 1] - '0') <= most;
}

// HH[MM[SS[.SSSS]]][+/-ZZZZ]
bool is_time(std::string_view text) {
  if (const auto sign = text.find_first_of("+-"); sign != std::string_view::npos) {
    const auto offset = text.substr(sign + 1);
    if (offset.size() != 4 || !two_digits(offset, 0, 14) || !two_digits(offset, 2, 59)) return false;
    text = text.substr(0, sign);
  }
  if (const auto point = text.find('.'); point != std::string_view::npos) {
    const auto fraction = text.substr(point + 1);
    if (point != 6 || !all_digits(fraction) || fraction.size() > 4) return false;
    text = text.substr(0, point);
  }
  if (text.size() != 2 && text.size() != 4 && text.size() != 6) return false;
  constexpr std::array<int, 3> kMost = {23, 59, 60};
  for (std::size_t at = 0; at < text.size(); at += 2)
    if (!two_digits(text, at, kMost[at / 2])) return false;
  return true;
}

bool is_date(std::string_view text) { return text.size() <= 8 && hl7::parse_timestamp(text).has_value(); }

}  // namespace

Format format_of(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, Format>, 12> kFormats{{{"NM", Format::number},
                                                                          {"SI", Format::sequence},
                                                                          {"DT", Format::date},
                                                                          {"TM", Format::time},
                                                                          {"TS", Format::timestamp},
                                                                          {"DTM", Format::timestamp},
                                                                          {"ID", Format::code},
                                                                          {"IS", Format::user_code},
                                                                          {"TX", Format::formatted},
                                                                          {"FT", Format::formatted},
                                                                          {"CF", Format::formatted},
                                                                          {"GTS", Format::formatted}}};
  const auto* found = std::ranges::find(kFormats, type, &std::pair<std::string_view, Format>::first);
  return found == kFormats.end() ? Format::text : found->second;
}

bool fits(Format format, std::string_view raw) {
  switch (format) {
    case Format::number:
      return is_number(raw);
    case Format::sequence:
      return all_digits(raw);
    case Format::date:
      return is_date(raw);
    case Format::time:
      return is_time(raw);
    case Format::timestamp:
      return hl7::parse_timestamp(raw).has_value();
    case Format::text:
    case Format::code:
    case Format::user_code:
    case Format::formatted:
      return true;
  }
  return true;
}

std::string_view expectation(Format format) {
  switch (format) {
    case Format::number:
      return "a number";
    case Format::sequence:
      return "a whole number";
    case Format::date:
      return "a date (YYYY[MM[DD]])";
    case Format::time:
      return "a time (HH[MM[SS]][+/-ZZZZ])";
    case Format::timestamp:
      return "a date and time (YYYY[MM[DD[HH[MM[SS]]]]][+/-ZZZZ])";
    default:
      return "text";
  }
}

}  // namespace myelin::schema
