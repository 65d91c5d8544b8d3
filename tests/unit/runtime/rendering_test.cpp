// render(): what one route makes of one stored message.
#include "engine/runtime/rendering.h"

#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

struct RenderingTest : testing::Test {
  Peer lab;
  std::shared_ptr<Plan> plan = make_plan();
  Message message;

  RenderingTest() {
    plan->routes.push_back(route_to("lab", lab));
    plan->routes.back().place = "adt.yaml:9:3";
    message.id = MessageId{7};
    message.bytes = Bytes(adt("C1"));
    message.facts = "file=5:a.hl7\n";
  }
  Route& route() { return plan->routes.back(); }
  void step(FunctionStep::Function function) {
    route().steps.push_back(std::make_shared<FunctionStep>(std::move(function)));
  }
  Rendering rendered(Piece piece = {}, const Answers& answers = {}) const {
    return render({*plan, plan->routes.back()}, {DeliveryId::of(message.id, 0), piece, 3}, message, answers, nullptr);
  }
};

TEST_F(RenderingTest, gives_the_bytes_and_what_came_with_them) {
  const auto rendering = rendered();
  EXPECT_EQ(rendering.bytes.view(), adt("C1"));
  EXPECT_EQ(rendering.facts, "file=5:a.hl7\n");
  EXPECT_FALSE(rendering.settled);
  EXPECT_EQ(rendering.print, Sha256{}) << "this route does not compare";
}

TEST_F(RenderingTest, says_what_a_step_decided_with_the_plan_and_the_attempts_so_far) {
  step([](Body&) { return Verdict{Verdict::Kind::drop, "not for the laboratory", {}}; });
  const auto rendering = rendered();
  ASSERT_TRUE(rendering.settled);
  EXPECT_EQ(rendering.settled->to, State::filtered);
  EXPECT_EQ(rendering.settled->detail, "not for the laboratory");
  EXPECT_EQ(rendering.settled->attempts, 3);
  EXPECT_EQ(rendering.settled->plan_hash, "one");
  EXPECT_EQ(rendering.bytes.size(), 0U);
}

TEST_F(RenderingTest, parks_and_holds_with_the_fault_that_says_so) {
  auto kind = Verdict::Kind::park;
  step([&kind](Body&) { return Verdict{kind, "the ward is closed", {}}; });
  EXPECT_EQ(rendered().settled->to, State::parked);
  EXPECT_EQ(rendered().settled->fault, entry(FaultCode::parked_by_step).id);
  kind = Verdict::Kind::hold;
  EXPECT_EQ(rendered().settled->to, State::held);
  EXPECT_EQ(rendered().settled->fault, entry(FaultCode::held_by_step).id);
}

TEST_F(RenderingTest, parks_what_has_nothing_left_to_send) {
  step([](Body& body) {
    body = Body(Bytes(std::string()));
    return Verdict{};
  });
  const auto rendering = rendered();
  ASSERT_TRUE(rendering.settled);
  EXPECT_EQ(rendering.settled->to, State::parked);
  EXPECT_NE(rendering.settled->detail.find("adt.yaml:9:3"), std::string::npos) << rendering.settled->detail;
}

TEST_F(RenderingTest, passes_on_what_a_step_wants_to_know) {
  step([](Body&) {
    Verdict verdict;
    verdict.kind = Verdict::Kind::ask;
    verdict.question = Question{0, Bytes("who is it?"), {}};
    return verdict;
  });
  const auto rendering = rendered();
  ASSERT_TRUE(rendering.question);
  EXPECT_EQ(rendering.question->bytes.view(), "who is it?");
  EXPECT_FALSE(rendering.settled);
}

TEST_F(RenderingTest, parks_a_part_that_was_counted_under_another_configuration) {
  const auto rendering = rendered({1, 2, 0});
  ASSERT_TRUE(rendering.settled);
  EXPECT_EQ(rendering.settled->fault, entry(FaultCode::bad_part).id);
  EXPECT_NE(rendering.settled->detail.find("2 parts, now it has 1 part"), std::string::npos);
}

TEST_F(RenderingTest, changes_nothing_of_what_is_stored) {
  step([](Body& body) {
    body = Body(Bytes("something else"));
    return Verdict{};
  });
  EXPECT_EQ(rendered().bytes.view(), "something else");
  EXPECT_EQ(message.bytes.view(), adt("C1"));
}

}  // namespace
}  // namespace myelin::runtime
