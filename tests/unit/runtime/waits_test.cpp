// Why a delivery does not go now, as its lane says it.
#include "tests/unit/runtime/keyed_lane.h"

namespace myelin::runtime {
namespace {

const Person kAnna{"anna", "maintenance"};

std::optional<Waits> ask(World& world, DeliveryId id) {
  std::vector<Delivery> rows{world.delivery(id)};
  return world.run(world.host->waits_for(std::move(rows))).at(0);
}

struct WaitsTest : testing::Test {
  Peer lab;
  World world;

  void start(const std::function<void(Route&)>& change = {}) {
    auto plan = make_plan();
    plan->routes.push_back(route_to("lab", lab));
    if (change) change(plan->routes.back());
    world.apply(plan);
  }
  DeliveryId send(const std::string& id) { return DeliveryId::of(world.send(adt(id)).id, 0); }
  Waits of(DeliveryId id) {
    const auto waits = ask(world, id);
    EXPECT_TRUE(waits);
    return waits.value_or(Waits{});
  }
};

TEST_F(WaitsTest, names_who_holds_the_route) {
  start();
  ASSERT_TRUE(world.run(world.host->hold_lane(LaneKey{"adt", "lab", ""}, kAnna)));
  const auto waits = of(send("1"));
  EXPECT_EQ(waits.what, WaitsFor::lane);
  EXPECT_EQ(waits.stop->by, "anna");
  EXPECT_EQ(waits.stop->reason, "maintenance");
  EXPECT_EQ(of(send("2")).what, WaitsFor::lane) << "not the one before it";
}

TEST_F(WaitsTest, tells_what_is_sent_now_from_what_waits_behind_it) {
  Wakeup gate(world.loop);
  lab.gate = &gate;
  start();
  const auto first = send("1"), second = send("2");
  world.loop.run_ready();
  EXPECT_EQ(of(first).what, WaitsFor::sending);
  EXPECT_FALSE(of(first).behind);
  EXPECT_EQ(of(second).what, WaitsFor::sending);
  EXPECT_EQ(of(second).behind, first);
  lab.gate = nullptr;
  gate.notify();
  world.loop.advance(seconds(1));
  EXPECT_FALSE(ask(world, first)) << "what is finished waits for nothing";
}

TEST_F(WaitsTest, says_when_the_next_attempt_is_and_why_the_last_one_failed) {
  lab.script.assign(100, down());
  start();
  const auto first = send("1"), second = send("2");
  world.loop.run_ready();
  const auto waits = of(first);
  EXPECT_EQ(waits.what, WaitsFor::attempt);
  EXPECT_EQ(waits.until, world.loop.wall() + seconds(1));
  EXPECT_EQ(waits.fault, "M0401");
  EXPECT_EQ(of(second).behind, first);
  EXPECT_EQ(of(second).what, WaitsFor::attempt);
  world.loop.advance(minutes(10));
  const auto later = of(first);
  EXPECT_EQ(later.what, WaitsFor::peer);
  EXPECT_EQ(later.peer, "lab");
  EXPECT_GT(later.until, world.loop.wall());
}

TEST_F(WaitsTest, says_when_the_peer_opens) {
  const auto at = world.loop.wall() + hours(2);
  start([at](Route& route) { route.open = std::make_shared<OpensAt>(at); });
  const auto waits = of(send("1"));
  EXPECT_EQ(waits.what, WaitsFor::hours);
  EXPECT_EQ(waits.until, at);
}

TEST_F(WaitsTest, says_that_the_rate_is_used_up) {
  start([](Route& route) { route.lane.per_minute = 1; });
  send("1");
  world.loop.advance(seconds(1));
  const auto waits = of(send("2"));
  EXPECT_EQ(waits.what, WaitsFor::rate);
  EXPECT_GT(waits.until, world.loop.wall() + seconds(50));
}

TEST_F(WaitsTest, says_that_a_delay_runs) {
  start([](Route& route) { route.lane.delay = seconds(30); });
  const auto waits = of(send("1"));
  EXPECT_EQ(waits.what, WaitsFor::delay);
  EXPECT_EQ(waits.until, world.loop.wall() + seconds(30));
}

TEST_F(WaitsTest, names_the_other_route_that_it_comes_after) {
  Peer archive;
  auto plan = plan_of_two(lab, archive);
  plan->routes[1].after = "lab";
  lab.script.assign(10, down());
  world.apply(plan);
  const auto id = DeliveryId::of(world.send(adt("1")).id, 1);
  world.loop.run_ready();
  const auto waits = of(id);
  EXPECT_EQ(waits.what, WaitsFor::route);
  EXPECT_EQ(waits.after, "lab");
  world.run(world.host->drain(seconds(1)));
  world.host.reset();
}

TEST_F(WaitsTest, says_that_its_route_or_its_channel_is_gone) {
  lab.script.assign(10, down());
  start();
  const auto id = send("1");
  Peer other;
  auto without = make_plan("two");
  without->routes.push_back(route_to("archive", other));
  world.apply(without);
  EXPECT_EQ(of(id).what, WaitsFor::no_route);
  world.run(world.host->apply({}));
  EXPECT_EQ(of(id).what, WaitsFor::no_channel);
}

using KeyedWaits = KeyedLane;

TEST_F(KeyedWaits, names_the_message_of_the_same_patient_that_is_held) {
  start();
  const auto first = send("1", "ada");
  world.loop.run_ready();
  answer("1", refused("AE"));
  world.loop.run_ready();
  ASSERT_EQ(world.delivery(first).state, State::held);
  const auto second = send("2", "ada"), merge = send("3", "ben", "ada"), last = send("4", "ben");
  for (const auto id : {second, merge, last}) {
    const auto waits = ask(world, id);
    ASSERT_TRUE(waits);
    EXPECT_EQ(waits->what, WaitsFor::release);
    EXPECT_EQ(waits->behind, first) << "what stands in front of all of them";
  }
  EXPECT_FALSE(ask(world, first)) << "it waits for a person alone";
}

TEST_F(KeyedWaits, names_who_holds_the_key_of_the_patient) {
  start();
  ASSERT_TRUE(world.run(world.host->hold_lane(lane_of("ada"), kAnna)));
  const auto waits = ask(world, send("1", "ada"));
  ASSERT_TRUE(waits);
  EXPECT_EQ(waits->what, WaitsFor::key);
  EXPECT_EQ(waits->stop->lane.key, world.store->key_of("ada"));
}

}  // namespace
}  // namespace myelin::runtime
