#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "engine/net/asio_loop.h"

namespace myelin::net {
namespace {

TEST(AsioLoop, runs_what_is_posted_in_order_and_never_inside_the_call) {
  AsioLoop loop;
  std::string order;
  loop.post([&] {
    loop.post([&] { order += "c"; });
    order += "a";
  });
  loop.post([&] { order += "b"; });
  loop.stop();
  EXPECT_EQ(order, "");
  loop.run();
  EXPECT_EQ(order, "ab");
  loop.stop();
  loop.run();
  EXPECT_EQ(order, "abc");
}

TEST(AsioLoop, takes_posts_of_other_threads_without_losing_one) {
  AsioLoop loop;
  constexpr int kEach = 5'000;
  int seen = 0;
  const auto add = [&] {
    for (int i = 0; i < kEach; ++i)
      loop.post([&] {
        if (++seen == 2 * kEach) loop.stop();
      });
  };
  std::jthread one(add);
  std::jthread two(add);
  loop.run();
  EXPECT_EQ(seen, 2 * kEach);
}

TEST(AsioLoop, fires_timers_by_their_time_and_not_those_that_were_cancelled) {
  AsioLoop loop;
  std::string order;
  loop.after(milliseconds(20), [&] {
    order += "c";
    loop.stop();
  });
  const auto never = loop.after(milliseconds(10), [&] { order += "x"; });
  loop.after(milliseconds(5), [&] { order += "b"; });
  loop.after(milliseconds(-5), [&] { order += "a"; });
  loop.cancel(never);
  loop.cancel(never);
  loop.cancel(TimerId::none);
  const auto start = loop.mono();
  loop.run();
  EXPECT_EQ(order, "abc");
  EXPECT_GE(loop.mono() - start, milliseconds(19));
}

TEST(AsioLoop, a_timer_may_cancel_another_that_is_due_at_the_same_time) {
  AsioLoop loop;
  std::string order;
  TimerId second{};
  loop.after(milliseconds(0), [&] {
    order += "a";
    loop.cancel(second);
    loop.after(milliseconds(1), [&] { loop.stop(); });
  });
  second = loop.after(milliseconds(0), [&] { order += "x"; });
  loop.run();
  EXPECT_EQ(order, "a");
}

TEST(AsioLoop, tells_of_each_signal) {
  AsioLoop loop;
  std::vector<int> seen;
  loop.on_signal([&](int signal) {
    seen.push_back(signal);
    if (seen.size() == 1) std::raise(SIGTERM);
    else loop.stop();
  });
  std::raise(SIGHUP);
  loop.run();
  EXPECT_EQ(seen, (std::vector<int>{SIGHUP, SIGTERM}));
}

}  // namespace
}  // namespace myelin::net
