// Paths as text: the forms that are read, how they are written back, and the hints for those that are refused.
#include "engine/hl7/path.h"

#include <gtest/gtest.h>

#include "tests/unit/hl7/samples.h"

namespace myelin::hl7 {
namespace {

std::string canonical(std::string_view text) {
  const auto path = parse_path(text);
  return path ? to_string(*path) : "refused: " + path.error().message;
}

TEST(Path, is_written_back_as_it_was_read) {
  for (const auto* text : {"PID", "PID-5", "PID-5.1", "PID-3.4.2", "PID-3[2].4.1", "PID-3[last]", "PID-3[*].1",
                           "PID-3[5=MR].1", "PID-3[5=MR][4.1=WEST].1", "OBX[3]-5", "OBX[last]-1", "OBX[*]-5",
                           "OBX[3.1=2345-7]-5", "OBX[3.1.1=a/b c]-5", "Z01-1", "OBX[*]"}) {
    EXPECT_EQ(canonical(text), text);
  }
}

TEST(Path, names_its_parts) {
  const auto path = parse_path("OBX[3.1=2345-7]-5[2].3.4");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->segment, "OBX");
  EXPECT_EQ(path->segment_pick.kind, Pick::Kind::where);
  EXPECT_EQ(path->segment_pick.conditions, (std::vector<PickCondition>{{3, 1, 0, "2345-7"}}));
  EXPECT_EQ(path->field, 5);
  EXPECT_EQ(path->repetition, (Pick{Pick::Kind::number, 2, {}}));
  EXPECT_EQ(path->component, 3);
  EXPECT_EQ(path->subcomponent, 4);
}

TEST(Path, in_the_habits_of_other_engines_is_read) {
  EXPECT_EQ(canonical("PID.5.1"), "PID-5.1");
  EXPECT_EQ(canonical("PID-5-1"), "PID-5.1");
  EXPECT_EQ(canonical("PID.3[2].4.1"), "PID-3[2].4.1");
  EXPECT_EQ(canonical("PID-3[5=\"MR\"]"), "PID-3[5=MR]");
}

TEST(Path, keeps_quotes_and_equals_signs_that_belong_to_a_value) {
  EXPECT_EQ(parse_path("PID-3[5=\"=x\"]")->repetition.conditions[0].value, "=x");
  EXPECT_EQ(canonical("PID-3[5=\"=x\"]"), "PID-3[5=\"=x\"]");
  EXPECT_EQ(canonical("PID-3[5=\"\"R\"\"]"), "PID-3[5=\"\"R\"\"]");
}

struct Refusal {
  const char* text;
  std::size_t offset;
  const char* hint;
};

TEST(Path, is_refused_with_the_place_and_the_corrected_form) {
  constexpr Refusal kRefusals[] = {{"", 0, "PID-5.1"},
                                   {"OBX(1)-5", 3, "OBX[2]-5"},
                                   {"PID-3(0)-1", 5, "PID-3[1]-1"},
                                   {"OBX[0]-5", 4, "OBX[1]-5"},
                                   {"PID-0", 4, "PID-1"},
                                   {"PID-5.0", 6, "PID-5.1"},
                                   {"pid-5", 0, "PID-5"},
                                   {"PID5", 0, "PID-5"},
                                   {"/.OBX-5", 0, "OBX-5"},
                                   {"PID-3[5=MR", 5, "PID-3[5=MR]"},
                                   {"PID-3[5==MR]", 7, "PID-3[5=MR]"},
                                   {"PID-3[]", 6, "PID-3[*]"},
                                   {"PID-3[first]", 6, "PID-3[1]"}};
  for (const auto& refusal : kRefusals) {
    const auto path = parse_path(refusal.text);
    ASSERT_FALSE(path) << refusal.text;
    EXPECT_EQ(path.error().offset, refusal.offset) << refusal.text;
    EXPECT_EQ(path.error().hint, refusal.hint) << refusal.text;
    EXPECT_FALSE(path.error().message.empty());
  }
}

TEST(Path, is_refused_at_the_place_where_it_stops_making_sense) {
  constexpr Refusal kRefusals[] = {{"PI-5", 0, ""},
                                   {"1ID-5", 0, ""},
                                   {"PID-", 4, ""},
                                   {"PID-5.", 6, ""},
                                   {"PID-5.1.2.3", 9, ""},
                                   {"PID 5", 3, ""},
                                   {"PID-5 ", 5, ""},
                                   {"PID-x", 4, ""},
                                   {"PID-65536", 4, ""},
                                   {"PID-3[2][3]", 8, ""},
                                   {"PID-3[1][5=MR]", 8, ""},
                                   {"PID-5.1[2]", 7, ""},
                                   {"PID-3[x=1]", 6, ""},
                                   {"PID-3[1.2.3=x]", 9, ""},
                                   {"PID-3[1", 5, "PID-3[1]"},
                                   {"PATIENT", 0, ""},
                                   {"PID-99999999999999999999", 4, ""},
                                   {"OBX[99999999999]", 4, ""}};
  for (const auto& refusal : kRefusals) {
    const auto path = parse_path(refusal.text);
    ASSERT_FALSE(path) << refusal.text;
    EXPECT_EQ(path.error().offset, refusal.offset) << refusal.text << ": " << path.error().message;
    EXPECT_EQ(path.error().hint, refusal.hint) << refusal.text;
  }
}

TEST(Path, through_groups_is_read_only_where_it_may_stand) {
  const auto path = parse_path("ORDER_OBSERVATION[2]/OBX[3.1=a/b]-5");
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().hint, "OBX[3.1=a/b]-5");
  EXPECT_EQ(path.error().offset, 0U);
  EXPECT_EQ(path.error().length, 21U);
  const auto kept = parse_path_with_groups("PATIENT_RESULT/ORDER_OBSERVATION[2]/OBX[1]-5");
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->groups.size(), 2U);
  EXPECT_EQ(kept->groups[1], (GroupStep{"ORDER_OBSERVATION", Pick{Pick::Kind::number, 2, {}}}));
  EXPECT_EQ(to_string(*kept), "PATIENT_RESULT/ORDER_OBSERVATION[2]/OBX[1]-5");
}

TEST(Path, of_one_resolved_place_counts_its_segment) {
  const auto message = samples::tree(samples::kOru);
  EXPECT_EQ(to_string(message, Spot{5, 5, 0, 0, 0}), "OBX[2]-5");
  EXPECT_EQ(to_string(message, Spot{1, 3, 2, 4, 1}), "PID[1]-3[2].4.1");
  EXPECT_EQ(to_string(message, Spot{1, 8, 1, 1, 0}), "PID[1]-8.1");
  EXPECT_EQ(to_string(message, Spot{1, 8, 1, 0, 0}), "PID[1]-8[1]");
  EXPECT_EQ(to_string(message, Spot{0, 0, 0, 0, 0}), "MSH[1]");
}

TEST(Path, of_a_place_never_tells_what_a_nameless_segment_holds) {
  const auto message = samples::tree("MSH|^~\\&|A\rMuster Anna|1\r");
  EXPECT_EQ(to_string(message, Spot{1, 1, 0, 0, 0}), "???[1]-1");
}

}  // namespace
}  // namespace myelin::hl7
