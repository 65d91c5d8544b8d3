#include "engine/runtime/lane.h"

#include "tests/unit/runtime/fifo_lane.h"

namespace myelin::runtime {
namespace {

TEST_F(LaneTest, sends_the_next_only_after_the_answer) {
  Wakeup gate(world.loop);
  lab.gate = &gate;
  start();
  send(1, 3);
  world.loop.run_ready();
  EXPECT_EQ(lab.received.size(), 1U);
  gate.notify();
  world.loop.run_ready();
  EXPECT_EQ(lab.received.size(), 2U);
  lab.gate = nullptr;
  gate.notify();
  world.loop.run_ready();
  EXPECT_EQ(lab.control_ids(), numbers(1, 3));
}

TEST_F(LaneTest, begins_after_the_sender_has_its_answer) {
  start();
  std::size_t sent = 9;
  const auto accept = [&]() -> Task<bool> {
    auto accepting = world.host->accept("adt", Received{Bytes(adt("1")), "test"});
    const auto receipt = co_await accepting;
    sent = lab.received.size();
    co_return receipt.kind == Receipt::Kind::committed;
  };
  EXPECT_TRUE(world.run(accept()));
  EXPECT_EQ(sent, 0U) << "the peer was served while the sender stood waiting";
  world.loop.run_ready();
  EXPECT_EQ(lab.received.size(), 1U);
}

TEST_F(LaneTest, settles_what_was_delivered) {
  start();
  const auto ids = send(1, 1);
  world.loop.advance(milliseconds(10));
  EXPECT_EQ(world.delivery(ids[0]).state, State::delivered);
  EXPECT_EQ(world.delivery(ids[0]).attempts, 1);
}

TEST_F(LaneTest, repeats_the_head_and_lets_nothing_overtake_it) {
  lab.script = {no_answer(), down(), accepted()};
  start();
  send(1, 2);
  world.loop.advance(milliseconds(900));
  EXPECT_EQ(lab.control_ids(), numbers(1, 1));
  world.loop.advance(seconds(10));
  EXPECT_EQ(lab.control_ids(), (std::vector<std::string>{"1", "1", "1", "2"}));
}

TEST_F(LaneTest, repeats_exactly_the_bytes_that_may_have_reached_the_peer) {
  int runs = 0;
  Steps steps{std::make_shared<FunctionStep>([&runs](Body& body) {
    EXPECT_TRUE(body.hl7()->write_text(hl7::Spot{0, 5, 1, 1, 0}, "RUN" + std::to_string(++runs)));
    return Verdict{};
  })};
  lab.script = {no_answer(), accepted()};
  start({}, steps);
  const auto ids = send(1, 1);
  world.loop.advance(seconds(2));
  ASSERT_EQ(lab.received.size(), 2U);
  EXPECT_EQ(lab.received[0], lab.received[1]);
  EXPECT_TRUE(world.delivery(ids[0]).possible_duplicate);
}

TEST_F(LaneTest, repeats_those_bytes_after_a_restart_too) {
  int runs = 0;
  Steps steps{std::make_shared<FunctionStep>([&runs](Body& body) {
    EXPECT_TRUE(body.hl7()->write_text(hl7::Spot{0, 5, 1, 1, 0}, "RUN" + std::to_string(++runs)));
    return Verdict{};
  })};
  lab.script = {no_answer()};
  start({}, steps);
  send(1, 1);
  world.run(world.host->drain(seconds(1)));
  world.restart();
  start({}, steps);
  world.loop.advance(seconds(2));
  ASSERT_EQ(lab.received.size(), 2U);
  EXPECT_EQ(lab.received[0], lab.received[1]);
}

TEST_F(LaneTest, parks_a_refused_message_and_goes_on) {
  lab.script = {refused("AE")};
  start();
  const auto ids = send(1, 2);
  world.loop.advance(milliseconds(10));
  EXPECT_EQ(lab.control_ids(), numbers(1, 2));
  EXPECT_EQ(world.delivery(ids[0]).state, State::parked);
  EXPECT_EQ(world.delivery(ids[0]).fault, "M0404");
  EXPECT_EQ(world.delivery(ids[1]).state, State::delivered);
}

TEST_F(LaneTest, holds_after_three_refusals_in_a_row_and_goes_on_when_released) {
  lab.script = {refused("AE"), refused("AE"), refused("AE")};
  start();
  const auto ids = send(1, 5);
  world.loop.advance(minutes(5));
  EXPECT_EQ(lab.control_ids(), numbers(1, 3));
  EXPECT_EQ(world.delivery(ids[2]).state, State::held);
  EXPECT_TRUE(view().stopped);
  EXPECT_TRUE(world.run(world.host->release_lane(key(), Person{"anna", "peer repaired"})));
  world.loop.advance(milliseconds(10));
  EXPECT_EQ(lab.control_ids(), (std::vector<std::string>{"1", "2", "3", "3", "4", "5"}));
  EXPECT_FALSE(view().stopped);
}

TEST_F(LaneTest, stays_held_across_a_restart) {
  lab.script = {refused("AE"), refused("AE"), refused("AE")};
  start();
  send(1, 4);
  world.loop.advance(milliseconds(10));
  world.run(world.host->drain(seconds(1)));
  world.restart();
  start();
  world.loop.advance(minutes(5));
  EXPECT_EQ(lab.control_ids(), numbers(1, 3));
  EXPECT_TRUE(view().stopped);
}

TEST_F(LaneTest, parks_what_its_steps_left_empty_and_goes_on) {
  const Steps steps{std::make_shared<FunctionStep>([](Body& body) {
    if (body.hl7() && body.hl7()->text(hl7::Spot{0, 10, 1, 1, 0}) == "1") body = Body(Bytes(""));
    return Verdict{};
  })};
  start({}, steps);
  const auto ids = send(1, 2);
  world.loop.advance(minutes(1));
  EXPECT_EQ(world.delivery(ids[0]).state, State::parked);
  EXPECT_EQ(world.delivery(ids[0]).fault, "M0304");
  EXPECT_EQ(world.delivery(ids[1]).state, State::delivered);
}

TEST_F(LaneTest, delivers_a_backlog_across_every_edge_of_its_window) {
  for (const int count : {kLaneWindow - 1, kLaneWindow, kLaneWindow + 1, 2 * kLaneWindow, 2 * kLaneWindow + 1}) {
    Peer peer;
    World fresh;
    Wakeup gate(fresh.loop);
    peer.gate = &gate;
    auto plan = make_plan();
    plan->routes.push_back(route_to("lab", peer));
    fresh.apply(plan);
    for (int n = 1; n <= count; ++n) fresh.send(adt(std::to_string(n)));
    peer.gate = nullptr;
    gate.notify();
    fresh.loop.advance(minutes(1));
    EXPECT_EQ(peer.control_ids(), numbers(1, count)) << count;
    EXPECT_TRUE(fresh.list().empty()) << count;
  }
}

TEST_F(LaneTest, keeps_its_order_when_messages_arrive_while_it_reads_on) {
  lab.script = {down()};
  start();
  for (int n = 1; n <= 3 * kLaneWindow; ++n) {
    world.send(adt(std::to_string(n)));
    if (n % 7 == 0) world.loop.advance(milliseconds(3));
  }
  world.loop.advance(minutes(2));
  auto ids = lab.control_ids();
  ids.erase(ids.begin());  // the attempt that found the peer down
  EXPECT_EQ(ids, numbers(1, 3 * kLaneWindow));
}

TEST_F(LaneTest, filters_parks_and_faults_as_its_steps_say) {
  Steps steps{std::make_shared<FunctionStep>([](Body& body) {
    Verdict verdict;
    const auto id = body.hl7()->text(hl7::Spot{0, 10, 1, 1, 0});
    if (id == "1") verdict.kind = Verdict::Kind::drop, verdict.reason = "not for the lab";
    if (id == "2") verdict.kind = Verdict::Kind::park, verdict.reason = "odd";
    if (id == "3")
      verdict.kind = Verdict::Kind::fault, verdict.fault = Fault{FaultCode::unmapped, "no row", "PID[1]-8", {}};
    return verdict;
  })};
  start({}, steps);
  const auto ids = send(1, 4);
  world.loop.advance(milliseconds(10));
  EXPECT_EQ(world.delivery(ids[0]).state, State::filtered);
  EXPECT_EQ(world.delivery(ids[0]).detail, "not for the lab");
  EXPECT_EQ(world.delivery(ids[1]).state, State::parked);
  EXPECT_EQ(world.delivery(ids[2]).state, State::parked);
  EXPECT_EQ(world.delivery(ids[2]).fault, "M0301");
  EXPECT_EQ(lab.control_ids(), numbers(4, 4));
}

TEST_F(LaneTest, a_hold_by_a_step_stops_the_lane_there) {
  bool hold = true;
  Steps steps{std::make_shared<FunctionStep>([&hold](Body& body) {
    Verdict verdict;
    if (hold && body.hl7()->text(hl7::Spot{0, 10, 1, 1, 0}) == "2")
      verdict.kind = Verdict::Kind::hold, verdict.reason = "wait";
    return verdict;
  })};
  start({}, steps);
  send(1, 3);
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.control_ids(), numbers(1, 1));
  hold = false;
  EXPECT_TRUE(world.run(world.host->release_lane(key(), Person{"anna", "mapped"})));
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.control_ids(), numbers(1, 3));
}

