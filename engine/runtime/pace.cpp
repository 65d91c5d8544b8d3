#include "engine/runtime/pace.h"

#include <algorithm>

namespace myelin::runtime {

std::optional<MonoTime> Breaker::next(MonoTime now) const {
  if (!until_) return now;
  if (probing_) return std::nullopt;
  return std::max(now, *until_);
}

bool Breaker::begin() {
  if (!until_) return false;
  probing_ = true;
  return true;
}

// What was in flight when it opened ends here too: its failures are no news, its answers are.
Breaker::Change Breaker::end(MonoTime now, bool failed, bool probe) {
  if (probe) probing_ = false;
  if (!failed) {
    const bool was_open = until_.has_value();
    until_.reset();
    probing_ = false;
    pause_ = Duration::zero();
    if (was_open) last_minute_ = {};
    trips(now, false);
    return was_open ? Change::closed : Change::none;
  }
  if (probe) {
    open_for(now, pause_ * 2);
    return Change::none;
  }
  if (until_ || !trips(now, true)) return Change::none;
  open_for(now, kFirst);
  return Change::opened;
}

void Breaker::try_now() {
  if (until_) until_ = MonoTime{};
}

bool Breaker::trips(MonoTime now, bool failed) {
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  auto& current = last_minute_.at(static_cast<std::size_t>(second) % kSeconds);
  if (current.at != second) current = Second{second, 0, 0};
  ++current.attempts;
  current.failures += failed;
  in_a_row_ = failed ? in_a_row_ + 1 : 0;
  if (!failed) return false;
  int attempts = 0, failures = 0;
  for (const auto& each : last_minute_) {
    if (each.at <= second - static_cast<std::int64_t>(kSeconds)) continue;
    attempts += each.attempts;
    failures += each.failures;
  }
  return in_a_row_ >= kFailuresInARow || (attempts >= kLeastAttempts && failures * 2 >= attempts);
}

void Breaker::open_for(MonoTime now, Duration pause) {
  in_a_row_ = 0;
  pause_ = std::min(pause, longest_);
  until_ = now + pause_;
}

void TokenBucket::set(int per_minute, int burst) {
  interval_ = per_minute > 0 ? Duration(minutes(1)) / per_minute : Duration::zero();
  ahead_ = interval_ * (burst - 1);
}

MonoTime TokenBucket::next(MonoTime now) const { return std::max(now, taken_to_ - ahead_); }

void TokenBucket::take(MonoTime now) { taken_to_ = std::max(taken_to_, now) + interval_; }

}  // namespace myelin::runtime
