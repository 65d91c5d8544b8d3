#include "engine/runtime/intake.h"

#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

struct IntakeTest : testing::Test {
  Peer lab;
  Peer archive;
  World world;  // last: it drains into the peers when it ends

  std::shared_ptr<Plan> two_routes() {
    auto plan = plan_of_two(lab, archive);
    plan->routes.front().when = std::make_shared<TriggerIs>("A01");
    return plan;
  }
};

TEST_F(IntakeTest, commits_one_delivery_for_each_route_that_wants_the_message) {
  world.apply(two_routes());
  EXPECT_EQ(world.send(adt("1", "A01")).kind, Receipt::Kind::committed);
  EXPECT_EQ(world.send(adt("2", "A03")).kind, Receipt::Kind::committed);
  EXPECT_EQ(lab.control_ids(), std::vector<std::string>{"1"});
  EXPECT_EQ(archive.control_ids(), (std::vector<std::string>{"1", "2"}));
}

// Writes what PID-8 was when the message came to PID-8 of what the steps above made of it.
class AsItCame final : public Step {
 public:
  Verdict apply(Body& body, Context& context) const override {
    const auto came = context.original ? context.original->hl7()->text(hl7::Spot{2, 8, 1, 1, 0}) : "nothing";
    static_cast<void>(body.hl7()->write_text(hl7::Spot{1, 1, 1, 1, 0}, came));
    return {};
  }
  std::string_view name() const override { return "set"; }
  std::string_view place() const override { return "test.yaml:1:1"; }
};

class EventIs final : public Condition {
 public:
  bool holds(const Body& body, const Context&) const override {
    return body.hl7()->text(hl7::Spot{1, 1, 1, 1, 0}) == "F";
  }
};

TEST_F(IntakeTest, shared_steps_see_the_message_as_it_came_when_routes_are_decided) {
  auto plan = two_routes();
  plan->steps.push_back(std::make_shared<FunctionStep>([](Body& body) {
    static_cast<void>(body.hl7()->write_text(hl7::Spot{2, 8, 1, 1, 0}, "X"));
    return Verdict();
  }));
  plan->steps.push_back(std::make_shared<AsItCame>());
  plan->routes.front().when = std::make_shared<EventIs>();
  world.apply(plan);
  world.send(adt("1", "A01", "F"));
  world.send(adt("2", "A01", "M"));
  EXPECT_EQ(lab.control_ids(), std::vector<std::string>{"1"});
}

TEST_F(IntakeTest, refuses_what_is_no_message_and_keeps_it) {
  world.apply(two_routes());
  const auto receipt = world.send("hello");
  EXPECT_EQ(receipt.kind, Receipt::Kind::refused);
  EXPECT_EQ(receipt.fault->code, FaultCode::not_hl7);
  EXPECT_EQ(world.run(world.store->counts(world.loop))->refused, 1);
  EXPECT_EQ(world.run(world.store->counts(world.loop))->messages, 0);
}

TEST_F(IntakeTest, takes_no_two_messages_for_one) {
  world.apply(two_routes());
  const auto receipt = world.send(adt("1", "A01") + adt("2", "A01"));
  EXPECT_EQ(receipt.kind, Receipt::Kind::refused);
  EXPECT_EQ(receipt.fault->code, FaultCode::not_hl7);
  EXPECT_NE(receipt.fault->detail.find("is a second MSH"), std::string::npos) << receipt.fault->detail;
  EXPECT_TRUE(lab.received.empty());
  EXPECT_EQ(world.run(world.store->counts(world.loop))->messages, 0);
  EXPECT_EQ(world.run(world.store->counts(world.loop))->refused, 1);
}

TEST_F(IntakeTest, takes_json_where_the_channel_carries_it_and_hands_it_on_as_it_came) {
  auto plan = make_plan();
  plan->accept.body = BodyKind::json;
  plan->accept.types = {"Patient"};
  plan->routes.push_back(route_to("lab", lab));
  world.apply(plan);
  const std::string patient = "{ \"resourceType\": \"Patient\" }";
  const auto receipt = world.send(patient);
  EXPECT_EQ(receipt.kind, Receipt::Kind::committed);
  EXPECT_EQ(world.run(world.store->trace(world.loop, receipt.id))->message.type, "Patient");
  ASSERT_EQ(lab.received.size(), 1U);
  EXPECT_EQ(lab.received[0], patient);
  const auto untyped = world.send("{}");
  EXPECT_EQ(untyped.fault->code, FaultCode::type_not_accepted);
  EXPECT_NE(untyped.fault->detail.find("accepts Patient, not an empty field"), std::string::npos);
  EXPECT_EQ(world.send(adt("1")).fault->code, FaultCode::not_json);
}

TEST_F(IntakeTest, tells_by_its_ticket_alone_what_became_of_a_message) {
  auto plan = two_routes();
  IdSource ids;
  ChannelIntake intake(world.loop, *world.store, ids, nullptr, [](auto&&...) {});
  intake.use(plan);
  const auto receipt = world.run(intake.accept(Received{Bytes(adt("1", "A01")), "test"}));
  const auto progress = world.run(intake.progress(receipt.ticket));
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->id, receipt.id);
  EXPECT_EQ(progress->received_at, receipt.received_at);
  ASSERT_EQ(progress->legs.size(), 2U);
  EXPECT_EQ(progress->legs[0].route, "lab");
  EXPECT_EQ(progress->legs[0].state, State::queued);
  const auto again = world.run(intake.accept(Received{Bytes(adt("1", "A01")), "test"}));
  EXPECT_EQ(again.kind, Receipt::Kind::duplicate);
  EXPECT_EQ(again.ticket, receipt.ticket);

  auto guessed = receipt.ticket;
  guessed.back() = guessed.back() == '0' ? '1' : '0';
  for (const auto& wrong :
       {guessed, to_string(receipt.id), to_string(receipt.id) + "-", std::string(), std::string("-")})
    EXPECT_EQ(world.run(intake.progress(wrong)).error().code, FaultCode::not_found) << wrong;
  plan = std::make_shared<Plan>(*plan);
  plan->channel = "other";
  intake.use(plan);
  EXPECT_EQ(world.run(intake.progress(receipt.ticket)).error().code, FaultCode::not_found);
}

