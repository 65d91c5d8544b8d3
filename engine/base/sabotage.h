// Sabotage: what a test build can be told to do wrong, so that the tests prove that they would find it. Two kinds:
//   sabotaged(Bug::x)        a promise broken on purpose; MYELIN_SEEDED_BUG=x in the environment switches it on
//   fault_site(FaultSite::x) a moment at which a process may die; the simulator ends it there
// Built in only with the CMake option MYELIN_SABOTAGE (debug trees); else both are nothing, and a test looks that the
// program has no trace of them. tests/sim/seeded_bugs.py says which test catches which bug.
#pragma once

#include <cstdint>
#include <functional>

namespace myelin {

enum class Bug : std::uint8_t {
  none,
  ack_before_commit,         // intake answers before its commit
  duplicate_before_commit,   // a repeated message is answered while its first commit still runs
  merge_ignores_a_key,       // of several keys the first alone is kept
  sources_before_recall,     // the source opens before the duplicate window is rebuilt
  late_answer_credited,      // an answer to an earlier message counts for the one that is under way
  answer_id_not_checked,     // MSA-2 may say what it likes
  pipelined_tail_dropped,    // what came in the same read behind a frame is thrown away
  retry_renders_anew,        // the bytes of an attempt in doubt are not kept
  pause_on_wall_clock,       // retries wait on the clock that can be set
  probe_sends_twice,         // the breaker's probe is followed by the same message again
  window_skips_one,          // the first row behind the lane's window is never read
  settle_forgotten_at_stop,  // what is delivered while the lane stops is not written down
  held_key_overtaken,        // what follows a held delivery of its key goes on
  synchronous_normal,        // SQLite does not sync each commit
  park_in_two_transactions,  // dequeued in one commit, set aside in the next
  checksum_not_verified,     // a body is sent as it was read
  folder_not_synchronised,   // a file's name is not on the disk when it counts as written
};

enum class FaultSite : std::uint8_t {
  before_commit,   // intake: decided, not asked for
  after_commit,    // intake: on the disk, nobody told
  answer_written,  // source: the peer has its answer
  outcome_known,   // lane: the peer's answer was read, nothing written down
  before_park,     // lane: about to set aside or hold
  mid_checkpoint,  // store: between a log that was copied and what is noted of it
  reconnect,       // destination: the old connection is gone, the new one is not there
  config_apply,    // host: some channels have the new plan, some the old
};
inline constexpr std::size_t kFaultSites = 8;

#ifdef MYELIN_SABOTAGE
inline constexpr bool kSabotage = true;
bool sabotaged(Bug bug);
void fault_site(FaultSite site);
// Who is called at each site, on the thread that comes by; nothing: nobody. Set while no other thread runs.
void on_fault_site(std::function<void(FaultSite)> visitor);
#else
inline constexpr bool kSabotage = false;
consteval bool sabotaged(Bug /*bug*/) { return false; }
constexpr void fault_site(FaultSite /*site*/) {}
inline void on_fault_site(const std::function<void(FaultSite)>& /*visitor*/) {}
#endif

}  // namespace myelin
