#include "engine/runtime/host.h"

#include <algorithm>
#include <random>
#include <utility>

#include "engine/base/event.h"
#include "engine/hl7/ack.h"
#include "engine/runtime/host_impl.h"
#include "engine/runtime/insist.h"

namespace myelin::runtime {
namespace {

constexpr Duration kInsist = seconds(30);

}  // namespace

Host::Impl::Impl(std::vector<Loop*> all_loops, Store& the_store, Seams the_seams)
    : loops(std::move(all_loops)),
      home(*loops.front()),
      store(the_store),
      seams(std::move(the_seams)),
      ids(the_store.last_id()) {
  if (seams.draw) return;
  seams.draw = [] {
    static thread_local std::minstd_rand random(std::random_device{}());
    return std::uniform_real_distribution<>(0.0, 1.0)(random);
  };
}

Host::Host(std::vector<Loop*> loops, Store& store, Seams seams)
    : impl_(std::make_unique<Impl>(std::move(loops), store, std::move(seams))) {}

Host::~Host() = default;

Task<Result<void>> Host::prepare(std::vector<std::shared_ptr<const Plan>> former) {
  auto& self = *impl_;
  if (!self.store.unclean()) co_return Result<void>();
  for (auto& plan : former) self.former.insert_or_assign(plan->channel, std::move(plan));
  auto ask = [&] { return self.store.doubts(self.home); };
  auto asking = insist<std::vector<LaneDoubt>>(self.home, kInsist, self.stopping, ask);
  const auto doubts = co_await asking;
  if (!doubts) co_return fail(Fault(doubts.error()));
  const auto lanes = static_cast<std::int64_t>(doubts->size());
  if (lanes > 0) emit(EventKind::restart_in_doubt, {{Label::count, lanes}});
  co_return Result<void>();
}

void Host::Impl::expect(const std::string& id, const std::string& channel) {
  const std::scoped_lock hold(owed_lock);
  owed.emplace(id, channel);
  owed_any = true;
}

void Host::Impl::forget(const std::string& id, const std::string& channel) {
  const std::scoped_lock hold(owed_lock);
  auto [at, end] = owed.equal_range(id);
  while (at != end && at->second != channel) ++at;
  if (at != end) owed.erase(at);
  owed_any = !owed.empty();
}

bool Host::Impl::owes(const std::string& id, const std::string& channel) {
  if (!owed_any) return false;
  const std::scoped_lock hold(owed_lock);
  const auto [at, end] = owed.equal_range(id);
  return std::any_of(at, end, [&](const auto& each) { return each.second == channel; });
}

Task<bool> Host::Impl::take(Loop& from, Bytes answer, LaneKey of) {
  const auto read = hl7::read_answer(answer.view());
  if (!read) co_return false;
  std::string channel;
  {
    const std::scoped_lock hold(owed_lock);
    auto [at, end] = owed.equal_range(read->message_id);
    while (at != end && !of.channel.empty() && at->second != of.channel) ++at;
    if (at == end) co_return false;
    channel = at->second;
  }
  auto make = [&] { return take_for(channel, answer, of); };
  co_return co_await run_on<bool>(home, from, make);
}

Task<bool> Host::Impl::take_for(const std::string& channel, Bytes& answer, LaneKey& of) {
  const auto found = channels.find(channel);
  if (found == channels.end()) co_return false;
  auto& running = found->second;
  auto make = [&] { return running.channel->take_answer(answer, of); };
  co_return co_await run_on<bool>(*running.loop, home, make);
}

// From a lane's loop by way of the first one, which alone knows the channels, to the loop of the other channel.
Task<Receipt> Host::Impl::hand_over(Loop& from, std::string channel, Received received) {
  auto make = [&] { return take_over(channel, received); };
  co_return co_await run_on<Receipt>(home, from, make);
}

Task<Receipt> Host::Impl::take_over(const std::string& channel, Received& received) {
  const auto found = channels.find(channel);
  if (found == channels.end() || found->second.leaving) {
    Receipt none;
    none.fault = Fault{FaultCode::not_found, "the channel " + channel + " does not run", {}, {}};
    co_return none;
  }
  auto& running = found->second;
  auto make = [&] { return running.channel->hand_over(std::move(received)); };
  co_return co_await run_on<Receipt>(*running.loop, home, make);
}

Task<void> Host::drain(Duration limit) {
  auto& self = *impl_;
  self.stopping = true;  // a reload that is under way begins no other channel
  TaskGroup draining(self.home);
  const auto drain_one = [](Impl& impl, Impl::Running& running, Duration within) -> Task<void> {
    auto make = [&] { return running.channel->drain(within); };
    co_await run_on<bool>(*running.loop, impl.home, make);
  };
  for (auto& [name, running] : self.channels) draining.spawn(drain_one(self, running, limit));
  co_await draining.join();
}

Task<std::vector<ChannelView>> Host::view() {
  auto& self = *impl_;
  std::vector<ChannelView> views;
  for (auto& each : self.channels) {
    auto& running = each.second;
    auto make = [&] { return running.channel->view(); };
    auto view = co_await run_on<ChannelView>(*running.loop, self.home, make);
    views.push_back(std::move(view));
  }
  co_return views;
}

Task<Receipt> Host::accept(const std::string& channel, Received received) {
  auto& self = *impl_;
  const auto found = self.channels.find(channel);
  if (found == self.channels.end()) {
    Receipt none;
    none.fault = Fault{FaultCode::not_found, "there is no channel " + channel, {}, {}};
    co_return none;
  }
  auto& running = found->second;
  auto make = [&] { return running.channel->accept(std::move(received)); };
  co_return co_await run_on<Receipt>(*running.loop, self.home, make);
}

// By its channel, where that runs.
Task<Result<void>> Host::Impl::change(DeliveryId id, State to, Person person) {
  const auto trace = co_await store.trace(home, id.message());
  if (!trace) co_return fail(Fault(trace.error()));
  const auto found = std::ranges::find(trace->deliveries, id, &Delivery::id);
  if (found == trace->deliveries.end()) co_return fail(FaultCode::not_found, "there is no delivery " + to_string(id));
  const auto lane = found->lane;
  const auto channel = channels.find(lane.channel);
  if (channel == channels.end()) co_return co_await store.change(home, id, to, person.reason, person.name);
  auto& running = channel->second;
  auto make = [&] { return running.channel->change(lane, id, to, person); };
  const auto told = co_await run_on<Result<bool>>(*running.loop, home, make);
  if (!told) co_return fail(Fault(told.error()));
  if (*told || to != State::queued) co_return Result<void>();
  auto routing = route_released(lane.channel);  // it has no lane: not yet routed, or without a recipient
  co_return co_await routing;
}

Task<Result<void>> Host::Impl::route_released(std::string channel) {
  const auto found = channels.find(channel);
  if (found == channels.end()) co_return Result<void>();
  auto& running = found->second;
  auto make = [&] { return running.channel->route_released(); };
  co_return co_await run_on<Result<void>>(*running.loop, home, make);
}

// Whether there is such a lane.
Task<bool> Host::Impl::on_lane(LaneKey key, std::function<void(Lane&)> act) {
  const auto found = channels.find(key.channel);
  if (found == channels.end()) co_return false;
  auto& running = found->second;
  const auto reach = [](Channel& channel, const LaneKey& lane_key,
                        const std::function<void(Lane&)>& deed) -> Task<bool> {
    auto* lane = channel.find_lane(lane_key);
    if (lane) deed(*lane);
    co_return lane != nullptr;
  };
  auto make = [&] { return reach(*running.channel, key, act); };
  co_return co_await run_on<bool>(*running.loop, home, make);
}

Task<Result<void>> Host::retry(DeliveryId id, Person person) {
  auto& self = *impl_;
  const auto trace = co_await self.store.trace(self.home, id.message());
  if (!trace) co_return fail(Fault(trace.error()));
  const auto found = std::ranges::find(trace->deliveries, id, &Delivery::id);
  if (found == trace->deliveries.end()) co_return fail(FaultCode::not_found, "there is no delivery " + to_string(id));
  const std::function<void(Lane&)> hurry = [id](Lane& lane) { lane.hurry(id); };
  if (found->state == State::queued) {
    const auto lane = found->lane;
    auto noted = co_await self.store.hurry(self.home, id, person.reason, person.name);
    const bool went = !noted && noted.error().code == FaultCode::wrong_state;  // by itself, a moment before
    if (!noted && !went) co_return fail(noted);
    const bool told = co_await self.on_lane(lane, hurry);
    if (told) co_return Result<void>();
    auto routing = self.route_released(lane.channel);  // as in change()
    co_return co_await routing;
  }
  auto changing = self.change(id, State::queued, std::move(person));
  co_return co_await changing;
}

Task<Result<void>> Host::hold(DeliveryId id, Person person) {
  return impl_->change(id, State::held, std::move(person));
}

Task<Result<void>> Host::release(DeliveryId id, Person person) {
  auto& self = *impl_;
  auto released = co_await self.change(id, State::queued, person);
  if (!released) co_return fail(released);
  // A fifo route that the engine stopped because of it goes on with it.
  const auto trace = co_await self.store.trace(self.home, id.message());
  if (!trace) co_return fail(Fault(trace.error()));
  const auto stopped = co_await self.store.stopped_lanes(self.home);
  if (!stopped) co_return fail(Fault(stopped.error()));
  const auto delivery = std::ranges::find(trace->deliveries, id, &Delivery::id);
  if (delivery == trace->deliveries.end() || !delivery->lane.key.empty()) co_return Result<void>();
  const auto lane = delivery->lane;
  const auto stop = std::ranges::find(*stopped, lane, &LaneStop::lane);
  if (stop == stopped->end() || stop->by != kByEngine) co_return Result<void>();
  auto started = co_await self.store.start_lane(self.home, lane);
  if (!started) co_return fail(started);
  const std::function<void(Lane&)> go = [](Lane& running) { running.set_started(""); };
  co_await self.on_lane(lane, go);
  co_return Result<void>();
}

Task<Result<void>> Host::park(DeliveryId id, Person person) {
  return impl_->change(id, State::parked, std::move(person));
}

Task<Result<void>> Host::discard(DeliveryId id, Person person) {
  return impl_->change(id, State::discarded, std::move(person));
}

Task<Result<int>> Host::replay(MessageId id, std::string route, Person person) {
  auto& self = *impl_;
  const auto message = co_await self.store.message(self.home, id);
  if (!message) co_return fail(Fault(message.error()));
  const auto found = self.channels.find(message->channel);
  if (found == self.channels.end())
    co_return fail(FaultCode::not_found, "the channel " + message->channel + " does not run");
  auto& running = found->second;
  auto make = [&] { return running.channel->replay(id, route, person.reason, person.name); };
  co_return co_await run_on<Result<int>>(*running.loop, self.home, make);
}

Task<Result<Receipt>> Host::give_again(MessageId incident, Person person) {
  auto& self = *impl_;
  auto kept = co_await self.store.incident(self.home, incident);
  if (!kept) co_return fail(kept);
  const auto name = to_string(incident);
  if (const auto taken = kept->taken_as; taken != MessageId{}) {
    const auto message = to_string(taken);
    co_return fail(FaultCode::wrong_state, "incident " + name + " was taken as message " + message +
                                               "; that is sent again with `myelin replay " + message + "`");
  }
  if (!kept->whole)
    co_return fail(FaultCode::wrong_state,
                   "incident " + name + " is not known to be one whole message; its sender has to send it again");
  Received received;
  received.bytes = std::move(kept->bytes);
  received.peer = std::move(kept->peer);
  received.batch = std::move(kept->batch);
  received.facts = std::move(kept->facts);
  received.given_again = GivenAgain{incident, "given again by " + person.name + ": " + person.reason};
  auto taking = self.take_over(kept->channel, received);
  co_return co_await taking;
}

// Nothing that runs knows it: then it is what it says.
Task<std::vector<LaneKey>> Host::Impl::lanes_of(LaneKey lane) {
  std::vector<LaneKey> lanes{lane};
  const auto found = channels.find(lane.channel);
  if (found == channels.end()) co_return lanes;
  auto& running = found->second;
  const auto look = [](const Channel& channel, const LaneKey& route) -> Task<std::vector<LaneKey>> {
    co_return channel.lanes_of(route);
  };
  auto make = [&] { return look(*running.channel, lane); };
  auto looking = run_on<std::vector<LaneKey>>(*running.loop, home, make);
  co_return co_await looking;
}

Task<Result<void>> Host::hold_lane(LaneKey lane, Person person) {
  auto& self = *impl_;
  auto finding = self.lanes_of(std::move(lane));
  const auto lanes = co_await finding;
  for (const auto& each : lanes) {
    LaneStop stop{each, self.home.wall(), person.reason, person.name};
    const std::function<void(Lane&)> set = [stop](Lane& running) { running.set_stopped(stop.lane.key, stop); };
    auto written = co_await self.store.stop_lane(self.home, stop);
    if (!written) co_return fail(written);
    emit(EventKind::lane_held, {{Label::channel, each.channel}, {Label::route, each.route}, {Label::user, stop.by}});
    co_await self.on_lane(each, set);
  }
  co_return Result<void>();
}

// The route itself last: under it stands what has no recipient yet.
Task<Result<void>> Host::release_lane(LaneKey lane, Person person) {
  auto& self = *impl_;
  auto finding = self.lanes_of(lane);
  auto lanes = co_await finding;
  if (lanes.back() != lane) lanes.push_back(lane);
  for (const auto& each : lanes) {
    auto releasing = self.release(each, person);
    auto released = co_await releasing;
    if (!released) co_return fail(released);
  }
  co_return Result<void>();
}

// What was held with the lane goes back to queued, then the lane reads on from its beginning. The route's own lane is
// all of its keys; a lane of several keys ("a+b", as a delivery has them) is each of them.
Task<Result<void>> Host::Impl::release(LaneKey lane, Person person) {
  const auto keys = split_keys(lane.key);
  auto queueing = queue_held(lane, keys, person);
  auto queued = co_await queueing;
  if (!queued) co_return fail(queued);
  auto starting = start_lanes(lane, keys);
  auto started = co_await starting;
  if (!started) co_return fail(started);
  emit(EventKind::lane_released, {{Label::channel, lane.channel},
                                  {Label::route, lane.route},
                                  {Label::lane, lane.key},
                                  {Label::user, person.name}});
  const std::function<void(Lane&)> go = [keys](Lane& running) {
    running.rescan();  // first: the window still says `held`
    if (keys.empty()) running.set_started("");
    for (const auto& key : keys) running.set_started(key);
  };
  const bool goes = co_await on_lane(lane, go);
  if (goes) co_return Result<void>();
  auto routing = route_released(lane.channel);
  co_return co_await routing;
}

Task<Result<void>> Host::Impl::queue_held(LaneKey lane, std::vector<std::string> keys, Person person) {
  QueueFilter held;
  held.channel = lane.channel;
  held.route = lane.route;
  held.state = State::held;
  const auto shares = [&keys](const std::string& row) {
    const auto named = [&keys](const std::string& key) { return std::ranges::find(keys, key) != keys.end(); };
    return keys.empty() || std::ranges::any_of(split_keys(row), named);
  };
  for (;;) {
    const auto rows = co_await store.list(home, held);
    if (!rows) co_return fail(Fault(rows.error()));
    if (rows->empty()) co_return Result<void>();
    for (const auto& row : *rows) {
      held.after = row.id;
      if (row.lane.route != lane.route || !shares(row.lane.key)) continue;
      auto changed = co_await store.change(home, row.id, State::queued, person.reason, person.name);
      if (!changed) co_return fail(changed);
    }
  }
}

Task<Result<void>> Host::Impl::start_lanes(LaneKey lane, std::vector<std::string> keys) {
  const auto stopped = co_await store.stopped_lanes(home);
  if (!stopped) co_return fail(Fault(stopped.error()));
  for (const auto& stop : *stopped) {
    if (stop.lane.channel != lane.channel || stop.lane.route != lane.route) continue;
    if (!keys.empty() && std::ranges::find(keys, stop.lane.key) == keys.end()) continue;
    auto started = co_await store.start_lane(home, stop.lane);
    if (!started) co_return fail(started);
  }
  co_return Result<void>();
}

}  // namespace myelin::runtime
