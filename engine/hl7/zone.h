// Zone: a time zone of the IANA database (the system's tzdata), for times that HL7 sends without an offset. The only
// place that knows Howard Hinnant's tz library.
//
// Contract: what find() gave lives as long as the process. When the clocks go back an hour comes twice: the earlier one
// is meant. When they go forward an hour is missing: there is no such time.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace date {
class time_zone;
}

namespace myelin::hl7 {

class Zone {
 public:
  // "Europe/Amsterdam", "UTC"; nullptr when the database has none of that name, or cannot be read.
  static const Zone* find(std::string_view name);
  static std::vector<std::string_view> names();

  // Minutes east of UTC, at an instant (seconds since 1970, UTC) …
  int offset_at(std::int64_t instant) const;
  // … and at a time on the wall (as if it were UTC); nothing in the hour that is missing.
  std::optional<int> offset_of_local(std::int64_t local) const;

  explicit Zone(const date::time_zone* zone) : zone_(zone) {}

 private:
  const date::time_zone* zone_;
};

}  // namespace myelin::hl7
