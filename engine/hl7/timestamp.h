// HL7 date and time (DTM, TS, DT: YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]; HL7 v2.8.2, 2A.3.21), with the
// precision in which it was written. Pure calendar: no time zone database, so a value without offset has no instant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"

namespace myelin::hl7 {

enum class Precision : std::uint8_t { year, month, day, hour, minute, second, fraction };

struct Timestamp {
  int year = 0;
  int month = 1;  // what was not written has its lowest value
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;  // 60 is a leap second
  int microsecond = 0;
  int fraction_digits = 0;  // 0 to 4
  Precision precision = Precision::year;
  std::optional<int> offset_minutes;  // "-0500" is -300
  bool operator==(const Timestamp&) const = default;
};

// Nothing when it is no date that exists ("20260230"), or when something follows it.
std::optional<Timestamp> parse_timestamp(std::string_view text);
// In its own precision and offset: what was parsed is written as it was.
std::string to_string(const Timestamp& timestamp);
// The instant, when it has an offset.
std::optional<WallTime> instant(const Timestamp& timestamp);

// "20260114093001+0000": seconds, UTC.
std::string format_timestamp(WallTime when);

}  // namespace myelin::hl7
