// Host, the reload: channels that are new start, those that changed are swapped, those that are gone end; the others
// are not touched.
#include <algorithm>
#include <utility>

#include "engine/base/sabotage.h"
#include "engine/runtime/host_impl.h"

namespace myelin::runtime {

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
  if (!recalled) report.faults.push_back(recalled.error());
  if (!recalled) co_return report;
  for (const auto& plan : plans) {
    fault_site(FaultSite::config_apply);
    const auto found = self.channels.find(plan->channel);
    if (found != self.channels.end() && found->second.hash == plan->hash) {
      report.unchanged.push_back(plan->channel);
      continue;
    }
    auto joined = self.joined(*plan);
    if (found == self.channels.end()) co_await self.start(std::move(joined), report);
    else co_await self.swap(found->second, std::move(joined), report);
  }
  self.recent.clear();
  co_return report;
}

// The newest messages for the duplicate windows of those that begin: the store is read through once, not once a
// channel.
Task<Result<void>> Host::Impl::recall(std::vector<std::shared_ptr<const Plan>> plans) {
  Duration longest{};
  for (const auto& plan : plans)
    if (!channels.contains(plan->channel)) longest = std::max(longest, plan->duplicates.window);
  recent.clear();
  if (longest == Duration::zero()) co_return Result<void>();
  const auto now = home.wall();
  const auto last = store.last_id();
  const auto stopped = last.value > 0 ? std::max(now - time_of(last), microseconds(0)) : microseconds(0);
  const auto since = now - stopped - std::chrono::duration_cast<microseconds>(longest);
  auto read = co_await store.received_since(home, since);
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
  const auto theirs = [&](const LaneKey& key) {
    return key.channel == plan->channel || (!plan->was.empty() && key.channel == plan->was);
  };
  for (const auto& key : history.doubtful)
    if (theirs(key)) own.doubtful.insert(key);
  for (const auto& name : {plan->was, plan->channel}) {
    auto found = recent.extract(name);
    if (found) std::ranges::move(found.mapped(), std::back_inserter(own.recent));
  }
  std::erase_if(history.doubtful, theirs);
  auto make = [&] { return running.channel->start(plan, std::move(own)); };
  const auto started = co_await run_on<Result<void>>(loop, home, make);
  report.started.push_back(plan->channel);
  if (!started) report.faults.push_back(started.error());
}

Task<void> Host::Impl::swap(Running& running, std::shared_ptr<const Plan> plan, ReloadReport& report) {
  auto make = [&] { return running.channel->swap(plan); };
  const auto swapped = co_await run_on<Result<void>>(*running.loop, home, make);
  running.hash = plan->hash;
  report.changed.push_back(plan->channel);
  if (!swapped) report.faults.push_back(swapped.error());
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
