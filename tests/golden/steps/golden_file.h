// A golden case: one file of sections. The first has no title; each further one begins with a line `---- TITLE`. The
// last is `---- expected`. With MYELIN_BLESS=1 a case that differs is written anew instead of failing.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace myelin::testing {

class GoldenFile {
 public:
  explicit GoldenFile(std::string path) : path_(std::move(path)) {
    std::ifstream file(path_, std::ios::binary);
    std::string line, title;
    while (std::getline(file, line)) {
      if (line.starts_with("---- ")) {
        title = line.substr(5);
        sections_.emplace_back(title, std::string());
        continue;
      }
      if (sections_.empty()) sections_.emplace_back("", std::string());
      sections_.back().second += line + "\n";
    }
  }

  std::string section(std::string_view title) const {
    const auto found = std::ranges::find(sections_, title, &std::pair<std::string, std::string>::first);
    return found == sections_.end() ? std::string() : found->second;
  }
  const std::vector<std::pair<std::string, std::string>>& sections() const { return sections_; }

  void expect(const std::string& actual) {
    if (const char* bless = std::getenv("MYELIN_BLESS"); bless && std::string_view(bless) == "1") {
      std::ofstream file(path_, std::ios::binary);
      for (const auto& [title, text] : sections_) {
        if (title == "expected") continue;
        if (!title.empty()) file << "---- " << title << "\n";
        file << text;
      }
      file << "---- expected\n" << actual;
      return;
    }
    EXPECT_EQ(actual, section("expected")) << path_ << " (MYELIN_BLESS=1 writes what is now)";
  }

 private:
  std::string path_;
  std::vector<std::pair<std::string, std::string>> sections_;
};

inline std::vector<std::string> golden_cases(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path().string());
  std::ranges::sort(paths);
  return paths;
}

// "set_a_literal.txt" -> "set_a_literal"
inline std::string case_name(const ::testing::TestParamInfo<std::string>& info) {
  return std::filesystem::path(info.param).stem().string();
}

}  // namespace myelin::testing
