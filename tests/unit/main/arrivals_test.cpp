// What a load sent, held against what a sink wrote down.
#include "engine/main/traffic/arrivals.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

// Messages 0 to 4: 0, 2, 4 on connection 0, 1 and 3 on connection 1; 3 got no answer.
LoadReport five() {
  LoadReport report;
  report.run_id = "RUNRUNRUNRU";
  for (std::uint32_t i = 0; i < 5; ++i) report.sent.push_back({i % 2, i == 3 ? Reply::lost : Reply::accepted});
  return report;
}

std::string journal(const std::vector<int>& numbers) {
  std::string lines;
  for (const int number : numbers)
    lines += "1760000000000000\tRUNRUNRUNRU00000000" + std::to_string(number) + "\tADT^A01\t600\n";
  return lines;
}

TEST(Arrivals, of_all_that_was_accepted_are_no_fault) {
  const auto found = check_arrivals(five(), journal({1, 0, 2, 4}));
  EXPECT_EQ(found.accepted, 4);
  EXPECT_EQ(found.lost(), 0);
  EXPECT_EQ(found.doubled, 0);
  EXPECT_EQ(found.out_of_order, 0);
  EXPECT_EQ(found.unanswered, 0);
}

TEST(Arrivals, show_what_was_lost_doubled_and_out_of_order) {
  const auto found = check_arrivals(five(), journal({0, 4, 2, 4}));
  EXPECT_EQ(found.lost(), 1);
  EXPECT_EQ(found.doubled, 1);
  EXPECT_EQ(found.out_of_order, 1);
}

TEST(Arrivals, of_a_message_without_an_answer_are_no_fault_and_are_said) {
  const auto found = check_arrivals(five(), journal({0, 1, 2, 3, 4}));
  EXPECT_EQ(found.lost(), 0);
  EXPECT_EQ(found.doubled, 0);
  EXPECT_EQ(found.unanswered, 1);
}

TEST(Arrivals, of_others_and_lines_that_are_not_whole_are_passed_over) {
  const auto found = check_arrivals(five(), journal({0, 1, 2, 4}) + "1\tOTHER000000001\tADT\n\n1\tRUNRUNRUNRU0000");
  EXPECT_EQ(found.lost(), 0);
  EXPECT_EQ(found.doubled, 0);
}

}  // namespace
}  // namespace myelin
