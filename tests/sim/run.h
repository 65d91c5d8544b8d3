// One run of the simulator from the inside: its processes one after the other, what troubles them (trouble.cpp), and
// what is judged when all is calm (judgement.cpp).
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/host.h"
#include "tests/sim/disk.h"
#include "tests/sim/people.h"
#include "tests/sim/plans.h"
#include "tests/sim/simulation.h"

namespace myelin::sim {

struct Process {
  Process(int with_number, WorldLoop& world, std::uint64_t seed, Disk& disk, Witness& witness, DiskMood& mood,
          Draw& jitter)
      : number(with_number),
        loop(world),
        store(world, seed, static_cast<std::uint64_t>(with_number), disk, witness, mood),
        host({&loop}, store, seams(jitter)),
        life(world),
        operations(world) {}

  static runtime::Seams seams(Draw& jitter) {
    runtime::Seams seams;
    seams.draw = [&jitter] { return jitter.share(); };
    return seams;
  }

  int number;
  ProcessLoop loop;
  SimStore store;
  runtime::Host host;
  TaskGroup life, operations;
  std::size_t version = 0;
  bool alive = true, ready = false, applying = false, gone = false;
};

class Simulation {
 public:
  explicit Simulation(const Setting& setting);
  Outcome run();

 private:
  void start();
  Task<void> boot(Process& process);
  Process* last() { return processes_.empty() ? nullptr : &processes_.back(); }
  void kill(bool disk_too);
  Task<void> bury(Process& process);
  Task<void> restart_in_order(Process& process);
  Task<void> start_later(Duration after);
  Task<void> apply(Process& process, std::size_t version);

  Task<void> trouble();
  void one_trouble();
  void other_trouble();
  void set_clock();
  Task<void> fill_disk();
  Task<void> person(Process& process);
  Task<void> act(Process& process, Delivery row);
  Task<void> release_all(Process& process);

  void visit(FaultSite site);
  void watch();
  void clear_away();
  void calm();
  bool run_until(const std::function<bool()>& done, Duration limit);
  bool all_finished();
  std::vector<Delivery> unfinished();
  void judge_what_rests();
  void look_at_disk();

  Setting setting_;
  WorldLoop loop_;
  Network network_;
  Witness witness_;
  std::unique_ptr<Disk> disk_;
  DiskMood disk_mood_;
  Draw draw_, jitter_, sites_draw_;
  std::uint64_t site_one_in_ = 0;
  // The last one is the one that runs; those that died are still being cleared away, and then there may be none.
  std::list<Process> processes_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<std::unique_ptr<Sender>> senders_;
  TaskGroup beside_;
  Outcome outcome_;
  int started_ = 0;
  std::optional<std::size_t> ran_;  // the version that ran last, whole
  Duration forward_left_ = minutes(7);
  bool calm_ = false, over_ = false;
};

}  // namespace myelin::sim
