// A Loop whose time stands still until it is told to go on. Tests and `myelin test` run the real intake and the
// real lanes on it: a retry after a minute takes no time, and the same seed gives the same order of events.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "engine/base/loop.h"

namespace myelin {

class VirtualLoop final : public Loop {
 public:
  explicit VirtualLoop(WallTime start) : wall_(start), mono_(MonoTime{}) {}

  void post(Callback callback) override;
  TimerId after(Duration delay, Callback callback) override;
  void cancel(TimerId timer) override;
  MonoTime mono() const override { return mono_; }
  WallTime wall() const override { return wall_; }

  // Runs what is posted and due now, and what that posts, until nothing is left at this instant.
  void run_ready();

  // Lets `span` pass, timer by timer, each at its own instant.
  void advance(Duration span);

  // When the next timer is due, as a distance from now; false when there is none.
  bool next_timer(Duration& distance) const;

 private:
  void step_to(MonoTime when);

  WallTime wall_;
  MonoTime mono_;
  std::uint64_t last_timer_ = 0;
  std::map<std::pair<MonoTime, std::uint64_t>, Callback> timers_;
  std::map<std::uint64_t, MonoTime> due_;
  mutable std::mutex posted_lock_;  // post() is the one call that other threads may make
  std::deque<Callback> posted_;
};

}  // namespace myelin
