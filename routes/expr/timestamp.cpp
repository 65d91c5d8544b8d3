// Reading, comparing and writing HL7 dates and times (HL7 v2.8.2, 2A.3.21 DTM).
#include "routes/expr/timestamp.h"

#include <algorithm>
#include <chrono>

namespace myelin::expr {

namespace {

using Precision = Timestamp::Precision;

bool digit(char byte) { return byte >= '0' && byte <= '9'; }

int days_in(int year, int month) {
  const std::chrono::year_month_day_last last{std::chrono::year(year) /
                                              std::chrono::month(static_cast<unsigned>(month)) / std::chrono::last};
  return static_cast<int>(static_cast<unsigned>(last.day()));
}

std::int64_t days_since_epoch(const Timestamp& t) {
  const std::chrono::year_month_day date{std::chrono::year(t.year), std::chrono::month(static_cast<unsigned>(t.month)),
                                         std::chrono::day(static_cast<unsigned>(t.day))};
  return std::chrono::sys_days(date).time_since_epoch().count();
}

bool exists(const Timestamp& t) {
  return t.year >= 1 && t.month >= 1 && t.month <= 12 && t.day >= 1 && t.day <= days_in(t.year, t.month) &&
         t.hour <= 23 && t.minute <= 59 && t.second <= 59;
}

std::string digits_of(int value, std::size_t width) {
  std::string text = std::to_string(value);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

// Takes `count` digits from the front.
std::optional<int> take(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t at = 0; at < count; ++at) {
    if (!digit(text[at])) return std::nullopt;
    value = value * 10 + (text[at] - '0');
  }
  text.remove_prefix(count);
  return value;
}

// +0100, -05:30, Z. False: something else stands there.
bool take_zone(std::string_view& text, Timestamp& t) {
  if (text.empty()) return true;
  if (text == "Z") {
    t.zone = 0;
    text = {};
    return true;
  }
  const bool west = text[0] == '-';
  if (!west && text[0] != '+') return false;
  text.remove_prefix(1);
  const auto hours = take(text, 2);
  if (text.starts_with(':')) text.remove_prefix(1);
  const auto minutes = take(text, 2);
  if (!hours || !minutes || *hours > 15 || *minutes > 59 || !text.empty()) return false;
  t.zone = (*hours * 60 + *minutes) * (west ? -1 : 1);
  return true;
}

bool take_fraction(std::string_view& text, Timestamp& t) {
  if (!text.starts_with('.')) return true;
  text.remove_prefix(1);
  int scale = 100'000;
  while (!text.empty() && digit(text[0]) && t.fraction_digits < 6) {
    t.microsecond += (text[0] - '0') * scale;
    scale /= 10;
    ++t.fraction_digits;
    text.remove_prefix(1);
  }
  t.precision = Precision::fraction;
  return t.fraction_digits > 0;
}

struct Part {
  int Timestamp::* field;
  Precision precision;
  char before;  // in the ISO form
};
constexpr Part kParts[] = {{&Timestamp::month, Precision::month, '-'},
                           {&Timestamp::day, Precision::day, '-'},
                           {&Timestamp::hour, Precision::hour, 'T'},
                           {&Timestamp::minute, Precision::minute, ':'},
                           {&Timestamp::second, Precision::second, ':'}};

// The parts from year on, cut to a precision, as one number that sorts.
std::int64_t cut(const Timestamp& t, Precision precision) {
  std::int64_t value = t.year;
  value = value * 100 + (precision >= Precision::month ? t.month : 0);
  value = value * 100 + (precision >= Precision::day ? t.day : 0);
  value = value * 100 + (precision >= Precision::hour ? t.hour : 0);
  value = value * 100 + (precision >= Precision::minute ? t.minute : 0);
  return value * 100 + (precision >= Precision::second ? t.second : 0);
}

}  // namespace

std::int64_t local_seconds(const Timestamp& t) {
  return days_since_epoch(t) * 86'400 + t.hour * 3'600 + t.minute * 60 + t.second;
}

// Sets date and time of day; the rest stays.
void set_local_seconds(Timestamp& t, std::int64_t seconds) {
  std::int64_t days = seconds / 86'400;
  std::int64_t rest = seconds % 86'400;
  if (rest < 0) {
    rest += 86'400;
    --days;
  }
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  t.year = static_cast<int>(date.year());
  t.month = static_cast<int>(static_cast<unsigned>(date.month()));
  t.day = static_cast<int>(static_cast<unsigned>(date.day()));
  t.hour = static_cast<int>(rest / 3'600);
  t.minute = static_cast<int>(rest / 60 % 60);
  t.second = static_cast<int>(rest % 60);
}

std::optional<Timestamp> Timestamp::parse(std::string_view text) {
  Timestamp t;
  const bool iso = text.size() > 4 && text[4] == '-' && text.size() >= 7 && (text.size() == 7 || text[7] == '-');
  const auto year = take(text, 4);
  if (!year) return std::nullopt;
  t.year = *year;
  for (const Part& part : kParts) {
    if (text.empty() || text[0] == '+' || text[0] == 'Z' || text[0] == '.') break;
    if (text[0] == '-' && !(iso && part.before == '-')) break;
    if (iso) {
      if (text[0] != part.before && !(part.before == 'T' && text[0] == ' ')) return std::nullopt;
      text.remove_prefix(1);
    }
    const auto value = take(text, 2);
    if (!value) return std::nullopt;
    t.*part.field = *value;
    t.precision = part.precision;
  }
  if (text.starts_with('.') && t.precision != Precision::second) return std::nullopt;
  if (!take_fraction(text, t) || !take_zone(text, t) || !exists(t)) return std::nullopt;
  return t;
}

Timestamp Timestamp::of(WallTime time) {
  const auto since = time.time_since_epoch();
  const auto whole = std::chrono::floor<std::chrono::seconds>(since);
  Timestamp t;
  set_local_seconds(t, whole.count());
  t.microsecond = static_cast<int>((since - whole).count());
  t.precision = Precision::second;
  if (t.microsecond != 0) {
    t.precision = Precision::fraction;
    t.fraction_digits = 4;
  }
  t.zone = 0;
  return t;
}

std::string Timestamp::hl7() const {
  std::string text = digits_of(year, 4);
  for (const Part& part : kParts)
    if (precision >= part.precision) text += digits_of(this->*part.field, 2);
  if (precision == Precision::fraction)
    text += "." + digits_of(microsecond, 6).substr(0, static_cast<std::size_t>(std::min(fraction_digits, 4)));
  if (zone) {
    const int minutes = *zone < 0 ? -*zone : *zone;
    text += (*zone < 0 ? "-" : "+") + digits_of(minutes / 60, 2) + digits_of(minutes % 60, 2);
  }
  return text;
}

namespace {

// The next piece of a pattern: a run of one letter, quoted text, or one other character.
struct Piece {
  std::string_view letters;
  std::string_view literal;
};

Piece take_piece(std::string_view& pattern) {
  Piece piece;
  const char first = pattern[0];
  std::size_t size = 1;
  if (first == '\'') {
    const std::size_t close = std::min(pattern.find('\'', 1), pattern.size());
    piece.literal = pattern.substr(1, close - 1);
    size = std::min(close + 1, pattern.size());
  } else if ((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z')) {
    while (size < pattern.size() && pattern[size] == first) ++size;
    piece.letters = pattern.substr(0, size);
    if (piece.letters == "T") {  // of ISO dates, which everyone writes without quotes
      piece.literal = piece.letters;
      piece.letters = {};
    }
  } else {
    piece.literal = pattern.substr(0, 1);
  }
  pattern.remove_prefix(size);
  return piece;
}

// What `[ … ]` holds at the front of a pattern, and the pattern behind it; whole when it does not end.
std::string_view take_section(std::string_view& pattern) {
  int depth = 0;
  std::size_t at = 0;
  for (; at < pattern.size(); ++at) {
    if (pattern[at] == '\'') at = std::min(pattern.find('\'', at + 1), pattern.size() - 1);
    else if (pattern[at] == '[') ++depth;
    else if (pattern[at] == ']' && --depth == 0) break;
  }
  const auto section = pattern.substr(1, std::min(at, pattern.size()) - 1);
  pattern.remove_prefix(std::min(at + 1, pattern.size()));
  return section;
}

struct Letters {
  std::string_view letters;
  int Timestamp::* field;
  std::size_t width;
  Precision precision;
};
constexpr Letters kLetters[] = {
    {"yyyy", &Timestamp::year, 4, Precision::year},   {"MM", &Timestamp::month, 2, Precision::month},
    {"dd", &Timestamp::day, 2, Precision::day},       {"HH", &Timestamp::hour, 2, Precision::hour},
    {"mm", &Timestamp::minute, 2, Precision::minute}, {"ss", &Timestamp::second, 2, Precision::second}};

const Letters* find_letters(std::string_view letters) {
  const auto* found = std::ranges::find(kLetters, letters, &Letters::letters);
  return found == std::end(kLetters) ? nullptr : found;
}

// False: it asks for more than the time says. Of a time to the second the thousandths are 000.
bool write_letters(const Timestamp& time, std::string_view letters, std::string& text) {
  if (letters == "yy") text += digits_of(time.year % 100, 2);
  if (letters == "SSS") text += digits_of(time.microsecond / 1000, 3);
  if (letters == "SSS") return time.precision >= Precision::second;
  if (letters == "ZZZ" && time.zone) {
    const int minutes = *time.zone < 0 ? -*time.zone : *time.zone;
    text += (*time.zone < 0 ? "-" : "+") + digits_of(minutes / 60, 2) + digits_of(minutes % 60, 2);
  }
  const auto* known = find_letters(letters);
  if (known) text += digits_of(time.*known->field, known->width);
  return !known || time.precision >= known->precision;
}

}  // namespace

std::optional<std::string> Timestamp::format(std::string_view pattern) const {
  std::string text;
  while (!pattern.empty()) {
    if (pattern.front() == '[') {
      text += format(take_section(pattern)).value_or(std::string());
      continue;
    }
    const Piece piece = take_piece(pattern);
    text += piece.literal;
    if (!write_letters(*this, piece.letters, text)) return std::nullopt;
  }
  return text;
}

namespace {

bool read_letters(std::string_view letters, std::string_view& text, Timestamp& t, bool& year) {
  const auto value = take(text, letters.size());
  if (!value) return false;
  if (letters.starts_with("yy")) {
    // Two digits: a year of this century up to 2049, else of the last.
    t.year = letters.size() == 4 ? *value : *value < 50 ? 2000 + *value : 1900 + *value;
    year = true;
  } else if (letters == "SSS") {
    t.microsecond = *value * 1000;
    t.fraction_digits = 3;
    t.precision = Precision::fraction;
  } else if (const auto* known = find_letters(letters)) {
    t.*known->field = *value;
    t.precision = std::max(t.precision, known->precision);
  }
  return true;
}

// What does not stand there of an optional section is passed over.
bool read_pattern(std::string_view pattern, std::string_view& text, Timestamp& t, bool& year) {
  while (!pattern.empty()) {
    if (pattern.front() == '[') {
      auto rest = text;
      auto with = t;
      bool has_year = year;
      if (!read_pattern(take_section(pattern), rest, with, has_year)) continue;
      text = rest;
      t = with;
      year = has_year;
      continue;
    }
    const Piece piece = take_piece(pattern);
    if (piece.letters == "ZZZ") {
      if (!take_zone(text, t)) return false;
    } else if (piece.letters.empty()) {
      if (!text.starts_with(piece.literal)) return false;
      text.remove_prefix(piece.literal.size());
    } else if (!read_letters(piece.letters, text, t, year)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<Timestamp> parse_as(std::string_view text, std::string_view pattern) {
  Timestamp t;
  bool year = false;
  if (!read_pattern(pattern, text, t, year) || !text.empty() || !year || !exists(t)) return std::nullopt;
  return t;
}

std::string format_mistake(std::string_view pattern) {
  if (pattern.empty()) return "the pattern is empty";
  int depth = 0;
  while (!pattern.empty()) {
    const Piece piece = take_piece(pattern);
    depth += piece.literal == "[" ? 1 : piece.literal == "]" ? -1 : 0;
    if (depth < 0) break;
    if (piece.letters.empty()) continue;
    bool known = false;
    for (const std::string_view legal : {"yyyy", "yy", "MM", "dd", "HH", "mm", "ss", "SSS", "ZZZ"})
      known = known || piece.letters == legal;
    if (!known) return "'" + std::string(piece.letters) + "' is no part of a date pattern";
  }
  if (depth != 0) return "a section [ ] is not closed, or not opened";
  return {};
}

std::optional<Timestamp> Timestamp::add(std::int64_t count, std::string_view unit) const {
  constexpr std::int64_t kMost = 400'000'000'000;  // seconds: more than 9999 years
  Timestamp result = *this;
  if (unit == "months" || unit == "years") {
    if (count > 120'000 || count < -120'000) return std::nullopt;
    const std::int64_t total = std::int64_t{year} * 12 + month - 1 + count * (unit == "years" ? 12 : 1);
    if (total < 12 || total >= 120'000) return std::nullopt;
    result.year = static_cast<int>(total / 12);
    result.month = static_cast<int>(total % 12) + 1;
    result.day = std::min(day, days_in(result.year, result.month));
    return result;
  }
  const std::int64_t worth = unit == "weeks"     ? 604'800
                             : unit == "days"    ? 86'400
                             : unit == "hours"   ? 3'600
                             : unit == "minutes" ? 60
                                                 : 1;
  if (count > kMost / worth || count < -kMost / worth) return std::nullopt;
  set_local_seconds(result, local_seconds(*this) + count * worth);
  if (result.year < 1 || result.year > 9999) return std::nullopt;
  return result;
}

int compare(const Timestamp& a, const Timestamp& b) {
  const Precision precision = std::min(a.precision, b.precision);
  Timestamp left = a, right = b;
  if (a.zone && b.zone && precision >= Precision::hour) {
    set_local_seconds(left, local_seconds(a) - std::int64_t{*a.zone} * 60);
    set_local_seconds(right, local_seconds(b) - std::int64_t{*b.zone} * 60);
  }
  const std::int64_t first = cut(left, precision), second = cut(right, precision);
  if (first != second) return first < second ? -1 : 1;
  if (precision != Precision::fraction || a.microsecond == b.microsecond) return 0;
  return a.microsecond < b.microsecond ? -1 : 1;
}

std::optional<int> years_between(const Timestamp& birth, const Timestamp& at) {
  int years = at.year - birth.year;
  if (at.month < birth.month || (at.month == birth.month && at.day < birth.day)) --years;
  if (years < 0) return std::nullopt;
  return years;
}

}  // namespace myelin::expr
