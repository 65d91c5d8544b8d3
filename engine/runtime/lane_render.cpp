// Lane, steps 8 and 9: from the stored original to the bytes that are sent.
#include <utility>

#include "engine/base/event.h"
#include "engine/base/last_hold.h"
#include "engine/base/offload.h"
#include "engine/model/batch.h"
#include "engine/runtime/intake.h"
#include "engine/runtime/lane.h"
#include "engine/runtime/settlement.h"

namespace myelin::runtime {
namespace {

constexpr std::size_t kReadAhead = 64;
constexpr std::size_t kReadAheadBytes = 256 * 1024;

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

// 8 and 9. Bytes to send, or a settlement that a step decided; neither when the store could not be read.
Task<Lane::Rendered> Lane::render(Session& session, Waiting& mine) {
  LastHold last;
  Rendered rendered;
  const bool kept = mine.possible_duplicate || (route_->collect && mine.attempts > 0);
  if (kept && !mine.rendered) {
    auto known = co_await recall(mine);
    // Damaged: what the peer may have got is not known any more, so a person decides what goes.
    if (!known && known.error().code == FaultCode::corrupt_row)
      rendered.settled = settlement_of(mine.id, State::parked, mine.attempts, known.error());
    if (!known) co_return rendered;
  }
  // A hand-over takes along what is known of the message, so it is looked at again.
  const bool hands_over = session.destination && session.destination->settles();
  const bool compares = route_->duplicates && mine.print == Sha256{};
  if (mine.rendered && route_->fillings.empty() && !hands_over && !compares) {
    rendered.bytes = *mine.rendered;
    co_return rendered;
  }
  if (!mine.original && !mine.being_read) co_await read_ahead(mine);
  session.awaits_original = true;
  while (mine.being_read) co_await session.wake.wait();
  session.awaits_original = false;
  if (const auto known = mine.original) {
    last.take(known->bytes);
    co_return co_await work_out(session, mine, *known);
  }
  const auto read = co_await store_.message(loop_, mine.id.message());
  if (read) {
    last.take(read->bytes);
    co_return co_await work_out(session, mine, *read);
  }
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
    auto rendered = run_plan(now(), mine, message, answers, nullptr);
    if (rendered.question) co_return rendered;
  }
  if (message.bytes.size() <= kWorkOffLoop || seams_.observer != nullptr)
    co_return run_plan(now(), mine, message, answers, seams_.observer);
  auto work = [&] { return run_plan(now(), mine, message, answers, nullptr); };
  auto working = offload<Rendered>(loop_, work, Offload::large());
  auto rendered = co_await working;
  if (!rendered.question && mine.original) {
    original_bytes_ -= mine.original->bytes.size();
    mine.original = nullptr;
  }
  co_return rendered;
}

Lane::Rendered Lane::run_plan(By by, const Waiting& mine, const Message& message, const Answers& answers,
                              StepObserver* observer) {
  const auto& plan = by.plan;
  Rendered rendered;
  auto read = plan.read(message.bytes);
  const bool unreadable = !read && read.error().code == FaultCode::bad_charset;  // the connection says another set now
  Body body = read ? std::move(*read) : Body(message.bytes);
  const Body original(body);
  Context context;
  context.message = &message;
  context.original = &original;
  if (auto batch = read_batch(message, plan.charset)) context.batch = std::move(*batch);
  auto verdict = unreadable ? Verdict{Verdict::Kind::fault, {}, read.error()} : run_steps(plan.steps, body, context);
  if (verdict.kind == Verdict::Kind::pass) verdict = take_part(by.route, mine.piece, body, context);
  // The shared steps were shown to the observer when intake ran them; here only the route's own are news.
  context.observer = observer;
  context.answers = &answers;
  if (context.observer) context.observer->entering(by.route, mine.id);
  if (verdict.kind == Verdict::Kind::pass) verdict = run_route(by.route, body, context);
  if (verdict.kind == Verdict::Kind::pass) {
    auto fault = finish_rendering(by, body, context, rendered);
    if (mine.rendered) rendered.bytes = *mine.rendered;
    rendered.facts = message.facts;
    if (!fault) return rendered;
    verdict = Verdict{Verdict::Kind::fault, {}, std::move(fault)};
  }
  if (verdict.kind == Verdict::Kind::ask) {
    rendered.question = std::move(verdict.question);
    return rendered;
  }
  auto fault = fault_after(verdict);
  rendered.settled = settlement_of(mine.id, state_after(verdict), mine.attempts, fault);
  rendered.settled->plan_hash = plan.hash;
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
Verdict Lane::take_part(const Route& route, const Piece& piece, Body& body, Context& context) {
  const int parts = route.split ? route.split->parts(body, context) : 1;
  if (parts != piece.parts) {
    const auto count = [](int n) { return std::to_string(n) + (n == 1 ? " part" : " parts"); };
    return {Verdict::Kind::fault,
            {},
            Fault{FaultCode::bad_part,
                  "it was stored with " + count(piece.parts) + ", now it has " + count(parts),
                  {},
                  route.place}};
  }
  context.piece = piece;
  if (parts == 1) return {};
  auto part = route.split->part(body, context, piece.part);
  if (!part) return {Verdict::Kind::fault, {}, part.error()};
  body = std::move(*part);
  return {};
}

// A message of `also` that its step did not want is filtered; so is one that the configuration does not know any more.
Verdict Lane::run_route(const Route& route, Body& body, Context& context) {
  auto verdict = run_steps(route.steps, body, context);
  if (verdict.kind == Verdict::Kind::taken) return {};
  if (verdict.kind == Verdict::Kind::pass && context.piece.also > 0)
    return {Verdict::Kind::drop, "no second message is wanted here", {}};
  return verdict;
}

// 9. The bytes for the wire, and the texts of the destination that depend on the message; where a step put the peer's
// form in its place, on the message as it stood before that step.
std::optional<Fault> Lane::finish_rendering(By by, const Body& body, const Context& context, Rendered& rendered) {
  for (const auto& [name, filling] : by.route.fillings) {
    auto text = filling->text(by.route.remade && context.before ? *context.before : body, context);
    if (!text) return std::move(text.error());
    rendered.filled.emplace(name, std::move(*text));
  }
  auto wire = body.wire(by.plan.charset, by.route.charset);
  if (!wire) return std::move(wire.error());
  // For the callers "no bytes" is "the store could not be read".
  if (wire->empty())
    return Fault{
        FaultCode::bad_value,
        "the steps left nothing to send: not a byte; a `drop` with a `when` says that such a message does not go",
        {},
        by.route.place};
  rendered.bytes = std::move(*wire);
  if (by.route.duplicates) rendered.print = print_of(by.route, body, rendered);
  return std::nullopt;
}

}  // namespace myelin::runtime
