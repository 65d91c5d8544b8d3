// The library throws when the database is missing or has no such zone; here that becomes "nothing".
#include "engine/hl7/zone.h"

#include <date/tz.h>

#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

namespace myelin::hl7 {

const Zone* Zone::find(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, Zone, std::less<>> known;
  const std::lock_guard lock(mutex);
  if (const auto found = known.find(name); found != known.end()) return &found->second;
  try {
    const auto* zone = date::locate_zone(std::string(name));
    return &known.emplace(std::string(name), Zone(zone)).first->second;
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

std::vector<std::string_view> Zone::names() {
  std::vector<std::string_view> names;
  try {
    for (const auto& zone : date::get_tzdb().zones) names.emplace_back(zone.name());
  } catch (const std::runtime_error&) {
    names.clear();
  }
  return names;
}

int Zone::offset_at(std::int64_t instant) const {
  const auto info = zone_->get_info(date::sys_seconds(std::chrono::seconds(instant)));
  return static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(info.offset).count());
}

std::optional<int> Zone::offset_of_local(std::int64_t local) const {
  const auto info = zone_->get_info(date::local_seconds(std::chrono::seconds(local)));
  if (info.result == date::local_info::nonexistent) return std::nullopt;
  // `first` is the earlier of two: the offset before the clocks went back.
  return static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(info.first.offset).count());
}

}  // namespace myelin::hl7
