// Timestamp: an HL7 date or date with time (DT, TM's head, DTM/TS), which knows how precise it is and whether it has a
// zone. Dates compare to the shorter precision: 20260101 equals 202601011530.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"

namespace myelin::expr {

struct Timestamp {
  enum class Precision : std::uint8_t { year, month, day, hour, minute, second, fraction };

  int year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, microsecond = 0;
  int fraction_digits = 0;  // as typed, 0 … 4 (HL7) or 6 ($received_at)
  Precision precision = Precision::year;
  std::optional<int> zone;  // minutes east of UTC

  // YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]; also 2026-01-01, 2026-01-01T10:30:00+01:00. Checked to exist.
  static std::optional<Timestamp> parse(std::string_view text);
  static Timestamp of(WallTime time);  // UTC, to the microsecond

  std::string hl7() const;  // as precise as it is
  // yyyy MM dd HH mm ss SSS and ZZZ (+0100); other letters are refused when compiled (format_mistake). Never more
  // precise than it is: nothing, where the pattern asks for more; a section [ … ] that does is left out.
  std::optional<std::string> format(std::string_view pattern) const;
  // unit: seconds minutes hours days weeks months years. A day that the month does not have becomes its last.
  std::optional<Timestamp> add(std::int64_t count, std::string_view unit) const;
};

// <0, 0, >0 to the shorter precision; both with a zone: as instants.
int compare(const Timestamp& a, const Timestamp& b);

// A text in the form of a pattern: each run of letters takes that many digits, other characters stand for themselves. A
// section [ … ] may be absent.
std::optional<Timestamp> parse_as(std::string_view text, std::string_view pattern);

// Seconds since 1970 as the wall clock shows it, the offset apart.
std::int64_t local_seconds(const Timestamp& time);
void set_local_seconds(Timestamp& time, std::int64_t seconds);

// Empty when the pattern can be used.
std::string format_mistake(std::string_view pattern);

// Whole years from birth to `at`, to the day.
std::optional<int> years_between(const Timestamp& birth, const Timestamp& at);

}  // namespace myelin::expr
