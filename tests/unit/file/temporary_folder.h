// A folder of its own for each test, gone when the test is; and what stands in it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace myelin::file::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string form = ::testing::TempDir() + "myelin-file-XXXXXX";
    path_ = ::mkdtemp(form.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  std::string path(const std::string& name = {}) const { return name.empty() ? path_ : path_ + "/" + name; }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
  }
  // As careful senders do it: nobody sees it half.
  void drop(const std::string& name, const std::string& content) const {
    write(".arriving", content);
    std::filesystem::rename(path(".arriving"), path(name));
  }
  std::string read(const std::string& name) const {
    std::ifstream stream(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  bool has(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(path(name)));
  }
  // Sorted, without folders.
  std::vector<std::string> names(const std::string& inside = {}) const {
    std::vector<std::string> found;
    if (!has(inside.empty() ? "." : inside)) return found;
    for (const auto& entry : std::filesystem::directory_iterator(path(inside)))
      if (!entry.is_directory()) found.push_back(entry.path().filename().string());
    std::ranges::sort(found);
    return found;
  }

 private:
  std::string path_;
};

}  // namespace myelin::file::test
