#include "engine/runtime/rendering.h"

#include <utility>

#include "engine/base/counted.h"
#include "engine/model/batch.h"
#include "engine/runtime/decide.h"
#include "engine/runtime/duplicates.h"
#include "engine/runtime/settlement.h"

namespace myelin::runtime {
namespace {

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

// The part that this delivery is. One that was counted under another configuration is nobody's guess.
Verdict take_part(const Route& route, const Piece& piece, Body& body, Context& context) {
  const int parts = route.split ? route.split->parts(body, context) : 1;
  if (parts != piece.parts) {
    return {Verdict::Kind::fault,
            {},
            Fault{FaultCode::bad_part,
                  "it was stored with " + counted(piece.parts, "part") + ", now it has " + counted(parts, "part"),
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
Verdict run_route(const Route& route, Body& body, Context& context) {
  auto verdict = run_steps(route.steps, body, context);
  if (verdict.kind == Verdict::Kind::taken) return {};
  if (verdict.kind == Verdict::Kind::pass && context.piece.also > 0)
    return {Verdict::Kind::drop, "no second message is wanted here", {}};
  return verdict;
}

// HL7 without its MSH-7, as when it is received; of anything else all. What the destination's texts say counts too.
Sha256 print_of(const Route& route, const Body& body, const Rendering& rendering) {
  if (const auto& fields = route.duplicates->fields) return fingerprint_of(*fields, body);
  const auto bytes = rendering.bytes.view();
  auto print = DuplicateWindow::fingerprint(bytes);
  if (print == Sha256{}) print = sha256(bytes);
  if (rendering.filled.empty()) return print;
  Sha256Sum sum;
  sum.add(hex(print));
  for (const auto& [name, text] : rendering.filled) {
    sum.add(name);
    sum.add(std::to_string(text.size()));
    sum.add(text);
  }
  return sum.digest();
}

// 9. The bytes for the wire, and the texts of the destination that depend on the message; where a step put the peer's
// form in its place, on the message as it stood before that step.
std::optional<Fault> finish(RenderedBy by, const Body& body, const Context& context, Rendering& rendering) {
  for (const auto& [name, filling] : by.route.fillings) {
    auto text = filling->text(by.route.remade && context.before ? *context.before : body, context);
    if (!text) return std::move(text.error());
    rendering.filled.emplace(name, std::move(*text));
  }
  auto wire = body.wire(by.plan.charset, by.route.charset);
  if (!wire) return std::move(wire.error());
  if (wire->empty())
    return Fault{
        FaultCode::bad_value,
        "the steps left nothing to send: not a byte; a `drop` with a `when` says that such a message does not go",
        {},
        by.route.place};
  rendering.bytes = std::move(*wire);
  if (by.route.duplicates) rendering.print = print_of(by.route, body, rendering);
  return std::nullopt;
}

}  // namespace

Rendering render(RenderedBy by, const RenderedFor& delivery, const Message& message, const Answers& answers,
                 StepObserver* observer) {
  const auto& plan = by.plan;
  Rendering rendering;
  auto read = plan.read(message.bytes);
  const bool unreadable = !read && read.error().code == FaultCode::bad_charset;  // the connection says another set now
  Body body = read ? std::move(*read) : Body(message.bytes);
  const Body original(body);
  Context context;
  context.message = &message;
  context.original = &original;
  if (auto batch = read_batch(message, plan.charset)) context.batch = std::move(*batch);
  auto verdict = unreadable ? Verdict{Verdict::Kind::fault, {}, read.error()} : run_steps(plan.steps, body, context);
  if (verdict.kind == Verdict::Kind::pass) verdict = take_part(by.route, delivery.piece, body, context);
  // The shared steps were shown to the observer when intake ran them; here only the route's own are news.
  context.observer = observer;
  context.answers = &answers;
  if (context.observer) context.observer->entering(by.route, delivery.id);
  if (verdict.kind == Verdict::Kind::pass) verdict = run_route(by.route, body, context);
  if (verdict.kind == Verdict::Kind::pass) {
    auto fault = finish(by, body, context, rendering);
    rendering.facts = message.facts;
    if (!fault) return rendering;
    verdict = Verdict{Verdict::Kind::fault, {}, std::move(fault)};
  }
  if (verdict.kind == Verdict::Kind::ask) {
    rendering.question = std::move(verdict.question);
    return rendering;
  }
  auto fault = fault_after(verdict);
  rendering.settled = settlement_of(delivery.id, state_after(verdict), delivery.attempts, fault);
  rendering.settled->plan_hash = plan.hash;
  if (!fault) rendering.settled->detail = verdict.reason;
  return rendering;
}

}  // namespace myelin::runtime
