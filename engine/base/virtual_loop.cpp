#include "engine/base/virtual_loop.h"

#include <algorithm>

namespace myelin {

void VirtualLoop::post(Callback callback) {
  const std::scoped_lock hold(posted_lock_);
  posted_.push_back(std::move(callback));
}

TimerId VirtualLoop::after(Duration delay, Callback callback) {
  const auto when = mono_ + std::max(delay, Duration::zero());
  const auto id = ++last_timer_;
  timers_.emplace(std::pair(when, id), std::move(callback));
  due_.emplace(id, when);
  return TimerId{id};
}

void VirtualLoop::cancel(TimerId timer) {
  const auto id = static_cast<std::uint64_t>(timer);
  const auto found = due_.find(id);
  if (found == due_.end()) return;
  timers_.erase({found->second, id});
  due_.erase(found);
}

void VirtualLoop::run_ready() {
  for (;;) {
    Callback next;
    {
      const std::scoped_lock hold(posted_lock_);
      if (!posted_.empty()) {
        next = std::move(posted_.front());
        posted_.pop_front();
      }
    }
    if (!next && !timers_.empty() && timers_.begin()->first.first <= mono_) {
      const auto first = timers_.begin();
      next = std::move(first->second);
      due_.erase(first->first.second);
      timers_.erase(first);
    }
    if (!next) return;
    next();
  }
}

void VirtualLoop::advance(Duration span) {
  const auto end = mono_ + span;
  run_ready();
  while (!timers_.empty() && timers_.begin()->first.first <= end) step_to(timers_.begin()->first.first);
  step_to(end);
}

bool VirtualLoop::next_timer(Duration& distance) const {
  if (timers_.empty()) return false;
  distance = timers_.begin()->first.first - mono_;
  return true;
}

void VirtualLoop::step_to(MonoTime when) {
  wall_ += std::chrono::duration_cast<microseconds>(when - mono_);
  mono_ = when;
  run_ready();
}

}  // namespace myelin
