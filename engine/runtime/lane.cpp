#include "engine/runtime/lane.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "engine/base/event.h"

namespace myelin::runtime {
namespace {

constexpr Duration kStoreRetry = seconds(1);
constexpr Duration kLongestOpen = minutes(5);

}  // namespace

Lane::Lane(Loop& loop, Store& store, LaneKey key, const Seams& seams, Askers* askers)
    : loop_(loop),
      store_(store),
      key_(std::move(key)),
      seams_(seams),
      askers_(askers),
      working_(loop),
      wake_(loop),
      settled_(loop) {}

void Lane::configure(std::shared_ptr<const Plan> plan, const Route& route) {
  plan_ = std::move(plan);
  route_ = &route;
  const auto wanted = static_cast<std::size_t>(route.lane.order == OrderKind::fifo ? 1 : route.lane.parallel);
  while (sessions_.size() < wanted) sessions_.push_back(std::make_unique<Session>(loop_));
  idle_.clear();
  told_.clear();
  for (auto& session : sessions_) {
    session->destination.reset();
    session->asked.clear();
  }
  // The last of `idle_` is taken first, so that a quiet route keeps to one session.
  for (auto& session : sessions_ | std::views::take(wanted) | std::views::reverse) {
    session->destination = route.connect(loop_);
    if (owed_ && session->destination) session->destination->on_late_answers(owed_->late_answers(key_));
    idle_.push_back(session.get());
  }
  breaker_.set_longest(std::min(kLongestOpen, route.lane.retry.longest));
  rate_.set(route.lane.per_minute, route.lane.burst);
  sent_.set_span(Duration::zero());
  recalling_ = route.duplicates.has_value();
  stopping_ = false;
  look_at_kept_back();
}

Task<void> Lane::run() {
  if (recalling_) co_await recall_sent();
  recalling_ = false;
  // Also before a stop: the next process may have another configuration.
  while (doubt_ && !store_failed_) {
    auto deciding = decide_doubt();
    const bool decided = co_await deciding;
    if (!decided && stopping_) break;
  }
  while (!stopping_ && !store_failed_) {
    if (rescan_) {
      co_await read_anew();
      continue;
    }
    wake_rested();
    dispatch();
    if (stopping_ || store_failed_ || rescan_) continue;
    if (wants_more()) {
      co_await refill();
    } else if (rested_.empty()) {
      co_await wake_.wait();
    } else {
      const auto pause = std::max(rested_.begin()->first - loop_.mono(), Duration::zero());
      co_await wake_.wait_for(pause);
    }
  }
  wake_sessions();
  co_await working_.join();
  for (auto& session : sessions_) {
    if (session->destination) session->destination->close();
    for (const auto& [call, asked] : session->asked) asked->close();
  }
  while (unsettled_ > 0) co_await settled_.wait();  // a store that has failed answers too
}

bool Lane::may_send() const { return !stopping_ && !rescan_ && !store_failed_ && !stops_.contains(""); }

bool Lane::may_send(const Waiting& waiting) const {
  return may_send() && !stands(waiting.keys) && !pinned_.contains(waiting.id);
}

void Lane::dispatch() {
  while (may_begin() && !idle_.empty() && order_.runnable()) {
    auto& session = *idle_.back();
    idle_.pop_back();
    working_.spawn(work(session));
  }
}

void Lane::wake_rested() {
  while (!rested_.empty() && rested_.begin()->first <= loop_.mono()) {
    const auto id = rested_.begin()->second;
    rested_.erase(rested_.begin());
    order_.wake(id);
  }
}

// The hours of the peer may be others now.
void Lane::look_at_kept_back() {
  const auto all = std::exchange(rested_, {});
  for (const auto& [due, id] : all) {
    auto& waiting = window_.at(id);
    if (std::exchange(waiting.kept_back, false)) waiting.due = std::min(due, loop_.mono());
    rested_.emplace(waiting.due, id);
  }
}

// What is sent and not yet settled counts: after a crash it is found among the first of the store.
int Lane::room() const {
  const bool fifo = route_->lane.order == OrderKind::fifo;
  int most = fifo ? kLaneWindow : route_->priority ? kPriorityWindow : kKeyedWindow;
  if (route_->collect) most += route_->collect->count;
  return most - static_cast<int>(window_.size()) - unsettled_;
}

bool Lane::wants_more() const {
  if (!window_.behind() || stops_.contains("") || room() <= 0) return false;
  if (route_->priority || route_->collect) return true;  // what is urgent, or makes a batch full, may stand far behind
  return window_.size() < kLaneWindow / 2 || (!idle_.empty() && !order_.runnable());
}

// What rides is written first, else it would be found, and sent again, a moment after it was delivered.
Task<void> Lane::read_anew() {
  wake_sessions();
  co_await working_.join();
  while (unsettled_ > 0 && !store_failed_) co_await settled_.wait();
  rescan_ = false;
  window_.clear();
  order_.clear();
  rested_.clear();
}

// Reads what follows the window from the store.
Task<void> Lane::refill() {
  const int limit = std::min(room(), kLaneWindow);
  window_.begin_read();
  auto rows = co_await store_.waiting(loop_, key_, window_.cursor(), limit);
  if (!rows) {
    window_.give_up_read();
    co_await wake_.wait_for(kStoreRetry);
    co_return;
  }
  for (const auto& row : *rows) take_in(row);
  if (route_->collect) wake_sessions();
  const bool whole = rows->size() < static_cast<std::size_t>(limit);
  if (window_.end_read(whole)) rescan();
}

// `delay` counts from the receipt, so that it is the same after a restart; and never longer, where the clock was set
// back.
MonoTime Lane::rests_until(DeliveryId id) const {
  if (route_->lane.delay == Duration::zero()) return loop_.mono();
  const Duration left = time_of(id.message()) - loop_.wall() + route_->lane.delay;
  return loop_.mono() + std::clamp(left, Duration::zero(), route_->lane.delay);
}

void Lane::take_in(const Delivery& row) {
  auto& waiting = window_.add(row.id);
  waiting.keys = row.lane.key;
  waiting.piece = row.piece;
  waiting.state = row.state;
  // No longer than the pause was meant to be: the clock may have been set back since.
  const Duration meant = std::max(row.due - row.changed_at, microseconds(0));
  waiting.due = loop_.mono() + std::clamp<Duration>(row.due - loop_.wall(), Duration::zero(), meant);
  // A person who releases it does not mean it to rest again.
  if (row.due == WallTime{}) waiting.due = rests_until(row.id);
  waiting.attempts = row.attempts;
  waiting.since = row.changed_at;
  waiting.possible_duplicate = row.possible_duplicate;
  waiting.fault = row.fault;
  waiting.detail = row.detail;
  order_.add(row.id, row.lane.key, row.priority);
  if (row.state == State::held) order_.rest(row.id);
  else if (waiting.due > loop_.mono()) set_aside(waiting);
}

void Lane::set_aside(Waiting& waiting) {
  order_.rest(waiting.id);
  if (pinned_.contains(waiting.id)) return;
  rested_.emplace(waiting.due, waiting.id);
  wake_.notify();
}

void Lane::forget(Waiting& waiting) {
  const auto id = waiting.id;
  order_.finish(id);
  window_.erase(id);
  if (window_.behind() && window_.size() < kLaneWindow / 2) wake_.notify();
}

void Lane::wake_sessions() {
  for (auto& session : sessions_) session->wake.notify();
}

void Lane::stop() {
  stopping_ = true;
  wake_sessions();
  wake_.notify();
  settled_.notify();
}

void Lane::abandon() {
  for (auto& session : sessions_) {
    if (session->destination) session->destination->close();
    for (const auto& [call, asked] : session->asked) asked->close();
  }
}

void Lane::abandon(DeliveryId id) {
  for (auto& session : sessions_)
    if (session->mine == id && session->sending) session->destination->close();
}

void Lane::push(DeliveryId id, const NewDelivery& delivery, std::shared_ptr<const Message> original) {
  window_.pushed(id);
  // Routed late, after a person released it, or stored late, being large: its place is before what came later, so the
  // queue is read anew.
  if (id <= window_.cursor()) return rescan();
  if (window_.behind() || rescan_ || room() <= 0) {
    window_.leave_in_store(id);
    wake_.notify();
    return;
  }
  auto& waiting = window_.add(id);
  window_.offer_original(waiting, std::move(original));
  order_.add(id, delivery.lane.key, delivery.priority);
  waiting.keys = delivery.lane.key;
  waiting.piece = delivery.piece;
  waiting.due = rests_until(id);
  if (asked(id)) tell_those_who_stand();
  if (waiting.due > loop_.mono()) set_aside(waiting);
  else dispatch_soon();
  if (route_->collect) wake_sessions();
}

// Whoever sent the message stands waiting for the answer; the peer does not know of it yet.
void Lane::dispatch_soon() {
  if (!may_begin() || std::exchange(dispatches_soon_, true)) return;
  working_.spawn(dispatch_in_next_turn());
}

Task<void> Lane::dispatch_in_next_turn() {
  Completion<bool> turn;
  loop_.post([&turn] { turn.set(true); });
  co_await turn;
  dispatches_soon_ = false;
  dispatch();
}

void Lane::rescan() {
  rescan_ = true;
  wake_sessions();
  wake_.notify();
}

}  // namespace myelin::runtime
