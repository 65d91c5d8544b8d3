// Two clocks. Wall time is for people and timestamps and may jump; monotonic time is for waiting and never does.
// Both are read from a Loop (loop.h), so a test that owns the loop owns the time.
#pragma once

#include <chrono>

namespace myelin {

using Duration = std::chrono::nanoseconds;
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

}  // namespace myelin
