// What `parse` writes beside the parts of a message.
#include "engine/main/workbench/message_names.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

constexpr std::string_view kOru =
    "MSH|^~\\&|LIS|LAB|EHR|WARD|20260114093000||ORU^R01|M0001|P|2.5.1\r"
    "PID|1||4711^^^MR^MR||Muster^Anna||19700203|F||2028-9^Asian\r"
    "OBR|1||B1|GLU\rOBX|1|CE|2345-7||F^Female||||||F\rZXX|1\rOBR|2||B2|CRP\r";

hl7::Tree tree(std::string_view text) { return hl7::Tree::parse(Bytes(std::string(text))).value(); }

TEST(MessageNames, names_segments_and_places) {
  const auto message = tree(kOru);
  const MessageNames names(message);
  EXPECT_EQ(names.title(1), "Patient Identification");
  EXPECT_EQ(names.title(4), "");
  EXPECT_EQ(names.name({1, 5, 1, 0, 0}), "Patient Name");
  EXPECT_EQ(names.name({1, 5, 1, 1, 2}), "Own Surname Prefix");
  EXPECT_EQ(names.name({1, 99, 1, 0, 0}), "");
  EXPECT_EQ(names.name({3, 5, 1, 2, 0}), "Text") << "OBX-2 says the type of OBX-5";
}

TEST(MessageNames, says_what_codes_mean) {
  const auto message = tree(kOru);
  const MessageNames names(message);
  EXPECT_EQ(names.meaning({1, 8, 1, 0, 0}), "Female");
  EXPECT_EQ(names.meaning({0, 11, 1, 0, 0}), "Production") << "the table of the only component";
  EXPECT_EQ(names.meaning({1, 10, 1, 1, 0}), "Asian") << "the table of the field";
  EXPECT_EQ(names.meaning({1, 10, 1, 0, 0}), "") << "said at its component";
  EXPECT_EQ(names.meaning({1, 7, 1, 0, 0}), "");
  EXPECT_EQ(names.meaning({4, 1, 1, 0, 0}), "");
}

TEST(MessageNames, says_which_group_a_segment_belongs_to) {
  const auto message = tree(kOru);
  const MessageNames names(message);
  EXPECT_EQ(names.place(0), "");
  EXPECT_EQ(names.place(1), "PATIENT_RESULT/PATIENT");
  EXPECT_EQ(names.place(4), "PATIENT_RESULT/ORDER_OBSERVATION/OBSERVATION");
  EXPECT_EQ(names.place(5), "PATIENT_RESULT/ORDER_OBSERVATION[2]");
}

TEST(MessageNames, goes_without_groups_when_nobody_knows_the_type) {
  const auto message = tree("MSH|^~\\&|A|B|C|D|2026||ZZZ^Z01|1|P|2.5\rPID|1\r");
  const MessageNames names(message);
  EXPECT_EQ(names.groups(), nullptr);
  EXPECT_EQ(names.place(1), "");
  EXPECT_EQ(names.title(1), "Patient Identification");
}

}  // namespace
}  // namespace myelin
