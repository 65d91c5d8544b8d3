// The seeds that CI runs. MYELIN_SIM_SEEDS=N: so many, from MYELIN_SIM_FIRST on (make soak PART=sim);
// MYELIN_SIM_SEED=N: that one alone, and every event of it is printed.
#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/base/event.h"
#include "tests/fault_row.h"
#include "tests/sim/simulation.h"

namespace myelin::sim {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Table {
  Figures figures;
  Faults faults;
  std::array<std::int64_t, kFaultSites> sites{};
  std::int64_t runs = 0, breaches = 0, lost = 0, disorder = 0;
  Duration took{};

  void add(const Outcome& outcome) {
    ++runs;
    breaches += static_cast<std::int64_t>(outcome.breaches.size());
    took += outcome.took;
    for (const auto& breach : outcome.breaches) {
      lost += breach.starts_with("LOST") || breach.starts_with("ACK") || breach.starts_with("STUCK");
      disorder += breach.starts_with("ORDER");
    }
    figures.sent += outcome.figures.sent;
    figures.acked += outcome.figures.acked;
    figures.delivered += outcome.figures.delivered;
    figures.duplicates += outcome.figures.duplicates;
    figures.duplicate_bound += outcome.figures.duplicate_bound;
    const auto& one = outcome.faults;
    faults.crashes += one.crashes;
    faults.crashes_at_sites += one.crashes_at_sites;
    faults.crashes_in_commits += one.crashes_in_commits;
    faults.failed_commits += one.failed_commits;
    faults.restarts += one.restarts;
    faults.reloads += one.reloads;
    faults.jumps += one.jumps;
    faults.full_disks += one.full_disks;
    faults.persons += one.persons;
    faults.moods += one.moods;
    faults.resets += one.resets;
    faults.wrong_answers += one.wrong_answers;
    faults.repetitions += one.repetitions;
    for (std::size_t i = 0; i < kFaultSites; ++i) sites[i] += outcome.sites[i];
  }
  void print(const std::string& what, std::uint64_t first) const {
    const auto virtual_minutes = std::chrono::duration_cast<minutes>(took).count();
    std::printf("%s: %lld minutes of virtual time, %lld of %lld answered, %lld delivered, %lld breaches\n",
                what.c_str(), static_cast<long long>(virtual_minutes), static_cast<long long>(figures.acked),
                static_cast<long long>(figures.sent), static_cast<long long>(figures.delivered),
                static_cast<long long>(breaches));
    testing::FaultRow row{what, runs, figures.acked, lost, figures.duplicates, {}, disorder, first};
    row.bound = figures.duplicate_bound;
    row.add();
    // Each kind of trouble of these runs, beside what all of them came to.
    const std::array<std::pair<const char*, std::int64_t>, 13> kinds = {
        {{"crash", faults.crashes},
         {"crash at a fault site", faults.crashes_at_sites},
         {"crash in a commit", faults.crashes_in_commits},
         {"failed commit", faults.failed_commits},
         {"stop in order", faults.restarts},
         {"reload", faults.reloads},
         {"clock set", faults.jumps},
         {"disk full", faults.full_disks},
         {"a person acts", faults.persons},
         {"a peer's mood", faults.moods},
         {"an answer wrong, late or missing", faults.wrong_answers},
         {"a message comes again", faults.repetitions},
         {"connection reset", faults.resets}}};
    for (const auto& [kind, count] : kinds) {
      row.fault = std::string("in the simulator: ") + kind;
      row.tries = count;
      row.add();
    }
    std::printf("  came by the fault sites");
    for (const auto count : sites) std::printf(" %lld", static_cast<long long>(count));
    std::printf("\n");
  }
};

Table campaign(Setting setting, std::uint64_t count, const std::string& what) {
  set_log_level("off");
  const auto first = setting.seed;
  const int most = std::getenv("MYELIN_SEEDED_BUG") != nullptr ? 1 : 5;
  Table table;
  for (std::uint64_t i = 0; i < count; ++i, ++setting.seed) {
    const auto outcome = simulate(setting);
    for (const auto& breach : outcome.breaches) ADD_FAILURE() << "seed " << setting.seed << ": " << breach;
    table.add(outcome);
    if (table.breaches >= most) break;
  }
  table.print(what, first);
  return table;
}

TEST(Simulator, keeps_every_promise_for_every_seed) {
  const auto one = number_from("MYELIN_SIM_SEED", 0);
  Setting setting;
  setting.verbose = one > 0;
  setting.seed = one > 0 ? one : number_from("MYELIN_SIM_FIRST", 1);
  const auto table =
      campaign(setting, one > 0 ? 1 : number_from("MYELIN_SIM_SEEDS", 100), "simulator: tables in memory");
  if (one > 0 || !kSabotage) return;
  for (std::size_t site = 0; site < kFaultSites; ++site) {
    if (site == static_cast<std::size_t>(FaultSite::mid_checkpoint)) continue;  // crash_power_cut comes by it
    EXPECT_GT(table.sites[site], 0) << "no run came by fault site " << site;
  }
  EXPECT_GT(table.faults.crashes_at_sites, 0);
}

TEST(Simulator, keeps_every_promise_on_a_disk_that_loses_and_tears) {
  Setting setting;
  setting.losing_disk = true;
  setting.seed = number_from("MYELIN_SIM_FIRST", 1);
  campaign(setting, number_from("MYELIN_SIM_SEEDS", 100) / 20 + 1, "simulator: SQLite on a losing disk");
}

TEST(Simulator, keeps_every_promise_when_more_waits_than_a_window_holds) {
  Setting setting;
  setting.backlog = true;
  setting.seed = number_from("MYELIN_SIM_FIRST", 1);
  campaign(setting, number_from("MYELIN_SIM_SEEDS", 100) / 40 + 1, "simulator: a backlog");
}

TEST(Simulator, repeats_a_seed_event_for_event) {
  set_log_level("off");
  const auto one = number_from("MYELIN_SIM_SEED", 0);
  for (std::uint64_t seed = one > 0 ? one : 1; seed <= (one > 0 ? one : 5); ++seed) {
    Setting setting;
    setting.verbose = one > 0;
    setting.seed = seed;
    const auto once = simulate(setting);
    const auto again = simulate(setting);
    EXPECT_EQ(once.trace_hash, again.trace_hash) << "seed " << seed;
    EXPECT_GT(once.figures.delivered, 0);
  }
}

}  // namespace
}  // namespace myelin::sim
