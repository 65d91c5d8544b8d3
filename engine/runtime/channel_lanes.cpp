// The lanes of a channel: begun with their stops and under their names of today, found by name, ended with the channel.
#include <algorithm>
#include <utility>

#include "engine/runtime/channel.h"

namespace myelin::runtime {
namespace {

// Under which name a lane goes on, by what the plan says that its routes were called. What has no recipient yet stands
// under the name of the route.
LaneKey name_now(const Plan& plan, const LaneKey& old) {
  LaneKey now = old;
  if (!plan.was.empty() && old.channel == plan.was) now.channel = plan.channel;
  if (now.channel != plan.channel || now.route.empty() || plan.find_route(now.route)) return now;
  for (const auto& route : plan.routes) {
    if (route.was.empty()) continue;
    if (route.was == now.route) now.route = route.name;
    else if (route.recipients && route.was == now.route + ":" + route.destination)
      now.route = route.recipients->route();
    else continue;
    break;
  }
  return now;
}

}  // namespace

// What still waits under a former name of a route or of the channel waits under the new one from now on.
Task<Result<void>> Channel::adopt() {
  const auto plan = plan_;
  const bool renamed = !plan->was.empty() || !std::ranges::all_of(plan->routes, &std::string::empty, &Route::was);
  if (!renamed) co_return Result<void>();
  const auto unfinished = co_await store_.unfinished(loop_);
  if (!unfinished) co_return fail(Fault(unfinished.error()));
  const auto stopped = co_await store_.stopped_lanes(loop_);
  if (!stopped) co_return fail(Fault(stopped.error()));
  std::set<LaneKey> former;
  for (const auto& count : *unfinished) former.insert(count.lane);
  for (const auto& stop : *stopped) former.emplace(stop.lane.channel, stop.lane.route, "");
  for (const auto& old : former) {
    auto now = name_now(*plan, old);
    if (now == old) continue;
    if (history_.doubtful.erase(old) > 0) history_.doubtful.insert(now);
    auto from = old;
    auto adopted = co_await store_.adopt(loop_, std::move(from), std::move(now));
    if (!adopted) co_return fail(adopted);
  }
  co_return Result<void>();
}

// A recipient that only messages name has a lane where something waits for it.
Task<Result<void>> Channel::start_lanes() {
  const auto plan = plan_;
  auto adopted = co_await adopt();
  if (!adopted) co_return fail(adopted);
  std::erase_if(lanes_, [&](const auto& lane) { return !plan->find_route(lane.first); });
  // Anew each time: a route that was away may have been held or released meanwhile, or stood by itself before it went.
  const auto stops = co_await store_.stopped_lanes(loop_);
  if (!stops) co_return fail(Fault(stops.error()));
  stopped_.clear();
  for (const auto& stop : *stops) stopped_.insert_or_assign(stop.lane, stop);
  std::set<std::string> needed;
  if (std::ranges::any_of(plan->routes, &Route::on_demand)) {
    const auto unfinished = co_await store_.unfinished(loop_);
    if (!unfinished) co_return fail(Fault(unfinished.error()));
    for (const auto& count : *unfinished)
      if (count.lane.channel == name_) needed.insert(count.lane.route);
  }
  needed.merge(named_);
  named_.clear();
  lanes_run_ = true;
  for (const auto& route : plan->routes)
    if (!route.on_demand || lanes_.contains(route.name) || needed.contains(route.name)) start_lane(route);
  co_return Result<void>();
}

void Channel::start_lane(const Route& route) {
  auto& lane = lanes_[route.name];
  if (!lane) {
    const LaneKey key{name_, route.name, ""};
    lane = std::make_unique<Lane>(loop_, store_, key, seams_, &replies_.askers());
    if (desk_) lane->wait_with(owed_);
    lane->on_finished([this, name = route.name](MessageId id) { tell_followers(name, id); });
    for (const auto& [stopped, stop] : stopped_)
      if (stopped.channel == key.channel && stopped.route == key.route) lane->set_stopped(stopped.key, stop);
    if (history_.doubtful.erase(key) > 0) lane->doubt();
  }
  lane->configure(plan_, route);
  lanes_running_.spawn(run_lane(*lane));
}

// Those of the same message that wait for it (`after`).
void Channel::tell_followers(const std::string& route, MessageId id) {
  for (const auto& follower : plan_->routes) {
    if (follower.after.empty() || !is_of_route(route, follower.after)) continue;
    if (const auto lane = lanes_.find(follower.name); lane != lanes_.end()) lane->second->look_again(id);
  }
}

Task<void> Channel::run_lane(Lane& lane) { co_await lane.run(); }

Task<void> Channel::stop_lanes(Duration limit) {
  lanes_run_ = false;
  for (auto& [name, lane] : lanes_) lane->stop();
  const auto timer = loop_.after(limit, [this] {
    for (auto& [name, lane] : lanes_) lane->abandon();
  });
  co_await lanes_running_.join();
  loop_.cancel(timer);
  // What ended the last of them is a callback of that lane, and still runs: who removes lanes does it in a later turn.
  Completion<bool> later;
  loop_.post([&later] { later.set(true); });
  co_await later;
}

Lane* Channel::find_lane(const LaneKey& key) {
  if (key.channel != name_) return nullptr;
  if (const auto found = lanes_.find(key.route); found != lanes_.end()) return found->second.get();
  const auto* route = plan_->find_route(key.route);
  if (!route || !route->on_demand || draining_) return nullptr;
  if (!lanes_run_) {
    named_.insert(key.route);
    return nullptr;
  }
  start_lane(*route);
  return lanes_.at(key.route).get();
}

std::vector<LaneKey> Channel::lanes_of(const LaneKey& route) const {
  std::vector<LaneKey> lanes;
  for (const auto& each : plan_->routes)
    if (each.recipients && each.recipients->route() == route.route)
      lanes.push_back(LaneKey{name_, each.name, route.key});
  if (lanes.empty()) lanes.push_back(route);
  return lanes;
}

}  // namespace myelin::runtime
