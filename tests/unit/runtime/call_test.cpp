// A call of a route: asked once for each message, or once for the same question while `cache` says so; who does not
// answer in time is given up, and nobody else waits for him.
#include <gtest/gtest.h>

#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

// Asks the route's first call about PID-8, and writes what it says to PV1-2.
class AskStep final : public Step {
 public:
  Verdict apply(Body& body, Context& context) const override {
    auto& tree = *body.hl7();
    Verdict verdict;
    if (!context.answers || !context.answers->contains(0)) {
      verdict.kind = Verdict::Kind::ask;
      verdict.question = Question{0, Bytes(tree.text(hl7::Spot{2, 8, 1, 1, 0})), {}};
      return verdict;
    }
    static_cast<void>(tree.write_text(hl7::Spot{3, 2, 1, 1, 0}, context.answers->at(0).code));
    return verdict;
  }
  std::string_view name() const override { return "call"; }
  std::string_view place() const override { return "test.yaml:1:1"; }
};

struct CallTest : testing::Test {
  Peer peer, register_;
  World world;

  std::shared_ptr<Plan> plan(Duration cache) {
    auto made = make_plan();
    auto route = route_to("lab", peer);
    route.steps.push_back(std::make_shared<AskStep>());
    Call call;
    call.connection = "register";
    call.connect = [this](Loop&) { return std::make_unique<ScriptedDestination>(register_); };
    call.within = seconds(2);
    call.cache = cache;
    route.calls.push_back(std::move(call));
    made->routes.push_back(std::move(route));
    return made;
  }
  void send(const std::string& id, const std::string& sex) {
    world.send(adt(id, "A01", sex));
    world.loop.advance(milliseconds(10));
  }
};

TEST_F(CallTest, each_message_asks_without_a_cache) {
  world.apply(plan({}));
  send("A1", "F");
  send("A2", "F");
  EXPECT_EQ(register_.received, (std::vector<std::string>{"F", "F"}));
  EXPECT_EQ(peer.received.size(), 2U);
  EXPECT_NE(peer.received[0].find("PV1|1|AA"), std::string::npos);
}

TEST_F(CallTest, the_same_question_is_asked_once_while_its_answer_stands) {
  world.apply(plan(minutes(10)));
  send("A1", "F");
  send("A2", "F");
  send("A3", "M");
  EXPECT_EQ(register_.received, (std::vector<std::string>{"F", "M"}));
  world.loop.advance(minutes(10));
  send("A4", "F");
  EXPECT_EQ(register_.received, (std::vector<std::string>{"F", "M", "F"}));
  EXPECT_EQ(peer.received.size(), 4U);
}

TEST_F(CallTest, what_is_no_answer_does_not_stand) {
  register_.script = {refused("AE"), accepted()};
  world.apply(plan(minutes(10)));
  send("A1", "F");
  send("A2", "F");
  EXPECT_EQ(register_.received, (std::vector<std::string>{"F", "F"}));
}

TEST_F(CallTest, who_does_not_answer_in_time_is_given_up) {
  Wakeup never(world.loop);
  register_.gate = &never;
  world.apply(plan({}));
  send("A1", "F");
  EXPECT_EQ(register_.closes, 0);
  world.loop.advance(seconds(3));
  EXPECT_EQ(register_.closes, 1);
  never.notify();
  world.loop.advance(seconds(1));
  EXPECT_EQ(peer.received.size(), 1U);
}

}  // namespace
}  // namespace myelin::runtime
