// Lane, steps 7 to 12: one session works off what may go, one delivery at a time.
#include <algorithm>
#include <utility>

#include "engine/base/event.h"
#include "engine/base/offload.h"
#include "engine/base/sabotage.h"
#include "engine/model/batch.h"
#include "engine/runtime/intake.h"
#include "engine/runtime/lane.h"
#include "engine/runtime/replies.h"

namespace myelin::runtime {
namespace {

constexpr std::size_t kReadAhead = 64;
constexpr std::size_t kReadAheadBytes = 256 * 1024;
constexpr Duration kStoreRetry = seconds(1);
constexpr Duration kLookAgain = minutes(1);  // whoever finishes says so; this is for what a person changed

Settlement settlement_of(DeliveryId id, State to, int attempts, const std::optional<Fault>& fault) {
  Settlement settlement;
  settlement.id = id;
  settlement.to = to;
  settlement.attempts = attempts;
  if (fault) {
    settlement.fault = entry(fault->code).id;
    settlement.detail = fault->detail;
    if (!fault->at.empty()) settlement.detail += " (at " + fault->at + ")";
    if (!fault->place.empty()) settlement.detail += " (" + fault->place + ")";
  }
  return settlement;
}

State state_after(const Verdict& verdict) {
  switch (verdict.kind) {
    case Verdict::Kind::drop:
      return State::filtered;
    case Verdict::Kind::hold:
      return State::held;
    default:
      return State::parked;
  }
}

std::optional<Fault> fault_after(const Verdict& verdict) {
  if (verdict.fault || verdict.kind == Verdict::Kind::drop) return verdict.fault;
  const auto code = verdict.kind == Verdict::Kind::hold ? FaultCode::held_by_step : FaultCode::parked_by_step;
  return Fault{code, verdict.reason, {}, {}};
}

}  // namespace

// 7 and 12. Until nothing may go; then the session is free again.
Task<void> Lane::work(Session& session) {
  while (may_begin()) {
    session.mine = order_.next();
    if (!session.mine) break;
    dispatch();  // what else may go, to the sessions that stand idle
    auto delivering = deliver(session, window_.at(*session.mine));
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
    auto rendered = co_await render(session, mine);
    if (rendered.settled) {
      auto settlement = std::move(*rendered.settled);
      tell_asker(settlement);
      if (settlement.to != State::held) {
        co_await finish(session, mine, std::move(settlement));
        co_return;
      }
      mine.fault = settlement.fault;
      mine.detail = settlement.detail;
      settle(session, std::move(settlement));
      hold(mine);
      co_return;
    }
    if (!rendered.bytes.empty()) {
      auto waiting = wait_for_turn(session, mine);
      const bool turn = co_await waiting;
      if (!turn) {
        set_aside(mine);
        co_return;
      }
      auto sending = send(session, mine, std::move(rendered));
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
    mine.due = loop_.mono() + (trace ? kLookAgain : kStoreRetry);
    if (!trace) co_return false;
  } while (mine.look_again);  // it ended while the store was asked
  mine.possible_duplicate = false;
  may_be_doubled_.erase(mine.id);  // it cannot have gone before
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

// 8 and 9. Bytes to send, or a settlement that a step decided; neither when the store could not be read.
Task<Lane::Rendered> Lane::render(Session& session, Waiting& mine) {
  Rendered rendered;
  if (mine.possible_duplicate && !mine.rendered && mine.attempts > 0) {
    auto known = co_await recall(mine);
    if (!known) co_return rendered;
  }
  if (mine.rendered && route_->fillings.empty()) {
    rendered.bytes = *mine.rendered;
    co_return rendered;
  }
  if (!mine.original && !mine.being_read) co_await read_ahead(mine);
  session.awaits_original = true;
  while (mine.being_read) co_await session.wake.wait();
  session.awaits_original = false;
  if (const auto known = mine.original) co_return co_await work_out(session, mine, *known);
  const auto read = co_await store_.message(loop_, mine.id.message());
  if (read) co_return co_await work_out(session, mine, *read);
  const auto code = read.error().code;
  if (code == FaultCode::corrupt_row || code == FaultCode::not_found)
    rendered.settled = settlement_of(mine.id, State::parked, mine.attempts, read.error());
  co_return rendered;
}

// One read brings the originals of the next few, so that a lane that works off a backlog does not wait for a reader's
// thread at each message. What it does not bring is asked for alone.
Task<void> Lane::read_ahead(Waiting& mine) {
  std::vector<MessageId> ids;
  std::vector<DeliveryId> wanted;
  for (auto at = window_.find(mine.id); at != window_.end() && ids.size() < kReadAhead; ++at) {
    auto& waiting = at->second;
    if (waiting.original || waiting.being_read) continue;
    waiting.being_read = true;
    wanted.push_back(waiting.id);
    ids.push_back(waiting.id.message());
  }
  auto read = co_await store_.messages(loop_, std::move(ids), kReadAheadBytes);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto at = window_.find(wanted[i]);
    if (at == window_.end()) continue;
    at->second.being_read = false;
    if (read && i < read->size()) keep_original(at->second, std::make_shared<const Message>(std::move((*read)[i])));
  }
  for (auto& session : sessions_)
    if (session->awaits_original) session->wake.notify();
}

// An attempt that may have reached the peer left its bytes in the store: exactly these are repeated.
Task<Result<void>> Lane::recall(Waiting& mine) {
  auto stored = co_await store_.rendered(loop_, mine.id);
  if (!stored) co_return fail(stored);
  mine.rendered = std::move(*stored);
  co_return Result<void>();
}

// Steps are pure, so where one of them wants to know something, all are run again with the answer. What is asked while
// the lane stops is no answer: the message goes on waiting.
Task<Lane::Rendered> Lane::work_out(Session& session, Waiting& mine, const Message& message) {
  Answers answers;
  for (;;) {
    auto working = work_out_once(mine, message, answers);
    auto rendered = co_await working;
    if (!rendered.question) co_return rendered;
    const auto call = rendered.question->call;
    auto asking = ask(session, mine, std::move(*rendered.question));
    auto outcome = co_await asking;
    if (stopping_) {
      Rendered nothing;
      co_return nothing;
    }
    answers.insert_or_assign(call, std::move(outcome));
  }
}

// Of a large one only what is sent is kept; should it be rendered again, it is read again.
Task<Lane::Rendered> Lane::work_out_once(Waiting& mine, const Message& message, const Answers& answers) {
  // An observer is shown the steps once, when all is known that they ask for.
  const bool quiet = seams_.observer != nullptr && answers.size() < route_->calls.size();
  if (quiet) {
    auto rendered = run_plan(mine, message, answers, nullptr);
    if (rendered.question) co_return rendered;
  }
  if (message.bytes.size() <= kWorkOffLoop || seams_.observer != nullptr)
    co_return run_plan(mine, message, answers, seams_.observer);
  auto work = [&] { return run_plan(mine, message, answers, nullptr); };
  auto working = offload<Rendered>(loop_, work);
  auto rendered = co_await working;
  if (!rendered.question && mine.original) {
    original_bytes_ -= mine.original->bytes.size();
    mine.original = nullptr;
  }
  co_return rendered;
}

Lane::Rendered Lane::run_plan(const Waiting& mine, const Message& message, const Answers& answers,
                              StepObserver* observer) {
  Rendered rendered;
  auto read = plan_->read(message.bytes);
  const bool unreadable = !read && read.error().code == FaultCode::bad_charset;  // the connection says another set now
  Body body = read ? std::move(*read) : Body(message.bytes);
  const Body original(body);
  Context context;
  context.message = &message;
  context.original = &original;
  if (auto batch = read_batch(message, plan_->charset)) context.batch = std::move(*batch);
  auto verdict = unreadable ? Verdict{Verdict::Kind::fault, {}, read.error()} : run_steps(plan_->steps, body, context);
  if (verdict.kind == Verdict::Kind::pass) verdict = take_part(mine.piece, body, context);
  // The shared steps were shown to the observer when intake ran them; here only the route's own are news.
  context.observer = observer;
  context.answers = &answers;
  if (context.observer) context.observer->entering(*route_, mine.id);
  if (verdict.kind == Verdict::Kind::pass) verdict = run_route(body, context);
  if (verdict.kind == Verdict::Kind::pass) {
    auto fault = finish_rendering(body, context, rendered);
    if (mine.rendered) rendered.bytes = *mine.rendered;
    if (!fault) return rendered;
    verdict = Verdict{Verdict::Kind::fault, {}, std::move(fault)};
  }
  if (verdict.kind == Verdict::Kind::ask) {
    rendered.question = std::move(verdict.question);
    return rendered;
  }
  auto fault = fault_after(verdict);
  rendered.settled = settlement_of(mine.id, state_after(verdict), mine.attempts, fault);
  rendered.settled->plan_hash = plan_->hash;
  if (!fault) rendered.settled->detail = verdict.reason;
  if (rendered.settled->to == State::parked) {
    const auto name = to_string(mine.id);
    emit(EventKind::delivery_parked, {{Label::channel, key_.channel},
                                      {Label::route, key_.route},
                                      {Label::delivery, name},
                                      {Label::fault, rendered.settled->fault}});
  }
  return rendered;
}

// The part that this delivery is. One that was counted under another configuration is nobody's guess.
Verdict Lane::take_part(const Piece& piece, Body& body, Context& context) const {
  const int parts = route_->split ? route_->split->parts(body, context) : 1;
  if (parts != piece.parts) {
    const auto count = [](int n) { return std::to_string(n) + (n == 1 ? " part" : " parts"); };
    return {Verdict::Kind::fault,
            {},
            Fault{FaultCode::bad_part,
                  "it was stored with " + count(piece.parts) + ", now it has " + count(parts),
                  {},
                  route_->place}};
  }
  context.piece = piece;
  if (parts == 1) return {};
  auto part = route_->split->part(body, context, piece.part);
  if (!part) return {Verdict::Kind::fault, {}, part.error()};
  body = std::move(*part);
  return {};
}

// A message of `also` that its step did not want is filtered; so is one that the configuration does not know any more.
Verdict Lane::run_route(Body& body, Context& context) const {
  auto verdict = run_steps(route_->steps, body, context);
  if (verdict.kind == Verdict::Kind::taken) return {};
  if (verdict.kind == Verdict::Kind::pass && context.piece.also > 0)
    return {Verdict::Kind::drop, "no second message is wanted here", {}};
  return verdict;
}

// 9. The bytes for the wire, and the texts of the destination that depend on the message; where a step made something
// else of it, on the message as it came.
std::optional<Fault> Lane::finish_rendering(const Body& body, const Context& context, Rendered& rendered) const {
  for (const auto& [name, filling] : route_->fillings) {
    auto text = filling->text(!route_->remade || !context.original ? body : *context.original, context);
    if (!text) return std::move(text.error());
    rendered.filled.emplace(name, std::move(*text));
  }
  auto wire = body.wire(plan_->charset, route_->charset);
  if (!wire) return std::move(wire.error());
  rendered.bytes = std::move(*wire);
  return std::nullopt;
}

// Of a numbered lane. Without the store nothing is sent at all.
Task<std::int64_t> Lane::last_number() {
  while (!sequence_ && !store_failed_) {
    const auto read = co_await store_.sequence(loop_, link());
    if (read) sequence_ = read->value_or(0);
    else if (read.error().code == FaultCode::store_failed || read.error().code == FaultCode::stopping) break;
  }
  co_return sequence_.value_or(0);
}

// 10. True: this session is done with it.
Task<bool> Lane::send(Session& session, Waiting& mine, Rendered rendered) {
  Outbound outbound;
  outbound.bytes = rendered.bytes;
  outbound.id = mine.id;
  outbound.attempt = mine.attempts + 1;
  outbound.filled = std::move(rendered.filled);
  outbound.asked = asked(mine.id);
  outbound.in_doubt = mine.possible_duplicate;
  if (route_->lane.numbered) {
    auto reading = last_number();
    outbound.sequence = co_await reading;
  }
  if (mine.possible_duplicate && mine.attempts == 0) {
    const auto name = to_string(mine.id);
    emit(EventKind::delivery_possible_duplicate,
         {{Label::channel, key_.channel}, {Label::route, key_.route}, {Label::delivery, name}});
  }
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
  const bool waits = outcome.owed && owed_ && next.to == State::delivered;
  if (waits) owed_->expect(LaneKey{key_.channel, key_.route, mine.keys}, mine.id, mine.attempts, *outcome.owed);
  if (!expected.empty()) owed_->sent(expected);
  if (outcome.sequence != 0) sequence_ = outcome.sequence;
  if (waits) {
    auto waiting = wait_for_application(session, mine, outcome, std::move(rendered.bytes));
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
  auto decided = decide(session, mine, std::move(next), std::move(rendered.bytes), outcome.sequence);
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
  if (number != 0) settlement.sequence = SequenceMark{link(), number};
  mine.fault = settlement.fault;
  mine.detail = settlement.detail;
  if (next.to == State::delivered) {
    ++delivered_;
    co_await finish(session, mine, std::move(settlement));
    co_return true;
  }
  const auto name = to_string(mine.id);
  const auto pause_ms = std::chrono::duration_cast<milliseconds>(next.pause).count();
  const auto kind = next.to == State::parked ? EventKind::delivery_parked : EventKind::delivery_retry;
  emit(kind, {{Label::channel, key_.channel},
              {Label::route, key_.route},
              {Label::delivery, name},
              {Label::fault, settlement.fault},
              {Label::attempt, static_cast<std::int64_t>(mine.attempts)},
              {Label::ms, static_cast<std::int64_t>(pause_ms)}});
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
    if (route_->lane.settle_each) session.wake.notify();
    settled_.notify();
    dispatch();  // what waited because too much was behind
    if (rescan_ || store_failed_ || (behind_ && unsettled_ == 0)) wake_.notify();
  });
}

// It leaves the window; what waited for it may go, with `settle: each` not before its end is durable.
Task<void> Lane::finish(Session& session, Waiting& mine, Settlement settlement) {
  settle(session, std::move(settlement));
  while (route_->lane.settle_each && session.unsettled > 0 && !store_failed_) co_await session.wake.wait();
  forget(mine);
}

}  // namespace myelin::runtime
