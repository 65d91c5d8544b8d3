// House style. Each file of cases/ is a file as someone typed it and as `myelin fmt` writes it. What is in house style
// stays so, and everything in conf/ is; what any file of the tests means is the same before and after.
#include "routes/format/house_style.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "adapters/catalog.h"
#include "routes/compile/compile_files.h"
#include "tests/golden/steps/golden_file.h"
#include "tests/unit/compile/fake_adapters.h"

namespace myelin {
namespace {

constexpr int kSlips = 3;  // of each file
const std::string kGolden = MYELIN_SOURCE_DIR "/tests/golden";

Result<std::string> styled(const std::string& text) {
  config::Diagnostics diagnostics;
  return routes::in_house_style(std::make_shared<config::SourceText>("channels/channel.yaml", text), diagnostics);
}

class FormatCase : public ::testing::TestWithParam<std::string> {};

TEST_P(FormatCase, is_rewritten_in_house_style_and_stays_so) {
  testing::GoldenFile file(GetParam());
  const auto once = styled(file.section(""));
  ASSERT_TRUE(once) << to_string(once.error());
  file.expect(*once);
  EXPECT_EQ(styled(*once).value_or("fails"), *once);
}

INSTANTIATE_TEST_SUITE_P(Golden, FormatCase, ::testing::ValuesIn(testing::golden_cases(kGolden + "/format/cases")),
                         testing::case_name);

TEST(HouseStyle, is_that_of_every_file_in_conf) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(MYELIN_SOURCE_DIR "/conf")) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    const auto after = styled(content).value_or(content);
    const char* bless = std::getenv("MYELIN_BLESS");
    if (bless && std::string_view(bless) == "1") std::ofstream(entry.path(), std::ios::binary) << after;
    else EXPECT_TRUE(after == content) << entry.path() << " is not in house style: `myelin fmt conf` mends it";
  }
  EXPECT_GE(count, 50U);
}

// The codes of all mistakes, and how many plans and tests there are.
std::string compiled(const testing::GoldenFile& file, const std::string& channel) {
  std::map<std::string, std::string> others;
  for (const auto& [title, text] : file.sections())
    if (!title.empty() && title != "expected") others[title] = text;
  const auto compiled = routes::compile_text(channel, testing::fake_adapters(), others);
  std::multiset<std::string_view> codes;
  for (const auto& mistake : compiled.diagnostics.all()) codes.insert(mistake.code);
  std::string said = std::to_string(compiled.plans.size()) + " plans";
  for (const auto& tests : compiled.tests) said += ", " + std::to_string(tests.cases.size()) + " tests";
  for (const auto code : codes) said += " " + std::string(code);
  return said;
}

TEST(HouseStyle, changes_no_meaning_of_files_with_mistakes_and_is_stable) {
  std::size_t count = 0;
  for (const auto& path : testing::golden_cases(kGolden + "/channel_diagnostics/cases")) {
    const testing::GoldenFile file(path);
    const auto typed = file.section("");
    config::Diagnostics mistakes;
    const auto once =
        routes::in_house_style(std::make_shared<config::SourceText>("channels/channel.yaml", typed), mistakes);
    if (!mistakes.ok()) continue;  // no YAML of ours
    ASSERT_TRUE(once) << path << ": " << to_string(once.error());
    EXPECT_EQ(compiled(file, *once), compiled(file, typed)) << path << "\n" << *once;
    EXPECT_EQ(styled(*once).value_or("fails"), *once) << path;
    ++count;
  }
  EXPECT_GE(count, 100U);
}

// Lines taken out, doubled, moved in or out, and characters changed, as a slip of the hand does.
std::string slipped(std::string text, std::mt19937& chance) {
  constexpr std::string_view kCharacters = " #:-[]{}\"'=|>\n,aZ9.";
  for (int slips = 1 + static_cast<int>(chance() % 3); slips > 0 && !text.empty(); --slips) {
    const auto at = chance() % text.size();
    const auto begin = text.rfind('\n', at) == std::string::npos ? 0 : text.rfind('\n', at) + 1;
    const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
    switch (chance() % 5) {
      case 0:
        text.erase(begin, end - begin);
        break;
      case 1:
        text.insert(begin, text.substr(begin, end - begin));
        break;
      case 2:
        text.insert(begin, "  ");
        break;
      case 3:
        text[at] = kCharacters[chance() % kCharacters.size()];
        break;
      default:
        text.insert(at, 1, kCharacters[chance() % kCharacters.size()]);
        break;
    }
  }
  return text;
}

TEST(HouseStyle, of_files_with_slips_is_stable_too) {
  std::mt19937 chance(20261122);
  int styled_files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(MYELIN_SOURCE_DIR "/conf")) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    for (int time = 0; time < kSlips; ++time) {
      const auto typed = slipped(content, chance);
      const auto once = styled(typed);
      if (!once) continue;  // no YAML of ours
      ++styled_files;
      ASSERT_EQ(styled(*once).value_or("fails"), *once) << entry.path() << "\n" << typed;
    }
  }
  EXPECT_GE(styled_files, 50);
}

TEST(HouseStyle, leaves_a_file_that_cannot_be_read_as_it_is) {
  config::Diagnostics mistakes;
  const auto source = std::make_shared<config::SourceText>("channels/channel.yaml", "channel: a\nchannel: b\n");
  EXPECT_FALSE(routes::in_house_style(source, mistakes));
  EXPECT_FALSE(mistakes.ok());
}

}  // namespace
}  // namespace myelin
