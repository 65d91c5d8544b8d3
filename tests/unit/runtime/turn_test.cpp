// What a route sends when: priority, opening hours, after another route; and where the peer's answers go.
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

class Urgent final : public PriorityReader {
 public:
  Priority priority(const Body& body, const Context&) const override {
    return body.hl7()->text(hl7::Spot{0, 9, 1, 2, 0}) == "A01" ? Priority::critical : Priority::low;
  }
};

struct TurnTest : testing::Test {
  Peer lab;
  Peer archive;
  World world;  // last: it drains into the peers when it ends

  State state_of(MessageId id, int ordinal) {
    world.loop.advance(milliseconds(20));
    return world.delivery(DeliveryId::of(id, ordinal)).state;
  }
};

TEST_F(TurnTest, sends_what_is_critical_before_what_waits_also_after_a_restart) {
  auto plan = make_plan();
  plan->routes.push_back(route_to("lab", lab));
  auto& route = plan->routes[0];
  route.lane.order = OrderKind::none;
  route.lane.parallel = 1;
  route.priority = std::make_shared<Urgent>();
  world.apply(plan);
  world.run(world.host->hold_lane(LaneKey{"adt", "lab", ""}, Person{"anna", "line down"}));
  world.send(adt("1", "A08"));
  world.send(adt("2", "A08"));
  world.send(adt("3", "A01"));
  EXPECT_EQ(world.list()[2].priority, Priority::critical);
  world.run(world.host->drain(seconds(1)));
  world.restart();
  world.apply(plan);
  world.run(world.host->release_lane(LaneKey{"adt", "lab", ""}, Person{"anna", ""}));
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.control_ids(), (std::vector<std::string>{"3", "1", "2"}));
}

TEST_F(TurnTest, keeps_messages_while_the_peer_is_closed) {
  auto plan = plan_of_two(lab, archive);
  plan->routes[0].open = std::make_shared<OpensAt>(World::kStart + hours(2));
  world.apply(plan);
  const auto first = world.send(adt("1"));
  world.send(adt("2"));
  EXPECT_EQ(state_of(first.id, 0), State::queued);
  EXPECT_TRUE(lab.received.empty());
  EXPECT_EQ(archive.received.size(), 2U);
  world.loop.advance(hours(2));
  EXPECT_EQ(lab.control_ids(), (std::vector<std::string>{"1", "2"}));
}

TEST_F(TurnTest, sends_what_waits_when_a_reload_opens_the_peer) {
  auto closed = plan_of_two(lab, archive);
  closed->routes[0].open = std::make_shared<OpensAt>(World::kStart + hours(200));
  world.apply(closed);
  world.send(adt("1"));
  world.send(adt("2"));
  world.loop.advance(seconds(1));
  auto open = plan_of_two(lab, archive);
  open->hash = "two";
  world.apply(open);
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.control_ids(), (std::vector<std::string>{"1", "2"}));
}

TEST_F(TurnTest, sends_after_another_route_has_delivered) {
  auto plan = plan_of_two(lab, archive);
  plan->routes[1].after = "lab";
  for (int i = 0; i < 3; ++i) lab.script.push_back(down());
  world.apply(plan);
  world.send(adt("1"));
  world.loop.advance(milliseconds(100));
  EXPECT_TRUE(archive.received.empty());
  world.loop.advance(seconds(10));
  EXPECT_EQ(lab.received.size(), 4U);
  EXPECT_EQ(archive.control_ids(), std::vector<std::string>{"1"});
}

TEST_F(TurnTest, waits_for_a_parked_one_and_not_for_one_that_no_route_wanted) {
  auto plan = plan_of_two(lab, archive);
  plan->routes[0].when = std::make_shared<TriggerIs>("A01");
  plan->routes[1].after = "lab";
  lab.script.push_back(refused("AE"));
  world.apply(plan);
  const auto parked = world.send(adt("1", "A01"));
  world.loop.advance(minutes(5));
  EXPECT_EQ(state_of(parked.id, 0), State::parked);
  EXPECT_TRUE(archive.received.empty());
  EXPECT_TRUE(world.run(world.host->retry(DeliveryId::of(parked.id, 0), Person{"anna", ""})));
  world.loop.advance(milliseconds(100));
  EXPECT_EQ(archive.control_ids(), std::vector<std::string>{"1"});
  world.send(adt("2", "A03"));
  world.loop.advance(milliseconds(100));
  EXPECT_EQ(archive.received.size(), 2U);
}

