// What is stored late, behind messages with higher ids, while the lane reads its queue: its place must not be passed.
// The store here answers a read when the test says so, with what it held when it was asked.
#include "engine/runtime/lane.h"
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

class SlowReads final : public MemoryStore {
 public:
  Wakeup* gate = nullptr;
  int reads = 0;

  Task<Result<std::vector<Delivery>>> waiting(Loop& loop, LaneKey lane, DeliveryId after, int limit) override {
    ++reads;
    auto reading = MemoryStore::waiting(loop, std::move(lane), after, limit);
    auto rows = co_await reading;
    if (gate) co_await gate->wait();
    co_return rows;
  }
};

struct LateTest : testing::Test {
  static NewDelivery to_lab() {
    NewDelivery delivery;
    delivery.lane = LaneKey{"adt", "lab", ""};
    return delivery;
  }

  VirtualLoop loop{World::kStart};
  SlowReads store;
  Wakeup gate{loop};
  Peer lab;
  Seams seams;
  std::shared_ptr<Plan> plan = make_plan();
  Lane lane{loop, store, to_lab().lane, seams};
  TaskGroup running{loop};

  LateTest() {
    plan->routes.push_back(route_to("lab", lab));
    seams.draw = [] { return 1.0; };
    lane.on_finished([](MessageId) {});
    lane.configure(plan, plan->routes.front());
  }
  ~LateTest() override {
    open();
    lane.stop();
    loop.run_ready();
  }

  std::shared_ptr<const Message> commit(std::int64_t id) {
    NewMessage fresh;
    fresh.message.id = MessageId{id};
    fresh.message.channel = "adt";
    fresh.message.bytes = Bytes(adt(std::to_string(id)));
    fresh.deliveries = {to_lab()};
    auto message = std::make_shared<const Message>(fresh.message);
    running.spawn(append(std::move(fresh)));
    loop.run_ready();
    return message;
  }
  void push(const std::shared_ptr<const Message>& message) {
    lane.push(DeliveryId::of(message->id, 0), to_lab(), message);
    loop.run_ready();
  }
  void read_slowly() {
    store.gate = &gate;
    running.spawn(lane.run());
    loop.run_ready();
  }
  void open() {
    store.gate = nullptr;
    gate.notify();
    loop.advance(seconds(1));
  }

 private:
  Task<void> append(NewMessage fresh) {
    auto appending = store.append(loop, std::move(fresh));
    const auto appended = co_await appending;
    EXPECT_TRUE(appended);
  }
};

using Ids = std::vector<std::string>;

TEST_F(LateTest, is_sent_although_a_read_passed_its_place) {
  const auto third = commit(3);
  read_slowly();
  push(third);
  push(commit(2));
  open();
  EXPECT_EQ(lab.control_ids(), (Ids{"2", "3"}));
}

TEST_F(LateTest, is_sent_when_it_is_the_first_that_this_process_pushes) {
  commit(3);  // by the process before
  read_slowly();
  push(commit(2));
  open();
  EXPECT_EQ(lab.control_ids(), (Ids{"2", "3"}));
}

TEST_F(LateTest, is_sent_when_all_that_came_later_is_delivered) {
  push(commit(3));
  running.spawn(lane.run());
  loop.advance(seconds(1));
  store.gate = &gate;
  lane.rescan();
  loop.run_ready();
  push(commit(2));
  open();
  EXPECT_EQ(lab.control_ids(), (Ids{"3", "2"}));
}

TEST_F(LateTest, is_not_read_again_where_the_read_found_what_was_pushed_meanwhile) {
  const auto first = commit(1);
  const auto second = commit(2);
  read_slowly();
  push(first);
  push(second);
  open();
  EXPECT_EQ(lab.control_ids(), (Ids{"1", "2"}));
  EXPECT_EQ(store.reads, 1);
}

}  // namespace
}  // namespace myelin::runtime
