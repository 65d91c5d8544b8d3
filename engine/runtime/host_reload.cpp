// Host, the reload: channels that are new start, those that changed are swapped, those that are gone end; the others
// are not touched.
#include <algorithm>
#include <utility>

#include "engine/base/sabotage.h"
#include "engine/runtime/decide.h"
#include "engine/runtime/duplicates.h"
#include "engine/runtime/host_impl.h"
#include "engine/runtime/insist.h"

namespace myelin::runtime {
namespace {

Fingerprint fingerprint_by(const Plan& plan, const Bytes& bytes) {
  Fingerprint print;
  print.content = fingerprint_of(plan, bytes, nullptr);
  print.sender = DuplicateWindow::sender_id(bytes.view());
  return print;
}

constexpr Duration kInsist = seconds(30);  // nothing runs yet that would wait

}  // namespace

Task<ReloadReport> Host::apply(std::vector<std::shared_ptr<const Plan>> plans) {
  auto& self = *impl_;
  ReloadReport report;
  std::set<std::string_view> planned;
  for (const auto& plan : plans) planned.insert(plan->channel);
  std::vector<std::string> gone;
  for (const auto& [name, running] : self.channels)
    if (!planned.contains(name)) gone.push_back(name);
  for (auto& name : gone) co_await self.remove(name, report);
  auto recalling = self.recall(plans);
  auto recalled = co_await recalling;
  if (!recalled) report.faults.push_back({"", recalled.error()});
  if (!recalled) co_return report;
  for (const auto& plan : plans) {
    if (self.stopping) break;
    fault_site(FaultSite::config_apply);
    const auto found = self.channels.find(plan->channel);
    if (found != self.channels.end() && found->second.hash == plan->hash) {
      report.unchanged.push_back(plan->channel);
      co_await self.try_again(found->second, report);
      continue;
    }
    auto joined = self.joined(*plan);
    if (found == self.channels.end()) co_await self.start(std::move(joined), report);
    else co_await self.swap(found->second, std::move(joined), report);
  }
  self.recent.clear();
  self.former.clear();
  co_return report;
}

// The newest messages for the duplicate windows of those that begin: the store is read through once, not once a
// channel.
Task<Result<void>> Host::Impl::recall(std::vector<std::shared_ptr<const Plan>> plans) {
  const auto now = home.wall();
  const auto last = store.last_id();
  const auto stopped = last.value > 0 ? std::max(now - time_of(last), microseconds(0)) : microseconds(0);
  std::map<std::string, DuplicateSpan> wanted, former_names;
  for (const auto& plan : plans) {
    if (channels.contains(plan->channel) || plan->duplicates.window == Duration::zero()) continue;
    const auto since = now - stopped - std::chrono::duration_cast<microseconds>(plan->duplicates.window);
    const DuplicateSpan span{since, [plan](const Bytes& bytes) { return fingerprint_by(*plan, bytes); }};
    if (!plan->was.empty()) former_names.emplace(plan->was, span);
    wanted.emplace(plan->channel, span);
  }
  wanted.merge(former_names);
  recent.clear();
  if (wanted.empty()) co_return Result<void>();
  auto ask = [&] { return store.received_since(home, wanted); };
  auto asking = insist<std::vector<DuplicateKey>>(home, kInsist, stopping, ask);
  auto read = co_await asking;
  if (!read) co_return fail(read);
  for (auto& key : *read) recent[key.channel].push_back(std::move(key));
  co_return Result<void>();
}

// The same plan, whose destinations know the channels of this host: one that hands over inside the engine needs them.
std::shared_ptr<const Plan> Host::Impl::joined(const Plan& plan) {
  auto copy = std::make_shared<Plan>(plan);
  for (auto& route : copy->routes)
    route.connect = [this, connect = route.connect, given = route](Loop& loop) {
      auto destination = connect(loop);
      if (destination && !given.answers.empty())
        destination = with_answers_to(given, std::move(destination), loop, *this);
      if (destination) destination->join(*this);
      return destination;
    };
  return copy;
}

Task<void> Host::Impl::start(std::shared_ptr<const Plan> plan, ReloadReport& report) {
  Loop& loop = *loops[next_loop++ % loops.size()];
  auto& running = channels[plan->channel];
  running.loop = &loop;
  running.hash = plan->hash;
  running.channel = std::make_unique<Channel>(loop, store, ids, seams, plan->channel, this);
  LaneHistory own;
  for (const auto& name : {plan->was, plan->channel}) {
    if (const auto ran = former.find(name); ran != former.end()) own.former = ran->second;
    auto found = recent.extract(name);
    if (found) std::ranges::move(found.mapped(), std::back_inserter(own.recent));
  }
  auto make = [&] { return running.channel->start(plan, std::move(own)); };
  const auto started = co_await run_on<Result<void>>(loop, home, make);
  report.started.push_back(plan->channel);
  if (!started) report.faults.push_back({plan->channel, started.error()});
}

Task<void> Host::Impl::swap(Running& running, std::shared_ptr<const Plan> plan, ReloadReport& report) {
  auto make = [&] { return running.channel->swap(plan); };
  const auto swapped = co_await run_on<Result<void>>(*running.loop, home, make);
  running.hash = running.channel->plan_hash();  // that of before, where it could not go on by the new one
  if (swapped || running.hash == plan->hash) report.changed.push_back(plan->channel);
  if (!swapped) report.faults.push_back({plan->channel, swapped.error()});
}

// Whoever reloads may have made its port free.
Task<void> Host::Impl::try_again(Running& running, ReloadReport& report) {
  auto make = [&] { return running.channel->try_again(); };
  const auto whole = co_await run_on<Result<void>>(*running.loop, home, make);
  if (!whole) report.faults.push_back({report.unchanged.back(), whole.error()});
}

Task<void> Host::Impl::remove(std::string name, ReloadReport& report) {
  auto& running = channels.at(name);
  running.leaving = true;
  auto make = [&] { return running.channel->drain(seconds(30)); };
  co_await run_on<bool>(*running.loop, home, make);
  channels.erase(name);
  report.removed.push_back(name);
}

}  // namespace myelin::runtime
