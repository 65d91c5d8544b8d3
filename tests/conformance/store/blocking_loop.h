// A Loop for tests of a store with threads of its own: run_until() sleeps on a condition variable until something is
// posted or a timer is due. Wall time stands still unless the test moves it, so two stores can be compared.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/base/loop.h"
#include "engine/base/task.h"

namespace myelin::testing {

class BlockingLoop final : public Loop {
 public:
  WallTime wall_now{std::chrono::duration_cast<microseconds>(hours(24 * 365 * 56))};

  void post(Callback callback) override {
    // Told under the lock: who waits may take this loop apart as soon as it has what was posted.
    const std::scoped_lock hold(lock_);
    posted_.push_back(std::move(callback));
    ++posts_;
    changed_.notify_one();
  }
  TimerId after(Duration delay, Callback callback) override {
    timers_.emplace(std::pair(mono() + delay, ++last_timer_), std::move(callback));
    return TimerId{last_timer_};
  }
  void cancel(TimerId timer) override {
    std::erase_if(timers_, [&](const auto& each) { return TimerId{each.first.second} == timer; });
  }
  MonoTime mono() const override { return std::chrono::steady_clock::now(); }
  WallTime wall() const override { return wall_now; }

  // Runs what comes until `done` holds. False, and a failed test, when it takes half a minute.
  bool run_until(const std::function<bool()>& done) {
    const auto limit = mono() + seconds(30);
    while (!done()) {
      if (auto next = take(limit)) (*next)();
      else if (mono() >= limit) {
        ADD_FAILURE() << "nothing came";
        return false;
      }
    }
    return true;
  }

  // How often post() was called so far.
  std::int64_t posts() const {
    const std::scoped_lock hold(lock_);
    return posts_;
  }

 private:
  std::optional<Callback> take(MonoTime limit) {
    std::unique_lock held(lock_);
    if (posted_.empty()) {
      const auto until = timers_.empty() ? limit : std::min(limit, timers_.begin()->first.first);
      changed_.wait_until(held, until, [this] { return !posted_.empty(); });
    }
    if (!posted_.empty()) {
      auto next = std::move(posted_.front());
      posted_.pop_front();
      return next;
    }
    if (timers_.empty() || timers_.begin()->first.first > mono()) return std::nullopt;
    auto next = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    return next;
  }

  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::deque<Callback> posted_;
  std::int64_t posts_ = 0;
  std::map<std::pair<MonoTime, std::uint64_t>, Callback> timers_;  // this thread's alone
  std::uint64_t last_timer_ = 0;
};

template <class T>
Task<void> keep_value(Task<T> task, std::optional<T>& into) {
  into.emplace(co_await task);
}

// The answer of a verb, with the loop run until it is there.
template <class T>
T await(BlockingLoop& loop, Task<T> task) {
  std::optional<T> value;
  spawn(keep_value(std::move(task), value));
  loop.run_until([&] { return value.has_value(); });
  return std::move(*value);
}

}  // namespace myelin::testing
