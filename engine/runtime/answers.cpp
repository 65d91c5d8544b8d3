#include "engine/runtime/answers.h"

#include <utility>

#include "engine/base/not_kept.h"
#include "engine/runtime/reply.h"

namespace myelin::runtime {
namespace {

constexpr Duration kAgain = seconds(1);

bool may_pass(FaultCode code) { return is_not_kept(code) || code == FaultCode::not_found; }

class AnsweringDestination final : public Destination {
 public:
  AnsweringDestination(const Route& route, std::unique_ptr<Destination> inner, Loop& loop, Exchange& exchange)
      : channel_(route.answers),
        policy_(route.lane),
        inner_(std::move(inner)),
        loop_(loop),
        exchange_(exchange),
        closed_(loop) {}

  Task<Outcome> send(const Outbound& outbound) override {
    ended_ = false;
    auto sending = inner_->send(outbound);
    auto outcome = co_await sending;
    while (is_for_channel(outcome, outbound)) {
      const HandOver of{outbound.id, outbound.attempt};
      auto handing = hand_answer(loop_, exchange_, channel_, of, outcome.response);
      const auto handed = co_await handing;
      outcome.settled = handed == Handed::settled;
      if (handed != Handed::later) co_return outcome;
      if (!ended_) co_await closed_.wait_for(kAgain);
      if (!ended_) continue;
      // The peer has the message, but its answer is nowhere: it is sent, and answered, once more.
      outcome.kind = Outcome::Kind::unknown;
      outcome.fault = Fault{FaultCode::connection_lost, "channel " + channel_ + " could not take the answer", {}, {}};
    }
    co_return outcome;
  }

  void close() override {
    ended_ = true;
    inner_->close();
    closed_.notify();
  }
  void join(Exchange& exchange) override { inner_->join(exchange); }
  void on_late_answers(LateAnswers late) override { inner_->on_late_answers(std::move(late)); }
  bool settles() const override { return inner_->settles(); }

 private:
  bool is_for_channel(const Outcome& outcome, const Outbound& outbound) const {
    if (outcome.response.empty() || outcome.settled || outcome.owed) return false;
    LaneMemory memory;
    return judge(outcome, policy_, memory, 0, outbound.asked).to == State::delivered;
  }

  std::string channel_;
  LanePolicy policy_;
  std::unique_ptr<Destination> inner_;
  Loop& loop_;
  Exchange& exchange_;
  Wakeup closed_;
  bool ended_ = false;
};

}  // namespace

Task<Handed> hand_answer(Loop& loop, Exchange& exchange, std::string channel, HandOver of, Bytes answer) {
  Received received;
  received.bytes = std::move(answer);
  received.peer = "answer to " + to_string(of.delivery);
  received.hand_over = of;
  auto handing = exchange.hand_over(loop, std::move(channel), std::move(received));
  const auto receipt = co_await handing;
  if (receipt.kind != Receipt::Kind::refused) co_return receipt.is_answer ? Handed::not_here : Handed::settled;
  const bool later = receipt.fault && may_pass(receipt.fault->code);
  co_return later ? Handed::later : Handed::not_here;
}

std::unique_ptr<Destination> with_answers_to(const Route& route, std::unique_ptr<Destination> inner, Loop& loop,
                                             Exchange& exchange) {
  return std::make_unique<AnsweringDestination>(route, std::move(inner), loop, exchange);
}

}  // namespace myelin::runtime
