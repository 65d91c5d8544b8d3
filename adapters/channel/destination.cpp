#include "adapters/channel/destination.h"

#include "engine/base/not_kept.h"
#include "engine/hl7/ack.h"

namespace myelin::channel {
namespace {

// Nothing of it is there, and it may be taken later: the other channel stops, or does not run, or the disk is full.
bool may_pass(FaultCode code) { return is_not_kept(code) || code == FaultCode::not_found; }

// The other channel's no, in the words in which a source would say it, so that `on_reply` can read them.
Outcome refusal(const Fault& fault, const Outbound& outbound, WallTime now) {
  Outcome outcome;
  if (may_pass(fault.code)) {
    outcome.fault = Fault{FaultCode::unreachable, to_string(fault), {}, {}};
    return outcome;
  }
  const auto id = to_string(outbound.id);
  hl7::AckFacts facts;
  facts.code = entry(fault.code).ack;
  facts.id = id;
  facts.when = now;
  facts.fault = &fault;
  outcome.kind = Outcome::Kind::refused;
  outcome.code = facts.code;
  outcome.fault = fault;
  outcome.response = Bytes(hl7::make_ack(outbound.bytes.view(), facts));
  return outcome;
}

// What the other channel answers to one who asks, where it says `reply`; nothing: it only took the message.
Bytes answer_of(const Receipt& receipt, const Outbound& outbound, WallTime now) {
  if (receipt.answer) return *receipt.answer;
  if (receipt.good()) return {};
  const auto id = to_string(receipt.id);
  hl7::AckFacts facts;
  facts.code = receipt.code;
  facts.id = id;
  facts.when = now;
  facts.fault = receipt.fault ? &*receipt.fault : nullptr;
  Bytes ack(hl7::make_ack(outbound.bytes.view(), facts));
  return receipt.shape ? receipt.shape(std::move(ack)) : ack;
}

}  // namespace

struct ChannelDestination::Hand {
  Hand(Loop& on) : loop(on), changed(on) {}
  Loop& loop;
  Wakeup changed;
  std::optional<Receipt> receipt;
  bool closed = false;
};

ChannelDestination::ChannelDestination(Loop& loop, std::string channel, Duration timeout)
    : loop_(loop), channel_(std::move(channel)), timeout_(timeout) {}

ChannelDestination::~ChannelDestination() { ChannelDestination::close(); }

// Over the loop: the send in flight must not go on inside this call.
void ChannelDestination::close() {
  const auto hand = std::exchange(hand_, nullptr);
  if (!hand) return;
  hand->closed = true;
  loop_.post([hand] { hand->changed.notify(); });
}

Task<Outcome> ChannelDestination::send(const Outbound& outbound) {
  Outcome outcome;
  if (!exchange_) {
    outcome.fault = Fault{FaultCode::unreachable, "there are no channels here", {}, {}};
    co_return outcome;
  }
  const auto hand = std::make_shared<Hand>(loop_);
  hand_ = hand;
  Received received;
  received.bytes = outbound.bytes;
  received.peer = "delivery " + to_string(outbound.id);
  received.hand_over = HandOver{outbound.id, outbound.attempt};
  received.asks = outbound.asked;
  received.facts = outbound.facts;
  spawn(hand_over(hand, exchange_, channel_, std::move(received)));
  const auto end = loop_.mono() + timeout_;
  while (!hand->receipt && !hand->closed && loop_.mono() < end) co_await hand->changed.wait_for(end - loop_.mono());
  if (!hand->receipt) {
    outcome.kind = Outcome::Kind::unknown;
    const auto code = hand->closed ? FaultCode::connection_lost : FaultCode::no_answer;
    outcome.fault = Fault{code, "channel " + channel_ + " has not answered", {}, {}};
    co_return outcome;
  }
  const auto& receipt = *hand->receipt;
  if (receipt.kind == Receipt::Kind::refused) {
    const auto fault = receipt.fault.value_or(Fault{FaultCode::rejected, {}, {}, {}});
    if (fault.code == FaultCode::wrong_state) {  // settled by now; the lane will find that out
      outcome.kind = Outcome::Kind::unknown;
      outcome.fault = fault;
      co_return outcome;
    }
    co_return refusal(fault, outbound, loop_.wall());
  }
  outcome.kind = Outcome::Kind::accepted;
  outcome.code = "AA";
  outcome.settled = !receipt.is_answer;
  outcome.response = answer_of(receipt, outbound, loop_.wall());
  co_return outcome;
}

Task<void> ChannelDestination::hand_over(std::shared_ptr<Hand> hand, Exchange* exchange, std::string channel,
                                         Received received) {
  auto handing = exchange->hand_over(hand->loop, std::move(channel), std::move(received));
  auto receipt = co_await handing;
  hand->receipt = std::move(receipt);
  hand->changed.notify();
}

}  // namespace myelin::channel
