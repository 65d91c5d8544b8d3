// The sequence number protocol: what a channel takes, and what a lane keeps of its destination's numbers.
#include "engine/runtime/sequence.h"

#include "engine/runtime/intake.h"
#include "engine/runtime/reply.h"
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

std::string numbered(const std::string& id, const std::string& number) {
  return "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|" + id + "|P|2.5.1|" + number + "\rPID|1||" + id + "\r";
}

struct SequenceTest : testing::Test {
  World world;
  IdSource ids;
  std::unique_ptr<ChannelIntake> intake;

  void SetUp() override { begin(); }
  // A process of its own on the same store.
  void begin() {
    intake = std::make_unique<ChannelIntake>(world.loop, *world.store, ids, nullptr, [](auto&&...) {});
    intake->use(make_plan());
  }
  // "committed 5", "refused 5": and MSA-4.
  std::string send(const std::string& id, const std::string& number) {
    Received received{Bytes(numbered(id, number)), "test"};
    received.sequenced = true;
    const auto receipt = world.run(intake->accept(std::move(received)));
    constexpr std::array<std::string_view, 3> kKinds = {"committed", "duplicate", "refused"};
    return std::string(kKinds[static_cast<std::size_t>(receipt.kind)]) + " " + receipt.expected;
  }
  std::int64_t messages() { return world.run(world.store->counts(world.loop))->messages; }
};

TEST_F(SequenceTest, takes_the_first_number_whatever_it_is_and_then_each_that_is_one_more) {
  EXPECT_EQ(send("a", "0"), "committed -1");
  EXPECT_EQ(messages(), 0);
  EXPECT_EQ(send("b", "17"), "committed 17");
  EXPECT_EQ(send("c", "18"), "committed 18");
  EXPECT_EQ(send("d", "0"), "committed 19");
  EXPECT_EQ(messages(), 2);
}

TEST_F(SequenceTest, refuses_any_other_number_and_says_which_one_it_expects) {
  EXPECT_EQ(send("b", "17"), "committed 17");
  for (const auto* wrong : {"19", "16", "", "-2", "x", "18x"}) EXPECT_EQ(send("c", wrong), "refused 18") << wrong;
  EXPECT_EQ(messages(), 1);
  EXPECT_EQ(world.run(world.store->counts(world.loop))->refused, 6);
  EXPECT_EQ(send("c", "18"), "committed 18");
}

TEST_F(SequenceTest, knows_the_last_message_when_its_answer_was_lost) {
  EXPECT_EQ(send("b", "17"), "committed 17");
  EXPECT_EQ(send("b", "17"), "duplicate 18");
  EXPECT_EQ(send("other", "17"), "refused 18");  // another message with a number that is taken
  EXPECT_EQ(send("c", "18"), "committed 18");
}

TEST_F(SequenceTest, begins_anew_after_minus_1) {
  EXPECT_EQ(send("b", "17"), "committed 17");
  EXPECT_EQ(send("r", "-1"), "committed -1");
  begin();
  EXPECT_EQ(send("c", "400"), "committed 400");
  EXPECT_EQ(send("d", "401"), "committed 401");
}

TEST_F(SequenceTest, knows_the_number_after_a_restart) {
  EXPECT_EQ(send("b", "17"), "committed 17");
  begin();
  EXPECT_EQ(send("c", "19"), "refused 18");
  EXPECT_EQ(send("c", "18"), "committed 18");
}

TEST_F(SequenceTest, does_not_count_what_is_refused_for_itself) {
  auto plan = make_plan();
  plan->accept.types = {"ADT^A04"};
  intake->use(plan);
  EXPECT_EQ(send("b", "17"), "refused -1");
  intake->use(make_plan());
  EXPECT_EQ(send("b", "3"), "committed 3");
}

// Takes each message under the number behind the last one; remembers what it was given.
class Counting final : public Destination {
 public:
  explicit Counting(std::vector<std::int64_t>& given) : given_(given) {}
  Task<Outcome> send(const Outbound& outbound) override {
    given_.push_back(outbound.sequence);
    Outcome outcome;
    outcome.kind = Outcome::Kind::accepted;
    outcome.code = "AA";
    outcome.sequence = outbound.sequence + 1;
    co_return outcome;
  }
  void close() override {}

 private:
  std::vector<std::int64_t>& given_;
};

struct NumberedLane : testing::Test {
  std::vector<std::int64_t> given;
  World world;
};

TEST_F(NumberedLane, is_told_the_last_number_and_keeps_each_with_its_settlement) {
  auto plan = make_plan();
  Route route;
  route.name = "out";
  route.lane.numbered = route.lane.settle_each = true;
  route.connect = [this](Loop&) { return std::make_unique<Counting>(given); };
  plan->routes.push_back(route);
  world.apply(plan);
  world.send(adt("1"));
  world.send(adt("2"));
  EXPECT_EQ(given, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(world.run(world.store->sequence(world.loop, "out " + plan->channel + "/out")).value(), 2);
}

TEST(ReplyOfANumberedLink, holds_the_lane_where_the_peer_expects_another_number) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::refused;
  outcome.code = "AE";
  outcome.fault = Fault{FaultCode::out_of_sequence, {}, {}, {}};
  LaneMemory memory;
  const auto next = judge(outcome, LanePolicy(), memory, 0.5, false);
  EXPECT_EQ(next.to, State::held);
  EXPECT_TRUE(next.of_peer);
}

}  // namespace
}  // namespace myelin::runtime
