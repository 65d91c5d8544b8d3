// How engines of the field lost, doubled or stuck messages, class by class, with the threads in which it was told
// (NGC: nextgenhealthcare/connect on GitHub); here it must not happen. What a class's other tests are: tests/README.md.
#include <malloc.h>

#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

struct FieldFailure : testing::Test {
  Peer lab;  // before the world: its sessions end with the host
  World world;

  std::shared_ptr<Plan> plan_to_lab(const std::string& hash = "one") {
    auto plan = make_plan(hash);
    plan->routes.push_back(route_to("lab", lab));
    return plan;
  }
  // A peer that is away for a minute while so much arrives; then how much of it came, in order and once.
  std::size_t delivered_of_backlog(int size, OrderKind order) {
    auto plan = plan_to_lab("backlog");
    plan->routes[0].lane.order = order;
    plan->routes[0].lane.parallel = order == OrderKind::fifo ? 1 : 4;
    for (int i = 0; i < 3; ++i) lab.script.push_back(down());
    world.apply(plan);
    const int first = std::exchange(next_, next_ + size);
    for (int n = first; n < next_; ++n) world.send(adt(std::to_string(n)));
    world.loop.advance(minutes(10));
    const auto ids = lab.control_ids();
    EXPECT_TRUE(world.list().empty());
    std::size_t in_order = 0;
    for (const auto& id : ids)
      if (id == std::to_string(static_cast<std::size_t>(first) + in_order)) ++in_order;
    return in_order;
  }

  int next_ = 0;  // ids go on, else a second backlog would be a repetition of the first
};

// NGC #1682: with 1,000 in memory, the 1,001st queued message was never sent.
TEST_F(FieldFailure, ngc_1682_no_message_beside_the_edge_of_the_window_is_forgotten) {
  for (const int edge : {kLaneWindow / 2, kLaneWindow, 2 * kLaneWindow})
    for (const int beside : {-1, 0, 1}) {
      lab.received.clear();
      EXPECT_EQ(delivered_of_backlog(edge + beside, OrderKind::fifo), static_cast<std::size_t>(edge + beside));
    }
}

TEST_F(FieldFailure, ngc_1682_nor_beside_the_edge_of_a_keyed_window) {
  for (const int beside : {-1, 1}) {
    lab.received.clear();
    delivered_of_backlog(kKeyedWindow + beside, OrderKind::none);
    EXPECT_GE(lab.received.size(), static_cast<std::size_t>(kKeyedWindow + beside));
  }
}

// NGC #1664: one dead destination starved the others.
TEST_F(FieldFailure, ngc_1664_one_dead_destination_of_five_holds_nobody_up) {
  std::array<Peer, 5> peers;
  Wakeup never(world.loop);
  peers[2].gate = &never;
  auto plan = make_plan("five");
  for (std::size_t i = 0; i < peers.size(); ++i) plan->routes.push_back(route_to("p" + std::to_string(i), peers[i]));
  world.apply(plan);
  for (int n = 0; n < 600; ++n) world.send(adt(std::to_string(n)));
  world.loop.advance(milliseconds(10));
  for (const auto i : {0U, 1U, 3U, 4U}) EXPECT_EQ(peers[i].received.size(), 600U) << "peer " << i;
  EXPECT_EQ(peers[2].received.size(), 1U);
  peers[2].gate = nullptr;
  never.notify();
  world.loop.advance(seconds(1));
  EXPECT_EQ(peers[2].received.size(), 600U);
  world.run(world.host->drain(seconds(1)));
  world.host.reset();
}

// NGC #2057: a queued row was deleted where only errors were to be stored.
TEST_F(FieldFailure, ngc_2057_what_is_queued_stays_in_the_store_until_its_peer_has_it) {
  for (int i = 0; i < 5; ++i) lab.script.push_back(i % 2 == 0 ? down() : no_answer());
  world.apply(plan_to_lab());
  const auto id = world.send(adt("1")).id;
  for (int i = 0; i < 600 && lab.received.size() < 6; ++i) {
    EXPECT_EQ(world.delivery(DeliveryId::of(id, 0)).state, State::queued);
    world.loop.advance(milliseconds(500));
  }
  world.loop.advance(seconds(1));
  EXPECT_EQ(world.delivery(DeliveryId::of(id, 0)).state, State::delivered);
}

