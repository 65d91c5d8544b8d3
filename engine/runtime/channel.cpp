#include "engine/runtime/channel.h"

#include <algorithm>
#include <utility>

#include "engine/base/event.h"

namespace myelin::runtime {
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
            push(delivery, id, std::move(message));
          },
          &replies_, desk),
      source_running_(loop),
      lanes_running_(loop),
      handed_over_(loop),
      beginning_(loop),
      changed_(loop) {}

Task<bool> Channel::drain(Duration limit) {
  draining_ = true;
  loop_.cancel(std::exchange(reopen_, TimerId::none));
  loop_.cancel(std::exchange(again_, TimerId::none));
  while (changing_) co_await changed_.wait();
  co_await beginning_.join();
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
  const auto& fault = fault_ ? fault_ : source_fault_;
  view.state = fault ? "failed" : plan_->paused ? "paused" : "running";
  if (source_) view.address = source_->address();
  if (fault) view.fault = to_string(*fault);
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
    view.queues.push_back(route.name);
  }
  for (const auto& [name, lane] : lanes_) {
    for (auto& each : lane->views()) view.lanes.push_back(std::move(each));
    view.delivered += lane->delivered();
  }
  co_return view;
}

}  // namespace myelin::runtime
