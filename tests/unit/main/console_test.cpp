#include "engine/main/console.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

TEST(Console, paints_only_where_colour_is_wanted) {
  EXPECT_EQ(Console("check", false, false, 80).paint(Ink::red, "x"), "x");
  EXPECT_EQ(Console("check", false, true, 80).paint(Ink::red, "x"), "\x1b[31mx\x1b[0m");
}

TEST(Console, counts_columns_by_code_point_and_not_colour) {
  EXPECT_EQ(columns("Müller"), 6U);
  EXPECT_EQ(columns("\x1b[31mab\x1b[0m"), 2U);
}

TEST(Console, cuts_to_a_width_without_breaking_a_letter) {
  EXPECT_EQ(cut("Müller", 6), "Müller");
  EXPECT_EQ(cut("Müller", 3), "Mü…");
  EXPECT_EQ(columns(cut("Müller-Lüdenscheidt", 9)), 9U);
}

TEST(Console, reports_a_fault_with_the_exit_code_that_fits) {
  const Console console("status", false, false, 80);
  testing::internal::CaptureStderr();
  EXPECT_EQ(console.report(Fault{FaultCode::daemon_not_reached, "no socket", {}, {}}), Exit::not_reached);
  EXPECT_EQ(console.report(Fault{FaultCode::wrong_state, "", {}, {}}), Exit::refused);
  EXPECT_EQ(console.report(Fault{FaultCode::bad_request, "", {}, {}}), Exit::usage);
  EXPECT_EQ(console.report(Fault{FaultCode::not_found, "", {}, {}}), Exit::not_so);
  const auto said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("myelin status: M0704 daemon_not_reached: no socket"), std::string::npos);
  EXPECT_NE(said.find("myelin explain M0704"), std::string::npos);
}

TEST(Console, says_which_file_cannot_be_read) {
  const auto content = read_input("/nonexistent/file.hl7");
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, FaultCode::io_failed);
  EXPECT_NE(content.error().detail.find("/nonexistent/file.hl7"), std::string::npos);
}

}  // namespace
}  // namespace myelin
