// G8: the wall clock is set while a lane waits for its next attempt, and while a message rests; nothing comes earlier
// or later for it, not even where the process ended in between.
#include "engine/base/event.h"
#include "tests/sim/world.h"
#include "tests/unit/runtime/scripted.h"

namespace myelin::sim {
namespace {

constexpr Duration kPause = seconds(20);

struct ClockIsSet : testing::Test {
  ClockIsSet() {
    set_log_level("off");
    start();
  }
  ~ClockIsSet() override { await(host->drain(seconds(1))); }

  void start() {
    runtime::Seams seams;
    seams.draw = [] { return 1.0; };
    host = std::make_unique<runtime::Host>(std::vector<Loop*>{&loop}, *store, seams);
    auto plan = runtime::make_plan();
    auto route = runtime::route_to("lab", lab);
    route.lane.retry.first = kPause;
    route.lane.retry.longest = kPause;
    plan->routes.push_back(std::move(route));
    await(host->apply({plan}));
  }
  template <class T>
  T await(Task<T> task) {
    std::optional<T> result;
    spawn(test::keep_result(std::move(task), result));
    loop.run_ready();
    while (!result && loop.step()) {
    }
    return std::move(*result);
  }
  void await(Task<void> task) { await(test::as_bool(std::move(task))); }
  // Until the peer has had so many attempts; how long that took.
  Duration until_attempts(std::size_t count) {
    loop.run_ready();
    const auto began = loop.mono();
    for (int steps = 0; lab.received.size() < count && steps < 10'000 && loop.step(); ++steps) {
    }
    return loop.mono() - began;
  }
  void send(const std::string& id) {
    const auto receipt = await(host->accept("adt", Received{Bytes(runtime::adt(id)), "test"}));
    EXPECT_EQ(receipt.kind, Receipt::Kind::committed);
  }

  WorldLoop loop;
  runtime::Peer lab;
  std::unique_ptr<Store> store = make_memory_store();
  std::unique_ptr<runtime::Host> host;
};

constexpr int kDrawn = 250;  // there and back

// An hour, a day, twenty years, and what a summer time or a wrong hand at the clock may be.
std::vector<Duration> jumps() {
  std::vector<Duration> all = {hours(1), -hours(1), hours(24), -hours(24), hours(24 * 365 * 20), -hours(24 * 300)};
  Draw draw(7, "clock");
  for (int i = 0; i < kDrawn; ++i) {
    const auto by = draw.between(seconds(1), draw.one_in(2) ? Duration(hours(2)) : Duration(hours(24 * 365 * 20)));
    all.push_back(by);
    all.push_back(-by);
  }
  return all;
}

TEST_F(ClockIsSet, and_the_next_attempt_comes_when_it_would_have_come) {
  std::size_t attempts = 0;
  int id = 0;
  for (const auto jump : jumps()) {
    lab.script.push_back(runtime::down());
    send(std::to_string(++id));
    until_attempts(attempts + 1);
    loop.jump(jump);
    const auto took = until_attempts(attempts + 2);
    EXPECT_GE(took, kPause * 19 / 20);
    EXPECT_LE(took, kPause * 21 / 20);
    attempts += 2;
    ASSERT_EQ(lab.received.size(), attempts);
  }
}

TEST_F(ClockIsSet, and_no_restart_makes_a_pause_longer_than_it_was_meant_to_be) {
  lab.script.push_back(runtime::down());
  send("1");
  until_attempts(1);
  await(host->drain(seconds(1)));
  loop.jump(-hours(24));
  start();
  EXPECT_LE(until_attempts(2), kPause + seconds(1));
  EXPECT_EQ(lab.received.size(), 2U);
}

TEST_F(ClockIsSet, and_a_repeated_message_is_still_a_repeated_message) {
  send("1");
  for (const auto jump : jumps()) {
    loop.jump(jump);
    const auto again = await(host->accept("adt", Received{Bytes(runtime::adt("1")), "test"}));
    EXPECT_EQ(again.kind, Receipt::Kind::duplicate);
  }
}

}  // namespace
}  // namespace myelin::sim
