#include "engine/main/workbench/message_diff.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

hl7::Tree tree(const std::string& rest) { return *hl7::Tree::parse(Bytes("MSH|^~\\&|A\r" + rest)); }

std::vector<std::string> changes(const std::string& before, const std::string& after) {
  std::vector<std::string> texts;
  for (const auto& change : differences(tree(before), tree(after)))
    texts.push_back(change.path + ": " + change.before + " -> " + change.after);
  return texts;
}

using Texts = std::vector<std::string>;

TEST(Differences, are_none_between_equal_messages_whatever_their_line_ends) {
  EXPECT_EQ(changes("PID|1|2\r", "PID|1|2\n"), Texts{});
}

TEST(Differences, name_the_component_where_only_one_differs) {
  EXPECT_EQ(changes("PID|1||7^^^W^MR\r", "PID|1||8^^^W^MR\r"), Texts{"PID[1]-3.1: 7 -> 8"});
  EXPECT_EQ(changes("PID|1||7^^^W^MR\r", "PID|1||8^^^E^MR\r"), Texts{"PID[1]-3: 7^^^W^MR -> 8^^^E^MR"});
}

TEST(Differences, show_the_whole_field_where_it_repeats_or_appears) {
  EXPECT_EQ(changes("PID|1||7~8\r", "PID|1||7~9\r"), Texts{"PID[1]-3: 7~8 -> 7~9"});
  EXPECT_EQ(changes("PID|1\r", "PID|1|A^B\r"), Texts{"PID[1]-2:  -> A^B"});
}

TEST(Differences, see_a_deleted_segment_as_one_change) {
  EXPECT_EQ(changes("PID|1\rZPI|x\rPV1|1\r", "PID|1\rPV1|1\r"), Texts{"ZPI[1]: ZPI|x -> "});
}

TEST(Differences, see_an_inserted_segment_among_its_likes) {
  EXPECT_EQ(changes("OBX|1|A\rOBX|3|C\r", "OBX|1|A\rOBX|2|B\rOBX|3|D\r"),
            (Texts{"OBX[2]:  -> OBX|2|B", "OBX[3]-2: C -> D"}));
}

TEST(Differences, compare_very_long_messages_in_their_order) {
  std::string before, after;
  for (int i = 0; i < 3'000; ++i) {
    before += "OBX|" + std::to_string(i) + "|A\r";
    after += "OBX|" + std::to_string(i) + "|B\r";
  }
  EXPECT_EQ(changes(before, after).size(), 3'000U);
}

}  // namespace
}  // namespace myelin
