// The power goes while messages are stored, settled and removed; what was answered by then must be there afterwards,
// whole. Cuts fall before any write or sync of SQLite's, in appends, settlements, parts of large bodies, steps of a
// retention and checkpoints. And a disk of which one call fails, each in turn: no answer may rest on what came after.
// MYELIN_POWER_CUTS=N: N runs instead of eight, from seed MYELIN_POWER_FIRST on; MYELIN_FAILING_SEEDS=N: every call
// of N runs instead of each sixth of one (make soak PART=power).
#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/base/event.h"
#include "engine/base/sabotage.h"
#include "tests/crash/power_cut/traffic.h"
#include "tests/fault_row.h"

namespace myelin::testing {
namespace {

constexpr int kFirstSeed = 4711;
constexpr int kRuns = 8;
constexpr std::int64_t kEachInCi = 6;

int number_from(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::atoi(text) : otherwise;
}

std::int64_t count(const Answered& answered) {
  return static_cast<std::int64_t>(answered.stored.size() + answered.delivered.size() + answered.parked.size());
}

TEST(PowerCut, takes_nothing_that_was_answered) {
  FaultRow row;
  row.fault = "power cut, unsynchronised writes lost and torn";
  row.seed = static_cast<std::uint64_t>(number_from("MYELIN_POWER_FIRST", kFirstSeed));
  const Traffic::Load load;
  const int runs = number_from("MYELIN_POWER_CUTS", kRuns);
  int checkpoints = 0;
  std::int64_t removed = 0;
  set_log_level("error");
  for (int i = 0; i < runs; ++i) {
    const auto seed = static_cast<std::uint32_t>(row.seed) + static_cast<std::uint32_t>(i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    const TemporaryFolder folder;
    const auto path = folder.file("myelin.db");
    std::vector<Cut> cuts;
    {
      Traffic traffic(seed, load);
      traffic.run(path);
      cuts = traffic.take_cuts();
      checkpoints += traffic.checkpoints();
      removed += traffic.removed();
    }
    int number = 0;
    for (const auto& cut : cuts) {
      const auto gone = losses(cut, path, folder.file("after" + std::to_string(++number)));
      EXPECT_EQ(gone, "");
      ++row.tries;
      row.lost += !gone.empty();
      row.answered += count(cut.answered);
    }
  }
  std::printf("%d checkpoints, %lld messages removed beside the commits\n", checkpoints,
              static_cast<long long>(removed));
  row.add();
  EXPECT_GE(row.tries, runs * load.cuts / 2);
  EXPECT_GT(removed, runs);
  EXPECT_TRUE(!kSabotage || checkpoints > 0) << "no cut fell into a checkpoint";
}

// The harness can fail: on a disk that only says it is synchronised, messages are lost and this test sees it.
TEST(PowerCut, is_seen_when_the_disk_lies) {
  const TemporaryFolder folder;
  const auto path = folder.file("myelin.db");
  Traffic::Load load;
  load.honest = false;
  Traffic traffic(1, load);
  traffic.run(path);
  std::string lost;
  int number = 0;
  for (const auto& cut : traffic.take_cuts())
    lost += losses(cut, path, folder.file("after" + std::to_string(++number)));
  EXPECT_NE(lost, "");
}

// One call fails, and then the power goes: what was answered is there, also what was answered after the call.
TEST(FailingDisk, is_not_trusted_again_whichever_call_it_fails) {
  FaultRow row;
  row.fault = "a write, sync or truncation fails (EIO), then the power goes";
  row.seed = static_cast<std::uint64_t>(number_from("MYELIN_POWER_FIRST", kFirstSeed));
  const int seeds = number_from("MYELIN_FAILING_SEEDS", 0);
  Traffic::Load load;
  load.messages = 48;
  load.cuts = 0;
  int distrusted = 0;
  set_log_level("off");
  for (int i = 0; i < std::max(seeds, 1); ++i) {
    const auto seed = static_cast<std::uint32_t>(row.seed) + static_cast<std::uint32_t>(i);
    const std::int64_t step = seeds > 0 ? 1 : kEachInCi;
    std::int64_t last = INT64_MAX;
    for (std::int64_t call = 1 + i % step; call <= last; call += step) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", call " + std::to_string(call));
      const TemporaryFolder folder;
      const auto path = folder.file("myelin.db");
      const auto cut = [&] {
        Traffic traffic(seed, load);
        traffic.disk().fails_at = call;
        traffic.run(path);
        if (traffic.disk().operations() < call) last = call;
        EXPECT_FALSE(traffic.trusted_again());
        distrusted += traffic.failed();
        return traffic.cut();
      }();
      const auto gone = losses(cut, path, folder.file("after"), load.messages);
      EXPECT_EQ(gone, "");
      ++row.tries;
      row.lost += !gone.empty();
      row.answered += count(cut.answered);
    }
  }
  row.add();
  EXPECT_GT(distrusted, row.tries / 2);
}

}  // namespace
}  // namespace myelin::testing
