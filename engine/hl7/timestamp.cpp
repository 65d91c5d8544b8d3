// Digits are read two at a time; each pair that is there raises the precision.
#include "engine/hl7/timestamp.h"

#include <array>
#include <chrono>
#include <cstddef>

namespace myelin::hl7 {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digit_count(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

// Of a text of digits only.
int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

void append_padded(std::string& out, int value, std::size_t width) {
  const auto digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out.append(digits);
}

bool exists(const Timestamp& t) {
  using namespace std::chrono;
  const year_month_day date{year(t.year), month(static_cast<unsigned>(t.month)), day(static_cast<unsigned>(t.day))};
  return date.ok() && t.hour <= 23 && t.minute <= 59 && t.second <= 60;
}

// ".1234" behind the seconds; false when it is none.
bool read_fraction(std::string_view& text, Timestamp& into) {
  text.remove_prefix(1);
  const auto count = digit_count(text);
  if (into.precision != Precision::second || count == 0 || count > 4) return false;
  into.microsecond = number(text.substr(0, count));
  for (auto i = count; i < 6; ++i) into.microsecond *= 10;
  into.fraction_digits = static_cast<int>(count);
  into.precision = Precision::fraction;
  text.remove_prefix(count);
  return true;
}

bool read_offset(std::string_view text, Timestamp& into) {
  if (text.size() != 5 || (text[0] != '+' && text[0] != '-') || digit_count(text.substr(1)) != 4) return false;
  const int hours = number(text.substr(1, 2));
  const int minutes = number(text.substr(3, 2));
  if (hours > 14 || minutes > 59) return false;
  into.offset_minutes = (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
  return true;
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  const auto digits = digit_count(text);
  if (digits < 4 || digits > 14 || digits % 2 != 0) return std::nullopt;
  Timestamp result;
  result.year = number(text.substr(0, 4));
  const std::array<int*, 5> places{&result.month, &result.day, &result.hour, &result.minute, &result.second};
  for (std::size_t i = 0; 4 + 2 * i < digits; ++i) {
    *places[i] = number(text.substr(4 + 2 * i, 2));
    result.precision = static_cast<Precision>(i + 1);
  }
  text.remove_prefix(digits);
  if (!exists(result)) return std::nullopt;
  if (text.starts_with('.') && !read_fraction(text, result)) return std::nullopt;
  if (!text.empty() && !read_offset(text, result)) return std::nullopt;
  return result;
}

std::string to_string(const Timestamp& timestamp) {
  std::string out;
  append_padded(out, timestamp.year, 4);
  const std::array<int, 5> places{timestamp.month, timestamp.day, timestamp.hour, timestamp.minute, timestamp.second};
  for (std::size_t i = 0; i < places.size() && static_cast<std::size_t>(timestamp.precision) > i; ++i) {
    append_padded(out, places[i], 2);
  }
  if (timestamp.fraction_digits > 0) {
    std::string fraction;
    append_padded(fraction, timestamp.microsecond, 6);
    out.append(".").append(fraction.substr(0, static_cast<std::size_t>(timestamp.fraction_digits)));
  }
  if (timestamp.offset_minutes) {
    const int minutes = *timestamp.offset_minutes < 0 ? -*timestamp.offset_minutes : *timestamp.offset_minutes;
    out.push_back(*timestamp.offset_minutes < 0 ? '-' : '+');
    append_padded(out, minutes / 60 * 100 + minutes % 60, 4);
  }
  return out;
}

std::optional<WallTime> instant(const Timestamp& t) {
  if (!t.offset_minutes) return std::nullopt;
  using namespace std::chrono;
  const sys_days date{year(t.year) / month(static_cast<unsigned>(t.month)) / day(static_cast<unsigned>(t.day))};
  return WallTime(date.time_since_epoch()) + hours(t.hour) + minutes(t.minute - *t.offset_minutes) + seconds(t.second) +
         microseconds(t.microsecond);
}

std::string format_timestamp(WallTime when) {
  using namespace std::chrono;
  const auto date_begin = floor<days>(when);
  const year_month_day date{date_begin};
  const hh_mm_ss time{floor<seconds>(when) - date_begin};
  Timestamp result;
  result.year = static_cast<int>(date.year());
  result.month = static_cast<int>(static_cast<unsigned>(date.month()));
  result.day = static_cast<int>(static_cast<unsigned>(date.day()));
  result.hour = static_cast<int>(time.hours().count());
  result.minute = static_cast<int>(time.minutes().count());
  result.second = static_cast<int>(time.seconds().count());
  result.precision = Precision::second;
  result.offset_minutes = 0;
  return to_string(result);
}

}  // namespace myelin::hl7
