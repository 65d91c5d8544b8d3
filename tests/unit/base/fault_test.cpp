#include "engine/base/fault.h"

#include <gtest/gtest.h>

#include <set>

namespace myelin {
namespace {

TEST(Fault, codes_and_names_are_unique_and_explained) {
  std::set<std::string_view> ids;
  std::set<std::string_view> names;
  for (const auto& entry : all_faults()) {
    EXPECT_TRUE(ids.insert(entry.id).second) << entry.id;
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_GT(entry.explanation.size(), 40U) << entry.id;
    EXPECT_TRUE(entry.ack == "AE" || entry.ack == "AR") << entry.id;
  }
}

TEST(Fault, is_found_by_id_and_by_name) {
  EXPECT_EQ(find_fault("M0110")->code, FaultCode::not_hl7);
  EXPECT_EQ(find_fault("not_hl7")->code, FaultCode::not_hl7);
  EXPECT_EQ(find_fault("M9999"), nullptr);
}

TEST(Fault, says_both_places) {
  const Fault fault{FaultCode::bad_value, "no date", "PID[1]-7", "adt.yaml:9:14"};
  EXPECT_EQ(to_string(fault), "M0304 bad_value: no date (at PID[1]-7; adt.yaml:9:14)");
}

}  // namespace
}  // namespace myelin
