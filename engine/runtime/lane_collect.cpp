// Lane, of a route that collects: messages wait until there are enough of them, or the first has waited long enough,
// and go as one. Each keeps its own row: it is worked on, filtered, parked and settled by itself; only what goes is a
// batch.
//
// Before the first byte leaves, all of them are written down with their bytes and one attempt more (write_down). So a
// batch of which nobody knows whether it arrived is the same batch when it is sent again, also after a crash: those at
// the head of the queue with as many attempts as the first.
#include <algorithm>
#include <utility>

#include "engine/runtime/lane.h"
#include "engine/runtime/settlement.h"

namespace myelin::runtime {
namespace {

constexpr Duration kStoreRetry = seconds(1);
constexpr Duration kLookAgain = hours(1);  // at the wall clock: it may have been set

}  // namespace

// One batch, until it is settled or gives way.
Task<void> Lane::deliver_batch(Session& session) {
  session.hurried = false;
  Batch batch;
  auto gathering = gather(session, batch);
  co_await gathering;
  session.goes_at.reset();
  bool goes = !batch.members.empty();
  if (goes && !batch.again) {
    auto writing = write_down(session, batch);
    goes = co_await writing;
  }
  for (bool over = false; goes && !over;) {
    auto& head = window_.at(batch.members.front().id);
    auto waiting = wait_for_turn(session, head);
    goes = co_await waiting;
    if (!goes) break;
    auto sending = send_batch(session, batch);
    over = co_await sending;
    if (over) break;
    co_await pause(session, head);
    goes = may_send(head);
  }
  session.batch.clear();
  const auto mine = session.mine ? window_.find(*session.mine) : window_.end();
  if (mine != window_.end() && mine->second.state != State::held) set_aside(mine->second);
}

// The earliest that is not in this batch yet.
Waiting* Lane::next_member(const Batch& batch) {
  const auto at = batch.members.empty() ? window_.begin() : window_.upper_bound(batch.members.back().id);
  return at == window_.end() ? nullptr : &at->second;
}

// Whether `next` goes with the others: what was written down before goes alone, with all that were.
bool Lane::is_of(const Batch& batch, const Waiting& next) {
  if (next.state == State::held) return false;
  return batch.members.empty() || next.attempts == batch.attempts;
}

Task<void> Lane::gather(Session& session, Batch& batch) {
  const auto most = static_cast<std::size_t>(route_->collect->count);
  while (may_send() && session.mine) {
    auto* next = next_member(batch);
    if (next && batch.members.empty()) {
      batch.attempts = next->attempts;
      batch.again = next->attempts > 0;
    }
    if (next && !is_of(batch, *next)) break;
    if (!next && batch.again && !window_.behind()) break;
    if (!batch.again && batch.members.size() >= most) break;
    if (next) {
      auto adding = add_member(session, batch, *next);
      const auto added = co_await adding;
      if (added == Added::too_large) break;
      if (added == Added::yes) continue;
      next = next_member(batch);
    }
    const auto left = time_left(session, batch, next);
    if (left <= Duration::zero()) break;
    if (window_.behind()) wake_.notify();
    co_await session.wake.wait_for(left);
  }
  if (!may_send()) batch.members.clear();
}

// `later`: `next.due` says when. A step may decide that it does not go at all; then the next one is looked at.
Task<Lane::Added> Lane::add_member(Session& session, Batch& batch, Waiting& next) {
  const auto id = next.id;
  if (next.due > loop_.mono()) co_return Added::later;
  if (rested_.erase({next.due, id}) > 0 && session.mine != id) order_.wake(id);
  session.batch.insert(id);
  auto going = may_go_now(next);
  const bool goes = co_await going;
  if (!goes) {
    session.batch.erase(id);
    co_return Added::later;
  }
  auto working = rendering_of(session, next);
  auto rendering = co_await working;
  if (rendering && !rendering->settled) {
    const auto size = batch.size + rendering->bytes.size();
    const bool fits = batch.again || batch.members.empty() || size <= route_->collect->bytes;
    if (!fits) {
      session.batch.erase(id);
      co_return Added::too_large;
    }
    batch.size += rendering->bytes.size();
    if (batch.members.empty()) batch.filled = std::move(rendering->filled);
    batch.members.push_back({id, std::move(rendering->bytes)});
    co_return Added::yes;
  }
  session.batch.erase(id);
  if (!rendering) {
    next.due = loop_.mono() + kStoreRetry;
    co_return Added::later;
  }
  const bool held = rendering->settled->to == State::held;
  co_await end_unsent(session, next, std::move(*rendering->settled));
  if (!held && session.mine == id) session.mine = order_.next();
  co_return Added::yes;
}

// Until the batch goes as it is, or `next` may join it.
Duration Lane::time_left(Session& session, const Batch& batch, const Waiting* next) const {
  Duration left = kLookAgain;
  if (next && next->due > loop_.mono()) left = next->due - loop_.mono();
  if (batch.members.empty() || batch.again) return std::max<Duration>(left, milliseconds(1));
  const auto received = time_of(batch.members.front().id.message());
  const auto ripe = route_->collect->ripe_at(received) - loop_.wall();
  session.goes_at = loop_.mono() + ripe;
  return session.hurried ? Duration::zero() : std::min<Duration>(left, ripe);
}

// False: it may not go any more; what is written down says that it may have.
Task<bool> Lane::write_down(Session& session, Batch& batch) {
  ++batch.attempts;
  for (const auto& member : batch.members) {
    auto& waiting = window_.at(member.id);
    waiting.attempts = batch.attempts;
    waiting.rendered = member.bytes;
    Settlement begun;
    begun.id = member.id;
    begun.to = State::queued;
    begun.due = loop_.wall();
    begun.attempts = batch.attempts;
    begun.rendered = member.bytes;
    begun.plan_hash = plan_->hash;
    settle(session, std::move(begun));
  }
  auto waiting = all_settled(session);
  co_await waiting;
  co_return may_send();
}

Task<void> Lane::all_settled(Session& session) {
  while (session.unsettled > 0 && !store_failed_) co_await session.wake.wait();
}

Task<bool> Lane::send_batch(Session& session, Batch& batch) {
  if (batch.again) ++batch.attempts;
  auto& head = window_.at(batch.members.front().id);
  for (const auto& member : batch.members) {
    auto& waiting = window_.at(member.id);
    if (!std::exchange(waiting.sent, true) && waiting.possible_duplicate) say_possible_duplicate(member.id);
    waiting.attempts = batch.attempts;
  }
  batch.again = true;  // from now on
  Outbound outbound;
  outbound.bytes = Bytes(joined(batch, route_->collect->form));
  outbound.id = head.id;
  outbound.attempt = batch.attempts;
  outbound.filled = batch.filled;
  outbound.collected = batch.members;
  session.sending = true;
  auto outcome = co_await session.destination->send(outbound);
  session.sending = false;
  habits_.add(outcome.habits);
  tell_breaker(session, outcome);
  auto next = judge_outcome(outcome, session, head);
  auto settling = settle_batch(session, batch, std::move(next));
  co_return co_await settling;
}

// What became of the batch became of each. True: this session is done with it.
Task<bool> Lane::settle_batch(Session& session, const Batch& batch, Next next) {
  const bool again = next.to == State::queued;
  const auto due = loop_.mono() + next.pause;
  const auto pause = std::chrono::duration_cast<microseconds>(next.pause);
  if (next.to != State::delivered) say_attempt(batch.members.front().id, next, batch.attempts);
  for (const auto& member : batch.members) {
    auto& waiting = window_.at(member.id);
    auto settlement = settlement_of(member.id, next.to, batch.attempts, next.fault);
    settlement.plan_hash = plan_->hash;
    settlement.keep = route_->keeps_sent && next.to == State::delivered;  // write_down() has stored them
    settlement.possible_duplicate = waiting.possible_duplicate = waiting.possible_duplicate || next.possible_duplicate;
    waiting.fault = settlement.fault;
    waiting.detail = settlement.detail;
    waiting.due = due;
    if (again) settlement.due = loop_.wall() + pause;
    settlement.answer = std::exchange(next.answer, std::nullopt);  // with the first of them
    settle(session, std::move(settlement));
  }
  if (again) co_return false;
  const auto& head = window_.at(batch.members.front().id);
  auto reason = head.fault + " " + head.detail;
  auto waiting = all_settled(session);
  co_await waiting;
  for (const auto& member : batch.members) {
    const auto at = window_.find(member.id);
    if (at == window_.end()) continue;
    if (next.to == State::held) {
      hold(at->second);
    } else {
      if (next.to == State::delivered) ++delivered_;
      forget(at->second);
    }
  }
  if (next.to == State::held && next.of_peer) co_await stand(std::move(reason));
  co_return true;
}

}  // namespace myelin::runtime
