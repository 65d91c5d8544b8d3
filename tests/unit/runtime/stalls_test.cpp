// A lane that stands still though nothing keeps it.
#include <gtest/gtest.h>

#include "engine/base/event.h"
#include "engine/runtime/stalls.h"
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

class Stalling : public ::testing::Test, public World {
 protected:
  void start() {
    auto plan = make_plan();
    plan->routes.push_back(route_to("lab", peer));
    apply(plan);
    stalls = std::make_unique<Stalls>(loop, *host);
    before_ = said_ever();
  }
  // Looks as run() does, for so long.
  void look_for(Duration time) {
    for (Duration passed{}; passed < time; passed += Stalls::kEvery) {
      run(stalls->look());
      loop.advance(Stalls::kEvery);
    }
  }
  std::int64_t said() const { return said_ever() - before_; }

  Peer peer;
  std::unique_ptr<Stalls> stalls;

 private:
  static std::int64_t said_ever() {
    for (const auto& event : event_counts())
      if (event.name == "lane_stalled") return event.count;
    return -1;
  }
  std::int64_t before_ = 0;
};

// NGC #4211, #3066: a queue whose thread had gone stood still, and nobody was told.
TEST_F(Stalling, is_said_once_of_a_head_that_stays_in_the_same_attempt) {
  start();
  Wakeup gate(loop);
  peer.gate = &gate;
  send(adt("1"));
  look_for(minutes(4));
  EXPECT_EQ(said(), 0);
  look_for(minutes(20));
  EXPECT_EQ(said(), 1);
  peer.gate = nullptr;
  gate.notify();
  loop.advance(seconds(1));
}

TEST_F(Stalling, is_not_said_of_a_lane_that_is_held_or_waits_for_its_next_attempt) {
  start();
  peer.script.assign(1000, down());
  send(adt("1"));
  look_for(minutes(20));
  EXPECT_EQ(said(), 0);
  run(host->hold_lane(LaneKey{"adt", "lab", ""}, Person{"anna", "the peer is moved"}));
  look_for(minutes(20));
  EXPECT_EQ(said(), 0);
}

TEST_F(Stalling, is_not_said_of_a_lane_that_delivers) {
  start();
  for (int i = 0; i < 20; ++i) {
    send(adt(std::to_string(i)));
    look_for(minutes(1));
  }
  EXPECT_EQ(said(), 0);
}

}  // namespace
}  // namespace myelin::runtime
