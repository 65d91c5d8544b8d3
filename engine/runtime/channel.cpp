#include "engine/runtime/channel.h"

#include <algorithm>
#include <utility>

#include "engine/base/event.h"
#include "engine/base/sabotage.h"
#include "engine/model/batch.h"

namespace myelin::runtime {
namespace {

constexpr Duration kSwapLimit = seconds(30);

// By another release, a moment before.
bool was_changed(const Fault& fault) {
  return fault.code == FaultCode::wrong_state || fault.code == FaultCode::not_found;
}

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

Channel::Channel(Loop& loop, Store& store, IdSource& ids, const Seams& seams, std::string name, AnswerDesk* desk)
    : loop_(loop),
      store_(store),
      seams_(seams),
      name_(std::move(name)),
      desk_(desk),
      replies_(loop, store,
               [this](const LaneKey& key, DeliveryId id, const std::string& reason) {
                 auto* lane = find_lane(key);
                 if (!lane) return;
                 lane->abandon(id);
                 lane->changed(id, State::discarded, reason);
               }),
      owed_(loop, store, seams, replies_.askers(), desk,
            [this](const LaneKey& key, DeliveryId) {
              if (auto* lane = find_lane(key)) lane->rescan();
            }),
      intake_(
          loop, store, ids, seams.observer,
          [this](const NewDelivery& delivery, DeliveryId id, std::shared_ptr<const Message> message) {
            if (auto* lane = find_lane(delivery.lane)) lane->push(id, delivery, std::move(message));
          },
          &replies_, desk),
      source_running_(loop),
      lanes_running_(loop),
      handed_over_(loop) {}

Task<Result<void>> Channel::start(std::shared_ptr<const Plan> plan, LaneHistory history) {
  plan_ = std::move(plan);
  history_ = std::move(history);
  intake_.use(plan_);
  if (sabotaged(Bug::sources_before_recall)) {
    auto early = co_await start_lanes();
    auto opened = open_source();
    Wakeup pause(loop_);
    co_await pause.wait_for(seconds(1));
    recall_duplicates(std::exchange(history_.recent, {}));
    co_return opened;
  }
  recall_duplicates(std::exchange(history_.recent, {}));
  owed_.use(plan_);
  auto expected = co_await owed_.recall();
  if (!expected) co_return fail(expected);
  auto closed = co_await replies_.close(plan_);
  if (!closed) co_return fail(closed);
  auto started = co_await start_lanes();
  if (!started) co_return fail(started);
  auto routed = co_await route_released();
  if (!routed) co_return fail(routed);
  co_return open_source();
}

// The time in which this engine stood is none in which a sender could have repeated anything.
void Channel::recall_duplicates(std::vector<DuplicateKey> recent) {
  const auto now = loop_.wall();
  const auto last = store_.last_id();
  const auto stopped = last.value > 0 ? std::max(now - time_of(last), microseconds(0)) : microseconds(0);
  for (const auto& key : recent) {
    const Duration age = std::max<Duration>(now - stopped - key.received_at, Duration::zero());
    if (age > plan_->duplicates.window) continue;
    intake_.duplicates().remember(fingerprint_of(*plan_, key.bytes, nullptr),
                                  DuplicateWindow::sender_id(key.bytes.view()), key.id, key.received_at,
                                  loop_.mono() - age);
  }
}

Task<Result<void>> Channel::route_released() {
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
  const DeliveryId beginning;
  const auto released = co_await store_.waiting(loop_, unrouted, beginning, kLaneWindow);
  if (!released) co_return fail(Fault(released.error()));
  for (const auto& delivery : *released) {
    if (delivery.state != State::queued) continue;
    auto routed = co_await route_again(delivery.id, unrouted.route);
    if (!routed) co_return fail(routed);
  }
  co_return Result<void>();
}

// The same decision as intake makes, on the stored original and by the newest plan. `route` is empty where nothing was
// decided, else the route whose recipients are asked for again: who of them has a delivery already gets no other.
Task<Result<void>> Channel::route_again(DeliveryId id, std::string route) {
  auto read = co_await store_.trace(loop_, id.message());
  if (!read) co_return fail(read);
  const auto rows = std::move(read->deliveries);
  const auto message = std::make_shared<const Message>(std::move(read->message));
  auto body = plan_->read(message->bytes);
  if (!body) co_return fail(body);
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
  if (!replaced) co_return fail(replaced);
  push_all(deliveries, first, message);
  co_return Result<void>();
}

Task<Result<void>> Channel::set_aside_again(DeliveryId id, NewDelivery still) {
  Settlement again;
  again.id = id;
  again.to = still.state;
  again.fault = std::move(still.fault);
  again.detail = std::move(still.detail);
  Completion<Result<void>> settled;
  store_.settle(loop_, std::move(again), [&settled](Result<void> result) { settled.set(std::move(result)); });
  co_return co_await settled;
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

Task<Result<void>> Channel::swap(std::shared_ptr<const Plan> plan) {
  const bool same_source = source_ && plan->source_fingerprint == plan_->source_fingerprint && !plan->paused;
  if (!same_source) co_await close_source(kSwapLimit);
  co_await stop_lanes(kSwapLimit);
  plan_ = std::move(plan);
  intake_.use(plan_);
  owed_.use(plan_);
  auto started = co_await start_lanes();
  if (!started) co_return fail(started);
  if (same_source) co_return Result<void>();
  co_return open_source();
}

Task<bool> Channel::drain(Duration limit) {
  draining_ = true;
  loop_.cancel(std::exchange(reopen_, TimerId::none));
  co_await close_source(limit);
  replies_.askers().give_up();  // who still waits came from another channel
  while (handing_over_ > 0) co_await handed_over_.wait();
  co_await stop_lanes(limit);
  co_await owed_.end();
  emit(EventKind::channel_stopped, {{Label::channel, name_}});
  co_return true;
}

Task<Receipt> Channel::accept(Received received) { return intake_.accept(std::move(received)); }

Task<Receipt> Channel::hand_over(Received received) {
  if (draining_ || plan_->paused) {
    Receipt no;
    no.fault = Fault{FaultCode::stopping, "the channel " + name_ + " takes nothing now", {}, {}};
    co_return no;
  }
  ++handing_over_;
  auto accepting = intake_.accept(std::move(received));
  auto receipt = co_await accepting;
  if (--handing_over_ == 0) handed_over_.notify();
  co_return receipt;
}

Result<void> Channel::open_source() {
  source_fault_.reset();
  if (!plan_->listen || plan_->paused) return {};
  std::shared_ptr<Source> source = plan_->listen(loop_);
  if (auto opened = source->open(); !opened) {
    source_fault_ = opened.error();
    emit(EventKind::channel_failed, {{Label::channel, name_},
                                     {Label::fault, entry(opened.error().code).id},
                                     {Label::reason, opened.error().detail}});
    reopen_later();
    return opened;
  }
  source_ = std::move(source);
  source_stop_ = std::stop_source();
  source_running_.spawn(run_source(source_, source_stop_.get_token()));
  const auto address = source_->address();
  emit(EventKind::channel_started, {{Label::channel, name_}, {Label::peer, address}});
  return {};
}

Task<void> Channel::run_source(std::shared_ptr<Source> source, std::stop_token stop) {
  co_await source->run(intake_, stop);
}

void Channel::reopen_later() {
  reopen_ = loop_.after(kReopen, [this] {
    reopen_ = TimerId::none;
    if (draining_ || source_) return;
    // A fault is kept in source_fault_ and emitted, and the next try is set; there is nobody to hand it to.
    const auto opened = open_source();
    if (!opened) return;
  });
}

// A sender that waits for a peer's answer hears within `limit` that none comes.
Task<void> Channel::close_source(Duration limit) {
  loop_.cancel(std::exchange(reopen_, TimerId::none));
  source_stop_.request_stop();
  const auto timer = loop_.after(limit, [this] { replies_.askers().give_up(); });
  co_await source_running_.join();
  loop_.cancel(timer);
  source_.reset();
}

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

Task<ChannelView> Channel::view() {
  ChannelView view;
  view.name = name_;
  view.about = plan_->about;
  view.hash = plan_->hash;
  view.place = plan_->place;
  view.state = source_fault_ ? "failed" : plan_->paused ? "paused" : "running";
  if (source_) view.address = source_->address();
  if (source_fault_) view.fault = to_string(*source_fault_);
  const auto& counters = intake_.counters();
  view.received = counters.received;
  view.committed = counters.committed;
  view.filtered = counters.filtered;
  view.refused = counters.refused;
  view.duplicates = counters.duplicates;
  view.peers = intake_.peers().views();
  for (const auto& key : plan_->index) view.index.push_back(key.name);
  for (const auto& route : plan_->routes) {
    const std::string name(route.recipients ? route.recipients->route() : std::string_view(route.name));
    if (view.routes.empty() || view.routes.back() != name) view.routes.push_back(name);
  }
  for (const auto& [name, lane] : lanes_) {
    for (auto& each : lane->views()) view.lanes.push_back(std::move(each));
    view.delivered += lane->delivered();
  }
  co_return view;
}

}  // namespace myelin::runtime
