#include "engine/net/timers.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace myelin::net {
namespace {

MonoTime at(int ms) { return MonoTime(milliseconds(ms)); }

class TimersTest : public ::testing::Test {
 protected:
  TimerId add(int ms, char name) {
    return timers.add(at(ms), [this, name] { fired += name; });
  }
  void run_until(int ms) {
    while (auto callback = timers.take(at(ms))) (*callback)();
  }
  Timers timers;
  std::string fired;
};

TEST_F(TimersTest, fire_by_their_time_and_those_of_one_time_as_they_were_added) {
  add(20, 'c');
  add(10, 'a');
  add(20, 'd');
  add(10, 'b');
  add(30, 'e');
  run_until(20);
  EXPECT_EQ(fired, "abcd");
  EXPECT_EQ(timers.next(), at(30));
}

TEST_F(TimersTest, that_were_cancelled_neither_fire_nor_are_waited_for) {
  const auto first = add(10, 'x');
  add(20, 'a');
  timers.cancel(first);
  timers.cancel(first);
  timers.cancel(TimerId::none);
  EXPECT_EQ(timers.next(), at(20));
  run_until(30);
  EXPECT_EQ(fired, "a");
  EXPECT_EQ(timers.next(), std::nullopt);
}

TEST_F(TimersTest, that_have_fired_are_not_cancelled_in_the_place_of_others) {
  const auto first = add(10, 'a');
  run_until(10);
  add(20, 'b');  // where the first stood
  timers.cancel(first);
  run_until(20);
  EXPECT_EQ(fired, "ab");
}

TEST_F(TimersTest, may_be_cancelled_by_the_end_of_another) {
  const auto second = add(20, 'x');
  const auto cancels = [this, second](int*) { timers.cancel(second); };
  std::shared_ptr<int> owned(nullptr, cancels);
  const auto first = timers.add(at(10), [owned] {});
  owned.reset();
  timers.cancel(first);
  run_until(20);
  EXPECT_EQ(fired, "");
}

// As time limits do: thousands a second, each cancelled long before it passes.
TEST_F(TimersTest, keep_their_order_when_most_were_cancelled) {
  std::string expected;
  for (int round = 0; round < 20'000; ++round) {
    const auto limit = add(30'000 + round, 'x');
    if (round % 1000 == 0) {
      const auto name = static_cast<char>('a' + round / 1000);
      add(40'000 - round, name);
      expected.insert(expected.begin(), name);
    }
    timers.cancel(limit);
  }
  run_until(100'000);
  EXPECT_EQ(fired, expected);
}

}  // namespace
}  // namespace myelin::net
