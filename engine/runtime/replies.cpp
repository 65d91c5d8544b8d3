#include "engine/runtime/replies.h"

#include <algorithm>
#include <utility>

#include "engine/hl7/ack.h"
#include "engine/runtime/host.h"

namespace myelin::runtime {
namespace {

constexpr std::string_view kSenderGone = "its sender has gone with the restart";

// The delivery whose peer answers; that of a message not yet routed stands for it.
template <class Deliveries>
auto answering(const Deliveries& deliveries, const std::string& route) {
  return std::ranges::find_if(deliveries,
                              [&](const auto& each) { return each.lane.route == route || each.lane.route.empty(); });
}

Fault fault_of(std::string_view id, std::string detail) {
  const auto* known = find_fault(id);
  return Fault{known ? known->code : FaultCode::no_reply, std::move(detail), {}, {}};
}

std::string said(const ReplyPolicy& policy, const Fate& fate) {
  switch (fate.state) {
    case State::parked:
      return "the message was set aside for a person";
    case State::held:
      return "the route to " + policy.from + " stands";
    case State::discarded:
      return "the message was discarded";
    default:
      return policy.from + " has not answered within " +
             std::to_string(std::chrono::duration_cast<seconds>(policy.within).count()) + " s";
  }
}

Receipt not_wanted(const Plan& plan, Receipt receipt) {
  const auto& policy = *plan.reply;
  receipt.code = policy.filtered.empty() ? (policy.from.empty() ? "" : policy.otherwise) : policy.filtered;
  if (!receipt.good()) receipt.fault = Fault{FaultCode::not_wanted, {}, {}, {}};
  return receipt;
}

std::string code_of(const Plan& plan, std::string_view answer, const std::string& code) {
  if (plan.accept.body != BodyKind::hl7) return code;
  const auto read = hl7::read_answer(answer);
  return read ? read->code : code;
}

}  // namespace

Replies::Replies(Loop& loop, Store& store, Discarded discarded)
    : loop_(loop), store_(store), discarded_(std::move(discarded)), askers_(loop) {}

Asking Replies::ask(const Plan& plan, const NewMessage& message, bool asks) {
  Asking asking;
  asking.routed = !message.deliveries.empty();
  if (!plan.reply || plan.reply->from.empty() || !asks) return asking;
  const auto found = answering(message.deliveries, plan.reply->from);
  if (found == message.deliveries.end()) return asking;
  asking.delivery =
      DeliveryId::of(message.message.id, static_cast<int>(std::distance(message.deliveries.begin(), found)));
  asking.lane = found->lane;
  asking.fate.state = found->state;
  if (found->state == State::queued) asking.question = std::make_unique<Askers::Question>(askers_, *asking.delivery);
  else asking.fate.fault = fault_of(found->fault, found->detail);
  return asking;
}

Task<Receipt> Replies::answer(std::shared_ptr<const Plan> plan, Message message, Asking asking, Receipt receipt) {
  if (!plan->reply || receipt.kind == Receipt::Kind::refused) co_return receipt;
  if (!asking.routed) co_return not_wanted(*plan, std::move(receipt));
  if (plan->reply->from.empty()) co_return receipt;
  if (!asking.delivery) co_return receipt;
  if (asking.question) asking.fate = co_await asking.question->wait(plan->reply->within);
  auto concluding = conclude(std::move(plan), std::move(message), std::move(asking), std::move(receipt));
  co_return co_await concluding;
}

Task<Receipt> Replies::conclude(std::shared_ptr<const Plan> plan, Message message, Asking asking, Receipt receipt) {
  const auto& policy = *plan->reply;
  auto& fate = asking.fate;
  std::optional<Bytes> reply;
  if (fate.answered) {
    auto fit = fit_for_sender(*plan, message, fate.response);
    if (fit) reply = std::move(*fit);
    else fate.fault = std::move(fit.error());
  }
  if (reply) {
    receipt.code = code_of(*plan, reply->view(), fate.code);
    receipt.answer = reply;
  } else if (fate.state == State::filtered) {
    receipt = not_wanted(*plan, std::move(receipt));
  } else if (fate.answered || fate.state != State::delivered) {
    receipt.code = policy.otherwise;
    receipt.fault = fate.fault ? *fate.fault : Fault{FaultCode::no_reply, said(policy, fate), {}, {}};
    const bool unfinished = !finished(fate.state) && !fate.answered;
    if (unfinished && !policy.goes_on) {
      const auto& why = entry(receipt.fault->code);
      auto reason =
          "its sender was told " + policy.otherwise + ": " + std::string(why.id) + " " + std::string(why.name);
      auto discarding = discard(asking.lane, *asking.delivery, std::move(reason));
      const auto discarded = co_await discarding;
      receipt.given_back = discarded.has_value();
    }
  }
  // Its loss would only mean that a repeated question is answered in other words.
  [[maybe_unused]] const auto kept = co_await store_.answer(loop_, receipt.id, std::move(reply));
  co_return receipt;
}

Task<Result<void>> Replies::discard(LaneKey lane, DeliveryId id, std::string reason) {
  auto changed = co_await store_.change(loop_, id, State::discarded, reason, std::string(kByEngine));
  if (changed && discarded_) discarded_(lane, id, reason);
  co_return changed;
}

Task<std::optional<Receipt>> Replies::repeat(std::shared_ptr<const Plan> plan, Received received, Receipt receipt) {
  auto finding = find_answer(std::move(plan), received.asks, std::move(receipt));
  auto found = co_await finding;
  if (found && found->answer) found->answer = named_for(received.bytes, *found->answer);
  co_return found;
}

Task<std::optional<Receipt>> Replies::find_answer(std::shared_ptr<const Plan> plan, bool asks, Receipt receipt) {
  Asking asking;
  for (;;) {
    const auto trace = co_await store_.trace(loop_, receipt.id);
    if (!trace) co_return receipt;
    if (!trace->routed) co_return not_wanted(*plan, std::move(receipt));
    if (plan->reply->from.empty() || !asks) co_return receipt;
    if (trace->reply) {
      receipt.code = code_of(*plan, trace->reply->bytes.view(), {});
      receipt.answer = trace->reply->bytes;
      co_return receipt;
    }
    const auto found = answering(trace->deliveries, plan->reply->from);
    if (found == trace->deliveries.end()) co_return receipt;
    if (found->state == State::discarded) co_return std::nullopt;
    asking.delivery = found->id;
    asking.lane = found->lane;
    asking.fate.state = found->state;
    if (!found->fault.empty()) asking.fate.fault = fault_of(found->fault, found->detail);
    const bool waits = found->state == State::queued || found->state == State::awaiting_reply;
    // Between the reading and the waiting it may have been answered: it is read once more, with somebody who listens.
    if (waits && !asking.question) {
      asking.question = std::make_unique<Askers::Question>(askers_, found->id);
      continue;
    }
    if (!waits) asking.question.reset();
    auto message = trace->message;
    auto answering_it = answer(plan, std::move(message), std::move(asking), std::move(receipt));
    co_return co_await answering_it;
  }
}

Task<Result<void>> Replies::close(std::shared_ptr<const Plan> plan) {
  const auto open = co_await store_.questions(loop_, plan->channel);
  if (!open) co_return fail(Fault(open.error()));
  for (const auto id : *open) {
    auto trace = co_await store_.trace(loop_, id);
    if (!trace && trace.error().code != FaultCode::corrupt_row) co_return fail(trace);
    const auto rows = trace ? std::move(trace->deliveries) : std::vector<Delivery>();
    const bool discards = plan->reply && !plan->reply->from.empty() && !plan->reply->goes_on;
    const auto found = discards ? answering(rows, plan->reply->from) : rows.end();
    if (found != rows.end() && !finished(found->state)) {
      const auto delivery = found->id;
      auto gone =
          co_await store_.change(loop_, delivery, State::discarded, std::string(kSenderGone), std::string(kByEngine));
      if (!gone && gone.error().code != FaultCode::wrong_state) co_return fail(gone);
    }
    auto closed = co_await store_.answer(loop_, id, std::nullopt);
    if (!closed) co_return fail(closed);
  }
  co_return Result<void>();
}

}  // namespace myelin::runtime
