#include "tests/sim/simulation.h"

#include <algorithm>
#include <list>
#include <memory>

#include "adapters/catalog.h"
#include "engine/runtime/host.h"
#include "routes/compile/compile_files.h"
#include "tests/sim/disk.h"
#include "tests/sim/people.h"

namespace myelin::sim {
namespace {

constexpr std::size_t kMostSteps = 3'000'000;
constexpr Duration kLongestTrouble = minutes(4);
constexpr Duration kByItself = minutes(3);  // pauses are at most 20 s
constexpr Duration kLongestCalm = minutes(30);

// What the channels are; `@FACILITY@`, `@PARALLEL@` and `@ARCHIVE@` make the versions that reloads go between.
constexpr std::string_view kIntake = R"(channel: intake
about: everything goes four ways
version: "2.5.1"
source: { mllp: { listen: "127.0.0.1:2575" } }
accept: { types: [ADT^A08, ADT^A40] }
routes:
  lab:
    to: { mllp: { connect: "127.0.0.1:7002", timeout: 5s, connect_timeout: 2s } }
    order: { by: ["PID-3[1].1", "MRG-1[1].1"], parallel: @PARALLEL@ }
    steps: [ { set: { MSH-6: @FACILITY@ } } ]
    retry: { first: 1s, longest: 20s }
  ward:
    to: { mllp: { connect: "127.0.0.1:7003", timeout: 5s, connect_timeout: 2s } }
    order: none
    retry: { first: 1s, longest: 20s }
  next:
    to: { channel: second }
@ARCHIVE@)";
constexpr std::string_view kArchive = R"(  archive:
    to: { mllp: { connect: "127.0.0.1:7001", timeout: 5s, connect_timeout: 2s } }
    retry: { first: 1s, longest: 20s }
)";
constexpr std::string_view kSecond = R"(channel: second
about: what is handed over
version: "2.5.1"
source: { mllp: { listen: "127.0.0.1:2576" } }
routes:
  viewer:
    to: { mllp: { connect: "127.0.0.1:7004", timeout: 5s, connect_timeout: 2s } }
    retry: { first: 1s, longest: 20s }
    settle: each
)";

using Plans = std::vector<std::shared_ptr<const Plan>>;

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

Plans compiled(std::string_view facility, std::string_view parallel, bool archive) {
  auto text = replaced(std::string(kIntake), "@FACILITY@", facility);
  text = replaced(std::move(text), "@PARALLEL@", parallel);
  text = replaced(std::move(text), "@ARCHIVE@", archive ? kArchive : std::string_view());
  const auto result = routes::compile_text(text, adapters::catalog(), {{"channels/second.yaml", std::string(kSecond)}});
  for (const auto& mistake : result.diagnostics.sorted())
    ADD_FAILURE() << config::render(mistake, config::Colour::never);
  return result.plans;
}

// Compiled once; plans hold nothing of a run.
const std::vector<Plans>& versions() {
  static const std::vector<Plans> all{compiled("ONE", "4", true), compiled("TWO", "2", true),
                                      compiled("ONE", "4", false)};
  return all;
}

std::map<std::string, LaneRule> lanes() {
  return {{"intake/archive", {"intake", LaneOrder::fifo, 1, true}},
          {"intake/lab", {"intake", LaneOrder::keyed, 4, true}},
          {"intake/ward", {"intake", LaneOrder::none, kParallel, true}},
          {"intake/next", {"intake", LaneOrder::fifo, 1, false}},
          {"second/viewer", {"second", LaneOrder::fifo, 1, true}}};
}

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
  Duration forward_left_ = minutes(7);
  bool calm_ = false, over_ = false;
};

Simulation::Simulation(const Setting& setting)
    : setting_(setting),
      network_(loop_, setting.seed),
      witness_(loop_, lanes()),
      disk_(setting.losing_disk ? make_losing_disk(setting.seed) : make_memory_disk(setting.seed)),
      draw_(setting.seed, "trouble"),
      jitter_(setting.seed, "jitter"),
      sites_draw_(setting.seed, "sites"),
      beside_(loop_) {
  witness_.verbose = setting.verbose;
  site_one_in_ = draw_.one_in(2) ? 60 + draw_.below(600) : 0;
  disk_mood_.fail_one_in = draw_.one_in(4) ? 200 : 0;
  network_.weather.reset_one_in = draw_.one_in(2) ? 10 + draw_.below(40) : 0;
  network_.weather.refuse_one_in = draw_.one_in(3) ? 3 + draw_.below(10) : 0;
  const std::array<std::pair<const char*, std::uint16_t>, 4> at = {
      {{"intake/archive", 7001}, {"intake/lab", 7002}, {"intake/ward", 7003}, {"second/viewer", 7004}}};
  for (const auto& [lane, port] : at)
    peers_.push_back(std::make_unique<Peer>(loop_, network_, witness_, setting.seed, lane, port));
  witness_.fate = [this](std::size_t attempt) {
    for (const auto& peer : peers_)
      if (peer->knows(attempt)) return peer->fate(attempt);
    return Witness::Fate{};
  };
  const int count = 2 + static_cast<int>(draw_.below(3));
  const int messages = setting.backlog ? 150 : 5 + static_cast<int>(draw_.below(14));
  for (int name = 1; name <= count; ++name)
    senders_.push_back(
        std::make_unique<Sender>(loop_, network_, witness_, setting.seed, name, messages, setting.backlog));
  if (setting.backlog)
    for (auto& peer : peers_) peer->set_mood(draw_.one_in(2) ? Mood::gone : Mood::silent);
}

