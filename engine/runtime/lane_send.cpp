// Lane, steps 7 and 10 to 12: one session works off what may go, one delivery at a time.
#include <algorithm>
#include <utility>

#include "engine/base/event.h"
#include "engine/base/last_hold.h"
#include "engine/base/sabotage.h"
#include "engine/runtime/lane.h"
#include "engine/runtime/replies.h"
#include "engine/runtime/settlement.h"

namespace myelin::runtime {
namespace {

constexpr Duration kStoreRetry = seconds(1);
constexpr Duration kLookAgain = minutes(1);  // whoever finishes says so; this is for what a person changed

}  // namespace

// 7 and 12. Until nothing may go; then the session is free again.
Task<void> Lane::work(Session& session) {
  while (may_begin()) {
    session.mine = order_.next();
    if (!session.mine) break;
    dispatch();  // what else may go, to the sessions that stand idle
    auto delivering = route_->collect ? deliver_batch(session) : deliver(session, window_.at(*session.mine));
    co_await delivering;
    session.mine.reset();
  }
  idle_.push_back(&session);
  wake_.notify();
}

// One delivery, until it is settled for good or gives way. What is the peer's fault is tried again by this session: it
// would not fare better with another message.
Task<void> Lane::deliver(Session& session, Waiting& mine) {
  for (;;) {
    auto going = may_go_now(mine);
    const bool goes = co_await going;
    if (!goes) {
      set_aside(mine);
      co_return;
    }
    LastHold last;
    auto rendering = co_await rendering_of(session, mine);
    if (rendering) last.take(rendering->bytes);
    if (rendering && route_->duplicates) co_await look_for_repeat(mine, *rendering);
    if (rendering && rendering->settled) {
      co_await end_unsent(session, mine, std::move(*rendering->settled));
      co_return;
    }
    if (rendering) {
      auto waiting = wait_for_turn(session, mine);
      const bool turn = co_await waiting;
      if (!turn) {
        set_aside(mine);
        co_return;
      }
      auto sending = send(session, mine, std::move(*rendering));
      const bool over = co_await sending;
      if (over) co_return;
    } else {
      mine.due = loop_.mono() + kStoreRetry;
    }
    co_await pause(session, mine);
    if (may_send(mine)) continue;
    set_aside(mine);
    co_return;
  }
}

// 8 said so: a step, a repeat, or that there is nothing that could be sent.
Task<void> Lane::end_unsent(Session& session, Waiting& mine, Settlement settlement) {
  tell_asker(settlement);
  if (settlement.to == State::parked) say_parked(settlement);
  if (settlement.to != State::held) {
    co_await finish(session, mine, std::move(settlement));
    co_return;
  }
  mine.fault = settlement.fault;
  mine.detail = settlement.detail;
  settle(session, std::move(settlement));
  hold(mine);
}

Task<void> Lane::pause(Session& session, const Waiting& mine) {
  if (sabotaged(Bug::pause_on_wall_clock)) {
    const auto until = loop_.wall() + (mine.due - loop_.mono());
    while (may_send(mine) && loop_.wall() < until) co_await session.wake.wait_for(milliseconds(500));
  }
  while (may_send(mine) && mine.due > loop_.mono()) {
    const auto left = mine.due - loop_.mono();
    co_await session.wake.wait_for(left);
  }
}

// False: the peer is closed (`open`), or another route has not delivered this message yet (`after`); `due` says when to
// look again. A parked or held one of that route is waited for, what was filtered or discarded is not.
Task<bool> Lane::may_go_now(Waiting& mine) {
  mine.kept_back = true;  // until it goes
  if (const auto closed = closed_for(); closed > Duration::zero()) {
    mine.due = loop_.mono() + closed;
    co_return false;
  }
  if (route_->after.empty() || mine.attempts > 0) {
    mine.kept_back = false;
    co_return true;
  }
  const auto stands_before = [this](const Delivery& delivery) {
    return is_of_route(delivery.lane.route, route_->after) && !finished(delivery.state);
  };
  do {
    mine.look_again = false;
    const auto trace = co_await store_.trace(loop_, mine.id.message());
    mine.kept_back = !trace || std::ranges::any_of(trace->deliveries, stands_before);
    if (!mine.kept_back) co_return true;
    if (!trace && trace.error().code == FaultCode::corrupt_row) {
      const auto message = co_await store_.message(loop_, mine.id.message());
      mine.kept_back = message || message.error().code != FaultCode::corrupt_row;
      if (!mine.kept_back) co_return true;  // damaged: whoever renders it parks it
    }
    mine.due = loop_.mono() + (trace ? kLookAgain : kStoreRetry);
    if (!trace) co_return false;
  } while (mine.look_again);  // it ended while the store was asked
  co_return false;
}

Duration Lane::closed_for() const { return route_->open ? route_->open->until_open(loop_.wall()) : Duration::zero(); }

// True: it goes now, and is counted. False: it may not go any more.
Task<bool> Lane::wait_for_turn(Session& session, const Waiting& mine) {
  while (may_send(mine) && closed_for() == Duration::zero()) {
    const auto now = loop_.mono();
    const auto peer = breaker_.next(now);
    const auto at = std::max(peer.value_or(now), rate_.next(now));
    if (!peer) {
      co_await session.wake.wait();
    } else if (at > now) {
      const auto left = at - now;
      co_await session.wake.wait_for(left);
    } else {
      session.probe = breaker_.begin();
      rate_.take(now);
      co_return true;
    }
  }
  co_return false;
}

// No answer is the peer's failure; whatever it answers, it is there.
void Lane::tell_breaker(Session& session, const Outcome& outcome) {
  const bool garbage = outcome.fault && outcome.fault->code == FaultCode::garbage_answer;
  const bool failed =
      outcome.kind == Outcome::Kind::unreachable || (outcome.kind == Outcome::Kind::unknown && !garbage);
  const bool was_probe = std::exchange(session.probe, false);
  const auto change = breaker_.end(loop_.mono(), failed, was_probe);
  if (change != Breaker::Change::none) {
    const auto kind = change == Breaker::Change::opened ? EventKind::destination_down : EventKind::destination_up;
    const std::string_view fault = outcome.fault ? entry(outcome.fault->code).id : std::string_view();
    const EventField channel{Label::channel, key_.channel}, route{Label::route, key_.route};
    const EventField peer{Label::peer, route_->destination};
    if (fault.empty()) emit(kind, {channel, route, peer});
    else emit(kind, {channel, route, peer, {Label::fault, fault}});
  }
  if (change != Breaker::Change::none || was_probe) wake_sessions();
}

// Of a numbered lane. Without the store nothing is sent at all.
Task<std::int64_t> Lane::last_number() {
  Wakeup again(loop_);
  while (!sequence_ && !store_failed_) {
    const auto read = co_await store_.sequence(loop_, link());
    if (read) sequence_ = read->value_or(0);
    else if (read.error().code == FaultCode::store_failed || read.error().code == FaultCode::stopping) break;
    else co_await again.wait_for(kStoreRetry);
  }
  co_return sequence_.value_or(0);
}

// 10. True: this session is done with it.
Task<bool> Lane::send(Session& session, Waiting& mine, Rendering rendering) {
  Outbound outbound;
  outbound.bytes = rendering.bytes;
  outbound.id = mine.id;
  outbound.attempt = mine.attempts + 1;
  outbound.filled = std::move(rendering.filled);
  outbound.facts = std::move(rendering.facts);
  outbound.asked = asked(mine.id);
  outbound.in_doubt = mine.possible_duplicate;
  if (route_->lane.numbered) {
    auto reading = last_number();
    outbound.sequence = co_await reading;
  }
  if (mine.possible_duplicate && mine.attempts == 0) say_possible_duplicate(mine.id);
  const auto expected = owed_ ? owed_->begin(outbound.bytes) : std::string();
  session.sending = true;
  auto outcome = co_await session.destination->send(outbound);
  if (session.probe && sabotaged(Bug::probe_sends_twice)) outcome = co_await session.destination->send(outbound);
  session.sending = false;
  fault_site(FaultSite::outcome_known);
  ++mine.attempts;
  habits_.add(outcome.habits);
  tell_breaker(session, outcome);
  auto next = judge_outcome(outcome, session, mine);
  const bool waits = outcome.owed && owed_ && next.to == State::delivered && !next.by_row;
  if (waits) owed_->expect(LaneKey{key_.channel, key_.route, mine.keys}, mine.id, mine.attempts, *outcome.owed);
  if (!expected.empty()) owed_->sent(expected);
  if (route_->duplicates && next.to == State::delivered)
    sent_.remember(mine.print, 0, mine.id.message(), loop_.wall(), loop_.mono());
  if (outcome.sequence != 0) sequence_ = outcome.sequence;
  if (waits) {
    auto waiting = wait_for_application(session, mine, outcome, std::move(rendering.bytes));
    co_await waiting;
    co_return true;
  }
  tell_asker(mine.id, next.to, outcome);
  if (outcome.settled) {
    ++delivered_;
    if (finished_) finished_(mine.id.message());
    forget(mine);
    co_return true;
  }
  auto decided = decide(session, mine, std::move(next), std::move(rendering.bytes), outcome.sequence);
  co_return co_await decided;
}

// The peer has it safely; the lane goes on, and who asks waits on. The bytes stay with the row: by their MSH-10 the
// answer will name it, also after a restart.
Task<void> Lane::wait_for_application(Session& session, Waiting& mine, const Outcome& outcome, Bytes sent) {
  auto settlement = settlement_of(mine.id, State::awaiting_reply, mine.attempts, std::nullopt);
  settlement.plan_hash = plan_->hash;
  settlement.due = loop_.wall() + std::chrono::duration_cast<microseconds>(outcome.owed->within);
  if (outcome.sequence != 0) settlement.sequence = SequenceMark{link(), outcome.sequence};
  settlement.rendered = std::move(sent);
  co_await finish(session, mine, std::move(settlement));
}

// What the reply table remembers belongs to the message, to its session, or to the peer.
Next Lane::judge_outcome(const Outcome& outcome, Session& session, Waiting& mine) {
  LaneMemory memory;
  memory.failures = session.failures;
  memory.refusals = mine.refusals;
  memory.in_doubt = mine.in_doubt;
  memory.refused_in_a_row = refused_in_a_row_;
  memory.garbage_in_a_row = garbage_in_a_row_;
  memory.peer_answers_others = answers_ > mine.answers_before;
  const bool relayed = asked(mine.id) && can_be_told(*plan_, outcome.response);
  auto next = judge(outcome, route_->lane, memory, seams_.draw(), relayed);
  const bool answered = outcome.kind == Outcome::Kind::accepted || outcome.kind == Outcome::Kind::refused;
  if (answered) ++answers_;
  if (answered || mine.in_doubt == 0) mine.answers_before = answers_;
  session.failures = memory.failures;
  mine.refusals = memory.refusals;
  mine.in_doubt = memory.in_doubt;
  refused_in_a_row_ = memory.refused_in_a_row;
  garbage_in_a_row_ = memory.garbage_in_a_row;
  return next;
}

// Not of an attempt that will be repeated. Told in a later turn, when the settlement is on its way.
void Lane::tell_asker(DeliveryId id, State to, const Outcome& outcome) {
  if (to == State::queued || !asked(id)) return;
  Fate fate;
  fate.state = to;
  fate.answered = can_be_told(*plan_, outcome.response);
  fate.code = outcome.code;
  fate.response = outcome.response;
  if (to != State::delivered) fate.fault = outcome.fault;
  askers_->tell(id, std::move(fate));
}

void Lane::tell_asker(const Settlement& settlement) {
  if (!asked(settlement.id)) return;
  Fate fate;
  fate.state = settlement.to;
  if (const auto* known = find_fault(settlement.fault)) fate.fault = Fault{known->code, settlement.detail, {}, {}};
  askers_->tell(settlement.id, std::move(fate));
}

// 11. Writes down what the reply table said, and changes the window alike. True: this session is done with it.
Task<bool> Lane::decide(Session& session, Waiting& mine, Next next, Bytes sent, std::int64_t number) {
  auto settlement = settlement_of(mine.id, next.to, mine.attempts, next.fault);
  settlement.plan_hash = plan_->hash;
  settlement.possible_duplicate = mine.possible_duplicate || next.possible_duplicate;
  settlement.answer = std::move(next.answer);
  if (number != 0) settlement.sequence = SequenceMark{link(), number};
  mine.fault = settlement.fault;
  mine.detail = settlement.detail;
  if (next.to == State::delivered) {
    ++delivered_;
    settlement.keep = route_->keeps_sent;
    if (settlement.keep) settlement.rendered = std::move(sent);
    co_await finish(session, mine, std::move(settlement));
    co_return true;
  }
  say_attempt(mine.id, next, mine.attempts);
  if (next.possible_duplicate) {
    mine.possible_duplicate = true;
    mine.rendered = sent;
    settlement.rendered = sent;
  }
  if (sabotaged(Bug::retry_renders_anew)) mine.rendered = settlement.rendered = std::nullopt;
  if (next.to == State::parked || next.to == State::held) fault_site(FaultSite::before_park);
  if (next.to == State::parked) {
    co_await finish(session, mine, std::move(settlement));
    co_return true;
  }
  mine.due = loop_.mono() + next.pause;
  settlement.due = loop_.wall() + std::chrono::duration_cast<microseconds>(next.pause);
  auto reason = settlement.fault + " " + settlement.detail;
  settle(session, std::move(settlement));
  if (next.to == State::held) {
    hold(mine);
    // In the commit of the settlement: whoever hears of the one finds the other.
    if (next.of_peer) co_await stand(std::move(reason));
    co_return true;
  }
  if (next.of_peer) co_return false;
  set_aside(mine);
  co_return true;
}

void Lane::say_possible_duplicate(DeliveryId id) const {
  const auto name = to_string(id);
  emit(EventKind::delivery_possible_duplicate,
       {{Label::channel, key_.channel}, {Label::route, key_.route}, {Label::delivery, name}});
}

void Lane::say_parked(const Settlement& settlement) const {
  const auto name = to_string(settlement.id);
  emit(EventKind::delivery_parked, {{Label::channel, key_.channel},
                                    {Label::route, key_.route},
                                    {Label::delivery, name},
                                    {Label::fault, settlement.fault}});
}

void Lane::say_attempt(DeliveryId id, const Next& next, int attempts) const {
  const auto name = to_string(id);
  const auto pause_ms = std::chrono::duration_cast<milliseconds>(next.pause).count();
  const auto kind = next.to == State::parked ? EventKind::delivery_parked : EventKind::delivery_retry;
  const std::string_view fault = next.fault ? entry(next.fault->code).id : std::string_view();
  emit(kind, {{Label::channel, key_.channel},
              {Label::route, key_.route},
              {Label::delivery, name},
              {Label::fault, fault},
              {Label::attempt, static_cast<std::int64_t>(attempts)},
              {Label::ms, static_cast<std::int64_t>(pause_ms)}});
}

void Lane::settle(Session& session, Settlement settlement) {
  if (stopping_ && sabotaged(Bug::settle_forgotten_at_stop)) return;
  ++unsettled_;
  ++session.unsettled;
  // Half of what may be behind is behind: the commit runs while the other half is sent, so that nobody ever stands.
  const bool held = settlement.to == State::held;
  settlement.now = route_->lane.settle_each || held || unsettled_ % (kUnsettled / 2) == 0;
  auto keys = held ? window_.at(settlement.id).keys : std::string();
  auto reason = held ? settlement.fault + " " + settlement.detail : std::string();
  const auto id = settlement.id.message();
  const bool over = finished(settlement.to);
  store_.settle(loop_, std::move(settlement), [this, &session, held, keys, reason, id, over](Result<void> settled) {
    --unsettled_;
    --session.unsettled;
    // A row that a person changed meanwhile is in another state; the queue is read anew. Anything else is the store's
    // end.
    if (!settled && settled.error().code == FaultCode::wrong_state) rescan_ = true;
    else if (!settled) store_failed_ = true;
    if (rescan_ || store_failed_) wake_sessions();
    if (held && settled) say_held(keys, reason);
    if (over && finished_) finished_(id);
    if (route_->lane.settle_each || route_->collect) session.wake.notify();
    settled_.notify();
    dispatch();  // what waited because too much was behind
    if (rescan_ || store_failed_ || (window_.behind() && unsettled_ == 0)) wake_.notify();
  });
}

// It leaves the window; what waited for it may go, with `settle: each` not before its end is durable.
Task<void> Lane::finish(Session& session, Waiting& mine, Settlement settlement) {
  settle(session, std::move(settlement));
  while (route_->lane.settle_each && session.unsettled > 0 && !store_failed_) co_await session.wake.wait();
  forget(mine);
}

}  // namespace myelin::runtime
