// What persons decided, across restarts and reloads: found by the simulator, a seed in a thousand.
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

const LaneKey kArchive{"adt", "archive", ""};
const Person kAnna{"anna", "because of the test"};

struct PersonsTest : testing::Test {
  Peer lab;
  Peer archive;
  World world;  // last: it drains into the peers when it ends

  void restart(const std::shared_ptr<Plan>& plan) {
    world.run(world.host->drain(seconds(1)));
    world.restart();
    world.apply(plan);
    world.loop.advance(seconds(1));
  }
  std::shared_ptr<Plan> with_archive(const std::string& hash) {
    auto plan = plan_of_two(lab, archive);
    plan->hash = hash;
    return plan;
  }
  std::shared_ptr<Plan> without_archive() {
    auto plan = make_plan("without");
    plan->routes.push_back(route_to("lab", lab));
    return plan;
  }
};

// Simulator, seed 1003103: it stayed queued until another message, a reload or a restart made the lane look.
TEST_F(PersonsTest, what_was_parked_before_a_restart_goes_when_a_person_says_so) {
  const auto plan = with_archive("one");
  world.apply(plan);
  lab.script.push_back(refused("AE"));
  const auto id = DeliveryId::of(world.send(adt("1")).id, 0);
  world.loop.advance(seconds(1));
  ASSERT_EQ(world.delivery(id).state, State::parked);
  restart(plan);
  ASSERT_TRUE(world.run(world.host->retry(id, kAnna)));
  world.loop.advance(seconds(1));
  EXPECT_EQ(world.delivery(id).state, State::delivered);
  EXPECT_EQ(lab.control_ids(), (std::vector<std::string>{"1", "1"}));
}

// Simulator, seed 1010223: the route came back and stood, though nothing said that it was stopped.
TEST_F(PersonsTest, a_route_that_was_released_while_it_was_away_goes_when_it_is_back) {
  world.apply(with_archive("one"));
  ASSERT_TRUE(world.run(world.host->hold_lane(kArchive, kAnna)));
  world.send(adt("1"));
  restart(without_archive());
  ASSERT_TRUE(world.run(world.host->release_lane(kArchive, kAnna)));
  world.apply(with_archive("two"));
  world.loop.advance(seconds(1));
  EXPECT_EQ(archive.control_ids(), std::vector<std::string>{"1"});
}

TEST_F(PersonsTest, a_route_that_was_held_while_it_was_away_stands_when_it_is_back) {
  world.apply(with_archive("one"));
  archive.script.assign(100, down());
  world.send(adt("1"));
  world.apply(without_archive());
  ASSERT_TRUE(world.run(world.host->hold_lane(kArchive, kAnna)));
  archive.script.clear();
  world.apply(with_archive("two"));
  world.loop.advance(minutes(10));
  EXPECT_EQ(archive.control_ids(), std::vector<std::string>{"1"}) << "sent once, before it was held";
  ASSERT_TRUE(world.run(world.host->release_lane(kArchive, kAnna)));
  world.loop.advance(minutes(1));
  EXPECT_EQ(archive.control_ids(), (std::vector<std::string>{"1", "1"}));
}

TEST_F(PersonsTest, who_had_a_queued_delivery_tried_now_is_kept_with_it) {
  lab.script.assign(100, down());
  world.apply(with_archive("one"));
  const auto id = DeliveryId::of(world.send(adt("1")).id, 0);
  world.loop.run_ready();
  ASSERT_TRUE(world.run(world.host->retry(id, kAnna)));
  const auto trace = world.run(world.store->trace(world.loop, id.message()));
  EXPECT_TRUE(std::ranges::any_of(trace->attempts, [](const Attempt& attempt) {
    return attempt.detail == "tried now by anna: because of the test";
  }));
}

}  // namespace
}  // namespace myelin::runtime
