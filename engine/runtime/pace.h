// Pace: when the next attempt may go to a peer. A Breaker keeps off a peer that does not answer, a TokenBucket keeps a
// rate. Pure: whoever asks brings the time, and whoever begins an attempt says so.
#pragma once

#include <array>
#include <optional>

#include "engine/base/clock.h"

namespace myelin::runtime {

// Closed, all go. It opens when five attempts in a row found nobody or got no answer, or half of at least ten within a
// minute; then one attempt, the probe, may go after five seconds, after twice that if it fails too, and so on up to
// `longest`. An answer, whatever it says, closes it.
class Breaker {
 public:
  enum class Change : std::uint8_t { none, opened, closed };
  static constexpr int kFailuresInARow = 5;
  static constexpr int kLeastAttempts = 10;

  void set_longest(Duration longest) { longest_ = longest; }
  // When the next attempt may begin; nothing while a probe is out.
  std::optional<MonoTime> next(MonoTime now) const;
  bool open() const { return until_.has_value(); }
  // True: this attempt is the probe.
  bool begin();
  Change end(MonoTime now, bool failed, bool probe);
  // A person wants it tried now.
  void try_now();

 private:
  static constexpr Duration kFirst = seconds(5);
  static constexpr std::size_t kSeconds = 60;
  struct Second {
    std::int64_t at = -1;
    int attempts = 0, failures = 0;
  };

  bool trips(MonoTime now, bool failed);
  void open_for(MonoTime now, Duration pause);

  Duration longest_ = minutes(5);
  Duration pause_{};
  std::optional<MonoTime> until_;  // open
  bool probing_ = false;
  int in_a_row_ = 0;
  std::array<Second, kSeconds> last_minute_;
};

// So many a minute, and `burst` of them at once after a quiet time. The first is free.
class TokenBucket {
 public:
  void set(int per_minute, int burst);
  // 0 a minute: no limit.
  MonoTime next(MonoTime now) const;
  void take(MonoTime now);

 private:
  Duration interval_{};
  Duration ahead_{};  // how far what was taken may run ahead of the clock
  MonoTime taken_to_{};
};

}  // namespace myelin::runtime
