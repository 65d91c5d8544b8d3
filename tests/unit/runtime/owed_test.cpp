// Enhanced mode: the peer has it safely (CA), its application's answer comes later, from wherever.
#include "tests/unit/runtime/moody_store.h"

namespace myelin::runtime {
namespace {

std::string ack(const std::string& code, const std::string& id) {
  return "MSH|^~\\&|LAB||PAS||20261121090000||ACK^A01^ACK|L" + id + "|P|2.5.1|||AL|NE\rMSA|" + code + "|" + id + "\r";
}

Outcome safely_stored(const std::string& id, bool silence_is_good = false) {
  auto outcome = accepted();
  outcome.code = "CA";
  outcome.response = Bytes(ack("CA", id));
  outcome.owed = Outcome::Owed{id, minutes(10), silence_is_good};
  return outcome;
}

struct OwedTest : testing::Test {
  Peer lab;
  Peer archive;
  World world;  // last: it drains into the peers when it ends

  std::shared_ptr<Plan> plan() {
    auto made = make_plan();
    made->routes.push_back(route_to("lab", lab));
    return made;
  }
  std::shared_ptr<Plan> answers() {
    auto made = make_plan();
    made->channel = "answers";
    made->accept.types = {"ACK^*"};
    made->routes.push_back(route_to("archive", archive));
    return made;
  }
  void start(std::shared_ptr<const Plan> first) {
    world.run(world.host->apply(std::vector<std::shared_ptr<const Plan>>{std::move(first), answers()}));
  }
  Receipt answer(const std::string& code, const std::string& id) {
    return world.run(world.host->accept("answers", Received{Bytes(ack(code, id)), "lab"}));
  }
  State state_of(MessageId id) {
    world.loop.advance(milliseconds(20));
    return world.delivery(DeliveryId::of(id, 0)).state;
  }
};

TEST_F(OwedTest, waits_for_the_applications_answer_and_goes_on_with_the_next) {
  start(plan());
  lab.script.push_back(safely_stored("1"));
  const auto first = world.send(adt("1"));
  const auto second = world.send(adt("2"));
  EXPECT_EQ(state_of(first.id), State::awaiting_reply);
  EXPECT_EQ(state_of(second.id), State::delivered);
  const auto receipt = answer("AA", "1");
  EXPECT_TRUE(receipt.is_answer);
  EXPECT_EQ(state_of(first.id), State::delivered);
  EXPECT_TRUE(archive.received.empty());
  EXPECT_EQ(world.run(world.store->counts(world.loop))->messages, 2);
}

TEST_F(OwedTest, parks_what_the_application_refuses) {
  start(plan());
  lab.script.push_back(safely_stored("1"));
  const auto sent = world.send(adt("1"));
  answer("AE", "1");
  EXPECT_EQ(state_of(sent.id), State::parked);
}

// With shifted fields a name stands where the code should: it is not repeated where the store's words are shown.
TEST_F(OwedTest, parks_an_answer_without_a_code_and_does_not_say_what_stands_there) {
  start(plan());
  lab.script.push_back(safely_stored("1"));
  const auto sent = world.send(adt("1"));
  answer("MUSTERMANN", "1");
  EXPECT_EQ(state_of(sent.id), State::parked);
  const auto row = world.delivery(DeliveryId::of(sent.id, 0));
  EXPECT_EQ(row.detail, "MSA-1 is no acknowledgement code");
  EXPECT_EQ(row.fault, entry(FaultCode::garbage_answer).id);
}

TEST_F(OwedTest, sends_again_what_the_application_may_take_later) {
  auto patient = plan();
  ReplyRule row;
  row.code = "AE";
  row.action = ReplyAction::retry;
  row.retries = 3;
  row.every = seconds(30);
  patient->routes[0].lane.on_reply.push_back(row);
  start(patient);
  lab.script.push_back(safely_stored("1"));
  const auto sent = world.send(adt("1"));
  world.loop.advance(milliseconds(20));
  answer("AE", "1");
  EXPECT_EQ(state_of(sent.id), State::queued);
  world.loop.advance(seconds(31));
  EXPECT_EQ(lab.received.size(), 2U);
  EXPECT_EQ(state_of(sent.id), State::delivered);
}

TEST_F(OwedTest, parks_after_silence_and_delivers_where_silence_is_good) {
  start(plan());
  lab.script.push_back(safely_stored("1"));
  lab.script.push_back(safely_stored("2", true));
  const auto first = world.send(adt("1"));
  const auto second = world.send(adt("2"));
  world.loop.advance(minutes(9));
  EXPECT_EQ(state_of(first.id), State::awaiting_reply);
  world.loop.advance(minutes(2));
  EXPECT_EQ(state_of(first.id), State::parked);
  EXPECT_EQ(world.delivery(DeliveryId::of(first.id, 0)).fault, "M0417");
  EXPECT_EQ(state_of(second.id), State::delivered);
}

TEST_F(OwedTest, knows_after_a_restart_what_is_owed) {
  start(plan());
  lab.script.push_back(safely_stored("1"));
  lab.script.push_back(safely_stored("2"));
  const auto first = world.send(adt("1"));
  const auto second = world.send(adt("2"));
  EXPECT_EQ(state_of(second.id), State::awaiting_reply);
  world.run(world.host->drain(seconds(1)));
  world.restart();
  start(plan());
  EXPECT_TRUE(answer("AA", "1").is_answer);
  EXPECT_EQ(state_of(first.id), State::delivered);
  world.loop.advance(minutes(11));
  EXPECT_EQ(state_of(second.id), State::parked);
  EXPECT_EQ(lab.received.size(), 2U);
}

TEST_F(OwedTest, parks_what_is_owed_where_the_sent_bytes_are_damaged_and_waits_for_the_others) {
  auto& store = make_moody(world);
  start(plan());
  lab.script.push_back(safely_stored("1"));
  lab.script.push_back(safely_stored("2"));
  const auto first = world.send(adt("1"));
  const auto second = world.send(adt("2"));
  EXPECT_EQ(state_of(second.id), State::awaiting_reply);
  world.run(world.host->drain(seconds(1)));
  world.restart();
  store.damaged.emplace(DeliveryId::of(first.id, 0), FaultCode::corrupt_row);
  const auto report = world.run(world.host->apply({plan(), answers()}));
  EXPECT_TRUE(report.faults.empty());
  EXPECT_EQ(state_of(first.id), State::parked);
  EXPECT_EQ(world.delivery(DeliveryId::of(first.id, 0)).fault, entry(FaultCode::corrupt_row).id);
  EXPECT_TRUE(answer("AA", "2").is_answer);
  EXPECT_EQ(state_of(second.id), State::delivered);
  world.send(adt("3"));
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.control_ids().back(), "3");
}

TEST_F(OwedTest, goes_on_where_a_read_was_interrupted_and_expects_each_once) {
  auto& store = make_moody(world);
  start(plan());
  lab.script = {safely_stored("1"), safely_stored("2")};
  const auto first = world.send(adt("1"));
  const auto second = world.send(adt("2"));
  EXPECT_EQ(state_of(second.id), State::awaiting_reply);
  world.run(world.host->drain(seconds(1)));
  world.restart();
  store.next["rendered"] = {FaultCode::overloaded};
  const auto report = world.run(world.host->apply({plan(), answers()}));
  EXPECT_TRUE(report.faults.empty());
  EXPECT_TRUE(answer("AA", "1").is_answer);
  EXPECT_FALSE(answer("AA", "1").is_answer);
  EXPECT_EQ(state_of(first.id), State::delivered);
  EXPECT_TRUE(answer("AE", "2").is_answer);
  EXPECT_EQ(state_of(second.id), State::parked);
}

TEST_F(OwedTest, judges_an_answer_after_a_rename_by_the_route_of_now_and_its_lane_sends_again) {
  const auto patient = [this](const std::string& name, const std::string& was) {
    auto made = plan();
    made->hash = name;
    made->routes[0].name = name;
    made->routes[0].was = was;
    ReplyRule row;
    row.code = "AR";
    row.action = ReplyAction::retry;
    row.retries = 3;
    row.every = seconds(30);
    made->routes[0].lane.on_reply.push_back(row);
    return made;
  };
  start(patient("lab", ""));
  lab.script.push_back(safely_stored("1"));
  const auto sent = world.send(adt("1"));
  EXPECT_EQ(state_of(sent.id), State::awaiting_reply);
  start(patient("laboratory", "lab"));
  EXPECT_TRUE(answer("AR", "1").is_answer);
  EXPECT_EQ(state_of(sent.id), State::queued);
  EXPECT_EQ(world.delivery(DeliveryId::of(sent.id, 0)).lane.route, "laboratory");
  world.loop.advance(seconds(25));
  EXPECT_EQ(lab.received.size(), 1U);
  world.loop.advance(seconds(6));
  EXPECT_EQ(lab.received.size(), 2U);
  EXPECT_EQ(state_of(sent.id), State::delivered);
}

// A renamed channel has what was owed under its former name.
TEST_F(OwedTest, knows_after_a_restart_what_is_owed_to_a_channel_that_is_called_otherwise_now) {
  start(plan());
  lab.script.push_back(safely_stored("1"));
  const auto sent = world.send(adt("1"));
  EXPECT_EQ(state_of(sent.id), State::awaiting_reply);
  world.run(world.host->drain(seconds(1)));
  world.restart();
  auto renamed = plan();
  renamed->channel = "patients";
  renamed->was = "adt";
  start(renamed);
  EXPECT_TRUE(answer("AA", "1").is_answer);
  EXPECT_EQ(state_of(sent.id), State::delivered);
}

// A peer may open its own connection faster than its CA is read from ours.
TEST_F(OwedTest, knows_an_answer_that_is_faster_than_the_acceptance) {
  start(plan());
  lab.script.push_back(safely_stored("1"));
  Wakeup gate(world.loop);
  lab.gate = &gate;
  const std::string asks = "MSH|^~\\&|PAS|WEST|MYELIN|HOSP|20261121080000||ADT^A01|1|P|2.5.1|||AL|AL\rPID|1||4711\r";
  const auto sent = world.send(asks);
  world.loop.run_ready();
  std::optional<Receipt> told;
  spawn(test::keep_result(world.host->accept("answers", Received{Bytes(ack("AA", "1")), "lab"}), told));
  world.loop.advance(seconds(1));
  EXPECT_FALSE(told);
  gate.notify();
  lab.gate = nullptr;
  EXPECT_EQ(state_of(sent.id), State::delivered);
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->is_answer);
}

