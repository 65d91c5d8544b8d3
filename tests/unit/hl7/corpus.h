// The messages that were collected from public repositories, where they are there (`../shared/corpus`).
#pragma once

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/hl7/batch.h"

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

// The same, message by message: a batch is what it holds, "FILE#1" and so on.
inline std::vector<std::pair<std::string, std::string>> corpus_messages() {
  std::vector<std::pair<std::string, std::string>> messages;
  for (auto& [name, bytes] : corpus()) {
    if (!begins_batch(bytes)) {
      messages.emplace_back(name, std::move(bytes));
      continue;
    }
    int number = 0;
    for (const auto& batch : split_batch(bytes).batches)
      for (const auto message : batch.messages) messages.emplace_back(name + "#" + std::to_string(++number), message);
    if (number == 0) messages.emplace_back(name, std::move(bytes));
  }
  return messages;
}

// What corpus_exceptions.txt says of `what` ("parse", "grammar", "xml"): the files, each with the word that stands
// behind it.
inline std::map<std::string, std::string> listed(std::string_view what) {
  std::map<std::string, std::string> files;
  std::ifstream list(MYELIN_SOURCE_DIR "/tests/unit/hl7/corpus_exceptions.txt");
  for (std::string line; std::getline(list, line);) {
    std::istringstream columns(line);
    std::string kind, name, word;
    std::getline(columns, kind, '\t');
    std::getline(columns, name, '\t');
    std::getline(columns, word, '\t');
    if (kind == what) files[name] = word;
  }
  return files;
}

// Whether these are the files that are listed; the rows that would have to go or to come are printed.
inline bool is_as_listed(std::string_view what, const std::map<std::string, std::string>& found) {
  const auto known = listed(what);
  const auto print = [&](const char* sign, const auto& from, const auto& in) {
    for (const auto& [name, word] : from)
      if (const auto at = in.find(name); at == in.end() || at->second != word)
        std::printf("%s\t%.*s\t%s\t%s\n", sign, static_cast<int>(what.size()), what.data(), name.c_str(), word.c_str());
  };
  print("no longer", known, found);
  print("not listed", found, known);
  return known == found;
}

}  // namespace myelin::hl7::samples
