#include "engine/model/facts.h"

#include "tests/property.h"

namespace myelin {
namespace {

TEST(Facts, are_found_by_their_names_whatever_their_values_hold) {
  std::string facts;
  add_fact(facts, "file", "a=1:b\nheader.x=3:abc\n");
  add_fact(facts, "header.x", "B2");
  EXPECT_EQ(fact_of(facts, "file"), "a=1:b\nheader.x=3:abc\n");
  EXPECT_EQ(fact_of(facts, "header.x"), "B2");
  EXPECT_EQ(fact_of(facts, "header"), std::nullopt);
  EXPECT_EQ(all_facts(facts).size(), 2U);
  EXPECT_EQ(fact_of({}, "file"), std::nullopt);
}

TEST(Facts, the_first_of_a_name_counts) {
  std::string facts;
  add_fact(facts, "user", "ann");
  add_fact(facts, "user", "bob");
  EXPECT_EQ(fact_of(facts, "user"), "ann");
}

TEST(Facts, that_are_no_utf_8_are_taken_for_latin_1) {
  std::string facts;
  add_fact(facts, "file", "M\xFCller.hl7");
  add_fact(facts, "user", "Müller");
  EXPECT_EQ(fact_of(facts, "file"), "Müller.hl7");
  EXPECT_EQ(fact_of(facts, "user"), "Müller");
}

TEST(Facts, end_where_they_are_damaged) {
  std::string facts;
  add_fact(facts, "file", "a.hl7");
  for (const auto* bad : {"user=9:ann\n", "user=3:annx", "user=:ann\n", "user=3ann\n", "=", "user"})
    EXPECT_EQ(all_facts(facts + bad).size(), 1U) << bad;
}

RC_GTEST_PROP(Facts, come_back_as_they_were_given, (const std::vector<std::string>& values)) {
  std::string facts;
  for (std::size_t at = 0; at < values.size(); ++at) {
    std::string ascii = values[at];
    for (auto& c : ascii) c = static_cast<char>(c & 0x7F);
    add_fact(facts, "header.x" + std::to_string(at), ascii);
    RC_ASSERT(fact_of(facts, "header.x" + std::to_string(at)) == ascii);
  }
  RC_ASSERT(all_facts(facts).size() == values.size());
}

TEST(Facts, have_no_credentials) {
  EXPECT_TRUE(is_credential("authorization"));
  EXPECT_TRUE(is_credential("cookie"));
  EXPECT_FALSE(is_credential("x-ward"));
}

}  // namespace
}  // namespace myelin
