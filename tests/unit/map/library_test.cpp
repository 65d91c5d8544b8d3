// The maps that are linked into the program, and what is wrong with others.
#include "routes/map/library.h"

#include <gtest/gtest.h>

#include "engine/schema/facts.h"

namespace myelin::mapping {
namespace {

std::string mistake_of(std::string_view text) {
  std::string mistake;
  const auto library = Library::read({text}, mistake);
  EXPECT_EQ(library == nullptr, !mistake.empty());
  return mistake;
}

TEST(Library, reads_the_maps_of_the_program) {
  const auto maps = schema::embedded_maps();
  std::string mistake;
  const auto library = Library::read({maps.codes, maps.types, maps.resources, maps.oru}, mistake);
  ASSERT_TRUE(library) << mistake;
  EXPECT_TRUE(library->message("oru"));
  EXPECT_EQ(library->code_system("LN"), "http://loinc.org");
}

TEST(Library, says_the_line_of_a_row_that_it_cannot_read) {
  EXPECT_EQ(mistake_of("type A\n  b .1 sometimes\n  c .1 as B twice\n"), "line 3: 'twice' is no option of a row");
  EXPECT_EQ(mistake_of("table A\n"), "line 1: 'table' is no kind of block");
  EXPECT_EQ(mistake_of("type A\n  b .1 if .2 perhaps\n"), "line 2: 'perhaps' is no test");
}

TEST(Library, says_which_name_nothing_explains) {
  EXPECT_TRUE(mistake_of("type A\n  b .1 as B\n").ends_with("there is no type 'B'"));
  EXPECT_TRUE(mistake_of("type A\n  b .1 new c\n").ends_with("there is no resource 'c'"));
  EXPECT_TRUE(mistake_of("type A\n  b .1 via C\n").ends_with("there are no codes 'C'"));
}

TEST(Library, knows_the_first_code_that_becomes_another) {
  std::string mistake;
  const auto library = Library::read({"type A\n  b . as code via S\ncodes S 0085\n  F final\n  V final\n"}, mistake);
  ASSERT_TRUE(library) << mistake;
}

}  // namespace
}  // namespace myelin::mapping
