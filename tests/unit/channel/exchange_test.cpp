// Hand-over from one channel's lane to another channel's intake, with real lanes and the real destination.
#include <algorithm>

#include "adapters/channel/destination.h"
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

struct ExchangeTest : testing::Test {
  World world;
  Peer archive;

  std::shared_ptr<Plan> feeder() {
    auto plan = make_plan();
    Route route;
    route.name = "copy";
    route.connect = [](Loop& loop) {
      return std::make_unique<channel::ChannelDestination>(loop, "archive", seconds(30));
    };
    plan->routes.push_back(route);
    return plan;
  }
  std::shared_ptr<Plan> fed(const std::string& hash = "one") {
    auto plan = make_plan(hash);
    plan->channel = "archive";
    plan->routes.push_back(route_to("peer", archive));
    return plan;
  }
  ReloadReport apply(std::vector<std::shared_ptr<const Plan>> plans) {
    return world.run(world.host->apply(std::move(plans)));
  }
  void pass(Duration time) {
    world.loop.run_ready();
    world.loop.advance(time);
  }
  std::size_t delivered(const std::string& channel) {
    const auto all = world.list(State::delivered);
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](const Delivery& one) { return one.lane.channel == channel; }));
  }
};

TEST_F(ExchangeTest, stores_the_message_in_the_other_channel_and_settles_here) {
  apply({feeder(), fed()});
  world.send(adt("1"));
  pass(milliseconds(50));
  EXPECT_EQ(archive.control_ids(), std::vector<std::string>{"1"});
  EXPECT_EQ(delivered("adt"), 1U);
  EXPECT_EQ(delivered("archive"), 1U);
}

TEST_F(ExchangeTest, takes_the_facts_of_the_message_along) {
  apply({feeder(), fed()});
  Received received{Bytes(adt("1")), "test"};
  received.facts = "file=7:lab.hl7\n";
  world.run(world.host->accept("adt", std::move(received)));
  pass(milliseconds(50));
  std::size_t found = 0;
  for (const auto& one : world.list(State::delivered))
    found += world.run(world.store->trace(world.loop, one.id.message()))->message.facts == "file=7:lab.hl7\n" ? 1 : 0;
  EXPECT_EQ(found, 2U);
}

TEST_F(ExchangeTest, waits_until_the_other_channel_runs) {
  apply({feeder()});
  world.send(adt("1"));
  pass(seconds(5));
  EXPECT_EQ(delivered("adt"), 0U);
  apply({feeder(), fed()});
  pass(seconds(70));
  EXPECT_EQ(archive.control_ids(), std::vector<std::string>{"1"});
  EXPECT_EQ(delivered("adt"), 1U);
}

TEST_F(ExchangeTest, waits_while_the_other_channel_is_paused) {
  auto paused = fed();
  paused->paused = true;
  apply({feeder(), paused});
  world.send(adt("1"));
  pass(seconds(5));
  EXPECT_TRUE(archive.received.empty());
  apply({feeder(), fed("two")});
  pass(seconds(70));
  EXPECT_EQ(archive.control_ids(), std::vector<std::string>{"1"});
}

TEST_F(ExchangeTest, parks_what_the_other_channel_refuses) {
  auto picky = fed();
  picky->accept.types = {"ORU^R01"};
  apply({feeder(), picky});
  world.send(adt("1"));
  pass(seconds(70));
  EXPECT_TRUE(archive.received.empty());
  EXPECT_EQ(world.list(State::parked).size(), 1U);
}

