#include "engine/runtime/channel.h"

#include <algorithm>
#include <utility>

#include "engine/base/event.h"
#include "engine/base/sabotage.h"

namespace myelin::runtime {
namespace {

constexpr Duration kSwapLimit = seconds(30);

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
