// A route whose peer does not answer, or bears only so much.
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

struct PacedLane : testing::Test {
  Peer lab;  // before the world: its sessions end with the host
  World world;
  bool is_down = false;

  class Moody final : public Destination {
   public:
    explicit Moody(PacedLane& test) : test_(test) {}
    Task<Outcome> send(const Outbound& outbound) override {
      test_.lab.received.emplace_back(outbound.bytes.view());
      co_return test_.is_down ? down() : accepted();
    }
    void close() override {}

   private:
    PacedLane& test_;
  };

  void start(const std::function<void(Route&)>& change) {
    auto plan = make_plan();
    Route route;
    route.name = "lab";
    route.connect = [this](Loop&) { return std::make_unique<Moody>(*this); };
    route.lane.order = OrderKind::none;
    route.lane.parallel = 8;
    change(route);
    plan->routes.push_back(std::move(route));
    world.apply(plan);
  }
  void send(int count) {
    for (int n = 0; n < count; ++n) world.send(adt(std::to_string(n)));
  }
  LaneView view() { return world.run(world.host->view()).at(0).lanes.at(0); }
};

TEST_F(PacedLane, asks_a_peer_that_is_down_with_one_attempt_at_a_time) {
  is_down = true;
  start([](Route&) {});
  send(8);
  world.loop.advance(minutes(10));
  // Eight that each double their pause up to a minute would have asked more than a hundred times.
  EXPECT_LT(lab.received.size(), 30U);
  EXPECT_TRUE(view().peer_down);
  EXPECT_TRUE(view().probe_at);
  is_down = false;
  world.loop.advance(minutes(1));
  EXPECT_FALSE(view().peer_down);
  world.loop.advance(minutes(1));
  EXPECT_TRUE(world.list().empty());
}

TEST_F(PacedLane, asks_at_once_when_a_person_wants_it) {
  is_down = true;
  start([](Route& route) { route.lane.parallel = 1; });
  const auto id = DeliveryId::of(world.send(adt("1")).id, 0);
  world.loop.advance(minutes(30));
  const auto before = lab.received.size();
  is_down = false;
  EXPECT_TRUE(world.run(world.host->retry(id, Person{"anna", "cable is in"})));
  EXPECT_EQ(lab.received.size(), before + 1);
  EXPECT_FALSE(view().peer_down);
}

TEST_F(PacedLane, ends_while_it_waits_for_its_turn) {
  is_down = true;
  start([](Route&) {});
  send(8);
  world.loop.advance(minutes(1));
  world.run(world.host->drain(seconds(1)));
  EXPECT_EQ(world.list().size(), 8U);
}

TEST_F(PacedLane, lets_a_message_rest_from_its_receipt_on) {
  const auto rest = [](Route& route) { route.lane.delay = seconds(30); };
  start(rest);
  send(1);
  world.loop.advance(seconds(20));
  world.run(world.host->drain(seconds(1)));
  world.restart();
  start(rest);
  world.loop.advance(seconds(8));
  EXPECT_TRUE(lab.received.empty());
  world.loop.advance(seconds(3));
  EXPECT_EQ(lab.received.size(), 1U);
}

TEST_F(PacedLane, lets_a_message_go_before_its_time_when_a_person_asks) {
  start([](Route& route) { route.lane.delay = hours(2), route.lane.order = OrderKind::fifo; });
  const auto id = DeliveryId::of(world.send(adt("1")).id, 0);
  world.loop.advance(hours(1));
  EXPECT_TRUE(lab.received.empty());
  EXPECT_TRUE(world.run(world.host->retry(id, Person{"anna", "now"})));
  world.loop.advance(milliseconds(1));
  EXPECT_EQ(lab.received.size(), 1U);
}

TEST_F(PacedLane, keeps_its_rate_and_sends_all) {
  start([](Route& route) { route.lane.per_minute = 60, route.lane.burst = 3; });
  send(20);
  world.loop.advance(milliseconds(1));
  EXPECT_EQ(lab.received.size(), 3U);
  EXPECT_TRUE(view().paced_until);
  world.loop.advance(seconds(10));
  EXPECT_EQ(lab.received.size(), 13U);
  world.loop.advance(seconds(10));
  EXPECT_EQ(lab.received.size(), 20U);
  EXPECT_FALSE(view().peer_down);
}

}  // namespace
}  // namespace myelin::runtime
