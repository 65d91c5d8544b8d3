// `reply: from`: the sender is answered with the peer's own answer, after the commit.
#include "engine/runtime/replies.h"

#include "engine/hl7/ack.h"
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

constexpr std::string_view kAnswer =
    "MSH|^~\\&|LAB|WEST|PAS|WEST|20261121080001||RSP^K22|LAB1|P|2.5.1\rMSA|AA|1|found\rQAK|Q1|OK\r";

Outcome says(Outcome::Kind kind, const std::string& code, std::string text) {
  Outcome outcome = kind == Outcome::Kind::accepted ? accepted() : refused(code);
  outcome.code = code;
  outcome.response = Bytes(std::move(text));
  return outcome;
}

struct RepliesTest : testing::Test {
  Peer lab;
  Peer archive;
  World world;  // last: it drains into the peers when it ends

  std::shared_ptr<Plan> plan(bool goes_on = false, const std::string& hash = "one") {
    auto made = make_plan(hash);
    made->routes.push_back(route_to("lab", lab));
    made->reply = ReplyPolicy();
    made->reply->from = "lab";
    made->reply->goes_on = goes_on;
    return made;
  }

  Receipt ask(const std::string& message) {
    Received received{Bytes(message), "test"};
    received.asks = true;
    return world.run(world.host->accept("adt", std::move(received)));
  }
  State state_of(MessageId id) {
    world.loop.advance(milliseconds(20));
    return world.delivery(DeliveryId::of(id, 0)).state;
  }
  Trace trace(MessageId id) { return *world.run(world.store->trace(world.loop, id)); }
};

TEST_F(RepliesTest, gives_the_sender_the_peers_own_answer_with_its_own_id) {
  world.apply(plan());
  lab.script.push_back(says(Outcome::Kind::accepted, "AA", std::string(kAnswer)));
  const auto receipt = ask(adt("1"));
  EXPECT_EQ(receipt.kind, Receipt::Kind::committed);
  ASSERT_TRUE(receipt.answer);
  EXPECT_NE(receipt.answer->view().find("MSA|AA|1|found"), std::string_view::npos);
  EXPECT_EQ(receipt.code, "AA");
  EXPECT_EQ(state_of(receipt.id), State::delivered);
  EXPECT_EQ(trace(receipt.id).reply->bytes.view(), receipt.answer->view());
}

TEST_F(RepliesTest, writes_the_answer_in_the_senders_delimiters) {
  world.apply(plan());
  lab.script.push_back(says(Outcome::Kind::accepted, "AA", std::string(kAnswer)));
  const auto receipt = ask("MSH$%*!@$PAS$WEST$$$20261121080000$$ADT%A01$7%X$P$2.5.1\rPID$1$$4711\r");
  ASSERT_TRUE(receipt.answer);
  EXPECT_TRUE(receipt.answer->view().starts_with("MSH$%*!@$LAB$WEST$")) << receipt.answer->view();
  EXPECT_NE(receipt.answer->view().find("RSP%K22"), std::string_view::npos);
  EXPECT_NE(receipt.answer->view().find("MSA$AA$7%X$found"), std::string_view::npos);
}

TEST_F(RepliesTest, a_refusal_goes_back_and_ends_the_delivery) {
  world.apply(plan());
  const auto no = std::string("MSH|^~\\&|LAB||PAS||2026||ACK|L2|P|2.5.1\rMSA|AE|1|no such patient\r");
  lab.script.push_back(says(Outcome::Kind::refused, "AE", no));
  const auto receipt = ask(adt("1"));
  EXPECT_EQ(receipt.code, "AE");
  EXPECT_FALSE(receipt.good());
  EXPECT_EQ(state_of(receipt.id), State::delivered);
  EXPECT_EQ(lab.received.size(), 1U);
}

TEST_F(RepliesTest, a_written_row_wins_over_the_relay_and_its_answer_goes_back_all_the_same) {
  auto strict = plan();
  ReplyRule row;
  row.code = "AE";
  row.action = ReplyAction::park;
  strict->routes[0].lane.on_reply.push_back(row);
  world.apply(strict);
  const auto no = std::string("MSH|^~\\&|LAB||PAS||2026||ACK|L2|P|2.5.1\rMSA|AE|1|no such patient\r");
  lab.script.push_back(says(Outcome::Kind::refused, "AE", no));
  const auto receipt = ask(adt("1"));
  EXPECT_NE(receipt.answer->view().find("no such patient"), std::string_view::npos);
  EXPECT_EQ(state_of(receipt.id), State::parked);
}

