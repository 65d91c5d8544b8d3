// A route that is ordered by key, begun on what waits in the store: after a restart, clean or not, or under another
// order.
#include <vector>

#include "tests/unit/runtime/keyed_lane.h"

namespace myelin::runtime {
namespace {

struct KeyedRestart : KeyedLane {};

TEST_F(KeyedRestart, keeps_a_patient_held_across_a_restart) {
  start();
  send("1", "anna");
  answer("1", refused("AE"));
  send("2", "anna");
  restart();
  start();
  send("3", "anna");
  send("4", "berta");
  world.loop.advance(minutes(10));
  EXPECT_EQ(lab.waiting(), Ids{"4"});
  EXPECT_TRUE(world.run(world.host->release_lane(LaneKey{"adt", "lab", ""}, Person{"anna", "mended"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "4", "1", "2", "3"}));
}

TEST_F(KeyedRestart, keeps_the_order_of_each_patient_across_a_restart) {
  start(1);
  send("1", "anna");
  send("2", "berta", "anna");
  send("3", "carla");
  send("4", "anna");
  restart();
  EXPECT_EQ(lab.sent, Ids{"1"});
  start(4);
  world.loop.advance(seconds(2));
  EXPECT_EQ(lab.waiting(), (Ids{"1", "3"}));
  answer("1");
  EXPECT_EQ(lab.waiting(), (Ids{"2", "3"}));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "3", "1", "2", "4"}));
}

TEST_F(KeyedRestart, lets_nothing_pass_what_waited_before_the_route_had_keys) {
  start(1, OrderKind::fifo);
  send("1", "anna");
  send("2", "berta");
  restart();
  start(4, OrderKind::keyed, "two");
  send("3", "anna");
  send("4", "carla");
  world.loop.advance(seconds(2));
  EXPECT_EQ(lab.waiting(), Ids{"1"});
  answer("1");
  EXPECT_EQ(lab.waiting(), Ids{"2"});
  answer("2");
  EXPECT_EQ(lab.waiting(), (Ids{"3", "4"}));
}

TEST_F(KeyedRestart, goes_on_behind_more_messages_of_a_held_patient_than_it_reads_at_once) {
  start();
  send("1", "anna");
  answer("1", refused("AE"));
  for (int n = 0; n < 3 * kLaneWindow; ++n) send("a" + std::to_string(n), "anna");
  restart();
  start();
  send("2", "berta");
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.waiting(), Ids{"2"});
}

TEST_F(KeyedRestart, marks_what_may_have_been_sent_before_an_unclean_end) {
  start(2);
  const auto first = send("1", "anna");
  const auto second = send("2", "berta");
  restart();
  dynamic_cast<MemoryStore&>(*world.store).set_unclean(true);
  EXPECT_TRUE(world.run(world.host->prepare()));
  start(2);
  world.loop.advance(minutes(2));
  answer("1", no_answer());
  answer("2");
  world.loop.advance(milliseconds(20));
  EXPECT_TRUE(world.delivery(first).possible_duplicate);
  EXPECT_TRUE(world.delivery(second).possible_duplicate);
}

TEST_F(KeyedRestart, marks_no_more_of_a_patient_than_may_have_been_behind) {
  start(2);
  std::vector<DeliveryId> ids;
  for (int n = 0; n < kUnsettled + 2; ++n) ids.push_back(send(std::to_string(n), "anna"));
  restart();
  dynamic_cast<MemoryStore&>(*world.store).set_unclean(true);
  EXPECT_TRUE(world.run(world.host->prepare()));
  start(2);
  answer_all();
  EXPECT_TRUE(world.delivery(ids[kUnsettled - 1]).possible_duplicate);
  EXPECT_FALSE(world.delivery(ids[kUnsettled]).possible_duplicate);
}

TEST_F(KeyedRestart, delivers_a_backlog_of_many_patients_in_the_order_of_each) {
  start(8);
  const int count = 2 * kLaneWindow + 17, patients = 7;
  for (int n = 0; n < count; ++n) send(std::to_string(n), "patient " + std::to_string(n % patients));
  restart();
  lab.sent.clear();
  start(8);
  answer_all();
  std::vector<int> last(patients, -1);
  for (const auto& id : lab.sent) {
    const int number = std::stoi(id);
    EXPECT_GT(number, last[static_cast<std::size_t>(number % patients)]);
    last[static_cast<std::size_t>(number % patients)] = number;
  }
  EXPECT_EQ(lab.sent.size(), static_cast<std::size_t>(count));
}

}  // namespace
}  // namespace myelin::runtime
