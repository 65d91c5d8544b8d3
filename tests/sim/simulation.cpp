#include "tests/sim/simulation.h"

#include <algorithm>

#include "tests/sim/run.h"

namespace myelin::sim {
namespace {

constexpr Duration kLongestTrouble = minutes(4);
constexpr Duration kByItself = minutes(3);  // pauses are at most 20 s
constexpr Duration kLongestCalm = minutes(30);

}  // namespace

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
  auto former = ran_ ? versions()[*ran_] : Plans();
  const auto prepared = co_await process.host.prepare(std::move(former));
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
  if (process.alive) ran_ = version;
}

// From now on nothing that it does has an effect; it is taken apart in the usual way, out of everybody's sight.
void Simulation::kill(bool disk_too) {
  if (!last() || !last()->alive) return;
  auto& process = *last();
  const bool applying = process.applying || !process.ready;
  process.alive = process.ready = false;
  ++outcome_.faults.crashes;
  network_.kill(process.loop);
  process.store.kill();
  if (disk_too) disk_->crash();
  witness_.process_died(applying);
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
  for (const auto& peer : peers_) outcome_.faults.wrong_answers += peer->wrong_answers();
  for (const auto& sender : senders_) outcome_.faults.repetitions += sender->repetitions();
  outcome_.trace_hash = witness_.trace_hash();
  outcome_.took = loop_.mono() - MonoTime{};
  return outcome_;
}

Outcome simulate(const Setting& setting) {
  Simulation simulation(setting);
  return simulation.run();
}

}  // namespace myelin::sim
