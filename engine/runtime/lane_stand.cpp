// What stands and what goes again: a delivery that is held, a route or key that is stopped, and what persons do to
// them.
#include <algorithm>
#include <utility>

#include "engine/base/event.h"
#include "engine/base/sabotage.h"
#include "engine/runtime/lane.h"

namespace myelin::runtime {

bool Lane::stands(const std::string& keys) const {
  if (stops_.empty()) return false;
  return std::ranges::any_of(split_keys(keys), [this](const auto& key) { return stops_.contains(key); });
}

// It stays where it is, and what must not pass it waits: what has a key of it, or all of a fifo route; with order: none
// nothing.
void Lane::hold(Waiting& waiting) {
  waiting.state = State::held;
  waiting.since = loop_.wall();
  if (sabotaged(Bug::held_key_overtaken)) {
    order_.finish(waiting.id);
    order_.add(waiting.id, kNoOrder);
  }
  order_.rest(waiting.id);
  tell_those_who_stand();
}

// Who waits for an answer is not kept waiting behind what only a person can move.
void Lane::tell_those_who_stand() {
  if (!askers_ || !askers_->any()) return;
  std::vector<const Waiting*> held;
  for (const auto& each : window_) {
    const auto id = each.first;
    const auto& waiting = each.second;
    if (waiting.state == State::held) held.push_back(&waiting);
    const auto answers_soon = [&](const auto& session) { return session->sending && session->mine == id; };
    if (!asked(id) || std::ranges::any_of(sessions_, answers_soon)) continue;
    const auto behind = [&](const Waiting* one) { return share(one->keys, waiting.keys); };
    if (!stops_.contains("") && !stands(waiting.keys) && std::ranges::none_of(held, behind)) continue;
    Fate fate;
    fate.state = State::held;
    askers_->tell(id, std::move(fate));
  }
}

// Not before it is on the disk: who reads this may release it at once.
void Lane::say_held(const std::string& keys, std::string_view reason) const {
  emit(EventKind::lane_held,
       {{Label::channel, key_.channel}, {Label::route, key_.route}, {Label::lane, keys}, {Label::reason, reason}});
}

// The whole route, because of the peer.
Task<void> Lane::stand(std::string reason) {
  LaneStop stop{key_, loop_.wall(), std::move(reason), std::string(kByEngine)};
  set_stopped("", stop);
  auto written = co_await store_.stop_lane(loop_, std::move(stop));
  if (!written) store_failed_ = true;
}

void Lane::set_stopped(const std::string& key, LaneStop stop) {
  stops_.insert_or_assign(key, std::move(stop));
  if (!key.empty()) order_.stop(key);
  tell_those_who_stand();
  wake_sessions();  // those that pause before the next attempt look whether they still may
}

void Lane::set_started(const std::string& key) {
  for (auto at = stops_.begin(); at != stops_.end();) {
    if (!key.empty() && at->first != key) {
      ++at;
      continue;
    }
    if (!at->first.empty()) order_.start(at->first);
    at = stops_.erase(at);
  }
  refused_in_a_row_ = garbage_in_a_row_ = 0;
  breaker_.try_now();
  for (auto& session : sessions_) session->failures = 0;
  wake_.notify();
}

bool Lane::in_hand(DeliveryId id) const {
  return std::ranges::any_of(sessions_,
                             [id](const auto& session) { return session->mine == id || session->batch.contains(id); });
}

void Lane::pin(DeliveryId id) {
  if (pinned_.insert(id).second) wake_sessions();  // one may pause before its next attempt
}

void Lane::unpin(DeliveryId id) {
  if (pinned_.erase(id) == 0) return;
  const auto found = window_.find(id);
  if (found != window_.end() && found->second.state == State::queued && !in_hand(id)) set_aside(found->second);
}

bool Lane::is_sending(DeliveryId id) const {
  return std::ranges::any_of(sessions_, [id](const auto& session) {
    return session->sending && (session->mine == id || session->batch.contains(id));
  });
}

// What is not in the window will be read as it is now, unless its place was passed already, or nothing more is read:
// after a restart that found nothing to send, what was parked before lies behind a place that nobody looks at.
void Lane::changed(DeliveryId id, State to, const std::string& reason) {
  pinned_.erase(id);
  if (asked(id) && to != State::queued) {
    Fate fate;
    fate.state = to;
    askers_->tell(id, std::move(fate));
  }
  const auto found = window_.find(id);
  if (window_.reading() || in_hand(id)) return rescan();
  if (found == window_.end()) {
    if (to == State::queued && window_.overlooks(id)) rescan();
    return;
  }
  auto& waiting = found->second;
  rested_.erase({waiting.due, id});
  if (to == State::discarded || to == State::parked) {
    forget(waiting);
  } else if (to == State::held) {
    hold(waiting);
    say_held(waiting.keys, reason);
    waiting.fault.clear();
    waiting.detail = reason;
  } else {
    Waiting again;
    again.id = id;
    again.keys = std::move(waiting.keys);
    again.piece = waiting.piece;
    again.original = std::move(waiting.original);
    again.being_read = waiting.being_read;
    again.possible_duplicate = waiting.possible_duplicate;
    waiting = std::move(again);
    order_.wake(id);
  }
  dispatch();
}

void Lane::look_again(MessageId id) {
  bool any = false;
  for (auto at = window_.lower_bound(DeliveryId::of(id, 0)); at != window_.end() && at->first.message() == id; ++at) {
    auto& waiting = at->second;
    waiting.look_again = true;
    if (rested_.erase({waiting.due, waiting.id}) == 0) continue;
    waiting.due = std::min(waiting.due, loop_.mono());
    rested_.emplace(waiting.due, waiting.id);
    any = true;
  }
  if (any) wake_.notify();
  if (route_->collect) wake_sessions();
}

void Lane::hurry(DeliveryId id) {
  const auto now = loop_.mono();
  const auto asked = window_.find(id);
  // As in changed(): what is queued and neither in the window nor about to be read lies where nobody looks.
  if (window_.overlooks(id)) rescan();
  const auto keys = asked == window_.end() ? std::string(kNoOrder) : asked->second.keys;
  breaker_.try_now();
  const auto all = std::exchange(rested_, {});
  for (const auto& [due, resting] : all) {
    auto& waiting = window_.at(resting);
    if (resting == id || (resting < id && share(waiting.keys, keys))) waiting.due = std::min(due, now);
    rested_.emplace(waiting.due, resting);
  }
  for (auto& session : sessions_) {
    if (!session->mine) continue;
    const auto mine = window_.find(*session->mine);
    if (mine != window_.end()) mine->second.due = std::min(mine->second.due, now);
    session->failures = 0;
    session->hurried = true;
    session->wake.notify();
  }
  wake_.notify();
}

}  // namespace myelin::runtime
