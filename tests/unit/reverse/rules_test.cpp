// The rules that are linked into the program, and what is wrong with others.
#include "routes/reverse/rules.h"

#include <gtest/gtest.h>

#include "engine/schema/facts.h"

namespace myelin::reverse {
namespace {

std::string mistake_of(std::string_view text) {
  std::string mistake;
  const auto rules = Rules::read({text}, mistake);
  EXPECT_EQ(rules == nullptr, !mistake.empty());
  return mistake;
}

TEST(Rules, reads_those_of_the_program) {
  const auto maps = schema::embedded_maps();
  std::string mistake;
  const auto rules = Rules::read({maps.back_types, maps.back_segments, maps.back_messages}, mistake);
  ASSERT_TRUE(rules) << mistake;
  for (const auto* name : {"adt", "oru", "orm", "oml", "omp", "siu", "mdm"}) EXPECT_TRUE(rules->message(name)) << name;
}

TEST(Rules, says_the_line_of_a_row_that_it_cannot_read) {
  EXPECT_EQ(mistake_of("type A\n  .1 name sometimes\n  .2 name as A twice\n"), "line 3: 'twice' is no option of a row");
  EXPECT_EQ(mistake_of("table A\n"), "line 1: 'table A' begins no block");
  EXPECT_EQ(mistake_of("type A\n  .1 name if use perhaps\n"), "line 2: 'perhaps' is no test");
  EXPECT_EQ(mistake_of("type A\n  .1 name[x]\n"), "line 2: 'name[x]' has a bracket that picks nothing");
  EXPECT_EQ(mistake_of("type A\n  PID-3 name\n"), "line 2: 'PID-3' does not stand here");
}

TEST(Rules, says_which_name_nothing_explains) {
  EXPECT_TRUE(mistake_of("type A\n  .1 name as B\n").ends_with("there is no type 'B'"));
  EXPECT_TRUE(mistake_of("type A\n  .1 name via C\n").ends_with("there are no codes 'C'"));
  EXPECT_TRUE(mistake_of("message a\n  PID Patient\n").ends_with("there are no rules of a segment 'PID'"));
}

}  // namespace
}  // namespace myelin::reverse
