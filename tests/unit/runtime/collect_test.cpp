// `collect`: what waits together goes together; nothing is lost, and nothing is settled before its batch is.
#include "engine/hl7/batch.h"
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

struct CollectTest : testing::Test {
  Peer lab;
  World world;  // last: it drains into the peers when it ends

  std::shared_ptr<Plan> plan(int count, Duration within = hours(1)) {
    auto made = make_plan();
    made->routes.push_back(route_to("lab", lab));
    CollectPolicy policy;
    policy.count = count;
    policy.within = within;
    made->routes[0].collect = std::make_shared<const CollectPolicy>(policy);
    return made;
  }
  MessageId send(const std::string& id, const std::string& trigger = "A01") { return world.send(adt(id, trigger)).id; }
  State state_of(MessageId id) {
    world.loop.advance(milliseconds(20));
    return world.delivery(DeliveryId::of(id, 0)).state;
  }
  // "1 2 3", of the nth batch that the peer got.
  std::string ids_of(std::size_t batch) const {
    std::string ids;
    const auto file = hl7::split_batch(lab.received.at(batch));
    EXPECT_FALSE(hl7::check_batch(file)) << lab.received.at(batch);
    for (const auto& each : file.batches)
      for (const auto message : each.messages) {
        auto tree = hl7::Tree::parse(Bytes(std::string(message)));
        ids += (ids.empty() ? "" : " ") + tree->text(hl7::Spot{0, 10, 1, 1, 0});
      }
    return ids;
  }
  std::string batches() const {
    std::string all;
    for (std::size_t at = 0; at < lab.received.size(); ++at) all += (at == 0 ? "" : " | ") + ids_of(at);
    return all;
  }
};

TEST_F(CollectTest, sends_as_one_what_is_enough_and_settles_each) {
  world.apply(plan(3));
  const auto first = send("1");
  send("2");
  world.loop.advance(minutes(1));
  EXPECT_TRUE(lab.received.empty());
  EXPECT_EQ(state_of(first), State::queued);
  const auto third = send("3");
  send("4");
  EXPECT_EQ(state_of(first), State::delivered);
  EXPECT_EQ(state_of(third), State::delivered);
  EXPECT_EQ(batches(), "1 2 3");
  EXPECT_TRUE(lab.received[0].starts_with("FHS|^~\\&|PAS|WEST|MYELIN|HOSP|")) << lab.received[0];
}

TEST_F(CollectTest, sends_what_there_is_when_the_first_has_waited_long_enough) {
  world.apply(plan(100, minutes(10)));
  send("1");
  world.loop.advance(minutes(9));
  send("2");
  EXPECT_TRUE(lab.received.empty());
  world.loop.advance(minutes(2));
  EXPECT_EQ(batches(), "1 2");
  send("3");
  world.loop.advance(minutes(11));
  EXPECT_EQ(batches(), "1 2 | 3");
}

TEST_F(CollectTest, ends_a_batch_before_it_would_be_too_large) {
  auto small = plan(100, minutes(10));
  auto policy = *small->routes[0].collect;
  policy.bytes = 2 * adt("1").size() + 10;
  small->routes[0].collect = std::make_shared<const CollectPolicy>(policy);
  world.apply(small);
  for (const auto* id : {"1", "2", "3", "4", "5"}) send(id);
  world.loop.advance(minutes(1));
  EXPECT_EQ(batches(), "1 2 | 3 4");
  world.loop.advance(minutes(10));
  EXPECT_EQ(batches(), "1 2 | 3 4 | 5");
}

TEST_F(CollectTest, leaves_out_what_a_step_filters_and_parks) {
  auto choosy = plan(2);
  choosy->routes[0].steps.push_back(std::make_shared<FunctionStep>([](Body& body) {
    const auto trigger = body.hl7()->text(hl7::Spot{0, 9, 1, 2, 0});
    if (trigger == "A03") return Verdict{Verdict::Kind::drop, "gone", {}};
    if (trigger == "A08") return Verdict{Verdict::Kind::park, "look at it", {}};
    return Verdict{};
  }));
  world.apply(choosy);
  const auto dropped = send("1", "A03");
  const auto first = send("2");
  const auto parked = send("3", "A08");
  EXPECT_EQ(state_of(dropped), State::filtered);
  EXPECT_EQ(state_of(parked), State::parked);
  EXPECT_EQ(state_of(first), State::queued);
  send("4");
  EXPECT_EQ(state_of(first), State::delivered);
  EXPECT_EQ(batches(), "2 4");
}

TEST_F(CollectTest, settles_nothing_before_the_peer_has_answered) {
  world.apply(plan(2));
  Wakeup gate(world.loop);
  lab.gate = &gate;
  const auto first = send("1");
  const auto second = send("2");
  EXPECT_EQ(state_of(first), State::queued);
  EXPECT_EQ(state_of(second), State::queued);
  lab.gate = nullptr;
  gate.notify();
  EXPECT_EQ(state_of(first), State::delivered);
  EXPECT_EQ(state_of(second), State::delivered);
}

