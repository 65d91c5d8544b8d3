// The messages that were collected from public repositories, where they are there (`../shared/corpus`).
#pragma once

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace myelin::hl7::samples {

// File name and bytes, in the order of names. Empty, with a word about it, when there is no corpus.
inline std::vector<std::pair<std::string, std::string>> corpus() {
  const std::filesystem::path folder = MYELIN_SOURCE_DIR "/../shared/corpus";
  std::vector<std::pair<std::string, std::string>> files;
  if (!std::filesystem::is_directory(folder)) {
    std::printf("no corpus at %s: nothing to check\n", folder.c_str());
    return files;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".hl7") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files.emplace_back(entry.path().filename(), std::string(std::istreambuf_iterator<char>(file), {}));
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace myelin::hl7::samples
