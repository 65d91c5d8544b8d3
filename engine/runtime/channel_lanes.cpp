// The lanes of a channel: begun with their stops and under their names of today, found by name, ended with the channel.
#include <algorithm>
#include <utility>

#include "engine/runtime/channel.h"
#include "engine/runtime/insist.h"
#include "engine/runtime/renamed.h"

namespace myelin::runtime {
namespace {

constexpr Duration kInsist = seconds(5);         // while lanes stand …
constexpr Duration kInsistBeside = seconds(30);  // … and while those of before run

}  // namespace

// What lanes have something unfinished, of whatever channel: only where the plan makes lanes on demand or calls them
// otherwise.
Task<Result<std::set<LaneKey>>> Channel::read_unfinished(std::shared_ptr<const Plan> plan) {
  std::set<LaneKey> lanes;
  if (!renames(*plan) && std::ranges::none_of(plan->routes, &Route::on_demand)) co_return lanes;
  auto ask = [this] { return store_.unfinished(loop_); };
  const auto limit = begun_ ? kInsistBeside : kInsist;
  auto asking = insist<std::vector<LaneCount>>(loop_, limit, draining_, ask);
  auto unfinished = co_await asking;
  if (!unfinished) co_return fail(unfinished);
  for (const auto& count : *unfinished) lanes.insert(count.lane);
  co_return lanes;
}

// Anew each time the lanes begin: a route that was away may have been held or released meanwhile, or stood by itself
// before it went.
Task<Result<void>> Channel::read_stops(Known& known) {
  auto ask = [this] { return store_.stopped_lanes(loop_); };
  auto asking = insist<std::vector<LaneStop>>(loop_, kInsist, draining_, ask);
  auto stops = co_await asking;
  if (!stops) co_return fail(stops);
  auto doubt = [this] { return store_.doubts(loop_); };
  auto doubting = insist<std::vector<LaneDoubt>>(loop_, kInsist, draining_, doubt);
  auto doubts = co_await doubting;
  if (!doubts) co_return fail(doubts);
  known.stops = std::move(*stops);
  known.doubts = std::move(*doubts);
  co_return Result<void>();
}

// What still waits under a former name of a route or of the channel waits under the new one from now on.
Task<Result<void>> Channel::adopt(const Known& known) {
  const auto plan = plan_;
  if (!renames(*plan)) co_return Result<void>();
  auto former = known.unfinished;
  for (const auto& stop : known.stops) former.emplace(stop.lane.channel, stop.lane.route, "");
  for (const auto& doubt : known.doubts) former.insert(doubt.lane);
  for (const auto& lane : lanes_) former.emplace(name_, lane.first, "");  // it may have got something since
  for (const auto& old : former) {
    auto now = name_now(*plan, old);
    if (now == old) continue;
    auto from = old;
    auto adopted = co_await store_.adopt(loop_, std::move(from), std::move(now));
    if (!adopted) co_return fail(adopted);
  }
  co_return Result<void>();
}

// A recipient that only messages name has a lane where something waits for it.
void Channel::start_lanes(const Known& known) {
  const auto& plan = *plan_;
  const auto now = [&plan](LaneKey lane) {
    auto key = std::move(lane.key);
    lane.key.clear();
    lane = name_now(plan, lane);
    lane.key = std::move(key);
    return lane;
  };
  stopped_.clear();
  for (const auto& stop : known.stops)
    if (now(stop.lane) == stop.lane) stopped_.insert_or_assign(stop.lane, stop);
  for (auto stop : known.stops) {
    const auto old = std::exchange(stop.lane, now(stop.lane));
    if (stop.lane != old) stopped_.insert_or_assign(stop.lane, stop);
  }
  doubts_.clear();
  for (const auto& doubt : known.doubts) {
    auto& up_to = doubts_[now(doubt.lane)];
    up_to = std::max(up_to, doubt.up_to);
  }
  std::set<std::string> needed;
  const auto need = [&](const LaneKey& lane) {
    if (const auto renamed = now(lane); renamed.channel == name_) needed.insert(renamed.route);
  };
  for (const auto& lane : known.unfinished) need(lane);
  for (const auto& lane : lanes_) need(LaneKey{name_, lane.first, ""});
  std::erase_if(lanes_, [&](const auto& lane) { return !plan.find_route(lane.first); });
  run_lanes(std::move(needed));
}

// Those that were asked for meanwhile, too.
void Channel::run_lanes(std::set<std::string> needed) {
  needed.merge(named_);
  named_.clear();
  lanes_run_ = true;
  for (const auto& route : plan_->routes)
    if (!route.on_demand || lanes_.contains(route.name) || needed.contains(route.name)) start_lane(route);
}

// What was decided by the plan of before, and stored after its lanes were called otherwise, follows them.
void Channel::push(const NewDelivery& delivery, DeliveryId id, std::shared_ptr<const Message> message) {
  if (auto* lane = find_lane(delivery.lane)) return lane->push(id, delivery, std::move(message));
  LaneKey from = delivery.lane;
  from.key.clear();
  auto to = name_now(*plan_, from);
  if (to != from && !draining_) beginning_.spawn(adopt_late(std::move(from), std::move(to)));
}

Task<void> Channel::adopt_late(LaneKey from, LaneKey to) {
  const auto lane_now = to;
  const auto adopted = co_await store_.adopt(loop_, std::move(from), std::move(to));
  auto* lane = adopted ? find_lane(lane_now) : nullptr;  // else the store has failed for good
  if (lane) lane->rescan();
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
    if (const auto doubt = doubts_.extract(key)) lane->doubt(doubt.mapped(), history_.former);
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

// What is held or parked waits for a person, but for one thing: that person has to know that its route is gone.
std::optional<Waits> Channel::waits_for(const Delivery& row) const {
  if (finished(row.state)) return std::nullopt;
  const auto lane = lanes_.find(row.lane.route);
  if (lane != lanes_.end())
    return row.state == State::queued ? std::optional(lane->second->waits_for(row)) : std::nullopt;
  const auto undecided = [&](const Route& route) {
    return route.recipients && route.recipients->route() == row.lane.route;
  };
  Waits waits;
  if (row.lane.route.empty() || std::ranges::any_of(plan_->routes, undecided)) waits.what = WaitsFor::routing;
  else if (!plan_->find_route(row.lane.route)) waits.what = WaitsFor::no_route;
  if (row.state != State::queued && waits.what != WaitsFor::no_route) return std::nullopt;
  return waits;
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