// ---- processes -------------------------------------------------------------------------------------------------

void Simulation::start() {
  auto& process = processes_.emplace_back(++started_, loop_, setting_.seed, *disk_, witness_, disk_mood_, jitter_);
  witness_.process_started(process.number);
  witness_.note("started", std::to_string(process.number));
  for (auto& peer : peers_) peer->set_process(process.number);
  process.store.on_crash = [this] {
    ++outcome_.faults.crashes_in_commits;
    kill(false);
  };
  process.store.on_failure = [this, number = process.number] {
    ++outcome_.faults.failed_commits;
    loop_.after(milliseconds(300), [this, number] {
      if (const auto* process = last(); process && process->number == number) kill(true);
    });
  };
  process.version = calm_ ? 0 : draw_.below(versions().size());
  process.life.spawn(boot(process));
}

Task<void> Simulation::boot(Process& process) {
  const auto prepared = co_await process.host.prepare();
  if (!prepared) co_return;
  co_await apply(process, process.version);
  process.ready = process.alive;
}

Task<void> Simulation::apply(Process& process, std::size_t version) {
  if (process.applying) co_return;
  process.applying = true;
  process.version = version;
  auto plans = versions()[version];
  const auto report = co_await process.host.apply(std::move(plans));
  process.applying = false;
}

// From now on nothing that it does has an effect; it is taken apart in the usual way, out of everybody's sight.
void Simulation::kill(bool disk_too) {
  if (!last() || !last()->alive) return;
  auto& process = *last();
  process.alive = process.ready = false;
  ++outcome_.faults.crashes;
  network_.kill(process.loop);
  process.store.kill();
  if (disk_too) disk_->crash();
  witness_.process_died();
  beside_.spawn(bury(process));
  beside_.spawn(start_later(draw_.between(milliseconds(20), seconds(4))));
}

Task<void> Simulation::bury(Process& process) {
  co_await process.life.join();
  co_await process.operations.join();
  co_await process.host.drain(seconds(1));
  process.gone = true;
}

Task<void> Simulation::start_later(Duration after) {
  co_await pause(loop_, after);
  if (!over_) start();
}

Task<void> Simulation::restart_in_order(Process& process) {
  process.ready = false;
  co_await process.operations.join();
  co_await process.host.drain(seconds(10));
  const auto closed = co_await process.store.close(process.loop);
  if (!process.alive || !closed) co_return;
  process.alive = false;
  ++outcome_.faults.restarts;
  network_.kill(process.loop);
  disk_->close();
  witness_.note("closed", std::to_string(process.number));
  beside_.spawn(bury(process));
  beside_.spawn(start_later(milliseconds(100)));
}

// ---- trouble ---------------------------------------------------------------------------------------------------

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
    auto holding = process.host.hold(row.id, anna);
    const auto held = co_await holding;
    if (!held) co_return;
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

// ---- calm ------------------------------------------------------------------------------------------------------

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

Outcome Simulation::run() {
  on_fault_site([this](FaultSite site) { visit(site); });
  start();
  for (auto& sender : senders_) beside_.spawn(sender->run());
  beside_.spawn(trouble());
  const auto sent = [this] { return std::ranges::all_of(senders_, [](const auto& each) { return each->finished(); }); };
  run_until([&] { return loop_.mono() > MonoTime{} + seconds(40) && sent(); }, kLongestTrouble);
  calm();
  const auto running = [this] { return processes_.size() == 1 && last()->ready; };
  bool well = run_until([&] { return sent() && running(); }, minutes(10));
  if (!well) witness_.breach("STUCK", "a sender is not answered, or no process comes up");
  if (well && last()->version == 0) {
    run_until([] { return false; }, kByItself);
    if (witness_.breaches().empty() && running()) judge_what_rests();
  }
  const auto end = loop_.mono() + kLongestCalm;
  while (well && loop_.mono() < end && !all_finished() && witness_.breaches().empty()) {
    if (running()) {
      last()->operations.spawn(apply(*last(), 0));
      last()->operations.spawn(release_all(*last()));
    }
    run_until([] { return false; }, minutes(10));
  }
  if (witness_.breaches().empty()) look_at_disk();
  // Nothing may be left that runs, whatever was found.
  over_ = calm_ = true;
  on_fault_site({});
  kill(true);
  for (auto& sender : senders_) sender->stop();
  for (auto& peer : peers_) beside_.spawn(peer->leave());
  for (int turns = 0; turns < 200'000 && loop_.step(); ++turns) clear_away();
  outcome_.breaches = witness_.breaches();
  outcome_.figures = witness_.figures();
  outcome_.faults.resets = network_.resets();
  outcome_.trace_hash = witness_.trace_hash();
  outcome_.took = loop_.mono() - MonoTime{};
  return outcome_;
}

}  // namespace

Outcome simulate(const Setting& setting) {
  Simulation simulation(setting);
  return simulation.run();
}

}  // namespace myelin::sim
