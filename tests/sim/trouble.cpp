// What happens to a run until it is calm: processes die, disks fill, clocks are set, peers have moods, persons act.
#include "tests/sim/run.h"

namespace myelin::sim {

void Simulation::visit(FaultSite site) {
  ++outcome_.sites[static_cast<std::size_t>(site)];
  if (calm_ || site == FaultSite::mid_checkpoint || !last() || !last()->alive) return;
  if (!sites_draw_.one_in(site_one_in_)) return;
  ++outcome_.faults.crashes_at_sites;
  witness_.note("site", std::to_string(static_cast<int>(site)));
  kill(true);
}

Task<void> Simulation::trouble() {
  while (!calm_) {
    const auto rest = draw_.between(milliseconds(10), seconds(6));
    co_await pause(loop_, rest);
    if (!calm_) one_trouble();
  }
}

void Simulation::one_trouble() {
  const auto what = draw_.below(10);
  if (what > 5) return other_trouble();
  if (!last() || !last()->alive) return;
  auto& process = *last();
  if (what == 0) return kill(true);
  if (what == 1) return process.store.die_in_commit();
  if (!process.ready) return;
  if (what == 2) {
    process.life.spawn(restart_in_order(process));
  } else if (what == 3) {
    ++outcome_.faults.reloads;
    process.operations.spawn(apply(process, draw_.below(versions().size())));
  } else {
    ++outcome_.faults.persons;
    process.operations.spawn(person(process));
  }
}

void Simulation::other_trouble() {
  switch (draw_.below(8)) {
    case 0:
      if (draw_.one_in(2)) beside_.spawn(fill_disk());
      return;
    case 1:
      ++outcome_.faults.jumps;
      set_clock();
      return;
    case 2:
      network_.weather.slowest = draw_.one_in(3) ? milliseconds(1500) : milliseconds(5);
      return;
    case 3:
      disk_mood_.slowest = draw_.one_in(3) ? milliseconds(400) : milliseconds(3);
      return;
    default: {
      ++outcome_.faults.moods;
      auto& peer = *peers_[draw_.below(peers_.size())];
      peer.set_mood(static_cast<Mood>(draw_.below(6)));
    }
  }
}

// Back by hours; forward by no more than the duplicate window bears: after a crash it is rebuilt by the wall clock.
void Simulation::set_clock() {
  const bool forward = draw_.one_in(2);
  const auto by = draw_.between(Duration::zero(), forward ? forward_left_ : Duration(hours(2)));
  if (forward) forward_left_ -= by;
  loop_.jump(forward ? by : -by);
  witness_.note("clock", "set");
}

Task<void> Simulation::fill_disk() {
  ++outcome_.faults.full_disks;
  disk_mood_.full = true;
  const auto span = draw_.between(seconds(1), seconds(10));
  co_await pause(loop_, span);
  disk_mood_.full = false;
}

// Somebody at the console: stops a route or a key, or does something with a delivery that is not finished.
Task<void> Simulation::person(Process& process) {
  const runtime::Person anna{"anna", "because of the test"};
  const LaneKey archive{"intake", "archive", ""};
  const LaneKey lab{"intake", "lab", ""};
  const auto lane = draw_.one_in(2) ? archive : lab;
  const auto what = draw_.below(4);
  if (what == 0) {
    auto holding = process.host.hold_lane(lane, anna);
    const auto held = co_await holding;
    if (!held) co_return;
  } else if (what == 1) {
    auto releasing = process.host.release_lane(lane, anna);
    const auto released = co_await releasing;
    if (!released) co_return;
  } else {
    const QueueFilter all;
    auto listing = process.store.list(process.loop, all);
    const auto rows = co_await listing;
    if (!rows || rows->empty()) co_return;
    auto acting = act(process, (*rows)[draw_.below(rows->size())]);
    co_await acting;
  }
}

Task<void> Simulation::act(Process& process, Delivery row) {
  const runtime::Person anna{"anna", "because of the test"};
  if (row.state == State::queued && draw_.one_in(2)) {
    auto stopping = draw_.one_in(3) ? process.host.park(row.id, anna) : process.host.hold(row.id, anna);
    const auto stopped = co_await stopping;
    if (!stopped) co_return;
  } else if (row.state == State::held) {
    auto releasing = process.host.release(row.id, anna);
    const auto released = co_await releasing;
    if (!released) co_return;
  } else if (row.state == State::parked && draw_.one_in(3)) {
    auto giving_up = process.host.discard(row.id, anna);
    const auto given_up = co_await giving_up;
    if (!given_up) co_return;
  } else {
    auto retrying = process.host.retry(row.id, anna);
    const auto retried = co_await retrying;
    if (!retried) co_return;
  }
}

}  // namespace myelin::sim
