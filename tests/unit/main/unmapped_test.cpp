// The work list of unmapped codes: what a message waits for, and the row that lets it go.
#include "engine/main/client/work_list.h"

#include <gtest/gtest.h>

#include "adapters/catalog.h"
#include "routes/compile/compile_files.h"

namespace myelin {
namespace {

constexpr std::string_view kChannel =
    "channel: adt\nsource: { mllp: { listen: 127.0.0.1:1 } }\nroutes:\n  lab:\n    to: { mllp: { connect: 127.0.0.1:2 "
    "} }\n"
    "    steps:\n      - map: { field: PID-8, table: sex, unmapped: park }\n";

routes::Compiled compiled(const std::string& csv) {
  return routes::compile_text(kChannel, adapters::catalog(), {{"tables/sex.csv", csv}});
}

Message message(std::string_view sex) {
  Message made;
  made.bytes =
      Bytes("MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5.1\rPID|1||4||DOE^ANN||1970|" + std::string(sex) + "\r");
  return made;
}

TEST(Unmapped, tells_the_table_and_the_code_that_a_message_waits_for) {
  const auto with = compiled("code,lab\nM,1\n");
  ASSERT_EQ(with.plans.size(), 1U);
  const auto code = unmapped_code(*with.plans[0], "lab", message("X"));
  ASSERT_TRUE(code);
  EXPECT_EQ(code->table, "sex");
  EXPECT_EQ(code->code, "X");
}

TEST(Unmapped, is_nothing_for_a_code_that_has_its_row) {
  const auto with = compiled("code,lab\nM,1\n");
  ASSERT_EQ(with.plans.size(), 1U);
  EXPECT_FALSE(unmapped_code(*with.plans[0], "lab", message("M")));
}

TEST(Unmapped, adds_a_row_that_lets_the_message_go) {
  const auto csv = with_row("code,lab,meaning\nM,1,male\n", "X", {{"lab", "9"}, {"meaning", "unknown, \"other\""}});
  ASSERT_TRUE(csv);
  EXPECT_EQ(*csv, "code,lab,meaning\nM,1,male\nX,9,\"unknown, \"\"other\"\"\"\n");
  EXPECT_FALSE(unmapped_code(*compiled(*csv).plans.at(0), "lab", message("X")));
}

TEST(Unmapped, keeps_the_line_ends_of_the_table_and_closes_its_last_line) {
  EXPECT_EQ(with_row("code,lab\r\nM,1", "F", {{"lab", "2"}}).value_or(""), "code,lab\r\nM,1\r\nF,2\r\n");
}

TEST(Unmapped, refuses_a_code_that_the_table_has) {
  const auto csv = with_row("code,lab\nM,1\n", "M", {{"lab", "2"}});
  ASSERT_FALSE(csv);
  EXPECT_EQ(csv.error().code, FaultCode::bad_request);
}

TEST(Unmapped, refuses_a_column_that_the_table_does_not_have) {
  const auto csv = with_row("code,lab\nM,1\n", "F", {{"labb", "2"}});
  ASSERT_FALSE(csv);
  EXPECT_TRUE(csv.error().detail.contains("it has lab")) << csv.error().detail;
}

}  // namespace
}  // namespace myelin
