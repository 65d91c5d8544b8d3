// Steps see text, whatever stands on the wire: read before the commit, written back when it is sent.
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

std::string named(const std::string& name, const std::string& charset) {
  return "MSH|^~\\&|PAS|WEST|MYELIN|HOSP|20261121080000||ADT^A01|1|P|2.5.1||||||" + charset + "\rPID|1||4711||" + name +
         "\r";
}

Verdict to_upper_name(Body& body) {
  const hl7::Spot name{1, 5, 1, 1, 0};
  if (body.hl7()->text(name) != "Müller") return {Verdict::Kind::drop, "not the text that was sent", {}};
  static_cast<void>(body.hl7()->write_text(name, "MÜLLER"));
  return {};
}

struct CharsetTest : testing::Test {
  Peer lab;
  World world;  // last: it drains into the peers when it ends

  std::shared_ptr<Plan> plan_with(FunctionStep::Function function = {}) {
    auto plan = make_plan();
    plan->routes.push_back(route_to("lab", lab));
    if (function) plan->routes.back().steps.push_back(std::make_shared<FunctionStep>(std::move(function)));
    return plan;
  }
};

TEST_F(CharsetTest, what_no_step_changes_is_sent_as_it_came) {
  world.apply(plan_with());
  const auto japanese = named("\x1B$B;3ED\x1B(B\x1B(B", "~ISO IR87");
  EXPECT_EQ(world.send(japanese).kind, Receipt::Kind::committed);
  EXPECT_EQ(lab.received, std::vector<std::string>{japanese});
}

TEST_F(CharsetTest, steps_see_text_and_the_peer_gets_the_set_that_the_message_declares) {
  world.apply(plan_with(to_upper_name));
  world.send(named("M\xFCller", "8859/1"));
  EXPECT_EQ(lab.received, std::vector<std::string>{named("M\xDCLLER", "8859/1")});
}

TEST_F(CharsetTest, the_source_says_the_set_where_the_message_is_silent) {
  auto plan = plan_with(to_upper_name);
  plan->charset = {"8859/1", false};
  world.apply(plan);
  world.send(named("M\xFCller", ""));
  EXPECT_EQ(lab.received, std::vector<std::string>{named("M\xDCLLER", "")});
}

TEST_F(CharsetTest, a_destination_gets_the_set_that_it_wants_and_is_told_so) {
  auto plan = plan_with();
  plan->routes.back().charset = "utf-8";
  world.apply(plan);
  world.send(named("M\xFCller", "8859/1"));
  EXPECT_EQ(lab.received, std::vector<std::string>{named("Müller", "UNICODE UTF-8")});
}

TEST_F(CharsetTest, bytes_that_do_not_fit_are_refused_before_the_commit) {
  world.apply(plan_with());
  const auto receipt = world.send(named("M\xFCller", "UNICODE UTF-8"));
  EXPECT_EQ(receipt.kind, Receipt::Kind::refused);
  EXPECT_EQ(receipt.fault->code, FaultCode::bad_charset);
  EXPECT_EQ(receipt.fault->at, "PID[1]-5");
  EXPECT_EQ(world.run(world.store->counts(world.loop))->messages, 0);
}

TEST_F(CharsetTest, text_that_the_destination_cannot_hold_is_parked) {
  auto plan = plan_with();
  plan->routes.back().charset = "8859/1";
  world.apply(plan);
  EXPECT_EQ(world.send(named("5 €", "UNICODE UTF-8")).kind, Receipt::Kind::committed);
  EXPECT_TRUE(lab.received.empty());
  const auto parked = world.list(State::parked);
  ASSERT_EQ(parked.size(), 1U);
  EXPECT_EQ(parked[0].fault, entry(FaultCode::bad_charset).id);
}

}  // namespace
}  // namespace myelin::runtime