TEST_F(CollectTest, parks_all_of_a_batch_that_is_refused_and_goes_on) {
  world.apply(plan(2));
  lab.script.push_back(refused("AE"));
  const auto first = send("1");
  const auto second = send("2");
  EXPECT_EQ(state_of(first), State::parked);
  EXPECT_EQ(state_of(second), State::parked);
  send("3");
  const auto fourth = send("4");
  EXPECT_EQ(state_of(fourth), State::delivered);
  EXPECT_TRUE(world.run(world.host->retry(DeliveryId::of(first, 0), Person{"anna", ""})));
  world.loop.advance(hours(2));
  EXPECT_EQ(state_of(first), State::delivered);
  EXPECT_EQ(batches(), "1 2 | 3 4 | 1");
}

TEST_F(CollectTest, repeats_the_same_batch_when_nobody_knows_whether_it_arrived) {
  world.apply(plan(2));
  lab.script.push_back(no_answer());
  send("1");
  send("2");
  world.loop.advance(milliseconds(10));
  send("3");
  const auto fourth = send("4");
  world.loop.advance(seconds(5));
  EXPECT_EQ(batches(), "1 2 | 1 2 | 3 4");
  EXPECT_EQ(lab.received[0], lab.received[1]);
  EXPECT_EQ(state_of(fourth), State::delivered);
}

TEST_F(CollectTest, is_the_same_batch_after_a_restart_whatever_came_since) {
  world.apply(plan(3, minutes(10)));
  for (int i = 0; i < 3; ++i) lab.script.push_back(no_answer());
  send("1");
  send("2");
  world.loop.advance(minutes(10) + milliseconds(100));
  ASSERT_EQ(batches(), "1 2");
  world.run(world.host->drain(seconds(1)));
  lab.script.clear();
  world.restart();
  world.apply(plan(3, minutes(10)));
  send("3");
  world.loop.advance(minutes(11));
  EXPECT_EQ(batches(), "1 2 | 1 2 | 3");
  EXPECT_EQ(lab.received[0], lab.received[1]);
  EXPECT_TRUE(world.list(State::queued).empty());
}

TEST_F(CollectTest, collects_again_what_had_not_gone_when_the_process_ended) {
  world.apply(plan(3));
  send("1");
  send("2");
  world.run(world.host->drain(seconds(1)));
  world.restart();
  world.apply(plan(3));
  world.loop.advance(seconds(1));
  EXPECT_TRUE(lab.received.empty());
  send("3");
  world.loop.advance(seconds(1));
  EXPECT_EQ(batches(), "1 2 3");
}

TEST_F(CollectTest, goes_without_what_a_person_took_out_and_at_once_when_a_person_says_so) {
  world.apply(plan(100));
  const auto first = send("1");
  const auto second = send("2");
  send("3");
  world.loop.advance(seconds(1));
  EXPECT_TRUE(world.run(world.host->discard(DeliveryId::of(second, 0), Person{"anna", "twice"})));
  world.loop.advance(seconds(1));
  EXPECT_TRUE(lab.received.empty());
  EXPECT_TRUE(world.run(world.host->retry(DeliveryId::of(first, 0), Person{"anna", ""})));
  world.loop.advance(seconds(1));
  EXPECT_EQ(batches(), "1 3");
}

TEST_F(CollectTest, holds_all_of_a_batch_where_the_table_says_so_until_it_is_released) {
  auto strict = plan(2);
  ReplyRule row;
  row.code = "AE";
  row.action = ReplyAction::hold;
  strict->routes[0].lane.on_reply.push_back(row);
  world.apply(strict);
  lab.script.push_back(refused("AE"));
  const auto first = send("1");
  const auto second = send("2");
  EXPECT_EQ(state_of(first), State::held);
  EXPECT_EQ(state_of(second), State::held);
  send("3");
  send("4");
  world.loop.advance(minutes(1));
  EXPECT_EQ(batches(), "1 2");
  EXPECT_TRUE(world.run(world.host->release_lane(LaneKey{"adt", "lab", ""}, Person{"anna", ""})));
  world.loop.advance(minutes(1));
  EXPECT_EQ(batches(), "1 2 | 1 2 | 3 4");
}

TEST_F(CollectTest, works_off_a_backlog_larger_than_its_window) {
  world.apply(plan(200));
  world.run(world.host->hold_lane(LaneKey{"adt", "lab", ""}, Person{"anna", "line down"}));
  for (int i = 1; i <= 1000; ++i) send(std::to_string(i));
  world.run(world.host->drain(seconds(1)));
  world.restart();
  world.apply(plan(200));
  world.run(world.host->release_lane(LaneKey{"adt", "lab", ""}, Person{"anna", ""}));
  world.loop.advance(minutes(1));
  EXPECT_EQ(lab.received.size(), 5U);
  EXPECT_TRUE(world.list(State::queued).empty());
}

}  // namespace
}  // namespace myelin::runtime
