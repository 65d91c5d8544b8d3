// Conversion between zones, by way of the instant.
#include "routes/expr/zoned.h"

namespace myelin::expr {

std::expected<Timestamp, NoInstant> in_zone(const Timestamp& time, const hl7::Zone& to, const hl7::Zone* home) {
  if (time.precision < Timestamp::Precision::hour) return time;
  const auto local = local_seconds(time);
  auto offset = time.zone;
  if (!offset) {
    if (!home) return std::unexpected(NoInstant::no_offset);
    offset = home->offset_of_local(local);
    if (!offset) return std::unexpected(NoInstant::missing_hour);
  }
  const std::int64_t instant = local - std::int64_t{*offset} * 60;
  const int there = to.offset_at(instant);
  Timestamp result = time;
  set_local_seconds(result, instant + std::int64_t{there} * 60);
  result.zone = there;
  return result;
}

const hl7::Zone* find_zone(std::string_view name, const config::Place& place, config::Diagnostics& diagnostics) {
  if (const auto* zone = hl7::Zone::find(name)) return zone;
  const auto names = hl7::Zone::names();
  const auto near = config::nearest(name, names);
  diagnostics.add("C0101", place, "there is no time zone '" + std::string(name) + "'",
                  near.empty() ? "for example Europe/Amsterdam, or UTC" : "did you mean " + std::string(near) + "?");
  return nullptr;
}

}  // namespace myelin::expr
