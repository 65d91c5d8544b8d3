// What the store's writer tells of itself while it works, for whoever watches it: the readiness probe and the watchdog.
// Any thread may read it; it costs the writer two stores to memory a turn.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/fault.h"

namespace myelin {

struct StorePulse {
  std::atomic<std::int64_t> turns{0};   // rises with each turn of the writer
  std::atomic<bool> waiting{false};     // it was given work, and has not come to its end
  std::atomic<bool> at_reserve{false};  // messages are refused until there is space
  std::atomic<bool> failed{false};      // for good

  // Why nothing is admitted; nothing where messages are taken.
  std::optional<FaultCode> refuses() const {
    if (failed) return FaultCode::store_failed;
    return at_reserve ? std::optional(FaultCode::disk_reserve) : std::nullopt;
  }
};

// Whether the writer turns: one that has work and stays in one turn for longer than `limit` hangs, in an fsync that
// does not return or in a lock. Looked at by one thread.
class PulseWatch {
 public:
  PulseWatch(const StorePulse& pulse, Duration limit) : pulse_(&pulse), limit_(limit) {}

  bool beats(MonoTime now) {
    const auto turns = pulse_->turns.load();
    if (!pulse_->waiting || std::exchange(turns_, turns) != turns) seen_ = now;
    return now - seen_.value_or(now) < limit_;
  }

 private:
  const StorePulse* pulse_;
  Duration limit_;
  std::int64_t turns_ = -1;
  std::optional<MonoTime> seen_;  // idle, or in another turn than before
};

}  // namespace myelin
