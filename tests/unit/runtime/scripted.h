// A small world for the runtime's tests: a virtual loop, the memory store, a peer that answers as it is told, and
// plans made by hand. Nothing here waits for real time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/virtual_loop.h"
#include "engine/runtime/host.h"
#include "engine/store/memory/memory_store.h"
#include "tests/result_of.h"

namespace myelin::runtime {

// What the peer was sent, and what it answers next ("AA" when the script is empty).
struct Peer {
  std::vector<std::string> received;
  std::vector<std::map<std::string, std::string, std::less<>>> filled;
  std::deque<Outcome> script;
  Wakeup* gate = nullptr;         // when set, each send waits for a notify() first
  bool ends_when_closed = false;  // a send that waits there
  int connections = 0;
  int closes = 0;

  std::vector<std::string> control_ids() const {
    std::vector<std::string> ids;
    for (const auto& message : received) {
      auto tree = hl7::Tree::parse(Bytes(message));
      ids.push_back(tree ? tree->text(hl7::Spot{0, 10, 1, 1, 0}) : "?");
    }
    return ids;
  }
};

inline Outcome answer(Outcome::Kind kind, std::string code = {}, std::optional<FaultCode> fault = {}) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.code = std::move(code);
  if (fault) outcome.fault = Fault{*fault, "scripted", {}, {}};
  return outcome;
}
inline Outcome accepted() { return answer(Outcome::Kind::accepted, "AA"); }
inline Outcome refused(std::string code) {
  const auto fault = code == "AE" ? FaultCode::refused_ae : FaultCode::refused_ar;
  return answer(Outcome::Kind::refused, std::move(code), fault);
}
inline Outcome no_answer() { return answer(Outcome::Kind::unknown, {}, FaultCode::no_answer); }
inline Outcome down() { return answer(Outcome::Kind::unreachable, {}, FaultCode::unreachable); }

class ScriptedDestination final : public Destination {
 public:
  explicit ScriptedDestination(Peer& peer) : peer_(peer) { ++peer_.connections; }
  Task<Outcome> send(const Outbound& outbound) override {
    peer_.received.emplace_back(outbound.bytes.view());
    peer_.filled.push_back(outbound.filled);
    closed_ = false;
    if (peer_.gate) co_await peer_.gate->wait();
    if (closed_) co_return no_answer();
    auto outcome = accepted();
    if (!peer_.script.empty()) {
      outcome = std::move(peer_.script.front());
      peer_.script.pop_front();
    }
    co_return outcome;
  }
  void close() override {
    ++peer_.closes;
    if (!peer_.ends_when_closed) return;
    closed_ = true;
    if (peer_.gate) peer_.gate->notify();
  }

 private:
  bool closed_ = false;
  Peer& peer_;
};

class FunctionStep final : public Step {
 public:
  using Function = std::function<Verdict(Body&)>;
  explicit FunctionStep(Function function) : function_(std::move(function)) {}
  Verdict apply(Body& body, Context&) const override { return function_(body); }
  std::string_view name() const override { return "function"; }
  std::string_view place() const override { return "test.yaml:1:1"; }

 private:
  Function function_;
};

class TriggerIs final : public Condition {
 public:
  explicit TriggerIs(std::string trigger) : trigger_(std::move(trigger)) {}
  bool holds(const Body& body, const Context&) const override {
    return body.hl7() && body.hl7()->text(hl7::Spot{0, 9, 1, 2, 0}) == trigger_;
  }

 private:
  std::string trigger_;
};

inline std::string adt(const std::string& control_id, const std::string& trigger = "A01",
                       const std::string& sex = "F") {
  return "MSH|^~\\&|PAS|WEST|MYELIN|HOSP|20261121080000||ADT^" + trigger + "|" + control_id + "|P|2.5.1\rEVN|" +
         trigger + "|20261121080000\rPID|1||4711^^^WEST^MR||Berg^Ada||19700101|" + sex + "\rPV1|1|I\r";
}

inline std::shared_ptr<Plan> make_plan(const std::string& hash = "one") {
  auto plan = std::make_shared<Plan>();
  plan->channel = "adt";
  plan->hash = hash;
  return plan;
}

inline Route route_to(const std::string& name, Peer& peer) {
  Route route;
  route.name = name;
  route.destination = name;
  route.connect = [&peer](Loop&) { return std::make_unique<ScriptedDestination>(peer); };
  return route;
}

// Until then it is closed.
class OpensAt final : public OpeningHours {
 public:
  explicit OpensAt(WallTime at) : at_(at) {}
  Duration until_open(WallTime now) const override { return std::max<Duration>(at_ - now, Duration::zero()); }
  Duration open_for(WallTime now) const override { return std::max<Duration>(now - at_, Duration::zero()); }

 private:
  WallTime at_;
};

inline std::shared_ptr<Plan> plan_of_two(Peer& lab, Peer& archive) {
  auto plan = make_plan();
  plan->routes.push_back(route_to("lab", lab));
  plan->routes.push_back(route_to("archive", archive));
  return plan;
}

struct World {
  static constexpr WallTime kStart{microseconds(1'795'248'000'000'000)};

  VirtualLoop loop{kStart};
  std::unique_ptr<Store> store = make_memory_store();
  std::unique_ptr<Host> host;

  World() { restart(); }
  ~World() {
    if (host) run(host->drain(seconds(1)));
  }

  // A new host on the same store: what a new process finds.
  void restart() {
    Seams seams;
    seams.draw = [] { return 1.0; };
    std::vector<Loop*> loops{&loop};
    host = std::make_unique<Host>(loops, *store, seams);
  }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    spawn(test::keep_result(std::move(task), result));
    // A drain, say, waits for timers; the bound keeps a test that hangs from hanging for ever.
    for (int turns = 0; !result && turns < 1000; ++turns) {
      loop.run_ready();
      Duration next{};
      if (!result && loop.next_timer(next)) loop.advance(next);
    }
    if (!result) ADD_FAILURE() << "the task never ended";
    return std::move(result.value());
  }
  void run(Task<void> task) { run(test::as_bool(std::move(task))); }

  Receipt send(const std::string& message) { return run(host->accept("adt", Received{Bytes(message), "test"})); }
  // Its sender waits for a peer's answer: `told` has it when it is known.
  void ask(const std::string& message, std::optional<Receipt>& told) {
    Received received{Bytes(message), "test"};
    received.asks = true;
    spawn(test::keep_result(host->accept("adt", std::move(received)), told));
  }
  ReloadReport apply(std::shared_ptr<const Plan> plan) {
    return run(host->apply(std::vector<std::shared_ptr<const Plan>>{std::move(plan)}));
  }
  std::vector<Delivery> list(std::optional<State> state = {}) {
    QueueFilter filter;
    filter.state = state;
    return *run(store->list(loop, filter));
  }
  Delivery delivery(DeliveryId id) {
    const auto trace = run(store->trace(loop, id.message()));
    return trace->deliveries.at(static_cast<std::size_t>(id.ordinal()));
  }
};

}  // namespace myelin::runtime
