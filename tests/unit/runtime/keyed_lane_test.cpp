// A route that is ordered by key: patients in parallel, each in order, a merge behind both.
#include <algorithm>

#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

// PID-3.1 and, of a merge, MRG-1.1: what `order: { by: "PID[*]-3[5=MR].1" }` reads.
class PatientKeys final : public KeyReader {
 public:
  std::vector<std::string> values(const Body& body) const override {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < body.hl7()->segment_count(); ++i) {
      const auto segment = static_cast<std::uint32_t>(i);
      const auto name = body.hl7()->segment_name(i);
      if (name == "PID") found.push_back(body.hl7()->text(hl7::Spot{segment, 3, 1, 1, 0}));
      if (name == "MRG") found.push_back(body.hl7()->text(hl7::Spot{segment, 1, 1, 1, 0}));
    }
    return found;
  }
};

std::string of_patient(const std::string& control_id, const std::string& patient, const std::string& merged = {}) {
  return "MSH|^~\\&|PAS|WEST|MYELIN|HOSP|20261121080000||ADT^" + std::string(merged.empty() ? "A08" : "A40") + "|" +
         control_id + "|P|2.5.1\rPID|1||" + patient + "^^^WEST^MR\r" +
         (merged.empty() ? "" : "MRG|" + merged + "^^^WEST^MR\r");
}

// A peer whose sessions each answer when the test says so.
struct Desk {
  struct Open {
    std::string id;
    Completion<Outcome>* answer;
  };
  std::vector<Open> open;  // sent and not answered
  std::vector<std::string> sent;

  std::vector<std::string> waiting() const {
    std::vector<std::string> ids;
    for (const auto& each : open) ids.push_back(each.id);
    std::ranges::sort(ids);
    return ids;
  }
  void answer(const std::string& id, Outcome outcome = accepted()) {
    const auto found = std::ranges::find(open, id, &Open::id);
    ASSERT_NE(found, open.end()) << id << " is not in flight";
    auto* completion = found->answer;
    open.erase(found);
    completion->set(std::move(outcome));
  }
};

class DeskSession final : public Destination {
 public:
  explicit DeskSession(Desk& desk) : desk_(desk) {}
  Task<Outcome> send(const Outbound& outbound) override {
    auto tree = hl7::Tree::parse(outbound.bytes);
    Completion<Outcome> answer;
    auto id = tree->text(hl7::Spot{0, 10, 1, 1, 0});
    desk_.sent.push_back(id);
    desk_.open.emplace_back(std::move(id), &answer);
    co_return co_await answer;
  }
  // As a socket does: what is in flight ends without an answer.
  void close() override {
    while (!desk_.open.empty()) desk_.answer(desk_.open.front().id, no_answer());
  }

 private:
  Desk& desk_;
};

struct KeyedLane : testing::Test {
  Desk lab;  // before the world: its sessions end with the host
  World world;

  void start(int parallel = 4, OrderKind order = OrderKind::keyed, const std::string& hash = "one",
             std::vector<ReplyRule> on_reply = {}) {
    auto plan = make_plan(hash);
    Route route;
    route.name = "lab";
    route.connect = [this](Loop&) { return std::make_unique<DeskSession>(lab); };
    route.lane.order = order;
    route.lane.parallel = parallel;
    route.lane.on_reply = std::move(on_reply);
    route.keys = std::make_shared<PatientKeys>();
    plan->routes.push_back(std::move(route));
    world.apply(plan);
  }
  void restart() {
    world.run(world.host->drain(seconds(1)));
    world.restart();
  }
  DeliveryId send(const std::string& id, const std::string& patient, const std::string& merged = {}) {
    return DeliveryId::of(world.send(of_patient(id, patient, merged)).id, 0);
  }
  void answer(const std::string& id, Outcome outcome = accepted()) {
    lab.answer(id, std::move(outcome));
    world.loop.run_ready();
  }
  // AA to all, for as long as anything comes.
  void answer_all() {
    world.loop.advance(seconds(1));
    while (!lab.open.empty()) answer(lab.open.front().id);
  }
  std::vector<LaneView> lanes() { return world.run(world.host->view()).at(0).lanes; }
  LaneKey lane_of(const std::string& patient) const { return LaneKey{"adt", "lab", world.store->key_of(patient)}; }
  using Ids = std::vector<std::string>;
};

TEST_F(KeyedLane, sends_patients_in_parallel_and_each_in_order) {
  start();
  send("1", "anna");
  send("2", "berta");
  send("3", "anna");
  EXPECT_EQ(lab.waiting(), (Ids{"1", "2"}));
  answer("1");
  EXPECT_EQ(lab.waiting(), (Ids{"2", "3"}));
}

TEST_F(KeyedLane, has_no_more_in_flight_than_sessions) {
  start(2);
  for (int n = 1; n <= 4; ++n) send(std::to_string(n), "patient " + std::to_string(n));
  EXPECT_EQ(lab.waiting(), (Ids{"1", "2"}));
  answer("2");
  EXPECT_EQ(lab.waiting(), (Ids{"1", "3"}));
}

