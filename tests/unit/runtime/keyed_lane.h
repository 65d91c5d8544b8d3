// A route that is ordered by key, and a peer whose sessions each answer when the test says so.
#pragma once

#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {

// PID-3.1 and, of a merge, MRG-1.1: what `order: { by: "PID[*]-3[5=MR].1" }` reads.
class PatientKeys final : public KeyReader {
 public:
  std::vector<std::string> values(const Body& body) const override {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < body.hl7()->segment_count(); ++i) {
      const auto segment = static_cast<std::uint32_t>(i);
      const auto name = body.hl7()->segment_name(i);
      if (name == "PID") found.push_back(body.hl7()->text(hl7::Spot{segment, 3, 1, 1, 0}));
      if (name == "MRG") found.push_back(body.hl7()->text(hl7::Spot{segment, 1, 1, 1, 0}));
    }
    return found;
  }
};

inline std::string of_patient(const std::string& control_id, const std::string& patient,
                              const std::string& merged = {}) {
  return "MSH|^~\\&|PAS|WEST|MYELIN|HOSP|20261121080000||ADT^" + std::string(merged.empty() ? "A08" : "A40") + "|" +
         control_id + "|P|2.5.1\rPID|1||" + patient + "^^^WEST^MR\r" +
         (merged.empty() ? "" : "MRG|" + merged + "^^^WEST^MR\r");
}

// A peer whose sessions each answer when the test says so.
struct Desk {
  struct Open {
    std::string id;
    Completion<Outcome>* answer;
  };
  std::vector<Open> open;  // sent and not answered
  std::vector<std::string> sent;

  std::vector<std::string> waiting() const {
    std::vector<std::string> ids;
    for (const auto& each : open) ids.push_back(each.id);
    std::ranges::sort(ids);
    return ids;
  }
  void answer(const std::string& id, Outcome outcome = accepted()) {
    const auto found = std::ranges::find(open, id, &Open::id);
    ASSERT_NE(found, open.end()) << id << " is not in flight";
    auto* completion = found->answer;
    open.erase(found);
    completion->set(std::move(outcome));
  }
};

class DeskSession final : public Destination {
 public:
  explicit DeskSession(Desk& desk) : desk_(desk) {}
  Task<Outcome> send(const Outbound& outbound) override {
    auto tree = hl7::Tree::parse(outbound.bytes);
    Completion<Outcome> answer;
    auto id = tree->text(hl7::Spot{0, 10, 1, 1, 0});
    desk_.sent.push_back(id);
    desk_.open.emplace_back(std::move(id), &answer);
    co_return co_await answer;
  }
  // As a socket does: what is in flight ends without an answer.
  void close() override {
    while (!desk_.open.empty()) desk_.answer(desk_.open.front().id, no_answer());
  }

 private:
  Desk& desk_;
};

struct KeyedLane : testing::Test {
  Desk lab;  // before the world: its sessions end with the host
  World world;

  void start(int parallel = 4, OrderKind order = OrderKind::keyed, const std::string& hash = "one",
             std::vector<ReplyRule> on_reply = {}) {
    auto plan = make_plan(hash);
    Route route;
    route.name = "lab";
    route.connect = [this](Loop&) { return std::make_unique<DeskSession>(lab); };
    route.lane.order = order;
    route.lane.parallel = parallel;
    route.lane.on_reply = std::move(on_reply);
    route.keys = std::make_shared<PatientKeys>();
    plan->routes.push_back(std::move(route));
    world.apply(plan);
  }
  void restart() {
    world.run(world.host->drain(seconds(1)));
    world.restart();
  }
  DeliveryId send(const std::string& id, const std::string& patient, const std::string& merged = {}) {
    return DeliveryId::of(world.send(of_patient(id, patient, merged)).id, 0);
  }
  void answer(const std::string& id, Outcome outcome = accepted()) {
    lab.answer(id, std::move(outcome));
    world.loop.run_ready();
  }
  // AA to all, for as long as anything comes.
  void answer_all() {
    world.loop.advance(seconds(1));
    while (!lab.open.empty()) answer(lab.open.front().id);
  }
  std::vector<LaneView> lanes() { return world.run(world.host->view()).at(0).lanes; }
  LaneKey lane_of(const std::string& patient) const { return LaneKey{"adt", "lab", world.store->key_of(patient)}; }
  using Ids = std::vector<std::string>;
};

}  // namespace myelin::runtime