TEST_F(RepliesTest, says_otherwise_when_the_time_has_passed_and_discards) {
  world.apply(plan());
  for (int i = 0; i < 20; ++i) lab.script.push_back(down());
  const auto began = world.loop.mono();
  const auto receipt = ask(adt("1"));
  EXPECT_EQ(world.loop.mono() - began, seconds(15));
  EXPECT_EQ(receipt.kind, Receipt::Kind::committed);
  EXPECT_EQ(receipt.code, "AE");
  EXPECT_EQ(receipt.fault->code, FaultCode::no_reply);
  EXPECT_EQ(state_of(receipt.id), State::discarded);
  const auto sent = lab.received.size();
  world.loop.advance(minutes(10));
  EXPECT_EQ(lab.received.size(), sent);
}

TEST_F(RepliesTest, says_otherwise_when_the_time_has_passed_and_delivers_where_it_goes_on) {
  world.apply(plan(true));
  for (int i = 0; i < 8; ++i) lab.script.push_back(down());
  const auto receipt = ask(adt("1"));
  EXPECT_EQ(receipt.code, "AE");
  world.loop.advance(minutes(10));
  EXPECT_EQ(state_of(receipt.id), State::delivered);
}

TEST_F(RepliesTest, says_accepted_before_the_answer_only_of_what_is_never_discarded) {
  for (const bool goes_on : {false, true}) {
    world.apply(plan(goes_on, goes_on ? "on" : "off"));
    lab.script.assign(20, down());
    bool told = false;
    Received received{Bytes(adt(goes_on ? "on" : "off")), "test"};
    received.asks = true;
    received.committed = [&](const Receipt&) { told = true; };
    const auto receipt = world.run(world.host->accept("adt", std::move(received)));
    EXPECT_EQ(told, goes_on);
    EXPECT_EQ(receipt.given_back, !goes_on);
  }
}

TEST_F(RepliesTest, an_attempt_in_flight_ends_when_its_message_is_discarded) {
  Wakeup gate(world.loop);
  lab.gate = &gate;
  world.apply(plan());
  const auto receipt = ask(adt("1"));
  EXPECT_EQ(receipt.code, "AE");
  EXPECT_EQ(lab.closes, 1);
  gate.notify();
  EXPECT_EQ(state_of(receipt.id), State::discarded);
  lab.gate = nullptr;
  EXPECT_TRUE(ask(adt("2")).code.empty());
}

TEST_F(RepliesTest, a_step_that_parks_is_told_at_once) {
  auto parks = plan();
  parks->routes[0].steps.push_back(std::make_shared<FunctionStep>(
      [](Body&) { return Verdict{Verdict::Kind::park, {}, Fault{FaultCode::unmapped, "no row", {}, {}}}; }));
  world.apply(parks);
  const auto began = world.loop.mono();
  const auto receipt = ask(adt("1"));
  EXPECT_LT(world.loop.mono() - began, seconds(1));
  EXPECT_EQ(receipt.code, "AE");
  EXPECT_EQ(receipt.fault->code, FaultCode::unmapped);
  EXPECT_EQ(state_of(receipt.id), State::discarded);
}

TEST_F(RepliesTest, a_route_that_stands_is_told_at_once) {
  world.apply(plan(true));
  world.run(world.host->hold_lane(LaneKey{"adt", "lab", ""}, Person{"anna", "line down"}));
  const auto began = world.loop.mono();
  const auto receipt = ask(adt("1"));
  EXPECT_LT(world.loop.mono() - began, seconds(1));
  EXPECT_EQ(receipt.code, "AE");
  EXPECT_EQ(state_of(receipt.id), State::queued);
}

TEST_F(RepliesTest, who_waits_hears_when_the_route_is_stopped) {
  world.apply(plan(true));
  for (int i = 0; i < 50; ++i) lab.script.push_back(down());
  std::optional<Receipt> told;
  world.ask(adt("1"), told);
  world.loop.advance(seconds(3));
  EXPECT_FALSE(told);
  world.run(world.host->hold_lane(LaneKey{"adt", "lab", ""}, Person{"anna", "line down"}));
  world.loop.advance(milliseconds(20));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, "AE");
}

TEST_F(RepliesTest, what_no_route_wants_is_told_so) {
  auto picky = plan();
  picky->routes[0].when = std::make_shared<TriggerIs>("A03");
  picky->reply->filtered = "AR";
  world.apply(picky);
  const auto receipt = ask(adt("1"));
  EXPECT_EQ(receipt.kind, Receipt::Kind::committed);
  EXPECT_EQ(receipt.code, "AR");
  EXPECT_EQ(receipt.fault->code, FaultCode::not_wanted);
}

TEST_F(RepliesTest, who_does_not_ask_hears_at_the_commit_and_the_message_goes_on) {
  world.apply(plan());
  for (int i = 0; i < 30; ++i) lab.script.push_back(down());
  const auto began = world.loop.mono();
  const auto receipt = world.send(adt("1"));
  EXPECT_LT(world.loop.mono() - began, seconds(1));
  EXPECT_TRUE(receipt.good());
  world.loop.advance(minutes(1));
  EXPECT_EQ(state_of(receipt.id), State::queued);
}

