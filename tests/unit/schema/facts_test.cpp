// The dictionary agrees with the file of facts (`../shared/facts`) on every row, but for the rows that
// schemas/hl7/exceptions.txt lists; and each of those does differ.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "engine/schema/dictionary.h"

namespace myelin::schema {
namespace {

using Row = std::vector<std::string>;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::vector<Row> rows_of(const std::string& path) {
  std::vector<Row> rows;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') rows.push_back(split(line, '\t'));
  }
  return rows;
}

std::vector<Row> facts() {
  auto rows = rows_of(MYELIN_SOURCE_DIR "/../shared/facts/hl7v2-facts.tsv");
  if (rows.empty()) std::printf("no facts beside the tree: nothing to compare\n");
  return rows;
}

std::vector<Version> span(const std::string& text) {
  const auto ends = split(text, '-');
  std::vector<Version> all;
  for (auto i = static_cast<int>(*exact_version(ends.front())); i <= static_cast<int>(*exact_version(ends.back()));
       ++i) {
    all.push_back(static_cast<Version>(i));
  }
  return all;
}

// "2.1-2.3:X": what stands there, for each version.
std::map<Version, std::string> by_version(const std::vector<std::string>& cells) {
  std::map<Version, std::string> found;
  for (const auto& cell : cells) {
    const auto colon = cell.find(':');
    for (const auto version : span(cell.substr(0, colon))) found[version] = cell.substr(colon + 1);
  }
  return found;
}

// Kind, row and version of each exception: "S PID-2 2.7".
std::set<std::string> exceptions() {
  std::set<std::string> found;
  for (const auto& row : rows_of(MYELIN_SOURCE_DIR "/schemas/hl7/exceptions.txt")) {
    for (const auto version : span(row.at(2)))
      found.insert(row[0] + " " + row[1] + " " + std::string(to_string(version)));
  }
  return found;
}

std::string written(const Element& element) {
  if (element.usage == Usage::withdrawn) return "-";
  std::string out(element.type);
  if (element.usage == Usage::required) out += "!";
  if (element.repeats) out += "*";
  if (element.most != 0) out += std::to_string(element.most);
  if (element.length != 0) out += "/" + std::to_string(element.length);
  if (element.table != 0) out += "#" + std::to_string(element.table);
  return out;
}

std::string letters(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

TEST(DictionaryFacts, agree_on_each_field_and_component) {
  const auto known = exceptions();
  std::set<std::string> differing;
  std::size_t compared = 0;
  for (const auto& row : facts()) {
    if (row[0] != "S" && row[0] != "C") continue;
    const auto number = std::stoul(row[2]);
    const std::string place = row[1] + (row[0] == "S" ? "-" : ".") + row[2];
    const auto cells = by_version(split(row[4], ' '));
    for (std::size_t i = 0; i < kVersions; ++i) {
      const auto version = static_cast<Version>(i);
      const auto& dictionary = Dictionary::of(version);
      const auto* owner = row[0] == "S" ? dictionary.segment(row[1]) : dictionary.type(row[1]);
      ASSERT_NE(owner, nullptr) << place;
      if (owner->documented_in != version) {
        EXPECT_FALSE(cells.contains(version)) << place;
        continue;
      }
      const auto* element = number <= owner->elements.size() ? &owner->elements[number - 1] : nullptr;
      const auto fact = cells.find(version);
      const std::string wanted = fact == cells.end() ? "" : fact->second.starts_with("WD") ? "-" : fact->second;
      const std::string has = element == nullptr ? "" : written(*element);
      ++compared;
      if (has != wanted) differing.insert(row[0] + " " + place + " " + std::string(to_string(version)));
      if (!wanted.empty() && element != nullptr) {
        EXPECT_EQ(letters(element->name), letters(row[3])) << place;
      }
    }
  }
  std::set<std::string> listed;
  std::ranges::copy_if(known, std::inserter(listed, listed.end()),
                       [](const std::string& key) { return key[0] == 'S' || key[0] == 'C'; });
  if (compared != 0) {
    std::vector<std::string> unlike;
    std::ranges::set_symmetric_difference(differing, listed, std::back_inserter(unlike));
    EXPECT_EQ(unlike, std::vector<std::string>{});
  }
}

// "F=Female;M=Male; or so": a code begins behind a semicolon, if an equals sign comes before the next one.
std::map<std::string, std::string> codes_of(const std::string& text) {
  std::map<std::string, std::string> codes;
  std::string last;
  for (const auto& part : split(text, ';')) {
    const auto equals = part.find('=');
    if (equals == std::string::npos) {
      codes[last] += ";" + part;
      continue;
    }
    const auto begin = part.find_first_not_of(' ');
    const auto end = part.find_last_not_of(' ', equals - 1);
    last = equals == 0 || begin >= equals ? "" : part.substr(begin, end + 1 - begin);
    codes[last] = part.substr(equals + 1);
  }
  codes.erase("");
  return codes;
}

// Without its blanks: two of them, or one behind a semicolon, are no difference.
std::string solid(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return c != ' ' && c != '\t'; });
  return out;
}

