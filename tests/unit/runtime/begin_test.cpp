// How a channel begins and is swapped when the store does not answer: it never stands without saying so, and comes back
// by itself.
#include <future>
#include <thread>

#include "engine/base/event.h"
#include "tests/unit/runtime/moody_store.h"
#include "tests/unit/runtime/quiet_source.h"

namespace myelin::runtime {
namespace {

using Names = std::vector<std::string>;

std::int64_t said_parked() {
  for (const auto& count : event_counts())
    if (count.name == "delivery_parked") return count.count;
  return -1;
}

struct BeginTest : testing::Test {
  Peer lab;
  Listening listening;
  World world;  // last: it drains into the peers when it ends
  MoodyStore& store = make_moody(world);

  std::shared_ptr<Plan> plan(const std::string& hash, const std::string& route = "lab", const std::string& was = {}) {
    auto made = make_plan(hash);
    made->routes.push_back(route_to(route, lab));
    made->routes.back().was = was;
    made->source_fingerprint = "here";
    made->listen = [this](Loop& loop) { return std::make_unique<QuietSource>(loop, listening); };
    return made;
  }
  std::shared_ptr<Plan> unreadable(const std::string& hash) {
    auto made = plan(hash);
    made->accept.body = BodyKind::json;
    return made;
  }
  ChannelView view() { return world.run(world.host->view()).at(0); }
  // A message that a shared step parked and a person has released, while nobody routed it.
  DeliveryId released_unrouted() {
    auto stops = plan("stops");
    stops->steps.push_back(std::make_shared<FunctionStep>([](Body&) {
      Verdict verdict;
      verdict.kind = Verdict::Kind::park;
      verdict.reason = "look at it";
      return verdict;
    }));
    world.apply(stops);
    const auto id = DeliveryId::of(world.send(adt("1")).id, 0);
    EXPECT_TRUE(world.run(world.store->change(world.loop, id, State::queued, "look again", "anna")));
    return id;
  }
  void restart() {
    world.run(world.host->drain(seconds(1)));
    world.restart();
  }
};

TEST_F(BeginTest, a_reload_whose_reads_were_interrupted_reads_again_and_all_lanes_run) {
  world.apply(plan("one"));
  store.fail_next("unfinished", FaultCode::overloaded, 3);
  store.fail_next("stopped_lanes", FaultCode::overloaded, 3);
  const auto report = world.apply(plan("two", "laboratory", "lab"));
  EXPECT_TRUE(report.faults.empty());
  EXPECT_EQ(report.changed, Names{"adt"});
  world.send(adt("1"));
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.control_ids(), Names{"1"});
  EXPECT_EQ(view().state, "running");
}

TEST_F(BeginTest, a_reload_that_cannot_be_read_for_leaves_the_channel_as_it_was_and_is_none) {
  world.apply(plan("one"));
  for (const auto* verb : {"unfinished", "stopped_lanes"}) {
    store.fail_next(verb, FaultCode::store_failed);
    const auto report = world.apply(plan("two", "laboratory", "lab"));
    ASSERT_EQ(report.faults.size(), 1U) << verb;
    EXPECT_TRUE(report.changed.empty()) << verb;
    EXPECT_EQ(view().hash, "one");
    lab.received.clear();
    world.send(adt(verb));
    world.loop.advance(seconds(1));
    EXPECT_EQ(lab.control_ids(), Names{verb});
  }
  EXPECT_EQ(listening.running, 1);
  const auto report = world.apply(plan("two", "laboratory", "lab"));
  EXPECT_EQ(report.changed, Names{"adt"});
  EXPECT_TRUE(report.faults.empty());
  EXPECT_EQ(view().hash, "two");
}

TEST_F(BeginTest, a_reload_of_another_source_that_cannot_be_read_for_listens_as_before) {
  world.apply(plan("one"));
  auto there = plan("two");
  there->source_fingerprint = "there";
  store.fail_next("stopped_lanes", FaultCode::store_failed);
  EXPECT_EQ(world.apply(there).faults.size(), 1U);
  EXPECT_EQ(listening.running, 1);
  world.send(adt("1"));
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.control_ids(), Names{"1"});
}

TEST_F(BeginTest, a_channel_that_cannot_begin_says_so_and_begins_by_itself) {
  store.fail_next("list", FaultCode::store_failed);
  const auto report = world.apply(plan("one"));
  ASSERT_EQ(report.faults.size(), 1U);
  EXPECT_EQ(view().state, "failed");
  EXPECT_FALSE(view().fault.empty());
  EXPECT_EQ(listening.opened, 0);
  world.loop.advance(seconds(11));
  EXPECT_EQ(view().state, "running");
  EXPECT_EQ(view().fault, "");
  EXPECT_EQ(listening.running, 1);
  world.send(adt("1"));
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.control_ids(), Names{"1"});
}