TEST_F(IntakeTest, refuses_a_type_that_the_channel_does_not_list) {
  auto plan = two_routes();
  plan->accept.types = {"ADT^A01", "ORU^*"};
  world.apply(plan);
  EXPECT_EQ(world.send(adt("1", "A01")).kind, Receipt::Kind::committed);
  const auto receipt = world.send(adt("2", "A03"));
  EXPECT_EQ(receipt.fault->code, FaultCode::type_not_accepted);
  EXPECT_EQ(receipt.fault->at, "MSH-9");
}

TEST_F(IntakeTest, never_says_what_stands_in_MSH_9_when_it_is_no_type) {
  auto plan = two_routes();
  plan->accept.types = {"ADT^A01"};
  world.apply(plan);
  const auto receipt = world.send("MSH|^~\\&|PAS|WEST|MYELIN|HOSP|20261121||Berg, Ada|7|P|2.5.1\r");
  EXPECT_EQ(receipt.fault->code, FaultCode::type_not_accepted);
  EXPECT_EQ(receipt.fault->detail.find("Berg"), std::string::npos);
}

TEST_F(IntakeTest, refuses_a_version_that_the_channel_does_not_list) {
  auto plan = two_routes();
  plan->accept.versions = {"2.3"};
  world.apply(plan);
  EXPECT_EQ(world.send(adt("1")).fault->code, FaultCode::version_not_accepted);
}

TEST_F(IntakeTest, commits_a_filtered_message_without_deliveries) {
  auto plan = two_routes();
  plan->routes.pop_back();
  world.apply(plan);
  const auto receipt = world.send(adt("1", "A03"));
  EXPECT_EQ(receipt.kind, Receipt::Kind::committed);
  EXPECT_TRUE(world.run(world.store->trace(world.loop, receipt.id))->deliveries.empty());
}

TEST_F(IntakeTest, answers_an_exact_duplicate_with_the_first_receipt_and_forwards_it_once) {
  world.apply(two_routes());
  const auto first = world.send(adt("1"));
  const auto again = world.send(adt("1"));
  EXPECT_EQ(again.kind, Receipt::Kind::duplicate);
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.received_at, first.received_at);
  EXPECT_EQ(lab.received.size(), 1U);
}

TEST_F(IntakeTest, forwards_once_what_is_sent_again_while_the_first_is_still_being_written) {
  world.apply(two_routes());
  std::vector<Receipt> receipts;
  const auto take = [](Host& host, std::vector<Receipt>& into) -> Task<void> {
    auto accepting = host.accept("adt", Received{Bytes(adt("1")), "test"});
    into.push_back(co_await accepting);
  };
  for (int i = 0; i < 3; ++i) spawn(take(*world.host, receipts));
  world.loop.advance(milliseconds(10));
  ASSERT_EQ(receipts.size(), 3U);
  for (const auto& receipt : receipts) EXPECT_EQ(receipt.id, receipts[0].id);
  EXPECT_EQ(lab.received.size(), 1U);
}

TEST_F(IntakeTest, takes_the_same_id_with_other_content_as_another_message) {
  world.apply(two_routes());
  world.send(adt("1", "A01", "F"));
  EXPECT_EQ(world.send(adt("1", "A01", "M")).kind, Receipt::Kind::committed);
  EXPECT_EQ(lab.received.size(), 2U);
}

TEST_F(IntakeTest, knows_duplicates_across_a_restart) {
  world.apply(two_routes());
  const auto first = world.send(adt("1"));
  world.run(world.host->drain(seconds(1)));
  world.restart();
  world.apply(two_routes());
  const auto again = world.send(adt("1"));
  EXPECT_EQ(again.kind, Receipt::Kind::duplicate);
  EXPECT_EQ(again.id, first.id);
}

TEST_F(IntakeTest, stores_a_fault_of_a_shared_step_as_not_yet_routed_and_acknowledges) {
  auto plan = two_routes();
  plan->steps.push_back(std::make_shared<FunctionStep>([](Body&) {
    Verdict verdict;
    verdict.kind = Verdict::Kind::fault;
    verdict.fault = Fault{FaultCode::bad_value, "no date", "PID[1]-7", {}};
    return verdict;
  }));
  world.apply(plan);
  const auto receipt = world.send(adt("1"));
  EXPECT_EQ(receipt.kind, Receipt::Kind::committed);
  const auto parked = world.list(State::parked);
  ASSERT_EQ(parked.size(), 1U);
  EXPECT_EQ(parked[0].lane.route, "");
  EXPECT_EQ(parked[0].fault, "M0304");
  EXPECT_TRUE(archive.received.empty());
}

TEST_F(IntakeTest, gives_the_routes_what_the_shared_steps_made) {
  auto plan = two_routes();
  plan->steps.push_back(std::make_shared<FunctionStep>([](Body& body) {
    EXPECT_TRUE(body.hl7()->write_text(hl7::Spot{0, 5, 1, 1, 0}, "LAB"));
    return Verdict{};
  }));
  world.apply(plan);
  world.send(adt("1"));
  ASSERT_EQ(archive.received.size(), 1U);
  EXPECT_NE(archive.received[0].find("|LAB|"), std::string::npos);
}

}  // namespace
}  // namespace myelin::runtime
