// One run of the simulator: the real host, intake, lanes, compiled channels and MLLP adapters, on one loop with a
// virtual clock, over a network, a disk and peers that a seed makes misbehave. A second of the processor is hours of
// theirs. First the trouble, then calm, until everything has moved; then the witness looks at the disk. The same seed
// gives the same run, event for event.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "engine/base/sabotage.h"
#include "tests/sim/witness.h"

namespace myelin::sim {

struct Setting {
  std::uint64_t seed = 1;
  bool losing_disk = false;  // SQLite on a disk that loses and tears; else tables in memory
  bool backlog = false;      // peers away and senders in a hurry: more waits than a lane's window holds
  bool verbose = false;      // print each event
};

struct Faults {
  std::int64_t crashes = 0, crashes_at_sites = 0, crashes_in_commits = 0, failed_commits = 0, restarts = 0, reloads = 0,
               jumps = 0, full_disks = 0, persons = 0, moods = 0, resets = 0;
  std::int64_t wrong_answers = 0;  // by peers: refusals, and none, late, twice, another's
  std::int64_t repetitions = 0;    // of a message by its sender
};

struct Outcome {
  std::vector<std::string> breaches;
  Figures figures;
  Faults faults;
  std::array<std::int64_t, kFaultSites> sites{};
  std::uint64_t trace_hash = 0;
  Duration took{};  // of virtual time
};

Outcome simulate(const Setting& setting);

}  // namespace myelin::sim