TEST_F(LaneTest, finishes_what_is_in_flight_when_it_drains) {
  Wakeup gate(world.loop);
  lab.gate = &gate;
  start();
  const auto ids = send(1, 2);
  bool drained = false;
  const auto drain = [](Host& host, bool& done) -> Task<void> {
    co_await host.drain(seconds(30));
    done = true;
  };
  spawn(drain(*world.host, drained));
  world.loop.run_ready();
  EXPECT_FALSE(drained);
  gate.notify();
  world.loop.advance(milliseconds(10));
  EXPECT_TRUE(drained);
  EXPECT_EQ(world.delivery(ids[0]).state, State::delivered);
  EXPECT_EQ(world.delivery(ids[1]).state, State::queued);
}

class MortalDestination final : public Destination {
 public:
  MortalDestination(Peer& peer, bool& gone) : living_(peer), gone_(gone) {}
  ~MortalDestination() override { gone_ = true; }
  Task<Outcome> send(const Outbound& outbound) override { return living_.send(outbound); }
  void close() override { living_.close(); }

 private:
  ScriptedDestination living_;
  bool& gone_;
};

// Its last settlement is told by a callback of the lane itself: what that sets off must not free the lane meanwhile.
TEST_F(LaneTest, outlives_its_last_callback_when_a_reload_removes_it) {
  Peer other;
  Wakeup gate(world.loop);
  lab.gate = &gate;
  bool gone = false, gone_too_soon = true, applied = false;
  auto mortal = route_to("lab", lab);
  mortal.connect = [&](Loop&) { return std::make_unique<MortalDestination>(lab, gone); };
  auto before = make_plan("before"), after = make_plan("after");
  before->routes = {std::move(mortal)};
  after->routes = {route_to("other", other)};
  world.apply(before);
  send(1, 1);
  const auto apply = [](Host& host, std::vector<std::shared_ptr<const Plan>> plans, bool& done) -> Task<void> {
    const auto report = co_await host.apply(std::move(plans));
    done = report.faults.empty();
  };
  std::vector<std::shared_ptr<const Plan>> plans{after};
  spawn(apply(*world.host, std::move(plans), applied));
  world.loop.run_ready();
  gate.notify();  // the peer's answer; the settlement is on its way, and in the same commit one more of nothing
  Settlement of_nothing;
  of_nothing.to = State::delivered;
  world.store->settle(world.loop, of_nothing, [&](const Result<void>&) { gone_too_soon = gone; });
  world.loop.run_ready();
  EXPECT_FALSE(gone_too_soon);
  EXPECT_TRUE(applied);
  EXPECT_TRUE(gone);
  world.run(world.host->drain(seconds(1)));
  world.host.reset();
}

