#include "engine/runtime/pace.h"

#include <gtest/gtest.h>

namespace myelin::runtime {
namespace {

struct BreakerTest : testing::Test {
  Breaker breaker;
  MonoTime now{hours(1)};

  Breaker::Change attempt(bool failed) {
    const bool probe = breaker.begin();
    return breaker.end(now, failed, probe);
  }
  void fail_five_times() {
    for (int i = 0; i < Breaker::kFailuresInARow; ++i) attempt(true);
  }
  bool may_go() const { return breaker.next(now) == now; }
};

TEST_F(BreakerTest, opens_after_five_failures_in_a_row_and_not_before) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(attempt(true), Breaker::Change::none);
  EXPECT_TRUE(may_go());
  EXPECT_EQ(attempt(true), Breaker::Change::opened);
  EXPECT_FALSE(may_go());
  EXPECT_EQ(breaker.next(now), now + seconds(5));
}

TEST_F(BreakerTest, counts_from_the_start_after_an_answer) {
  for (int i = 0; i < 4; ++i) attempt(true);
  attempt(false);
  for (int i = 0; i < 3; ++i) attempt(true);
  EXPECT_TRUE(may_go());
}

TEST_F(BreakerTest, opens_when_half_of_ten_within_a_minute_fail) {
  for (int i = 0; i < 9; ++i) EXPECT_EQ(attempt(i % 2 == 1), Breaker::Change::none);  // four of nine
  EXPECT_EQ(attempt(true), Breaker::Change::opened);
}

TEST_F(BreakerTest, forgets_what_is_a_minute_old) {
  for (int i = 0; i < 9; ++i) attempt(i % 2 == 1);
  now += seconds(60);
  EXPECT_EQ(attempt(true), Breaker::Change::none);
}

TEST_F(BreakerTest, lets_one_probe_go_when_its_time_has_come) {
  fail_five_times();
  now += seconds(5);
  EXPECT_TRUE(may_go());
  EXPECT_TRUE(breaker.begin());
  EXPECT_EQ(breaker.next(now), std::nullopt);
}

TEST_F(BreakerTest, doubles_its_pause_up_to_the_longest) {
  breaker.set_longest(seconds(15));
  fail_five_times();
  for (const auto pause : {seconds(10), seconds(15), seconds(15)}) {
    now = *breaker.next(now);
    attempt(true);
    EXPECT_EQ(breaker.next(now), now + pause);
  }
}

TEST_F(BreakerTest, closes_with_an_answer_and_begins_again_with_the_first_pause) {
  fail_five_times();
  now = *breaker.next(now);
  attempt(true);
  now = *breaker.next(now);
  EXPECT_EQ(attempt(false), Breaker::Change::closed);
  EXPECT_TRUE(may_go());
  fail_five_times();
  EXPECT_EQ(breaker.next(now), now + seconds(5));
}

TEST_F(BreakerTest, believes_an_answer_to_what_was_in_flight_when_it_opened_and_not_a_failure) {
  fail_five_times();
  EXPECT_EQ(breaker.end(now, true, false), Breaker::Change::none);
  EXPECT_EQ(breaker.next(now), now + seconds(5));
  EXPECT_EQ(breaker.end(now, false, false), Breaker::Change::closed);
  EXPECT_TRUE(may_go());
}

TEST_F(BreakerTest, tries_at_once_when_a_person_asks) {
  fail_five_times();
  breaker.try_now();
  EXPECT_TRUE(may_go());
  EXPECT_TRUE(breaker.begin());
}

struct TokenBucketTest : testing::Test {
  TokenBucket bucket;
  MonoTime now{hours(1)};

  int taken_at_once() {
    int count = 0;
    while (bucket.next(now) == now && count < 1000) bucket.take(now), ++count;
    return count;
  }
};

TEST_F(TokenBucketTest, has_no_limit_unless_one_is_set) { EXPECT_EQ(taken_at_once(), 1000); }

TEST_F(TokenBucketTest, spreads_what_it_gives_over_the_minute) {
  bucket.set(60, 1);
  EXPECT_EQ(taken_at_once(), 1);
  EXPECT_EQ(bucket.next(now), now + seconds(1));
}

TEST_F(TokenBucketTest, gives_a_burst_after_a_quiet_time_and_never_more) {
  bucket.set(60, 5);
  EXPECT_EQ(taken_at_once(), 5);
  now += seconds(2);
  EXPECT_EQ(taken_at_once(), 2);
  now += hours(1);
  EXPECT_EQ(taken_at_once(), 5);
}

TEST_F(TokenBucketTest, keeps_the_rate_over_any_minute) {
  bucket.set(600, 10);
  int taken = 0;
  for (int i = 0; i < 600; ++i, now += milliseconds(100)) taken += taken_at_once();
  EXPECT_EQ(taken, 609);
}

}  // namespace
}  // namespace myelin::runtime
