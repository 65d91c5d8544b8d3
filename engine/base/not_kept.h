// With which faults the engine refuses for reasons of its own: nothing was kept, neither message nor incident, and the
// same bytes may be taken when they come again. Whatever else is refused is kept as an incident.
#pragma once

#include <algorithm>
#include <array>

#include "engine/base/fault.h"

namespace myelin {

constexpr bool is_not_kept(FaultCode code) {
  constexpr std::array kOurs = {FaultCode::store_failed, FaultCode::disk_reserve, FaultCode::overloaded,
                                FaultCode::stopping, FaultCode::store_unwritable};
  return std::ranges::find(kOurs, code) != kOurs.end();
}

}  // namespace myelin