TEST_F(KeyedLane, makes_a_merge_wait_for_both_patients_and_both_for_the_merge) {
  start(8);
  send("1", "anna");
  send("2", "berta");
  send("3", "anna", "berta");
  send("4", "berta");
  send("5", "anna");
  send("6", "carla");
  EXPECT_EQ(lab.waiting(), (Ids{"1", "2", "6"}));
  answer("1");
  EXPECT_EQ(lab.waiting(), (Ids{"2", "6"}));
  answer("2");
  EXPECT_EQ(lab.waiting(), (Ids{"3", "6"}));
  answer("3");
  EXPECT_EQ(lab.waiting(), (Ids{"4", "5", "6"}));
}

TEST_F(KeyedLane, sends_messages_without_a_key_one_after_the_other) {
  start();
  send("1", "");
  send("2", "");
  send("3", "anna");
  EXPECT_EQ(lab.waiting(), (Ids{"1", "3"}));
}

TEST_F(KeyedLane, sends_everything_at_once_without_order) {
  start(8, OrderKind::none);
  for (int n = 1; n <= 3; ++n) send(std::to_string(n), "anna");
  EXPECT_EQ(lab.waiting(), (Ids{"1", "2", "3"}));
}

TEST_F(KeyedLane, holds_only_the_patient_whose_message_was_refused) {
  start();
  const auto refused_one = send("1", "anna");
  send("2", "anna");
  send("3", "berta");
  answer("1", refused("AE"));
  send("4", "berta");
  send("5", "anna");
  answer("3");
  EXPECT_EQ(lab.waiting(), Ids{"4"});
  EXPECT_EQ(world.delivery(refused_one).state, State::held);
  ASSERT_EQ(lanes().size(), 2U);
  EXPECT_FALSE(lanes()[0].stopped);
  EXPECT_TRUE(lanes()[0].last_fault.empty());
  EXPECT_EQ(lanes()[1].lane, lane_of("anna"));
  EXPECT_EQ(lanes()[1].stopped->by, "engine");

  EXPECT_TRUE(world.run(world.host->release(refused_one, Person{"anna", "mended there"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "3", "4", "1", "2", "5"}));
  EXPECT_EQ(lanes().size(), 1U);
  EXPECT_TRUE(world.list().empty());
}

TEST_F(KeyedLane, makes_a_merge_wait_for_a_patient_who_is_held) {
  start();
  const auto refused_one = send("1", "anna");
  answer("1", refused("AE"));
  send("2", "berta", "anna");
  send("3", "berta");
  world.loop.advance(minutes(10));
  EXPECT_TRUE(lab.open.empty());
  EXPECT_TRUE(world.run(world.host->discard(refused_one, Person{"anna", "wrong patient"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "2", "3"}));
}

TEST_F(KeyedLane, keeps_a_patient_held_across_a_restart) {
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

TEST_F(KeyedLane, keeps_the_order_of_each_patient_across_a_restart) {
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

TEST_F(KeyedLane, lets_nothing_pass_what_waited_before_the_route_had_keys) {
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

TEST_F(KeyedLane, holds_and_releases_one_key_by_hand) {
  start();
  EXPECT_TRUE(world.run(world.host->hold_lane(lane_of("anna"), Person{"anna", "record is locked"})));
  send("1", "anna");
  send("2", "berta");
  EXPECT_EQ(lab.waiting(), Ids{"2"});
  EXPECT_TRUE(world.run(world.host->release_lane(lane_of("anna"), Person{"anna", "done"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"2", "1"}));
}

TEST_F(KeyedLane, stops_one_patient_at_a_delivery_that_a_person_holds) {
  start();
  send("1", "anna");
  const auto second = send("2", "anna");
  send("3", "anna");
  send("4", "berta");
  EXPECT_TRUE(world.run(world.host->hold(second, Person{"anna", "look at it"})));
  EXPECT_EQ(lab.waiting(), (Ids{"1", "4"}));  // nothing in flight was broken off
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "4"}));
  ASSERT_EQ(lanes().size(), 2U);
  EXPECT_EQ(lanes()[1].lane, lane_of("anna"));
  EXPECT_EQ(lanes()[1].stopped->reason, "look at it");
  EXPECT_EQ(lanes()[1].head, second);
  EXPECT_TRUE(world.run(world.host->release(second, Person{"anna", "fine"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "4", "2", "3"}));
}

TEST_F(KeyedLane, lets_go_what_waited_for_a_discarded_one_while_others_are_in_flight) {
  start();
  send("1", "anna");
  const auto second = send("2", "anna", "berta");
  send("3", "berta");
  send("4", "carla");
  EXPECT_EQ(lab.waiting(), (Ids{"1", "4"}));
  EXPECT_TRUE(world.run(world.host->discard(second, Person{"anna", "wrong merge"})));
  EXPECT_EQ(lab.waiting(), (Ids{"1", "3", "4"}));
}

TEST_F(KeyedLane, releases_one_held_patient_while_another_stays_held) {
  start();
  const auto anna = send("1", "anna");
  send("2", "berta");
  answer("1", refused("AE"));
  answer("2", refused("AE"));
  send("3", "anna");
  send("4", "berta");
  EXPECT_TRUE(world.run(world.host->release(anna, Person{"anna", "mended there"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "2", "1", "3"}));
  ASSERT_EQ(lanes().size(), 2U);
  EXPECT_EQ(lanes()[1].lane, lane_of("berta"));
}

TEST_F(KeyedLane, tries_now_what_a_person_asks_for_and_not_another_patient) {
  start(2);
  const auto anna = send("1", "anna");
  send("2", "berta");
  answer("1", refused("AR"));
  answer("2", refused("AR"));
  EXPECT_TRUE(lab.open.empty());
  EXPECT_TRUE(world.run(world.host->retry(anna, Person{"anna", "now"})));
  EXPECT_EQ(lab.waiting(), Ids{"1"});
}

TEST_F(KeyedLane, sends_a_parked_message_of_a_patient_again_in_its_old_place) {
  ReplyRule park{"AE", nullptr, ReplyAction::park, 0, {}, ReplyAction::park};
  start(4, OrderKind::keyed, "one", {park});
  const auto anna = send("1", "anna");
  send("2", "anna");
  answer("1", refused("AE"));
  EXPECT_EQ(lab.waiting(), Ids{"2"});
  answer("2");
  EXPECT_TRUE(world.run(world.host->hold_lane(lane_of("anna"), Person{"anna", "wait"})));
  send("3", "anna");
  EXPECT_TRUE(world.run(world.host->retry(anna, Person{"anna", "repaired"})));
  EXPECT_TRUE(world.run(world.host->release_lane(lane_of("anna"), Person{"anna", "go"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "2", "1", "3"}));
}

TEST_F(KeyedLane, begins_nothing_more_while_too_much_is_behind) {
  start(4);
  for (int n = 0; n < 2 * kUnsettled; ++n) send(std::to_string(n), "patient " + std::to_string(n));
  while (!lab.open.empty()) lab.answer(lab.open.front().id);  // the store has no turn meanwhile
  EXPECT_GE(lab.sent.size(), static_cast<std::size_t>(kUnsettled));
  EXPECT_LT(lab.sent.size(), static_cast<std::size_t>(kUnsettled + 4));
  world.loop.advance(seconds(1));
  answer_all();
  EXPECT_EQ(lab.sent.size(), static_cast<std::size_t>(2 * kUnsettled));
}

TEST_F(KeyedLane, stands_whole_when_the_peer_refuses_three_in_a_row) {
  start(1);
  for (int n = 1; n <= 5; ++n) send(std::to_string(n), "patient " + std::to_string(n));
  for (const auto* id : {"1", "2", "3"}) answer(id, refused("AE"));
  world.loop.advance(minutes(10));
  EXPECT_TRUE(lab.open.empty());
  EXPECT_TRUE(lanes()[0].stopped);
  EXPECT_TRUE(world.run(world.host->release_lane(LaneKey{"adt", "lab", ""}, Person{"anna", "repaired"})));
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "2", "3", "1", "2", "3", "4", "5"}));
}

TEST_F(KeyedLane, does_not_try_every_patient_on_a_peer_that_is_down) {
  start(2);
  for (int n = 1; n <= 20; ++n) send(std::to_string(n), "patient " + std::to_string(n));
  for (int n = 0; n < 10; ++n) {
    while (!lab.open.empty()) answer(lab.open.front().id, down());
    world.loop.advance(minutes(1));
  }
  EXPECT_TRUE(std::ranges::all_of(lab.sent, [](const auto& id) { return id == "1" || id == "2"; }));
  answer_all();
  EXPECT_TRUE(world.list().empty());
}

TEST_F(KeyedLane, goes_on_with_others_while_one_patient_waits_for_its_next_attempt) {
  start(1);
  send("1", "anna");
  send("2", "anna");
  send("3", "berta");
  answer("1", refused("AR"));
  EXPECT_EQ(lab.waiting(), Ids{"3"});
  answer("3");
  world.loop.advance(seconds(21));
  EXPECT_EQ(lab.waiting(), Ids{"1"});
  answer_all();
  EXPECT_EQ(lab.sent, (Ids{"1", "3", "1", "2"}));
}

TEST_F(KeyedLane, goes_on_behind_more_messages_of_a_held_patient_than_it_reads_at_once) {
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

TEST_F(KeyedLane, marks_what_may_have_been_sent_before_an_unclean_end) {
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

TEST_F(KeyedLane, marks_no_more_of_a_patient_than_may_have_been_behind) {
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

TEST_F(KeyedLane, delivers_a_backlog_of_many_patients_in_the_order_of_each) {
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

TEST_F(KeyedLane, never_stores_the_value_that_it_orders_by) {
  start();
  const auto id = send("1", "4711-secret");
  const auto key = world.delivery(id).lane.key;
  EXPECT_EQ(key, world.store->key_of("4711-secret"));
  EXPECT_EQ(key.size(), 16U);
  EXPECT_FALSE(key.contains("4711"));
}

}  // namespace
}  // namespace myelin::runtime