// NGC #3340: recovery sent old messages to destinations that were added later.
TEST_F(FieldFailure, ngc_3340_where_a_message_goes_is_fixed_when_it_is_accepted) {
  Peer added;
  lab.script.assign(3, down());
  world.apply(plan_to_lab());
  world.send(adt("1"));
  world.run(world.host->drain(seconds(1)));
  world.restart();
  auto plan = plan_to_lab("two");
  plan->routes.push_back(route_to("added", added));
  world.apply(plan);
  world.send(adt("2"));
  world.loop.advance(minutes(5));
  EXPECT_EQ(added.control_ids(), std::vector<std::string>{"2"});
  EXPECT_EQ(lab.control_ids().back(), "2");
  world.run(world.host->drain(seconds(1)));
  world.host.reset();
}

// NGC #3366: recovery ran beside the queue's thread, and both sent.
TEST_F(FieldFailure, ngc_3366_a_start_and_new_messages_send_each_once) {
  lab.script.assign(2, down());
  world.apply(plan_to_lab());
  for (int n = 0; n < 300; ++n) world.send(adt(std::to_string(n)));
  world.run(world.host->drain(seconds(1)));
  const auto before = lab.received.size();
  lab.script.clear();
  world.restart();
  world.apply(plan_to_lab());
  for (int n = 300; n < 600; ++n) world.send(adt(std::to_string(n)));
  world.loop.advance(minutes(5));
  EXPECT_EQ(lab.received.size() - before, 600U);
}

// NGC #1314: five seconds without an answer, and thousands of repetitions.
TEST_F(FieldFailure, ngc_1314_a_silent_peer_is_not_flooded) {
  lab.script.assign(1000, no_answer());
  world.apply(plan_to_lab());
  for (int n = 0; n < 50; ++n) world.send(adt(std::to_string(n)));
  world.loop.advance(minutes(10));
  EXPECT_LE(lab.received.size(), 20U);  // pauses grow to a minute, and one message at a time
}

// NGC #3360, #6025, #4160: a channel could not be stopped while it slept, waited, or was "received".
TEST_F(FieldFailure, ngc_4160_a_stop_waits_for_no_pause) {
  lab.script.assign(100, down());
  auto plan = plan_to_lab();
  plan->routes[0].lane.retry.first = plan->routes[0].lane.retry.longest = minutes(5);
  world.apply(plan);
  world.send(adt("1"));
  const auto began = world.loop.mono();
  world.run(world.host->drain(seconds(30)));
  EXPECT_LT(world.loop.mono() - began, seconds(1));
}

// NGC #1636: memory that grew with each redeploy.
TEST_F(FieldFailure, ngc_1636_a_thousand_reloads_keep_nothing) {
  const auto reload = [this](int count) {
    for (int n = 0; n < count; ++n) world.apply(plan_to_lab(std::to_string(n)));
    return ::mallinfo2().uordblks;
  };
  world.apply(plan_to_lab("first"));
  const auto before = reload(100);
  const auto after = reload(1000);
  EXPECT_LT(after, before + 256 * 1024);
}

// NGC #3608, #4237: the queue's buffer held large messages, all of them.
TEST_F(FieldFailure, ngc_3608_a_lane_holds_few_bytes_of_many_large_messages) {
  lab.script.assign(100, down());
  world.apply(plan_to_lab());
  const std::string large(256 * 1024, 'x');
  const auto before = ::mallinfo2();
  for (int n = 0; n < 200; ++n) world.send(adt(std::to_string(n)) + "NTE|1||" + large + "\r");
  const auto kept = 200 * large.size();  // the store's own: it is in memory here
  const auto now = ::mallinfo2();
  EXPECT_LT(now.uordblks + now.hblkhd, before.uordblks + before.hblkhd + kept + 24U * 1024 * 1024);
}

}  // namespace
}  // namespace myelin::runtime
