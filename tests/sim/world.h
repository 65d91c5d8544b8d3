// What the simulator's parts share: one clock, whose wall time may jump, and chance that a seed decides. Every part
// draws from a generator of its own, so that what one of them does more or less often does not change the luck of the
// others.
#pragma once

#include <cstdint>
#include <random>
#include <string_view>

#include "engine/base/task.h"
#include "engine/base/virtual_loop.h"

namespace myelin::sim {

class Draw {
 public:
  Draw(std::uint64_t seed, std::string_view part, std::uint64_t number = 0) {
    for (const char c : part) seed = seed * 1099511628211U ^ static_cast<unsigned char>(c);
    random_.seed(seed * 6364136223846793005U + number * 1442695040888963407U + 1);
  }
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  bool one_in(std::uint64_t count) { return count > 0 && below(count) == 0; }
  Duration between(Duration least, Duration most) {
    const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
    return least + Duration(static_cast<std::int64_t>(below(span)));
  }
  double share() { return static_cast<double>(below(1U << 20U)) / static_cast<double>(1U << 20U); }

 private:
  std::mt19937_64 random_;
};

// The time of the whole world. The wall clock may be set, as a person or NTP would; the other never jumps.
class WorldLoop final : public Loop {
 public:
  static constexpr WallTime kStart{microseconds(1'795'248'000'000'000)};

  void post(Callback callback) override { below_.post(std::move(callback)); }
  TimerId after(Duration delay, Callback callback) override { return below_.after(delay, std::move(callback)); }
  void cancel(TimerId timer) override { below_.cancel(timer); }
  MonoTime mono() const override { return below_.mono(); }
  WallTime wall() const override { return below_.wall() + skew_; }

  void jump(Duration by) { skew_ += std::chrono::duration_cast<microseconds>(by); }
  // What is due at this instant.
  void run_ready() { below_.run_ready(); }
  // Runs what is due next, and all that it sets off at that instant. False: nothing is left to happen.
  bool step() {
    below_.run_ready();
    Duration next{};
    if (!below_.next_timer(next)) return false;
    below_.advance(next);
    return true;
  }

 private:
  VirtualLoop below_{kStart};
  microseconds skew_{};
};

// One process on that clock. Who calls is known by it: the network asks whose connection it is.
class ProcessLoop final : public Loop {
 public:
  explicit ProcessLoop(WorldLoop& world) : world_(world) {}
  void post(Callback callback) override { world_.post(std::move(callback)); }
  TimerId after(Duration delay, Callback callback) override { return world_.after(delay, std::move(callback)); }
  void cancel(TimerId timer) override { world_.cancel(timer); }
  MonoTime mono() const override { return world_.mono(); }
  WallTime wall() const override { return world_.wall(); }

 private:
  WorldLoop& world_;
};

inline Task<void> pause(Loop& loop, Duration span) {
  Wakeup never(loop);
  co_await never.wait_for(span);
}

}  // namespace myelin::sim