TEST_F(ExchangeTest, stores_and_settles_in_one_commit_so_that_a_repetition_does_nothing) {
  auto lasting = fed();
  lasting->duplicates.window = Duration::zero();
  apply({feeder(), lasting});
  const auto first = world.send(adt("1"));
  pass(milliseconds(50));
  const auto row = world.delivery(DeliveryId::of(first.id, 0));
  EXPECT_EQ(row.state, State::delivered);
  EXPECT_EQ(row.attempts, 1);
  Received again;
  again.bytes = Bytes(adt("1"));
  again.hand_over = HandOver{row.id, 2};
  const auto receipt = world.run(world.host->accept("archive", again));
  EXPECT_EQ(receipt.kind, Receipt::Kind::refused);
  EXPECT_EQ(receipt.fault->code, FaultCode::wrong_state);
  pass(milliseconds(50));
  EXPECT_EQ(archive.received.size(), 1U);
  EXPECT_TRUE(dynamic_cast<MemoryStore&>(*world.store).incidents().empty());
}

TEST_F(ExchangeTest, counts_a_hand_over_whose_outcome_was_not_waited_for) {
  // The other channel has it already when this lane tries (again): what the store says is found, and nothing is sent.
  apply({feeder()});
  const auto first = world.send(adt("1"));
  pass(milliseconds(50));
  Received meanwhile;
  meanwhile.bytes = Bytes(adt("1"));
  meanwhile.hand_over = HandOver{DeliveryId::of(first.id, 0), 1};
  auto lasting = fed();
  lasting->duplicates.window = Duration::zero();
  apply({feeder(), lasting});
  EXPECT_EQ(world.run(world.host->accept("archive", meanwhile)).kind, Receipt::Kind::committed);
  pass(seconds(70));
  EXPECT_EQ(archive.received.size(), 1U);
  EXPECT_EQ(delivered("adt"), 1U);
  EXPECT_TRUE(world.list().empty());
}

TEST_F(ExchangeTest, doubts_nothing_after_a_crash) {
  apply({feeder()});
  world.send(adt("1"));
  world.run(world.host->drain(seconds(1)));
  dynamic_cast<MemoryStore&>(*world.store).set_unclean(true);
  world.restart();
  ASSERT_TRUE(world.run(world.host->prepare()));
  apply({feeder(), fed()});
  pass(seconds(70));
  const auto rows = world.list(State::delivered);
  ASSERT_EQ(rows.size(), 2U);
  for (const auto& row : rows) EXPECT_FALSE(row.possible_duplicate);
}

TEST_F(ExchangeTest, keeps_and_settles_what_the_other_channel_knows_already) {
  apply({feeder(), fed()});
  world.send(adt("1"));
  pass(milliseconds(50));
  auto lasting = feeder();
  lasting->hash = "two";
  lasting->duplicates.window = Duration::zero();
  apply({lasting, fed()});
  const auto second = world.send(adt("1"));
  pass(milliseconds(50));
  EXPECT_EQ(delivered("adt"), 2U);
  EXPECT_EQ(archive.received.size(), 1U);
  SearchQuery all;
  all.channel = "archive";
  const auto found = world.run(world.store->search(world.loop, all));
  ASSERT_EQ(found->messages.size(), 2U);
  EXPECT_EQ(found->messages[0].duplicate_of, found->messages[1].message.id);
  const auto row = world.delivery(DeliveryId::of(second.id, 0));
  EXPECT_EQ(row.detail, "channel archive took it for the same message as " + to_string(found->messages[1].message.id) +
                            ", which it has already, and keeps it as " + to_string(found->messages[0].message.id));
}

TEST_F(ExchangeTest, hands_over_once_what_is_sent_again_after_a_crash) {
  apply({feeder(), fed()});
  const auto first = world.send(adt("1"));
  pass(milliseconds(50));
  ASSERT_EQ(archive.received.size(), 1U);
  Received again;
  again.bytes = Bytes(adt("1"));
  again.peer = "delivery " + to_string(DeliveryId::of(first.id, 0));
  const auto receipt = world.run(world.host->accept("archive", again));
  EXPECT_EQ(receipt.kind, Receipt::Kind::duplicate);
  pass(milliseconds(50));
  EXPECT_EQ(archive.received.size(), 1U);
}

}  // namespace
}  // namespace myelin::runtime
