// routes/README.md is half generated: what stands between its markers is what the declarations say.
#include "routes/compile/reference.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

namespace myelin::routes {
namespace {

constexpr auto kReadme = MYELIN_SOURCE_DIR "/routes/README.md";
constexpr std::string_view kEnd = "<!-- end -->";

std::string read() {
  std::ifstream file(kReadme, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The text with every generated part written anew.
std::string renewed(std::string text) {
  for (const auto& [name, table] : reference_tables()) {
    const auto marker = "<!-- generated: " + name + " -->\n";
    const auto begin = text.find(marker);
    EXPECT_NE(begin, std::string::npos) << "routes/README.md has no marker for " << name;
    if (begin == std::string::npos) continue;
    const auto from = begin + marker.size();
    text.replace(from, text.find(kEnd, from) - from, table);
  }
  return text;
}

TEST(Reference, stands_in_the_readme_as_the_declarations_say) {
  const auto now = read();
  const auto should = renewed(now);
  if (const char* bless = std::getenv("MYELIN_BLESS"); bless && std::string_view(bless) == "1")
    std::ofstream(kReadme, std::ios::binary) << should;
  else EXPECT_EQ(now, should) << "MYELIN_BLESS=1 writes what the declarations say";
}

TEST(Reference, leaves_no_table_of_the_readme_empty) {
  const auto text = read();
  std::set<std::string, std::less<>> known;
  for (const auto& [name, table] : reference_tables()) {
    known.insert(name);
    EXPECT_FALSE(table.empty()) << name;
  }
  constexpr std::string_view kBegin = "<!-- generated: ";
  for (auto at = text.find(kBegin); at != std::string::npos; at = text.find(kBegin, at + 1)) {
    const auto from = at + kBegin.size();
    const auto name = text.substr(from, text.find(" -->", from) - from);
    EXPECT_TRUE(known.contains(name)) << name;
  }
}

}  // namespace
}  // namespace myelin::routes
