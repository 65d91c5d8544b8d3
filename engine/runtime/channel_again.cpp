// Stored messages that are routed anew by the newest plan: those that were released before any route was decided, and
// those that a person sends again.
#include <algorithm>
#include <utility>

#include "engine/base/event.h"
#include "engine/model/batch.h"
#include "engine/runtime/channel.h"

namespace myelin::runtime {
namespace {

constexpr int kPage = kLaneWindow;

// What the store says of one row, and not of itself.
bool is_of_row(const Fault& fault) {
  return fault.code == FaultCode::corrupt_row || fault.code == FaultCode::not_found ||
         fault.code == FaultCode::bad_request;
}

// By another release, a moment before.
bool was_changed(const Fault& fault) {
  return fault.code == FaultCode::wrong_state || fault.code == FaultCode::not_found;
}

Fault no_route(const Plan& plan, const std::string& wrong) {
  std::set<std::string> names;
  for (const auto& route : plan.routes)
    names.emplace(route.recipients ? route.recipients->route() : std::string_view(route.name));
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return {FaultCode::bad_request,
          "channel " + plan.channel + " has no route " + wrong + (list.empty() ? "" : "; there is " + list),
          {},
          {}};
}

}  // namespace

// What the store cannot tell now is tried again by itself.
Task<Result<void>> Channel::route_released() {
  auto routing = route_all_released();
  auto routed = co_await routing;
  if (!routed) failed(routed.error());
  co_return routed;
}

Task<Result<void>> Channel::route_all_released() {
  const auto plan = plan_;
  std::set<std::string> undecided{""};
  for (const auto& route : plan->routes)
    if (route.recipients) undecided.emplace(route.recipients->route());
  for (const auto& route : undecided) {
    LaneKey unrouted{name_, route, ""};
    auto routed = co_await route_released(std::move(unrouted));
    if (!routed) co_return fail(routed);
  }
  co_return Result<void>();
}

Task<Result<void>> Channel::route_released(LaneKey unrouted) {
  DeliveryId after;
  for (;;) {
    const auto released = co_await store_.waiting(loop_, unrouted, after, kPage);
    if (!released) co_return fail(Fault(released.error()));
    for (const auto& delivery : *released) {
      after = delivery.id;
      if (delivery.state != State::queued) continue;
      auto routed = co_await route_again(delivery.id, unrouted.route);
      if (!routed) co_return fail(routed);
    }
    if (released->size() < static_cast<std::size_t>(kPage)) co_return Result<void>();
  }
}

// The same decision as intake makes, on the stored original and by the newest plan. `route` is empty where nothing was
// decided, else the route whose recipients are asked for again: who of them has a delivery already gets no other. What
// is damaged, or cannot be read by this plan, is parked with its fault: it holds up nothing else.
Task<Result<void>> Channel::route_again(DeliveryId id, std::string route) {
  auto read = co_await store_.trace(loop_, id.message());
  if (!read && !is_of_row(read.error())) co_return fail(read);
  if (!read) {
    auto parking = park_unrouted(id, std::move(route), read.error());
    co_return co_await parking;
  }
  const auto rows = std::move(read->deliveries);
  const auto message = std::make_shared<const Message>(std::move(read->message));
  auto body = plan_->read(message->bytes);
  if (!body) {
    auto parking = park_unrouted(id, std::move(route), body.error());
    co_return co_await parking;
  }
  Context context;
  context.message = message.get();
  if (auto batch = read_batch(*message, plan_->charset)) context.batch = std::move(*batch);
  context.observer = seams_.observer;
  auto decision = decide(*plan_, std::move(*body), context, store_);
  auto& deliveries = decision.deliveries;
  const auto theirs = [&](const NewDelivery& fresh) {
    const auto& lane = fresh.lane.route;
    if (route.empty() || lane.empty() || lane == route) return true;
    return lane.starts_with(route + ":") &&
           std::ranges::find(rows, fresh.lane.route, [](const Delivery& row) { return row.lane.route; }) == rows.end();
  };
  std::erase_if(deliveries, [&](const NewDelivery& fresh) { return !theirs(fresh); });
  const auto undecided = [&](const NewDelivery& fresh) {
    return fresh.lane.route.empty() || fresh.lane.route == route;
  };
  if (deliveries.size() == 1 && undecided(deliveries.front())) {
    auto again = set_aside_again(id, std::move(deliveries.front()));
    co_return co_await again;
  }
  const int first = rows.back().id.ordinal() + 1;
  auto fresh = deliveries;
  auto replaced = co_await store_.replace(loop_, id, first, std::move(fresh));
  if (!replaced && was_changed(replaced.error())) co_return Result<void>();
  if (!replaced && is_of_row(replaced.error())) {
    auto parking = park_unrouted(id, std::move(route), replaced.error());
    co_return co_await parking;
  }
  if (!replaced) co_return fail(replaced);
  push_all(deliveries, first, message);
  co_return Result<void>();
}

Task<Result<void>> Channel::park_unrouted(DeliveryId id, std::string route, Fault fault) {
  const auto name = to_string(id);
  emit(EventKind::delivery_parked,
       {{Label::channel, name_}, {Label::route, route}, {Label::delivery, name}, {Label::fault, entry(fault.code).id}});
  NewDelivery parked;
  parked.state = State::parked;
  parked.fault = entry(fault.code).id;
  parked.detail = std::move(fault.detail);
  auto again = set_aside_again(id, std::move(parked));
  co_return co_await again;
}

Task<Result<void>> Channel::set_aside_again(DeliveryId id, NewDelivery still) {
  Settlement again;
  again.id = id;
  again.to = still.state;
  again.fault = std::move(still.fault);
  again.detail = std::move(still.detail);
  Completion<Result<void>> settled;
  store_.settle(loop_, std::move(again), [&settled](Result<void> result) { settled.set(std::move(result)); });
  auto done = co_await settled;
  if (!done && was_changed(done.error())) co_return Result<void>();
  co_return done;
}

// As though it had come now: the newest plan decides which routes want it.
Task<Result<int>> Channel::replay(MessageId id, std::string route, std::string reason, std::string by) {
  auto read = co_await store_.message(loop_, id);
  if (!read) co_return fail(read);
  auto body = plan_->read(read->bytes);
  if (!body) co_return fail(body);
  Context context;
  context.message = &*read;
  if (auto batch = read_batch(*read, plan_->charset)) context.batch = std::move(*batch);
  context.observer = seams_.observer;
  auto decision = decide(*plan_, std::move(*body), context, store_);
  // "results" is each of its recipients, "results:practice-north" one.
  const auto is_called = [&](const Route& each) {
    return each.name == route || (each.recipients && each.recipients->route() == route);
  };
  if (!route.empty() && std::ranges::none_of(plan_->routes, is_called)) co_return fail(no_route(*plan_, route));
  const auto is_other = [&](const NewDelivery& each) {
    return !route.empty() && each.lane.route != route && !each.lane.route.starts_with(route + ":");
  };
  std::erase_if(decision.deliveries, is_other);
  if (decision.deliveries.empty())
    co_return fail(FaultCode::wrong_state, route.empty() ? "no route of channel " + name_ + " wants this message now"
                                                         : "route " + route + " does not want this message now");
  const auto deliveries = decision.deliveries;
  auto first = co_await store_.deliver(loop_, id, std::move(decision.deliveries), std::move(reason), std::move(by));
  if (!first) co_return fail(first);
  // It is older than what waits in memory: the queue is read anew, and it goes first.
  for (const auto& delivery : deliveries)
    if (auto* lane = find_lane(delivery.lane)) lane->rescan();
  co_return static_cast<int>(deliveries.size());
}

void Channel::push_all(const std::vector<NewDelivery>& deliveries, int first_ordinal,
                       const std::shared_ptr<const Message>& message) {
  int ordinal = first_ordinal;
  for (const auto& delivery : deliveries) {
    const auto id = DeliveryId::of(message->id, ordinal++);
    if (delivery.state != State::queued) continue;
    if (auto* lane = find_lane(delivery.lane)) lane->push(id, delivery, message);
  }
}

}  // namespace myelin::runtime
