// Lane: why a delivery of it does not go at this moment.
#include <algorithm>

#include "engine/runtime/lane.h"

namespace myelin::runtime {

// What stops all of it comes first, then what it must not pass, then what it waits for itself. A row that the window
// does not hold yet waits as the others of its keys do, and else behind the first of them.
Waits Lane::waits_for(const Delivery& row) const {
  auto waits = waits_of(row.id, row.lane.key);
  if (waits.what != WaitsFor::turn) return waits;
  auto first = order_.first_before(row.id, row.lane.key);
  if (!first && !window_.contains(row.id) && !window_.empty() && window_.begin()->first < row.id)
    first = window_.begin()->first;
  if (!first) return waits;
  // That one may wait for another by a key that this one does not have (a merge).
  while (const auto before = order_.first_before(*first, window_.at(*first).keys)) first = before;
  waits = waits_of(*first, window_.at(*first).keys);
  waits.behind = first;
  return waits;
}

const LaneStop* Lane::stop_of(const std::string& keys) const {
  const auto whole = stops_.find("");
  if (whole != stops_.end()) return &whole->second;
  for (const auto& key : split_keys(keys))
    if (const auto stop = stops_.find(key); stop != stops_.end()) return &stop->second;
  return nullptr;
}

// Of this one alone, whatever stands before it.
Waits Lane::waits_of(DeliveryId id, const std::string& keys) const {
  const auto now = loop_.mono();
  const auto wall = [&](MonoTime at) { return loop_.wall() + std::chrono::duration_cast<microseconds>(at - now); };
  Waits waits;
  waits.peer = route_->destination;
  const auto found = window_.find(id);
  const auto has_it = [id](const auto& each) { return each->mine == id || each->batch.contains(id); };
  const auto session = std::ranges::find_if(sessions_, has_it);
  if (session != sessions_.end() && (*session)->sending) {
    waits.what = WaitsFor::sending;
    return waits;
  }
  if (found != window_.end()) {
    waits.fault = found->second.fault;
    waits.detail = found->second.detail;
  }
  if (found != window_.end() && found->second.state == State::held) {
    waits.what = WaitsFor::release;
    return waits;
  }
  if (const auto* stop = stop_of(keys)) {
    waits.what = stop->lane.key.empty() ? WaitsFor::lane : WaitsFor::key;
    waits.stop = *stop;
    return waits;
  }
  const bool first = !order_.first_before(id, keys) && found != window_.end();
  if (!first) return waits;
  const auto& mine = found->second;
  if (const auto closed = closed_for(); closed > Duration::zero()) {
    waits.what = WaitsFor::hours;
    waits.until = wall(now + closed);
  } else if (mine.kept_back && !route_->after.empty()) {
    waits.what = WaitsFor::route;
    waits.after = route_->after;
  } else if (breaker_.open()) {
    const auto probe = breaker_.next(now);
    waits.what = WaitsFor::peer;
    if (probe) waits.until = wall(std::max({*probe, mine.due, now}));
  } else if (session != sessions_.end() && (*session)->goes_at) {
    waits.what = WaitsFor::collecting;
    waits.until = wall(*(*session)->goes_at);
  } else if (mine.due > now) {
    waits.what = mine.attempts == 0 && mine.fault.empty() ? WaitsFor::delay : WaitsFor::attempt;
    waits.until = wall(mine.due);
  } else if (const auto next = rate_.next(now); next > now) {
    waits.what = WaitsFor::rate;
    waits.until = wall(next);
  }
  return waits;
}

}  // namespace myelin::runtime
