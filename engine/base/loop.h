// Loop: one thread that runs callbacks, and its two clocks. A channel lives whole on one Loop, so channel code has
// no mutex. The engine's loops are made by engine/net (Asio); tests drive a VirtualLoop (virtual_loop.h).
// Contract: everything but post() is called on the loop's own thread; callbacks run in the order they were posted.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/base/clock.h"

namespace myelin {

using Callback = std::move_only_function<void()>;

// Names a pending timer; 0 names none.
enum class TimerId : std::uint64_t { none = 0 };

class Loop {
 public:
  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  virtual ~Loop() = default;

  // Thread-safe. Runs `callback` on the loop's thread, never inside this call.
  virtual void post(Callback callback) = 0;

  // Runs `callback` once, `delay` from now (at once in the next turn when it is not positive).
  virtual TimerId after(Duration delay, Callback callback) = 0;

  // A timer that has fired or was cancelled before is ignored.
  virtual void cancel(TimerId timer) = 0;

  virtual MonoTime mono() const = 0;
  virtual WallTime wall() const = 0;
};

}  // namespace myelin