TEST_F(OwedTest, makes_the_applications_answer_a_message_of_another_channel) {
  auto answered = plan();
  answered->routes[0].answers = "answers";
  start(answered);
  lab.script.push_back(safely_stored("1"));
  lab.script.push_back(safely_stored("2"));
  const auto first = world.send(adt("1"));
  const auto second = world.send(adt("2"));
  EXPECT_EQ(state_of(first.id), State::awaiting_reply);
  EXPECT_TRUE(archive.received.empty());  // CA is no answer yet
  EXPECT_TRUE(answer("AA", "1").is_answer);
  answer("AE", "2");
  EXPECT_EQ(state_of(first.id), State::delivered);
  EXPECT_EQ(state_of(second.id), State::parked);
  EXPECT_EQ(archive.received, std::vector<std::string>{ack("AA", "1")});
}

TEST_F(OwedTest, an_answer_that_nobody_waits_for_is_a_message_like_any_other) {
  start(plan());
  const auto receipt = answer("AA", "77");
  EXPECT_FALSE(receipt.is_answer);
  EXPECT_EQ(archive.received.size(), 1U);
}

TEST_F(OwedTest, who_asked_hears_the_application_and_not_the_acceptance) {
  auto asks = plan();
  asks->reply = ReplyPolicy();
  asks->reply->from = "lab";
  start(asks);
  lab.script.push_back(safely_stored("1"));
  std::optional<Receipt> told;
  world.ask(adt("1"), told);
  world.loop.advance(seconds(1));
  EXPECT_FALSE(told);
  answer("AA", "1");
  world.loop.advance(milliseconds(20));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->code, "AA");
}

}  // namespace
}  // namespace myelin::runtime
