// Times in zones: the same instant on another wall clock. What has an offset is an instant already; what has none is
// read in the channel's `zone:`.
#pragma once

#include <expected>
#include <string>

#include "engine/config/node.h"
#include "engine/hl7/zone.h"
#include "routes/expr/timestamp.h"

namespace myelin::expr {

enum class NoInstant : std::uint8_t { no_offset, missing_hour };

// In zone `to`, its offset with it. A date without a time of day has no instant and stays as it is. `home`: of a time
// without offset; nullptr: such a time is refused.
std::expected<Timestamp, NoInstant> in_zone(const Timestamp& time, const hl7::Zone& to, const hl7::Zone* home);

// C0101 at `place` and nullptr when there is no such zone.
const hl7::Zone* find_zone(std::string_view name, const config::Place& place, config::Diagnostics& diagnostics);

}  // namespace myelin::expr