TEST_F(TurnTest, refuses_a_fault_of_a_shared_step_where_the_channel_says_so) {
  auto plan = plan_of_two(lab, archive);
  plan->refuses_faults = true;
  plan->steps.push_back(std::make_shared<FunctionStep>(
      [](Body&) { return Verdict{Verdict::Kind::fault, {}, Fault{FaultCode::unmapped, "no row", "PID-8", {}}}; }));
  world.apply(plan);
  const auto receipt = world.send(adt("1"));
  EXPECT_EQ(receipt.kind, Receipt::Kind::refused);
  EXPECT_EQ(receipt.fault->code, FaultCode::unmapped);
  EXPECT_EQ(world.run(world.store->counts(world.loop))->messages, 0);
}

TEST_F(TurnTest, makes_the_peers_answer_a_message_of_another_channel_in_the_same_commit) {
  auto plan = make_plan();
  plan->routes.push_back(route_to("lab", lab));
  plan->routes[0].answers = "answers";
  auto taker = make_plan();
  taker->channel = "answers";
  taker->routes.push_back(route_to("archive", archive));
  const std::string ack = "MSH|^~\\&|LAB||PAS||2026||ACK|L7|P|2.5.1\rMSA|AA|1\r";
  auto yes = accepted();
  yes.response = Bytes(ack);
  lab.script.push_back(yes);
  world.run(world.host->apply(std::vector<std::shared_ptr<const Plan>>{plan, taker}));
  const auto receipt = world.send(adt("1"));
  world.loop.advance(milliseconds(100));
  EXPECT_EQ(state_of(receipt.id, 0), State::delivered);
  ASSERT_EQ(archive.received.size(), 1U);
  EXPECT_EQ(archive.received[0], ack);
}

TEST_F(TurnTest, keeps_an_answer_from_the_other_channel_that_delivers_nothing) {
  auto plan = make_plan();
  plan->routes.push_back(route_to("lab", lab));
  plan->routes[0].answers = "answers";
  auto taker = make_plan();
  taker->channel = "answers";
  taker->routes.push_back(route_to("archive", archive));
  auto no = refused("AE");
  no.response = Bytes(std::string("MSH|^~\\&|LAB||PAS||2026||ACK|L7|P|2.5.1\rMSA|AE|1\r"));
  lab.script.push_back(no);
  world.run(world.host->apply(std::vector<std::shared_ptr<const Plan>>{plan, taker}));
  const auto receipt = world.send(adt("1"));
  EXPECT_EQ(state_of(receipt.id, 0), State::parked);
  EXPECT_TRUE(archive.received.empty());
}

TEST_F(TurnTest, keeps_the_answer_until_the_other_channel_runs) {
  auto plan = make_plan();
  plan->routes.push_back(route_to("lab", lab));
  plan->routes[0].answers = "answers";
  auto yes = accepted();
  yes.response = Bytes(std::string("MSH|^~\\&|LAB||PAS||2026||ACK|L7|P|2.5.1\rMSA|AA|1\r"));
  lab.script.push_back(yes);
  world.apply(plan);
  const auto receipt = world.send(adt("1"));
  EXPECT_EQ(state_of(receipt.id, 0), State::queued);
  auto taker = make_plan();
  taker->channel = "answers";
  taker->routes.push_back(route_to("archive", archive));
  world.run(world.host->apply(std::vector<std::shared_ptr<const Plan>>{plan, taker}));
  world.loop.advance(seconds(2));
  EXPECT_EQ(state_of(receipt.id, 0), State::delivered);
  EXPECT_EQ(archive.received.size(), 1U);
  EXPECT_EQ(lab.received.size(), 1U);
}

}  // namespace
}  // namespace myelin::runtime
