// Hours of the day by the clock of a zone: when a peer is open (`open`), and when a batch goes (`collect: { at }`).
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/hl7/zone.h"
#include "engine/model/plan.h"

namespace myelin::routes {

// One row. `until` is above a day where it ends after midnight, and `from` itself where only a time is said.
struct HoursRow {
  std::array<bool, 7> days{};  // from Sunday on
  int from = 0, until = 0;     // minutes of the day
};

// "07:00-19:00", "mon-fri 07:00-19:00", "22:00-06:00".
std::optional<HoursRow> read_hours(std::string_view text);
// "02:00", "mon-fri 17:30".
std::optional<HoursRow> read_time_of_day(std::string_view text);

std::shared_ptr<const OpeningHours> opening_hours(const hl7::Zone& zone, std::vector<HoursRow> rows);
std::shared_ptr<const TimesOfDay> times_of_day(const hl7::Zone& zone, std::vector<HoursRow> rows);

}  // namespace myelin::routes