TEST(DictionaryFacts, agree_on_each_code) {
  const auto& dictionary = Dictionary::of(Version::v2_8_2);
  std::set<std::string> differing, listed;
  for (const auto& row : rows_of(MYELIN_SOURCE_DIR "/schemas/hl7/exceptions.txt"))
    if (row[0] == "T") listed.insert(row[1]);
  std::size_t compared = 0;
  for (const auto& row : facts()) {
    if (row[0] != "T") continue;
    const auto number = static_cast<std::uint16_t>(std::stoul(row[1]));
    const auto* table = dictionary.table(number);
    ASSERT_NE(table, nullptr) << row[1];
    EXPECT_EQ(letters(table->name), letters(row[2]));
    auto wanted = codes_of(row.size() > 3 ? row[3] : "");
    for (const auto& code : table->codes) {
      ++compared;
      const auto fact = wanted.extract(std::string(code.code));
      ASSERT_FALSE(fact.empty()) << row[1] << " " << code.code;
      auto place = std::string(4 - std::min<std::size_t>(row[1].size(), 4), '0').append(row[1]).append(".");
      if (solid(fact.mapped()) != solid(code.text)) differing.insert(place.append(code.code));
    }
    EXPECT_TRUE(wanted.empty()) << row[1] << " has " << wanted.size() << " codes more, the first "
                                << (wanted.empty() ? "" : wanted.begin()->first);
  }
  std::printf("%zu codes compared\n", compared);
  if (compared != 0) {
    EXPECT_EQ(differing, listed);
  }
}

TEST(DictionaryFacts, agree_on_each_structure) {
  std::set<std::string> differing, listed;
  for (const auto& key : exceptions())
    if (key[0] == 'M') listed.insert(key);
  const auto rows = facts();
  for (const auto& row : rows) {
    if (row[0] != "M") continue;
    for (const auto& [version, grammar] : by_version(Row(row.begin() + 2, row.end()))) {
      const auto key = "M " + row[1] + " " + std::string(to_string(version));
      const auto* structure = Dictionary::of(version).structure(row[1]);
      const auto fact = hl7::read_structure(row[1], grammar);
      const bool same = structure != nullptr && structure->documented_in == version && fact &&
                        std::ranges::equal(fact->nodes, structure->nodes, [](const auto& a, const auto& b) {
                          return a.name == b.name && a.optional == b.optional && a.repeats == b.repeats &&
                                 a.end == b.end && a.kind == b.kind;
                        });
      if (!same) differing.insert(key);
    }
  }
  if (!rows.empty()) {
    std::vector<std::string> unlike;
    std::ranges::set_symmetric_difference(differing, listed, std::back_inserter(unlike));
    EXPECT_EQ(unlike, std::vector<std::string>{});
  }
}

}  // namespace
}  // namespace myelin::schema
