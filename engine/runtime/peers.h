// PeerBook: who speaks to a channel, and what each of them does that the standard does not say (engine/hl7/habit.h). In
// memory, since the start; for `status`, and for whoever wonders why a peer's messages are as they are.
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/hl7/habit.h"

namespace myelin::runtime {

// By name, only those that were noticed.
using HabitCounts = std::vector<std::pair<std::string_view, std::int64_t>>;

class HabitTally {
 public:
  void add(std::span<const hl7::Habit> habits) {
    for (const auto habit : habits) ++counts_[static_cast<std::size_t>(habit)];
  }
  HabitCounts counts() const;

 private:
  std::array<std::int64_t, hl7::kHabits> counts_{};
};

struct PeerView {
  std::string peer;  // "10.1.2.3": an address without its port, the folder of a file, a user
  std::int64_t messages = 0;
  HabitCounts habits;
};

class PeerBook {
 public:
  static constexpr std::size_t kMost = 256;  // further peers are counted together, as "others"

  void took(std::string_view peer, std::span<const hl7::Habit> habits);
  void noticed(std::string_view peer, std::span<const hl7::Habit> habits);
  std::vector<PeerView> views() const;

 private:
  struct Page {
    std::int64_t messages = 0;
    HabitTally habits;
  };
  Page& page_of(std::string_view peer);

  std::map<std::string, Page, std::less<>> pages_;
};

}  // namespace myelin::runtime
