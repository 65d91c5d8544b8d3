// A clock that hurries: preloaded (LD_PRELOAD) into a process, its wall and monotonic clocks go MYELIN_HURRY times as
// fast as ours from its first look at them, and its waits end as much sooner. So an engine lives eight hours of timers,
// retention and counting by the minute while we wait for forty minutes. Clocks of CPU time, the times of files and what
// the kernel counts by itself (keepalives) go as ever. Only calls that the engine makes stand here.
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#include <cstdint>
#include <cstdlib>

namespace {

using Nanoseconds = std::int64_t;
constexpr Nanoseconds kSecond = 1'000'000'000;

template <class Call>
Call* next(const char* name) {
  return reinterpret_cast<Call*>(dlsym(RTLD_NEXT, name));
}

Nanoseconds times() {
  static const Nanoseconds hurry = [] {
    const char* asked = std::getenv("MYELIN_HURRY");
    const auto given = asked ? std::atoll(asked) : 1;
    return given > 0 ? given : 1;
  }();
  return hurry;
}

Nanoseconds in_nanoseconds(const timespec& at) { return at.tv_sec * kSecond + at.tv_nsec; }

timespec as_timespec(Nanoseconds at) {
  timespec made{};
  made.tv_sec = at / kSecond;
  made.tv_nsec = at % kSecond;
  return made;
}

Nanoseconds real(clockid_t clock) {
  static auto* const call = next<int(clockid_t, timespec*)>("clock_gettime");
  timespec now{};
  call(clock, &now);
  return in_nanoseconds(now);
}

bool hurries(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC ||
         clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_BOOTTIME;
}

bool of_the_wall(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

// From where this process hurries.
Nanoseconds start(clockid_t clock) {
  static const Nanoseconds wall = real(CLOCK_REALTIME), monotonic = real(CLOCK_MONOTONIC);
  return of_the_wall(clock) ? wall : monotonic;
}

Nanoseconds hurried(clockid_t clock) {
  const Nanoseconds began = start(clock);
  return began + (real(clock) - began) * times();
}

// The moment of our clock at which the hurried one says `at`. What lies before its start is past in both.
timespec as_real(clockid_t clock, const timespec& at) {
  const Nanoseconds began = start(clock), asked = in_nanoseconds(at);
  return asked <= began ? at : as_timespec(began + (asked - began) / times());
}

timespec shorter(const timespec& wait) {
  const Nanoseconds asked = in_nanoseconds(wait);
  return as_timespec((asked + times() - 1) / times());  // none becomes nothing: zero switches a timer off
}

int shorter(int milliseconds) {
  return milliseconds <= 0 ? milliseconds : static_cast<int>((milliseconds + times() - 1) / times());
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) {
  static auto* const call = next<int(clockid_t, timespec*)>("clock_gettime");
  if (!hurries(clock)) return call(clock, now);
  *now = as_timespec(hurried(clock));
  return 0;
}

int gettimeofday(timeval* now, void*) {
  const Nanoseconds at = hurried(CLOCK_REALTIME);
  now->tv_sec = at / kSecond;
  now->tv_usec = at % kSecond / 1000;
  return 0;
}

time_t time(time_t* out) {
  const time_t now = hurried(CLOCK_REALTIME) / kSecond;
  if (out) *out = now;
  return now;
}

int timerfd_settime(int timer, int flags, const itimerspec* asked, itimerspec* was) {
  static auto* const call = next<int(int, int, const itimerspec*, itimerspec*)>("timerfd_settime");
  itimerspec made{shorter(asked->it_interval), {}};
  made.it_value = (flags & TFD_TIMER_ABSTIME) ? as_real(CLOCK_MONOTONIC, asked->it_value) : shorter(asked->it_value);
  return call(timer, flags, &made, was);
}

int epoll_wait(int descriptor, epoll_event* events, int most, int milliseconds) {
  static auto* const call = next<int(int, epoll_event*, int, int)>("epoll_wait");
  return call(descriptor, events, most, shorter(milliseconds));
}

int poll(pollfd* descriptors, nfds_t count, int milliseconds) {
  static auto* const call = next<int(pollfd*, nfds_t, int)>("poll");
  return call(descriptors, count, shorter(milliseconds));
}

int nanosleep(const timespec* wait, timespec* left) {
  static auto* const call = next<int(const timespec*, timespec*)>("nanosleep");
  const timespec made = shorter(*wait);
  return call(&made, left);
}

int usleep(useconds_t microseconds) {
  const timespec wait = as_timespec(static_cast<Nanoseconds>(microseconds) * 1000);
  return nanosleep(&wait, nullptr);
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  static auto* const call = next<int(pthread_cond_t*, pthread_mutex_t*, const timespec*)>("pthread_cond_timedwait");
  const timespec made = as_real(CLOCK_REALTIME, *until);
  return call(condition, mutex, &made);
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
  static auto* const call =
      next<int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>("pthread_cond_clockwait");
  const timespec made = as_real(clock, *until);
  return call(condition, mutex, clock, &made);
}
}
