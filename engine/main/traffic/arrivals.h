// Arrivals: holds what a load sent against the journal of a `myelin sink` behind the engine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/main/traffic/load.h"

namespace myelin {

struct Arrivals {
  std::int64_t accepted = 0;      // answered AA or CA
  std::int64_t arrived = 0;       // of the accepted, at least once
  std::int64_t doubled = 0;       // arrivals beyond the first
  std::int64_t unanswered = 0;    // arrived, though nobody said that they were accepted: no fault
  std::int64_t out_of_order = 0;  // arrived for the first time after a later one of the same connection
  std::int64_t lost() const { return accepted - arrived; }
};

// `journal`: lines of `myelin sink --journal`, MSH-10 in the second column; those of other runs are passed over.
// REQUIRES a report with `sent`.
Arrivals check_arrivals(const LoadReport& report, std::string_view journal);

}  // namespace myelin
