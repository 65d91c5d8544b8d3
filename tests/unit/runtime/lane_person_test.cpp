// What a person does with one delivery of a lane: also while it is being sent.
#include "tests/unit/runtime/fifo_lane.h"

namespace myelin::runtime {
namespace {

using LanePerson = LaneTest;

TEST_F(LanePerson, sends_a_parked_message_again_when_a_person_says_so) {
  lab.script = {refused("AE")};
  start();
  const auto ids = send(1, 2);
  world.loop.advance(milliseconds(10));
  EXPECT_TRUE(world.run(world.host->retry(ids[0], Person{"anna", "peer repaired"})));
  world.loop.advance(milliseconds(10));
  EXPECT_EQ(lab.control_ids(), (std::vector<std::string>{"1", "2", "1"}));
  EXPECT_EQ(world.delivery(ids[0]).state, State::delivered);
}

TEST_F(LanePerson, is_held_and_released_by_a_person) {
  start();
  EXPECT_TRUE(world.run(world.host->hold_lane(key(), Person{"anna", "peer upgrade"})));
  send(1, 2);
  world.loop.advance(minutes(1));
  EXPECT_TRUE(lab.received.empty());
  EXPECT_EQ(view().stopped->by, "anna");
  EXPECT_TRUE(world.run(world.host->release_lane(key(), Person{"anna", "done"})));
  world.loop.advance(milliseconds(10));
  EXPECT_EQ(lab.control_ids(), numbers(1, 2));
}

TEST_F(LanePerson, stops_at_a_delivery_that_a_person_holds) {
  Wakeup gate(world.loop);
  lab.gate = &gate;
  start();
  const auto ids = send(1, 4);
  EXPECT_TRUE(world.run(world.host->hold(ids[2], Person{"anna", "look at it"})));
  lab.gate = nullptr;
  gate.notify();
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.control_ids(), numbers(1, 2));
  EXPECT_TRUE(world.run(world.host->release(ids[2], Person{"anna", "fine"})));
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.control_ids(), numbers(1, 4));
}

TEST_F(LanePerson, never_sends_what_a_person_discarded) {
  Wakeup gate(world.loop);
  lab.gate = &gate;
  start();
  const auto ids = send(1, 3);
  EXPECT_TRUE(world.run(world.host->discard(ids[1], Person{"anna", "wrong patient"})));
  lab.gate = nullptr;
  gate.notify();
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.control_ids(), (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(world.delivery(ids[1]).state, State::discarded);
}

TEST_F(LanePerson, goes_on_behind_what_a_person_parked_and_sends_it_when_it_is_retried) {
  lab.script.assign(1000, down());
  start();
  const auto ids = send(1, 3);
  world.loop.advance(minutes(1));
  EXPECT_TRUE(world.run(world.host->park(ids[0], Person{"anna", "the laboratory looks at it"})));
  lab.script.clear();
  world.loop.advance(minutes(5));
  EXPECT_EQ(world.delivery(ids[0]).state, State::parked);
  EXPECT_EQ(world.delivery(ids[0]).detail, "the laboratory looks at it");
  EXPECT_EQ(world.delivery(ids[2]).state, State::delivered);
  EXPECT_TRUE(world.run(world.host->retry(ids[0], Person{"anna", "agreed"})));
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.control_ids().back(), "1");
  EXPECT_EQ(world.delivery(ids[0]).state, State::delivered);
}

TEST_F(LanePerson, parks_what_was_held_and_goes_on) {
  lab.script.assign(1000, down());
  start();
  const auto ids = send(1, 2);
  EXPECT_TRUE(world.run(world.host->hold(ids[0], Person{"anna", "wait"})));
  EXPECT_TRUE(world.run(world.host->park(ids[0], Person{"anna", "do not wait"})));
  lab.script.clear();
  world.loop.advance(minutes(5));
  EXPECT_EQ(world.delivery(ids[0]).state, State::parked);
  EXPECT_EQ(world.delivery(ids[1]).state, State::delivered);
}

// What a person stops while it is being sent: the answer decides first, for two seconds.
TEST_F(LanePerson, does_not_stop_what_is_answered_meanwhile) {
  start();
  int first = 1;
  for (const auto verb : {&Host::hold, &Host::park, &Host::discard}) {
    Wakeup gate(world.loop);
    lab.gate = &gate;
    const auto ids = send(first, first + 1);
    world.loop.run_ready();
    lab.gate = nullptr;
    std::optional<Result<void>> stopped;
    spawn(test::keep_result((*world.host.*verb)(ids[0], Person{"anna", "wrong"}), stopped));
    world.loop.advance(seconds(1));
    EXPECT_FALSE(stopped) << "while the peer may still answer";
    gate.notify();
    world.loop.advance(seconds(1));
    ASSERT_TRUE(stopped);
    ASSERT_FALSE(*stopped);
    EXPECT_EQ(stopped->error().code, FaultCode::wrong_state);
    EXPECT_EQ(world.delivery(ids[0]).state, State::delivered);
    EXPECT_EQ(world.delivery(ids[1]).state, State::delivered) << "the lane goes on";
    EXPECT_EQ(lab.control_ids(), numbers(1, first + 1));
    first += 2;
  }
}

TEST_F(LanePerson, says_that_the_peer_may_have_what_a_person_stopped_while_it_was_sent) {
  lab.ends_when_closed = true;
  Wakeup gate(world.loop);
  lab.gate = &gate;
  start();
  const auto ids = send(1, 2);
  world.loop.run_ready();
  EXPECT_TRUE(world.run(world.host->park(ids[0], Person{"anna", "it hangs"})));
  EXPECT_EQ(world.delivery(ids[0]).state, State::parked);
  EXPECT_TRUE(world.delivery(ids[0]).possible_duplicate);
  lab.gate = nullptr;
  gate.notify();
  world.loop.advance(minutes(1));
  EXPECT_EQ(world.delivery(ids[1]).state, State::delivered);
  EXPECT_EQ(lab.control_ids(), numbers(1, 2));
}

TEST_F(LanePerson, retries_now_when_a_person_asks) {
  lab.script = {down(), down(), down(), down(), down(), down()};
  start();
  const auto ids = send(1, 1);
  world.loop.advance(seconds(20));
  const auto before = lab.received.size();
  EXPECT_TRUE(world.run(world.host->retry(ids[0], Person{"anna", "peer is up"})));
  world.loop.run_ready();
  EXPECT_EQ(lab.received.size(), before + 1);
}

}  // namespace
}  // namespace myelin::runtime
