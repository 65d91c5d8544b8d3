// Runs with clock.cpp preloaded, MYELIN_HURRY=3600. Without it, or where a way of waiting is missing there, it lasts
// half an hour and ctest ends it.
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/net/asio_loop.h"

namespace myelin {
namespace {

using std::chrono::minutes;
using std::chrono::steady_clock;
using std::chrono::system_clock;

// How long `wait` was by the shorter of this process's clocks.
template <class Wait>
steady_clock::duration lasted(Wait wait) {
  const auto began = steady_clock::now();
  const auto began_by_the_wall = system_clock::now();
  wait();
  return std::min<steady_clock::duration>(steady_clock::now() - began, system_clock::now() - began_by_the_wall);
}

TEST(HurriedClock, half_an_hour_is_soon_over_for_a_timer_of_the_loop) {
  EXPECT_GE(lasted([] {
              net::AsioLoop loop;
              loop.after(minutes(30), [&] { loop.stop(); });
              loop.run();
            }),
            minutes(30));
}

TEST(HurriedClock, half_an_hour_is_soon_over_for_who_waits_to_be_told) {
  EXPECT_GE(lasted([] {
              std::mutex mutex;
              std::condition_variable told;
              std::unique_lock lock(mutex);
              told.wait_for(lock, minutes(30), [] { return false; });
            }),
            minutes(30));
}

TEST(HurriedClock, half_an_hour_is_soon_over_for_who_waits_until_a_time_of_day) {
  EXPECT_GE(lasted([] {
              std::mutex mutex;
              std::condition_variable told;
              std::unique_lock lock(mutex);
              told.wait_until(lock, system_clock::now() + minutes(31), [] { return false; });
            }),
            minutes(30));
}

TEST(HurriedClock, half_an_hour_is_soon_over_for_who_sleeps) {
  EXPECT_GE(lasted([] { std::this_thread::sleep_for(minutes(30)); }), minutes(30));
}

}  // namespace
}  // namespace myelin
