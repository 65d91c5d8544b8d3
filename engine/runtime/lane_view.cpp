// Lane, as `status` shows it.
#include <algorithm>

#include "engine/runtime/lane.h"

namespace myelin::runtime {

std::vector<LaneView> Lane::views() const {
  std::vector<LaneView> all(1);
  auto& view = all.front();
  view.lane = key_;
  view.destination = route_ ? route_->destination : std::string();
  view.in_flight = std::ranges::any_of(sessions_, [](const auto& session) { return session->sending; });
  view.behind = window_.behind();
  view.in_memory = static_cast<int>(window_.size());
  // Of what is held by its key the views below speak.
  const auto first = std::ranges::find_if(
      window_, [](const auto& each) { return each.second.state != State::held || each.second.keys.empty(); });
  if (first != window_.end()) {
    const auto& head = first->second;
    view.head = head.id;
    view.head_attempts = head.attempts;
    if (head.due > loop_.mono())
      view.next_attempt = loop_.wall() + std::chrono::duration_cast<microseconds>(head.due - loop_.mono());
    view.last_fault = head.fault;
    view.last_detail = head.detail;
  }
  view.habits = habits_.counts();
  for (const auto& session : sessions_) {
    view.collected += static_cast<int>(session->batch.size());
    if (session->goes_at)
      view.goes_at = loop_.wall() + std::chrono::duration_cast<microseconds>(*session->goes_at - loop_.mono());
  }
  show_pace(view);
  for (const auto& [id, waiting] : window_) {
    if (waiting.state != State::held || waiting.keys == kNoOrder) continue;
    if (!waiting.keys.empty()) all.push_back(view_of_held(waiting));
    else if (id == window_.begin()->first) all.front().stopped = view_of_held(waiting).stopped;
  }
  for (const auto& [key, stop] : stops_) {
    if (key.empty()) {
      all.front().stopped = stop;
      continue;
    }
    LaneView of_key;
    of_key.lane = stop.lane;
    of_key.destination = all.front().destination;
    of_key.stopped = stop;
    all.push_back(std::move(of_key));
  }
  return all;
}

void Lane::show_pace(LaneView& view) const {
  const auto now = loop_.mono();
  const auto wall = [&](MonoTime at) { return loop_.wall() + std::chrono::duration_cast<microseconds>(at - now); };
  view.peer_down = breaker_.open();
  if (const auto next = breaker_.next(now); view.peer_down && next) view.probe_at = wall(*next);
  if (const auto next = rate_.next(now); next > now) view.paced_until = wall(next);
  if (const auto closed = route_ ? closed_for() : Duration::zero(); closed > Duration::zero())
    view.opens_at = wall(now + closed);
}

// The engine held it with a fault, a person with a sentence alone.
LaneView Lane::view_of_held(const Waiting& waiting) const {
  LaneView view;
  view.lane = LaneKey{key_.channel, key_.route, waiting.keys};
  view.destination = route_->destination;
  const auto reason = waiting.fault.empty() ? waiting.detail : waiting.fault + " " + waiting.detail;
  view.stopped =
      LaneStop{view.lane, waiting.since, reason, waiting.fault.empty() ? "a person" : std::string(kByEngine)};
  view.head = waiting.id;
  view.head_attempts = waiting.attempts;
  view.last_fault = waiting.fault;
  view.last_detail = waiting.detail;
  return view;
}

}  // namespace myelin::runtime
