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
