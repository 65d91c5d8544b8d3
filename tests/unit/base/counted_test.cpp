#include "engine/base/counted.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

TEST(Counted, says_the_noun_as_the_number_wants_it) {
  EXPECT_EQ(counted(1, "mistake"), "1 mistake");
  EXPECT_EQ(counted(0, "mistake"), "0 mistakes");
  EXPECT_EQ(counted(2, "mistake"), "2 mistakes");
  EXPECT_EQ(counted(1, "delivery"), "1 delivery");
  EXPECT_EQ(counted(2, "delivery"), "2 deliveries");
  EXPECT_EQ(counted(3U, "day"), "3 days");
  EXPECT_EQ(plural(1, "time"), "time");
  EXPECT_EQ(plural(0, "time"), "times");
  EXPECT_EQ(plural(2, "batch"), "batches");
}

}  // namespace
}  // namespace myelin
