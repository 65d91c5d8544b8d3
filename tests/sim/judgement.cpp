// All is well again: everything has to move by itself, and then the witness looks at the disk.
#include <algorithm>

#include "tests/sim/run.h"

namespace myelin::sim {
namespace {

constexpr std::size_t kMostSteps = 3'000'000;

}  // namespace

void Simulation::calm() {
  calm_ = true;
  network_.weather = Weather{};
  disk_mood_ = DiskMood{};
  for (auto& peer : peers_) peer->set_mood(Mood::healthy);
  witness_.note("calm", "");
}

Task<void> Simulation::release_all(Process& process) {
  const runtime::Person anna{"anna", "all is well again"};
  for (const auto& [name, rule] : lanes()) {
    LaneKey lane{rule.channel, name.substr(name.find('/') + 1), ""};
    auto releasing = process.host.release_lane(std::move(lane), anna);
    const auto released = co_await releasing;
    if (!released) co_return;
  }
  QueueFilter filter;
  filter.state = State::parked;
  filter.limit = 1000;
  auto listing = process.store.list(process.loop, filter);
  const auto rows = co_await listing;
  if (!rows) co_return;
  for (const auto& row : *rows) {
    auto retrying = process.host.retry(row.id, anna);
    const auto retried = co_await retrying;
    if (!retried) co_return;
  }
}

// After each step of the world: no lane has more under way than it may.
void Simulation::watch() {
  if (network_.open_to(7001) > 1) witness_.breach("ORDER", "two connections of a fifo lane are open");
  if (network_.open_to(7004) > 1) witness_.breach("ORDER", "two connections of a fifo lane are open");
  clear_away();
}

void Simulation::clear_away() {
  std::erase_if(processes_, [this](const Process& process) {
    if (process.gone) network_.forget(process.loop);
    return process.gone;
  });
}

bool Simulation::run_until(const std::function<bool()>& done, Duration limit) {
  const auto end = loop_.mono() + limit;
  std::size_t steps = 0;
  while (!done()) {
    if (!loop_.step() || loop_.mono() > end || ++steps > kMostSteps || !witness_.breaches().empty()) return done();
    witness_.note_time();
    watch();
  }
  return true;
}

std::vector<Delivery> Simulation::unfinished() {
  std::vector<Delivery> all;
  QueueFilter page;
  page.limit = 1000;
  while (true) {
    const auto rows = testing::await(disk_->gate, disk_->store().list(disk_->gate, page));
    if (!rows || rows->empty()) return all;
    all.insert(all.end(), rows->begin(), rows->end());
    page.after = all.back().id;
  }
}

bool Simulation::all_finished() { return unfinished().empty(); }

// All is well and nobody has touched anything: what is queued has gone, unless something before it is held, or stopped.
void Simulation::judge_what_rests() {
  const auto rows = unfinished();
  const auto stops = testing::await(disk_->gate, disk_->store().stopped_lanes(disk_->gate));
  for (const auto& row : rows) {
    const auto same_route = [&](const LaneKey& lane) {
      return lane.channel == row.lane.channel && lane.route == row.lane.route;
    };
    const auto holds_it = [&](const Delivery& other) {
      return other.id < row.id && other.state == State::held && same_route(other.lane);
    };
    const auto stops_it = [&](const LaneStop& stop) { return same_route(stop.lane); };
    if (row.state != State::queued || std::ranges::any_of(rows, holds_it)) continue;
    if (!stops || std::ranges::any_of(*stops, stops_it)) continue;
    witness_.breach("STUCK", to_string(row.id) + " of " + row.lane.route + " does not go although all is well");
  }
}

void Simulation::look_at_disk() {
  for (const std::string channel : {"intake", "second"}) {
    for (const auto& [id, stored] : witness_.stored_in(channel)) {
      const auto trace = testing::await(disk_->gate, disk_->store().trace(disk_->gate, stored));
      if (trace) witness_.look_at(*trace);
      else witness_.breach("LOST", id + " of " + channel + ": " + to_string(trace.error()));
    }
  }
}

}  // namespace myelin::sim
