// What the API asks before it does what a person wants: whether there is such a channel and route, and whether a retry
// or a release would send anything.
#include <algorithm>
#include <set>
#include <utility>

#include "engine/admin/api.h"
#include "engine/admin/views.h"
#include "engine/config/diagnostic.h"
#include "engine/runtime/lane.h"

namespace myelin::admin {
namespace {

// "there is no channel lba; did you mean lab?"
std::string no_such(const std::string& what, const std::string& wrong, const std::set<std::string>& names) {
  const std::vector<std::string_view> legal(names.begin(), names.end());
  const auto near = config::nearest(wrong, legal);
  auto text = what + " " + wrong.substr(0, 80);
  if (!near.empty()) return text + "; did you mean " + std::string(near) + "?";
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return names.empty() || names.size() > 20 ? text : text + "; there is " + list;
}

Result<void> check_route(const std::optional<runtime::Waits>& waits, const LaneKey& lane) {
  const bool gone = waits && !waits->behind &&
                    (waits->what == runtime::WaitsFor::no_route || waits->what == runtime::WaitsFor::no_channel);
  if (!gone) return {};
  return fail(FaultCode::wrong_state, "it " + waits_text(*waits, lane) + "; nothing can be sent there");
}

}  // namespace

Task<std::vector<std::optional<runtime::Waits>>> Api::why(std::vector<Delivery> deliveries) {
  if (!operations_.waits) co_return std::vector<std::optional<runtime::Waits>>(deliveries.size());
  auto asking = operations_.waits(std::move(deliveries));
  co_return co_await asking;
}

Task<Result<void>> Api::check_goes(DeliveryId id) {
  const auto trace = co_await operations_.trace(id.message());
  if (!trace) co_return fail(Fault(trace.error()));
  for (const auto& delivery : trace->deliveries) {
    if (delivery.id != id) continue;
    std::vector<Delivery> asked{delivery};
    auto waiting = why(std::move(asked));
    const auto waits = co_await waiting;
    co_return check_route(waits.front(), delivery.lane);
  }
  co_return Result<void>();
}

Task<Result<void>> Api::check_goes(LaneKey lane) {
  Delivery any;
  any.lane = lane;
  std::vector<Delivery> asked{any};
  auto waiting = why(std::move(asked));
  const auto waits = co_await waiting;
  if (auto route = check_route(waits.front(), lane); !route) co_return route;
  if (!operations_.stops) co_return Result<void>();
  const auto stops = co_await operations_.stops();
  if (!stops) co_return fail(Fault(stops.error()));
  const auto counts = co_await operations_.counts();
  if (!counts) co_return fail(Fault(counts.error()));
  const auto is_there = [&](const LaneKey& other) {
    return other.channel == lane.channel && runtime::is_of_route(other.route, lane.route);
  };
  const auto stands = [&](const LaneStop& stop) {
    return is_there(stop.lane) &&
           (lane.key.empty() || stop.lane.key.empty() || lane.key.find(stop.lane.key) != std::string::npos);
  };
  const auto holds = [&](const LaneCount& count) { return is_there(count.lane) && count.state == State::held; };
  if (std::ranges::any_of(*stops, stands) || std::ranges::any_of(counts->lanes, holds)) co_return Result<void>();
  co_return fail(FaultCode::wrong_state,
                 "nothing is held on " + lane.channel + "/" + lane.route + (lane.key.empty() ? "" : "/" + lane.key));
}

Task<Result<void>> Api::check_known(std::string channel, std::string route) {
  std::set<std::string> names, routes;
  const auto add = [&](const LaneKey& lane) {
    names.insert(lane.channel);
    if (lane.channel == channel && !lane.route.empty()) routes.insert(lane.route);
  };
  const auto channels = co_await operations_.view();
  for (const auto& view : channels) {
    names.insert(view.name);
    if (view.name == channel) routes.insert(view.routes.begin(), view.routes.end());
    for (const auto& lane : view.lanes) add(lane.lane);
  }
  const auto counts = co_await operations_.counts();
  if (!counts) co_return fail(Fault(counts.error()));
  for (const auto& count : counts->lanes) add(count.lane);
  if (!names.contains(channel)) co_return fail(FaultCode::not_found, no_such("there is no channel", channel, names));
  if (route.empty() || routes.contains(route)) co_return Result<void>();
  co_return fail(FaultCode::not_found, no_such("channel " + channel + " has no route", route, routes));
}

}  // namespace myelin::admin