TEST_F(RepliesTest, the_same_question_again_gets_the_same_answer) {
  world.apply(plan());
  lab.script.push_back(says(Outcome::Kind::accepted, "AA", std::string(kAnswer)));
  const auto first = ask(adt("1"));
  const auto again = ask(adt("1"));
  EXPECT_EQ(again.kind, Receipt::Kind::duplicate);
  ASSERT_TRUE(again.answer);
  EXPECT_EQ(again.answer->view(), first.answer->view());
  EXPECT_EQ(lab.received.size(), 1U);
}

TEST_F(RepliesTest, what_was_discarded_is_asked_anew) {
  world.apply(plan());
  for (int i = 0; i < 8; ++i) lab.script.push_back(down());
  const auto first = ask(adt("1"));
  EXPECT_EQ(first.code, "AE");
  lab.script.clear();
  lab.script.push_back(says(Outcome::Kind::accepted, "AA", std::string(kAnswer)));
  world.loop.advance(minutes(2));
  const auto again = ask(adt("1"));
  EXPECT_EQ(again.kind, Receipt::Kind::committed);
  EXPECT_TRUE(again.answer);
  EXPECT_NE(again.id, first.id);
}

TEST_F(RepliesTest, the_same_question_meanwhile_waits_beside_the_first) {
  world.apply(plan());
  for (int i = 0; i < 3; ++i) lab.script.push_back(down());
  lab.script.push_back(says(Outcome::Kind::accepted, "AA", std::string(kAnswer)));
  std::optional<Receipt> first;
  world.ask(adt("1"), first);
  world.loop.advance(seconds(1));
  const auto second = ask(adt("1"));
  ASSERT_TRUE(first);
  EXPECT_EQ(second.kind, Receipt::Kind::duplicate);
  ASSERT_TRUE(second.answer);
  EXPECT_EQ(second.answer->view(), first->answer->view());
}

TEST_F(RepliesTest, after_a_restart_open_questions_are_discarded_or_go_on) {
  for (const bool goes_on : {false, true}) {
    auto made = plan(goes_on);
    made->channel = goes_on ? "on" : "off";
    NewMessage fresh;
    fresh.message.id = MessageId{goes_on ? 2000 : 1000};
    fresh.message.channel = made->channel;
    fresh.message.received_at = World::kStart;
    fresh.message.bytes = Bytes(adt(goes_on ? "on" : "off"));
    fresh.deliveries.push_back(NewDelivery{LaneKey{made->channel, "lab", ""}, State::queued, {}, {}});
    fresh.asks = true;
    EXPECT_TRUE(world.run(world.store->append(world.loop, fresh)));
    world.apply(made);
    EXPECT_EQ(state_of(fresh.message.id), goes_on ? State::delivered : State::discarded);
    EXPECT_TRUE(world.run(world.store->questions(world.loop, made->channel))->empty());
  }
}

TEST_F(RepliesTest, a_backlog_that_nobody_asked_for_is_never_discarded) {
  NewMessage fresh;
  fresh.message.id = MessageId{1000};
  fresh.message.channel = "adt";
  fresh.message.received_at = World::kStart;
  fresh.message.bytes = Bytes(adt("1"));
  fresh.deliveries.push_back(NewDelivery{LaneKey{"adt", "lab", ""}, State::queued, {}, {}});
  EXPECT_TRUE(world.run(world.store->append(world.loop, fresh)));
  world.apply(plan());
  EXPECT_EQ(state_of(MessageId{1000}), State::delivered);
}

TEST_F(RepliesTest, our_own_answer_is_shaped_by_the_steps) {
  auto shaped = plan();
  shaped->reply->from.clear();
  shaped->reply->steps.push_back(std::make_shared<FunctionStep>([](Body& body) {
    EXPECT_TRUE(body.hl7()->write_text(hl7::Spot{0, 3, 1, 1, 0}, "FRONT"));
    return Verdict();
  }));
  world.apply(shaped);
  const auto receipt = ask(adt("1"));
  ASSERT_TRUE(receipt.shape);
  hl7::AckFacts facts;
  facts.code = "AA";
  facts.id = "X";
  const auto ack = receipt.shape(Bytes(hl7::make_ack(adt("1"), facts)));
  EXPECT_TRUE(ack.view().starts_with("MSH|^~\\&|FRONT|")) << ack.view();
}

TEST_F(RepliesTest, who_waits_is_told_when_the_engine_stops) {
  world.apply(plan(true));
  for (int i = 0; i < 50; ++i) lab.script.push_back(down());
  std::optional<Receipt> told;
  world.ask(adt("1"), told);
  world.loop.advance(seconds(1));
  world.run(world.host->drain(seconds(2)));
  world.loop.advance(milliseconds(20));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, "AE");
  world.host.reset();
  world.restart();
}

}  // namespace
}  // namespace myelin::runtime