// The text is the patient's number, or what is wrong with it.
class NumberOfPatient final : public Filling {
 public:
  Result<std::string> text(const Body& body, const Context&) const override {
    const auto number = body.hl7()->text(hl7::Spot{2, 3, 1, 1, 0});
    if (number.empty()) return fail(FaultCode::bad_value, "no number");
    return number;
  }
};

TEST_F(LaneTest, gives_the_destination_what_the_message_makes_of_its_texts_at_each_attempt) {
  auto plan = make_plan();
  plan->routes.push_back(route_to("lab", lab));
  plan->routes.back().fillings.emplace("url", std::make_shared<NumberOfPatient>());
  world.apply(plan);
  lab.script = {no_answer(), accepted()};
  world.send(adt("1"));
  world.loop.advance(minutes(1));
  ASSERT_EQ(lab.filled.size(), 2U);
  for (const auto& filled : lab.filled) EXPECT_EQ(filled.at("url"), "4711");
  EXPECT_EQ(lab.received[0], lab.received[1]);
}

TEST_F(LaneTest, parks_a_message_of_which_no_such_text_can_be_made) {
  auto plan = make_plan();
  plan->routes.push_back(route_to("lab", lab));
  plan->routes.back().fillings.emplace("url", std::make_shared<NumberOfPatient>());
  world.apply(plan);
  auto message = adt("1");
  message.replace(message.find("4711"), 4, "");
  const auto receipt = world.send(message);
  world.loop.run_ready();
  const auto delivery = world.delivery(DeliveryId::of(receipt.id, 0));
  EXPECT_EQ(delivery.state, State::parked);
  EXPECT_EQ(delivery.fault, entry(FaultCode::bad_value).id);
  EXPECT_TRUE(lab.received.empty());
}

}  // namespace
}  // namespace myelin::runtime
