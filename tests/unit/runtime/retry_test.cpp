#include "engine/runtime/retry.h"

#include <gtest/gtest.h>

namespace myelin::runtime {
namespace {

const RetryPolicy kPolicy{seconds(1), seconds(60), milliseconds(100)};

TEST(Retry, doubles_up_to_the_longest_pause) {
  EXPECT_EQ(pause_before_retry(kPolicy, 0, 1.0), seconds(1));
  EXPECT_EQ(pause_before_retry(kPolicy, 3, 1.0), seconds(8));
  EXPECT_EQ(pause_before_retry(kPolicy, 6, 1.0), seconds(60));
  EXPECT_EQ(pause_before_retry(kPolicy, 1'000'000, 1.0), seconds(60));
}

TEST(Retry, draws_anywhere_below_but_never_under_the_least) {
  EXPECT_EQ(pause_before_retry(kPolicy, 3, 0.5), seconds(4));
  EXPECT_EQ(pause_before_retry(kPolicy, 3, 0.0), milliseconds(100));
}

}  // namespace
}  // namespace myelin::runtime
