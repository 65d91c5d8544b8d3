// What is said of paths that lead nowhere, and what nothing is said of.
#include "engine/schema/path_check.h"

#include <gtest/gtest.h>

namespace myelin::schema {
namespace {

std::string mistake(std::string_view path, std::string_view version = "2.5.1") {
  const auto found = check_path(Dictionary::of(version), hl7::parse_path_with_groups(path).value());
  return found ? found->message + (found->hint.empty() ? "" : " (" + found->hint + ")") : std::string();
}

TEST(PathCheck, accepts_places_that_exist) {
  for (const auto* path : {"PID", "PID-39", "PID-5.1", "PID-5.1.1", "PID-3[5=MR].4.2", "OBX[3.1=2345-7]-5", "MSH-9.3",
                           "PID-8.1", "PID-8.1.1", "ORDER_OBSERVATION[2]/OBX[1]-5"}) {
    EXPECT_EQ(mistake(path), "") << path;
  }
}

TEST(PathCheck, says_nothing_of_what_is_not_documented) {
  EXPECT_EQ(mistake("ZPI-77.5"), "") << "a Z segment";
  EXPECT_EQ(mistake("OBX-5.17.3"), "") << "varies";
  EXPECT_EQ(mistake("PID-2.4", "2.8"), "") << "withdrawn";
  EXPECT_EQ(mistake("PV1-52.7", "2.7"), "") << "withdrawn";
}

TEST(PathCheck, says_where_a_segment_ends) {
  EXPECT_EQ(mistake("PID-88"), "PID-88 does not exist in HL7 2.5.1; PID ends at PID-39 (did you mean PID-8?)");
  EXPECT_EQ(mistake("PID-40"), "PID-40 came with HL7 2.7; in 2.5.1 PID ends at PID-39");
  EXPECT_EQ(mistake("PID-40", "2.7"), "");
  EXPECT_EQ(mistake("PID[99=X]-3"), "PID-99 does not exist in HL7 2.5.1; PID ends at PID-39 (did you mean PID-9?)");
}

TEST(PathCheck, says_which_segment_may_be_meant) {
  EXPECT_EQ(mistake("PIT-3"), "PIT is no segment of HL7 2.5.1 (did you mean PID?)");
  EXPECT_EQ(mistake("PDI-3"), "PDI is no segment of HL7 2.5.1 (did you mean PID?)");
  EXPECT_EQ(mistake("QQQ-3"), "QQQ is no segment of HL7 2.5.1");
}

TEST(PathCheck, says_where_a_data_type_ends) {
  EXPECT_EQ(mistake("PID-5.15"), "PID-5.15 does not exist in HL7 2.5.1; PID-5 is of type XPN, which ends at 14");
  EXPECT_EQ(mistake("PID-8.2"), "PID-8.2 does not exist in HL7 2.5.1; PID-8 is of type IS, which has no parts");
  EXPECT_EQ(mistake("PID-3.4.4"), "PID-3.4.4 does not exist in HL7 2.5.1; PID-3.4 is of type HD, which ends at 3");
  EXPECT_EQ(mistake("PID-3[44=MR].1"), "PID-3.44 does not exist in HL7 2.5.1; PID-3 is of type CX, which ends at 10");
}

TEST(PathCheck, names_places_for_people) {
  using Names = std::vector<std::string_view>;
  const auto names = [](std::string_view path) { return names_of(Dictionary::of("2.5.1"), *hl7::parse_path(path)); };
  EXPECT_EQ(names("PID-5.1.2"), (Names{"Patient Identification", "Patient Name", "Family Name", "Own Surname Prefix"}));
  EXPECT_EQ(names("PID-8"), (Names{"Patient Identification", "Administrative Sex"}));
  EXPECT_EQ(names("PID"), (Names{"Patient Identification"}));
  EXPECT_EQ(names("ZZZ-1"), Names{});
}

}  // namespace
}  // namespace myelin::schema
