#include "engine/base/sabotage.h"

#ifdef MYELIN_SABOTAGE
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace myelin {
namespace {

constexpr std::array<std::string_view, 18> kNames = {
    "none",
    "ack_before_commit",
    "duplicate_before_commit",
    "merge_ignores_a_key",
    "sources_before_recall",
    "late_answer_credited",
    "answer_id_not_checked",
    "pipelined_tail_dropped",
    "retry_renders_anew",
    "pause_on_wall_clock",
    "probe_sends_twice",
    "window_skips_one",
    "settle_forgotten_at_stop",
    "held_key_overtaken",
    "synchronous_normal",
    "park_in_two_transactions",
    "checksum_not_verified",
    "folder_not_synchronised",
};

Bug wanted() {
  const char* name = std::getenv("MYELIN_SEEDED_BUG");
  if (name == nullptr) return Bug::none;
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<Bug>(i);
  std::fprintf(stderr, "MYELIN_SEEDED_BUG=%s: there is no such bug\n", name);
  std::_Exit(2);
}

std::function<void(FaultSite)>& visitor_of_sites() {
  static std::function<void(FaultSite)> visitor;
  return visitor;
}

}  // namespace

bool sabotaged(Bug bug) {
  static const Bug chosen = wanted();
  return bug == chosen;
}

void fault_site(FaultSite site) {
  if (const auto& visitor = visitor_of_sites()) visitor(site);
}

void on_fault_site(std::function<void(FaultSite)> visitor) { visitor_of_sites() = std::move(visitor); }

}  // namespace myelin
#endif
