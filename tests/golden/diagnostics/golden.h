// Golden cases of mistakes: one file per case with the YAML, a line of ----, and what is printed for it.
// MYELIN_BLESS=1 writes what is printed into the files; read the difference before committing it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "engine/config/diagnostic.h"

namespace myelin::golden {

inline constexpr std::string_view kDivider = "\n----\n";

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::vector<std::filesystem::path> cases_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".case") all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

inline std::string printed(const config::Diagnostics& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics.sorted()) text += config::render(diagnostic, config::Colour::never);
  return text;
}

// `check` reads the text (as conf/case.yaml) and says what is wrong with it.
using Check = std::function<void(const std::shared_ptr<const config::SourceText>&, config::Diagnostics&)>;

inline void run_case(const std::filesystem::path& path, const Check& check) {
  SCOPED_TRACE(path.filename().string());
  const std::string whole = read_file(path);
  const std::size_t divider = whole.find(kDivider);
  const std::string input = whole.substr(0, divider == std::string::npos ? whole.size() : divider + 1);
  const std::string expected = divider == std::string::npos ? "" : whole.substr(divider + kDivider.size());
  config::Diagnostics diagnostics;
  check(std::make_shared<const config::SourceText>("conf/case.yaml", input), diagnostics);
  const std::string actual = printed(diagnostics);
  if (std::getenv("MYELIN_BLESS") != nullptr) {
    std::ofstream(path, std::ios::binary) << input.substr(0, input.size() - 1) << kDivider << actual;
    return;
  }
  EXPECT_FALSE(expected.empty()) << "nothing is expected; MYELIN_BLESS=1 writes what is printed";
  EXPECT_EQ(actual, expected);
}

}  // namespace myelin::golden
