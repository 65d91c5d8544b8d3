#include "engine/runtime/intake.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/event.h"
#include "engine/base/not_kept.h"
#include "engine/base/offload.h"
#include "engine/base/sabotage.h"
#include "engine/hl7/ack.h"

namespace myelin::runtime {
namespace {

Fault out_of_sequence(const Numbered& numbered) {
  return Fault{FaultCode::out_of_sequence, "expected is " + numbered.expected, "MSH-13", {}};
}

// Of bytes that never were a message: they came without a frame, or without its end.
bool is_unframed(FaultCode code) {
  constexpr std::array kUnframed = {FaultCode::frame_too_large,    FaultCode::frame_incomplete,
                                    FaultCode::frame_timeout,      FaultCode::junk_before_frame,
                                    FaultCode::frame_unterminated, FaultCode::request_timeout,
                                    FaultCode::request_incomplete};
  return std::ranges::find(kUnframed, code) != kUnframed.end();
}

// Of Bug::ack_before_commit.
Task<void> heard_by_nobody(Task<Result<void>> appending) {
  const auto stored = co_await appending;
  if (!stored) co_return;
}

// `where` is for the trace of the channel that hands it over.
Settlement settlement_of(const HandOver& hand_over, std::string where) {
  Settlement settlement;
  settlement.id = hand_over.delivery;
  settlement.to = State::delivered;
  settlement.attempts = hand_over.attempts;
  settlement.detail = std::move(where);
  return settlement;
}

}  // namespace

ChannelIntake::ChannelIntake(Loop& loop, Store& store, IdSource& ids, StepObserver* observer, Committed committed,
                             Replies* replies, AnswerDesk* desk)
    : loop_(loop),
      store_(store),
      ids_(ids),
      observer_(observer),
      committed_(std::move(committed)),
      replies_(replies),
      desk_(desk),
      sequences_(loop, store) {}

void ChannelIntake::use(std::shared_ptr<const Plan> plan) {
  duplicates_.set_span(plan->duplicates.window);
  plan_ = std::move(plan);
}

Task<Receipt> ChannelIntake::accept(Received received) {
  ++counters_.received;
  const auto plan = plan_;
  Message question;
  const bool shaped = plan->reply && !plan->reply->steps.empty();
  if (shaped) {
    question.channel = plan->channel;
    question.peer = received.peer;
    question.facts = received.facts;
    question.bytes = received.bytes;
    question.received_at = loop_.wall();
  }
  auto taking =
      received.sequenced ? take_numbered(plan, std::move(received)) : take(plan, std::move(received), Numbered());
  auto receipt = co_await taking;
  if (!shaped) co_return receipt;
  question.id = receipt.id;
  receipt.shape = shape_for_sender(plan, std::move(question));
  co_return receipt;
}

// What has the wrong number is not taken, and its sender is told which one is expected.
Task<Receipt> ChannelIntake::take_numbered(std::shared_ptr<const Plan> plan, Received received) {
  auto looking = sequences_.look(plan->channel, received.bytes);
  auto looked = co_await looking;
  if (!looked) co_return refuse(std::move(looked.error()), received);
  const auto numbered = std::move(*looked);
  Receipt receipt;
  switch (numbered.kind) {
    case Numbered::Kind::start:
      receipt.kind = Receipt::Kind::committed;  // nothing was asked but the number
      receipt.received_at = loop_.wall();
      break;
    case Numbered::Kind::wrong: {
      receipt = refuse(out_of_sequence(numbered), received);
      break;
    }
    case Numbered::Kind::resync: {
      auto beginning = begin_anew(plan, std::move(received), numbered);
      receipt = co_await beginning;
      break;
    }
    default: {
      auto taking = take(plan, std::move(received), numbered);
      receipt = co_await taking;
    }
  }
  sequences_.conclude(numbered, receipt);
  co_return receipt;
}

// Kept as a message that no route wants: what happened to the numbers is found where the messages are.
Task<Receipt> ChannelIntake::begin_anew(std::shared_ptr<const Plan> plan, Received received, Numbered numbered) {
  NewMessage incoming;
  auto& message = incoming.message;
  message.channel = plan->channel;
  message.received_at = loop_.wall();
  message.peer = received.peer;
  message.facts = received.facts;
  message.bytes = received.bytes;
  message.id = ids_.next(message.received_at);
  if (const auto header = hl7::read_header(received.bytes.view())) {
    message.control_id = std::string(header->control_id.substr(0, 199));
    message.type = header->type().substr(0, 40);
  }
  const auto id = message.id;
  const auto at = message.received_at;
  incoming.sequence = Sequences::mark_of(numbered);
  auto stored = co_await store_.append(loop_, std::move(incoming));
  if (!stored) co_return refuse(std::move(stored.error()), received);
  co_return receipt_of(Receipt::Kind::committed, id, at);
}

Task<Receipt> ChannelIntake::take(std::shared_ptr<const Plan> plan, Received received, Numbered numbered) {
  auto settling = settle_owed(received.bytes);
  auto settled = co_await settling;
  if (settled) co_return std::move(*settled);
  NewMessage incoming;
  incoming.sequence = Sequences::mark_of(numbered);
  auto& message = incoming.message;
  message.channel = plan->channel;
  message.received_at = loop_.wall();
  message.peer = received.peer;
  message.bytes = received.bytes;
  message.batch = received.batch;
  message.facts = received.facts;
  message.id = ids_.next(message.received_at);
  incoming.given_again = received.given_again;
  Context context;
  context.message = &message;
  context.observer = observer_;

  const bool large = received.bytes.size() > kWorkOffLoop && observer_ == nullptr;
  Examined examined;
  auto look = [&] { return examine(*plan, message, context); };
  if (large) examined = co_await offload<Examined>(loop_, look, Offload::large());
  else examined = look();
  peers_.took(received.peer, examined.habits);
  if (examined.refused) co_return refuse(std::move(*examined.refused), received);
  const auto fingerprint = examined.fingerprint;
  const bool unique = fingerprint != Sha256{};
  if (unique) {
    auto comparing = known(plan, fingerprint, incoming, received);
    auto before = co_await comparing;
    if (before) co_return std::move(*before);
    if (numbered.kind == Numbered::Kind::again) co_return refuse(out_of_sequence(numbered), received);
    committing_.try_emplace(fingerprint);
    notice_reused_id(examined, message);
  }

  if (numbered.kind == Numbered::Kind::again) co_return refuse(out_of_sequence(numbered), received);

  Decision decision;
  auto judge = [&] { return decide(*plan, std::move(*examined.body), context, store_); };
  if (large) decision = co_await offload<Decision>(loop_, judge, Offload::large());
  else decision = judge();
  if (decision.refused && plan->refuses_faults) {
    auto refused = refuse(std::move(*decision.refused), received);
    if (unique) tell_repeaters(fingerprint, refused);
    co_return refused;
  }
  incoming.deliveries = std::move(decision.deliveries);
  if (received.hand_over)
    incoming.settles =
        settlement_of(*received.hand_over, "channel " + plan->channel + " has it as " + to_string(message.id));
  Message question = replies_ && plan->reply ? incoming.message : Message();
  Asking asking;
  if (replies_) asking = replies_->ask(*plan, incoming, received.asks);
  incoming.asks = asking.delivery.has_value();
  // Of what may yet be discarded nobody hears "accepted" before the answer: a restart may be what discards it.
  const bool stays = plan->reply && plan->reply->goes_on;
  const auto tell = incoming.asks && stays ? std::move(received.committed) : nullptr;
  auto committing = commit(std::move(incoming), std::move(examined), std::move(received));
  auto receipt = co_await committing;
  if (unique) tell_repeaters(fingerprint, receipt);
  if (!replies_ || !plan->reply) co_return receipt;
  if (tell && receipt.kind == Receipt::Kind::committed) tell(receipt);
  auto answering = replies_->answer(plan, std::move(question), std::move(asking), std::move(receipt));
  co_return co_await answering;
}

// The answer of an application to what its peer took before is no new message: it settles that delivery.
Task<std::optional<Receipt>> ChannelIntake::settle_owed(Bytes bytes) {
  if (!desk_ || !desk_->any()) co_return std::nullopt;
  LaneKey nobody;
  auto taking = desk_->take(loop_, std::move(bytes), std::move(nobody));
  const bool taken = co_await taking;
  if (!taken) co_return std::nullopt;
  Receipt receipt;
  receipt.kind = Receipt::Kind::committed;
  receipt.received_at = loop_.wall();
  receipt.is_answer = true;
  co_return receipt;
}

// What the sender of `incoming` is told when the same came before. Then, and only then, both are moved from; else both
// are as they were.
Task<std::optional<Receipt>> ChannelIntake::known(std::shared_ptr<const Plan> plan, Sha256 fingerprint,
                                                  NewMessage& incoming, Received& received) {
  if (const auto seen = duplicates_.find(fingerprint, loop_.mono())) {
    auto receipt = receipt_of(Receipt::Kind::duplicate, seen->id, seen->received_at);
    auto repeating = repeated(plan, received, std::move(receipt));
    auto again = co_await repeating;
    if (again) {
      auto answering = answer_again(std::move(incoming), seen->id, std::move(received), std::move(*again));
      co_return co_await answering;
    }
  }
  // A sender that hung up and sends again may be faster than the disk: it is told what the first one will be told.
  const auto first = committing_.find(fingerprint);
  if (first == committing_.end()) co_return std::nullopt;
  if (sabotaged(Bug::duplicate_before_commit))
    co_return receipt_of(Receipt::Kind::duplicate, incoming.message.id, incoming.message.received_at);
  Completion<Receipt> same;
  first->second.push_back(&same);
  auto receipt = co_await same;
  if (receipt.kind == Receipt::Kind::refused) co_return receipt;
  const auto id = receipt.id;
  receipt.kind = Receipt::Kind::duplicate;
  auto repeating = repeated(plan, received, receipt);
  auto again = co_await repeating;
  if (again) receipt = std::move(*again);
  auto answering = answer_again(std::move(incoming), id, std::move(received), std::move(receipt));
  co_return co_await answering;
}

// What the sender of a message that came before is told: with `reply` what the first one was, or will be. Nothing when
// that was given up: then it is asked anew.
Task<std::optional<Receipt>> ChannelIntake::repeated(std::shared_ptr<const Plan> plan, Received received,
                                                     Receipt receipt) {
  if (!plan->reply || !replies_) co_return receipt;
  auto repeating = replies_->repeat(std::move(plan), std::move(received), std::move(receipt));
  co_return co_await repeating;
}

// Kept, so that a person can see it and send it on anyway; only then is the answer of the first one repeated.
Task<Receipt> ChannelIntake::answer_again(NewMessage incoming, MessageId first, Received received, Receipt receipt) {
  ++counters_.duplicates;
  const auto name = to_string(first);
  emit(EventKind::message_duplicate,
       {{Label::channel, plan_->channel}, {Label::peer, received.peer}, {Label::message, name}});
  incoming.duplicate_of = first;
  if (received.hand_over)
    incoming.settles = settlement_of(*received.hand_over,
                                     "channel " + plan_->channel + " took it for the same message as " + name +
                                         ", which it has already, and keeps it as " + to_string(incoming.message.id));
  auto stored = co_await store_.append(loop_, std::move(incoming));
  if (!stored) co_return refuse(std::move(stored.error()), received);
  co_return receipt;
}

void ChannelIntake::tell_repeaters(const Sha256& fingerprint, const Receipt& receipt) {
  auto repeaters = committing_.extract(fingerprint);
  for (auto* repeater : repeaters.mapped()) {
    auto same = receipt;
    repeater->set(std::move(same));
  }
}

// It is taken: devices reuse their ids. But somebody may wonder which of the two an answer belongs to.
void ChannelIntake::notice_reused_id(const Examined& examined, const Message& message) {
  if (!duplicates_.knows_id(examined.sender_id, loop_.mono())) return;
  const std::array reused = {hl7::Habit::reused_ids};
  peers_.noticed(message.peer, reused);
  const auto id = to_string(message.id);
  emit(EventKind::message_id_reused,
       {{Label::channel, plan_->channel}, {Label::peer, message.peer}, {Label::message, id}});
}

Task<Receipt> ChannelIntake::commit(NewMessage incoming, Examined examined, Received received) {
  const auto message = std::make_shared<const Message>(incoming.message);
  const auto deliveries = incoming.deliveries;
  if (examined.fingerprint != Sha256{}) incoming.fingerprint = Fingerprint{examined.fingerprint, examined.sender_id};
  fault_site(FaultSite::before_commit);
  auto appending = store_.append(loop_, std::move(incoming));
  Result<void> stored;
  if (sabotaged(Bug::ack_before_commit)) spawn(heard_by_nobody(std::move(appending)));
  else stored = co_await appending;
  if (!stored) co_return refuse(std::move(stored.error()), received);
  fault_site(FaultSite::after_commit);

  ++counters_.committed;
  if (deliveries.empty()) ++counters_.filtered;
  duplicates_.remember(examined.fingerprint, examined.sender_id, message->id, message->received_at, loop_.mono());
  int ordinal = 0;
  for (const auto& delivery : deliveries) {
    const auto delivery_id = DeliveryId::of(message->id, ordinal++);
    if (delivery.state == State::queued) {
      committed_(delivery, delivery_id, message);
      continue;
    }
    const auto name = to_string(delivery_id);
    emit(EventKind::delivery_parked, {{Label::channel, delivery.lane.channel},
                                      {Label::route, delivery.lane.route},
                                      {Label::delivery, name},
                                      {Label::fault, delivery.fault}});
  }
  co_return receipt_of(Receipt::Kind::committed, message->id, message->received_at);
}

// A refusal of the store is the sender's to repeat, and a hand-over of what waits no more is nobody's; everything else
// is kept as an incident for a person to find, unless it is one already.
Receipt ChannelIntake::refuse(Fault fault, const Received& received) {
  ++counters_.refused;
  const bool again = is_not_kept(fault.code) || (received.hand_over && fault.code == FaultCode::wrong_state);
  Receipt refused;
  refused.received_at = loop_.wall();
  if (received.given_again) refused.incident = received.given_again->incident;
  else if (!again) refused.incident = ids_.next(refused.received_at);
  const auto incident = refused.incident.value > 0 ? to_string(refused.incident) : std::string("none");
  emit(EventKind::message_refused, {{Label::channel, plan_->channel},
                                    {Label::peer, received.peer},
                                    {Label::fault, entry(fault.code).id},
                                    {Label::reason, fault.detail},
                                    {Label::incident, incident}});
  if (!again && !received.given_again) {
    Incident kept{fault, received.peer, received.bytes, true, received.batch, received.facts};
    store_.keep(refused.incident, plan_->channel, refused.received_at, std::move(kept));
  }
  refused.fault = std::move(fault);
  return refused;
}

// The key is of the store's own secret: whoever has an id has no ticket.
Receipt ChannelIntake::receipt_of(Receipt::Kind kind, MessageId id, WallTime received_at) const {
  Receipt receipt;
  receipt.kind = kind;
  receipt.id = id;
  receipt.received_at = received_at;
  const auto name = to_string(id);
  receipt.ticket = name + "-" + store_.key_of("ticket " + plan_->channel + " " + name);
  return receipt;
}

Task<Result<Progress>> ChannelIntake::progress(std::string ticket) {
  const auto id = parse_message_id(ticket.substr(0, ticket.find('-')));
  if (!id || receipt_of(Receipt::Kind::committed, *id, {}).ticket != ticket)
    co_return fail(FaultCode::not_found, "no message of this channel has this ticket");
  const auto trace = co_await store_.trace(loop_, *id);
  if (!trace) co_return fail(Fault(trace.error()));
  Progress progress;
  progress.id = *id;
  progress.received_at = trace->message.received_at;
  for (const auto& delivery : trace->deliveries) {
    Progress::Leg leg;
    leg.route = delivery.lane.route;
    leg.state = delivery.state;
    leg.attempts = delivery.attempts;
    leg.fault = delivery.fault;
    progress.legs.push_back(std::move(leg));
  }
  co_return progress;
}

MessageId ChannelIntake::report(Incident incident) {
  const auto size = static_cast<std::int64_t>(incident.bytes.size());
  const auto now = loop_.wall();
  const auto id = ids_.next(now);
  const auto name = to_string(id);
  emit(is_unframed(incident.fault.code) ? EventKind::peer_unframed : EventKind::message_refused,
       {{Label::channel, plan_->channel},
        {Label::peer, incident.peer},
        {Label::fault, entry(incident.fault.code).id},
        {Label::reason, incident.fault.detail},
        {Label::bytes, size},
        {Label::incident, name}});
  store_.keep(id, plan_->channel, now, std::move(incident));
  return id;
}

}  // namespace myelin::runtime
