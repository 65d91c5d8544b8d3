#include "engine/base/task.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/virtual_loop.h"

namespace myelin {
namespace {

Task<int> add(int a, int b) { co_return a + b; }

Task<void> store_sum(int& into) { into = co_await add(2, 3); }

TEST(Task, gives_its_value_to_the_one_that_awaits_it) {
  int sum = 0;
  spawn(store_sum(sum));
  EXPECT_EQ(sum, 5);
}

Task<void> wait_once(Wakeup& wakeup, Duration limit, std::vector<bool>& log) {
  const bool notified = co_await wakeup.wait_for(limit);
  log.push_back(notified);
}

TEST(Wakeup, tells_a_notification_from_a_time_limit) {
  VirtualLoop loop{WallTime{}};
  Wakeup wakeup(loop);
  std::vector<bool> log;
  spawn(wait_once(wakeup, seconds(5), log));
  loop.advance(seconds(4));
  EXPECT_TRUE(log.empty());
  wakeup.notify();
  spawn(wait_once(wakeup, seconds(5), log));
  loop.advance(seconds(5));
  EXPECT_EQ(log, (std::vector<bool>{true, false}));
}

TEST(Wakeup, remembers_a_notification_that_nobody_awaited) {
  VirtualLoop loop{WallTime{}};
  Wakeup wakeup(loop);
  std::vector<bool> log;
  wakeup.notify();
  spawn(wait_once(wakeup, seconds(5), log));
  EXPECT_EQ(log, std::vector<bool>{true});
}

Task<void> take(Completion<std::string>& completion, std::string& into) { into = co_await completion; }

TEST(Completion, may_be_set_before_or_after_it_is_awaited) {
  Completion<std::string> early;
  Completion<std::string> late;
  std::string a;
  std::string b;
  early.set("early");
  spawn(take(early, a));
  spawn(take(late, b));
  late.set("late");
  EXPECT_EQ(a, "early");
  EXPECT_EQ(b, "late");
}

Task<void> join(TaskGroup& group, bool& done) {
  co_await group.join();
  done = true;
}

TEST(TaskGroup, is_joined_when_the_last_task_ends) {
  VirtualLoop loop{WallTime{}};
  TaskGroup group(loop);
  Wakeup first(loop);
  Wakeup second(loop);
  std::vector<bool> log;
  group.spawn(wait_once(first, hours(1), log));
  group.spawn(wait_once(second, hours(1), log));
  bool done = false;
  spawn(join(group, done));
  first.notify();
  EXPECT_FALSE(done);
  second.notify();
  EXPECT_TRUE(done);
}

TEST(VirtualLoop, runs_timers_in_the_order_of_their_time) {
  VirtualLoop loop{WallTime{}};
  std::string order;
  loop.after(seconds(2), [&] { order += 'b'; });
  loop.after(seconds(1), [&] { order += 'a'; });
  const auto cancelled = loop.after(seconds(3), [&] { order += 'x'; });
  loop.after(seconds(4), [&] { order += 'c'; });
  loop.cancel(cancelled);
  loop.advance(seconds(4));
  EXPECT_EQ(order, "abc");
}

}  // namespace
}  // namespace myelin