TEST_F(BeginTest, a_start_whose_reads_were_interrupted_reads_again) {
  for (const auto* verb : {"list", "stopped_lanes", "received_since", "waiting"})
    store.fail_next(verb, FaultCode::overloaded, 2);
  EXPECT_TRUE(world.apply(plan("one")).faults.empty());
  EXPECT_EQ(view().state, "running");
  EXPECT_EQ(listening.running, 1);
}

TEST_F(BeginTest, a_reload_of_the_same_files_tries_at_once_what_could_not_begin) {
  store.fail_next("list", FaultCode::store_failed, 2);
  EXPECT_EQ(world.apply(plan("one")).faults.size(), 1U);
  EXPECT_EQ(world.apply(plan("one")).faults.size(), 1U);
  EXPECT_TRUE(world.apply(plan("one")).faults.empty());
  EXPECT_EQ(view().state, "running");
  EXPECT_EQ(listening.opened, 1);
}

TEST_F(BeginTest, a_channel_that_could_not_begin_goes_by_the_plan_that_comes_meanwhile) {
  store.fail_next("list", FaultCode::store_failed);
  world.apply(plan("one"));
  EXPECT_TRUE(world.apply(plan("two")).faults.empty());
  EXPECT_EQ(view().hash, "two");
  world.send(adt("1"));
  world.loop.advance(seconds(30));
  EXPECT_EQ(lab.control_ids(), Names{"1"});
  EXPECT_EQ(listening.opened, 1);
}

TEST_F(BeginTest, one_message_that_cannot_be_read_any_more_is_parked_and_the_channel_begins) {
  const auto id = released_unrouted();
  restart();
  listening = {};
  EXPECT_TRUE(world.apply(unreadable("one")).faults.empty());
  EXPECT_EQ(listening.running, 1);
  EXPECT_EQ(view().state, "running");
  EXPECT_EQ(world.delivery(id).state, State::parked);
  EXPECT_FALSE(world.delivery(id).fault.empty());
}

TEST_F(BeginTest, one_message_that_is_damaged_is_parked_and_the_channel_begins) {
  const auto id = released_unrouted();
  restart();
  store.fail_next("trace", FaultCode::corrupt_row);
  EXPECT_TRUE(world.apply(plan("one")).faults.empty());
  EXPECT_EQ(world.delivery(id).state, State::parked);
  EXPECT_EQ(world.delivery(id).fault, entry(FaultCode::corrupt_row).id);
}

TEST_F(BeginTest, what_a_person_releases_and_cannot_be_read_is_parked_again) {
  const auto id = released_unrouted();
  world.apply(unreadable("one"));
  EXPECT_EQ(world.delivery(id).state, State::parked);
  EXPECT_TRUE(world.run(world.host->retry(id, Person{"anna", "again"})));
  EXPECT_EQ(world.delivery(id).state, State::parked);
}

TEST_F(BeginTest, what_was_released_is_routed_later_when_the_store_does_not_answer_now) {
  released_unrouted();
  restart();
  store.fail_next("trace", FaultCode::store_failed);
  EXPECT_EQ(world.apply(plan("one")).faults.size(), 1U);
  EXPECT_EQ(listening.running, 1);
  EXPECT_EQ(view().state, "failed");
  world.loop.advance(seconds(12));
  EXPECT_EQ(view().state, "running");
  EXPECT_EQ(lab.control_ids(), Names{"1"});
  EXPECT_TRUE(world.list().empty());
}

TEST_F(BeginTest, of_many_that_were_released_none_is_left) {
  auto stops = plan("stops");
  bool mended = false;
  stops->steps.push_back(std::make_shared<FunctionStep>([&mended](Body&) {
    Verdict verdict;
    if (!mended) verdict.kind = Verdict::Kind::park, verdict.reason = "look at it";
    return verdict;
  }));
  world.apply(stops);
  constexpr int kMany = kLaneWindow + 20;
  for (int i = 0; i < kMany; ++i) {
    const auto id = DeliveryId::of(world.send(adt(std::to_string(i))).id, 0);
    EXPECT_TRUE(world.run(world.store->change(world.loop, id, State::queued, "look again", "anna")));
  }
  mended = true;
  world.apply(plan("one"));
  world.loop.advance(seconds(5));
  EXPECT_EQ(lab.received.size(), static_cast<std::size_t>(kMany));
  EXPECT_TRUE(world.list().empty());
}

