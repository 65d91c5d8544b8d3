// The row of one attempt, as a lane writes it down.
#pragma once

#include <optional>

#include "engine/store/store.h"

namespace myelin::runtime {

inline Settlement settlement_of(DeliveryId id, State to, int attempts, const std::optional<Fault>& fault) {
  Settlement settlement;
  settlement.id = id;
  settlement.to = to;
  settlement.attempts = attempts;
  if (fault) {
    settlement.fault = entry(fault->code).id;
    settlement.detail = fault->detail;
    if (!fault->at.empty()) settlement.detail += " (at " + fault->at + ")";
    if (!fault->place.empty()) settlement.detail += " (" + fault->place + ")";
  }
  return settlement;
}

}  // namespace myelin::runtime
