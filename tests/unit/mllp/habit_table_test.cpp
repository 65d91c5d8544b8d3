// The table of habits, and that its readers find it in words.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/hl7/habit.h"

namespace myelin::mllp {
namespace {

TEST(HabitTable, has_all_quirks_of_the_matrix_in_words) {
  std::set<std::string_view> quirks, names;
  for (const auto& entry : hl7::habit_table()) {
    quirks.insert(entry.quirk);
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_EQ(hl7::find_habit(entry.name), entry.habit);
    EXPECT_FALSE(entry.doc.empty());
    EXPECT_EQ(hl7::sentence(entry.strict).empty(), entry.strict == hl7::Strict::none) << entry.name;
  }
  for (int number = 1; number <= 24; ++number) EXPECT_TRUE(quirks.contains("Q" + std::to_string(number))) << number;
  EXPECT_FALSE(hl7::find_habit("politeness"));
}

// adapters/README.md shows the table; MYELIN_BLESS=1 writes it anew.
TEST(HabitTable, stands_in_the_readme_of_the_adapters) {
  constexpr auto kReadme = MYELIN_SOURCE_DIR "/adapters/README.md";
  constexpr std::string_view kBegin = "<!-- generated: habits -->\n", kEnd = "<!-- end -->";
  std::ifstream file(kReadme, std::ios::binary);
  const std::string now{std::istreambuf_iterator<char>(file), {}};
  const auto begin = now.find(kBegin);
  ASSERT_NE(begin, std::string::npos);
  std::string table = "| habit | | what the peer does | where `strict` |\n|---|---|---|---|\n";
  for (const auto& entry : hl7::habit_table()) {
    const std::string instead(hl7::sentence(entry.strict));
    table += "| `" + std::string(entry.name) + "` | " + std::string(entry.quirk) + " | " + std::string(entry.doc) +
             " | " + (instead.empty() ? "there is no choice" : instead) +
             (entry.refused ? "; **so unless `tolerant`**" : "") + " |\n";
  }
  auto should = now;
  should.replace(begin + kBegin.size(), now.find(kEnd, begin) - begin - kBegin.size(), table);
  if (const char* bless = std::getenv("MYELIN_BLESS"); bless != nullptr && std::string_view(bless) == "1")
    std::ofstream(kReadme, std::ios::binary) << should;
  else EXPECT_EQ(now, should) << "MYELIN_BLESS=1 writes what the table says";
}

}  // namespace
}  // namespace myelin::mllp