TEST_F(BeginTest, an_open_question_of_a_damaged_message_is_closed_and_the_channel_begins) {
  NewMessage asked;
  asked.message.id = MessageId{world.store->last_id().value + 1};
  asked.message.channel = "adt";
  asked.message.received_at = world.loop.wall();
  asked.message.bytes = Bytes(adt("1"));
  NewDelivery delivery;
  delivery.lane = LaneKey{"adt", "lab", ""};
  asked.deliveries = {delivery};
  asked.asks = true;
  EXPECT_TRUE(world.run(world.store->append(world.loop, std::move(asked))));
  auto asks = plan("one");
  asks->reply = ReplyPolicy();
  asks->reply->from = "lab";
  store.fail_next("trace", FaultCode::corrupt_row);
  EXPECT_TRUE(world.apply(asks).faults.empty());
  EXPECT_EQ(listening.running, 1);
  EXPECT_TRUE(world.run(world.store->questions(world.loop, "adt"))->empty());
}

// Large messages are decided beside the loop; the reload is faster.
TEST_F(BeginTest, what_was_decided_under_the_former_name_and_stored_later_goes_under_the_new_one) {
  std::promise<void> reloaded;
  const auto done = reloaded.get_future().share();
  auto slow = plan("one");
  slow->steps.push_back(std::make_shared<FunctionStep>([done](Body&) {
    done.wait();
    return Verdict();
  }));
  world.apply(slow);
  std::optional<Receipt> told;
  const auto large = adt("1") + "NTE|1||" + std::string(std::size_t{4} << 20, 'A') + "\r";
  spawn(test::keep_result(world.host->accept("adt", Received{Bytes(large), "test"}), told));
  world.apply(plan("two", "laboratory", "lab"));
  reloaded.set_value();
  while (!told) {
    world.loop.run_ready();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(told->good());
  const auto sent = [&] {
    world.loop.advance(seconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return !lab.received.empty();
  };
  for (int looks = 0; looks < 500 && !sent();) ++looks;
  EXPECT_EQ(lab.control_ids(), Names{"1"});
  EXPECT_EQ(world.delivery(DeliveryId::of(told->id, 0)).lane.route, "laboratory");
}

TEST_F(BeginTest, a_stop_waits_for_no_reload_that_waits_for_the_store) {
  world.apply(plan("one"));
  store.fail_next("unfinished", FaultCode::overloaded, 1000);
  std::optional<ReloadReport> report;
  spawn(test::keep_result(world.host->apply(std::vector<std::shared_ptr<const Plan>>{plan("two", "laboratory", "lab")}),
                          report));
  world.loop.advance(milliseconds(200));
  EXPECT_FALSE(report);
  const auto began = world.loop.mono();
  world.run(world.host->drain(seconds(1)));
  world.loop.run_ready();
  EXPECT_TRUE(report);
  EXPECT_LE(world.loop.mono() - began, seconds(2));
  EXPECT_EQ(listening.running, 0);
}

TEST_F(BeginTest, a_person_who_says_now_brings_back_what_the_lane_does_not_know) {
  lab.script = {refused("AE")};
  world.apply(plan("one"));
  const auto id = DeliveryId::of(world.send(adt("1")).id, 0);
  world.loop.advance(seconds(1));
  ASSERT_EQ(world.delivery(id).state, State::parked);
  EXPECT_TRUE(world.run(world.store->change(world.loop, id, State::queued, "behind its back", "anna")));
  world.loop.advance(minutes(5));
  EXPECT_EQ(lab.received.size(), 1U);
  EXPECT_TRUE(world.run(world.host->retry(id, Person{"anna", "now"})));
  world.loop.advance(seconds(1));
  EXPECT_EQ(world.delivery(id).state, State::delivered);
}

TEST_F(BeginTest, damaged_bytes_of_a_repetition_are_parked_and_the_next_goes) {
  lab.script = {no_answer(), no_answer(), no_answer()};
  world.apply(plan("one"));
  const auto id = DeliveryId::of(world.send(adt("1")).id, 0);
  world.loop.advance(milliseconds(20));
  ASSERT_TRUE(world.delivery(id).possible_duplicate);
  restart();
  lab.script.clear();
  lab.received.clear();
  store.damaged.emplace(id, FaultCode::corrupt_row);
  const auto said = said_parked();
  world.apply(plan("one"));
  world.send(adt("2"));
  world.loop.advance(minutes(2));
  EXPECT_EQ(world.delivery(id).state, State::parked);
  EXPECT_EQ(said_parked(), said + 1);
  EXPECT_EQ(lab.control_ids(), Names{"2"});
}

}  // namespace
}  // namespace myelin::runtime
