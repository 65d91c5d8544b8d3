// An Intake that remembers what it was given and answers what the test wants, at once or when it is told to.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/base/task.h"
#include "engine/model/adapter.h"

namespace myelin::test {

class FakeIntake final : public Intake {
 public:
  explicit FakeIntake(Loop& loop) : wakeup_(loop) {}

  Task<Receipt> accept(Received received) override {
    taken.push_back(received);
    if (on_taken) on_taken();
    if (commits_early && received.committed) {
      Receipt stored;
      stored.kind = Receipt::Kind::committed;
      stored.id = MessageId{static_cast<std::int64_t>(taken.size())};
      received.committed(stored);
    }
    while (held) co_await wakeup_.wait();
    Receipt receipt;
    if (!receipts.empty()) {
      receipt = receipts.front();
      receipts.pop_front();
      co_return receipt;
    }
    receipt.kind = Receipt::Kind::committed;
    receipt.id = MessageId{static_cast<std::int64_t>(taken.size())};
    receipt.received_at = WallTime(std::chrono::hours(24 * 365 * 55));
    receipt.ticket = "ticket" + std::to_string(taken.size());
    co_return receipt;
  }

  Task<Result<Progress>> progress(std::string ticket) override {
    const auto known = told.find(ticket);
    if (known == told.end()) co_return fail(FaultCode::not_found, {});
    co_return known->second;
  }

  std::span<const std::string> named_facts() const override { return named; }

  MessageId report(Incident incident) override {
    incidents.push_back(std::move(incident));
    return MessageId{static_cast<std::int64_t>(1000 + incidents.size())};
  }

  void refuse_next(FaultCode code) {
    Receipt receipt;
    receipt.fault = Fault{code, "as the test says", {}, {}};
    receipts.push_back(receipt);
  }
  void release() {
    held = false;
    wakeup_.notify();
  }

  std::vector<Received> taken;
  std::vector<Incident> incidents;
  std::vector<std::string> named;        // facts
  std::map<std::string, Progress> told;  // by ticket
  std::deque<Receipt> receipts;          // the next answers; committed when there is none
  bool held = false;
  bool commits_early = false;  // and tells so, before the answer
  std::function<void()> on_taken;

 private:
  Wakeup wakeup_;
};

}  // namespace myelin::test
