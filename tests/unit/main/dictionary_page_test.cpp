// What `explain` says of places in HL7.
#include <gtest/gtest.h>

#include "engine/main/workbench/page.h"

namespace myelin {
namespace {

std::string text(const Page& page) {
  std::string out = page.title + "\n";
  for (const auto& [name, fact] : page.facts) out += name + ": " + fact + "\n";
  return out;
}

std::string page(const std::string& word) {
  const auto found = dictionary_page(word);
  return found ? text(*found) : std::string();
}

void expect_has(const std::string& all, std::string_view part) {
  EXPECT_NE(all.find(part), std::string::npos) << "no '" << part << "' in:\n" << all;
}

TEST(DictionaryPage, tells_a_field_version_by_version) {
  const auto sex = page("PID-8");
  expect_has(sex, "PID-8: Patient Identification · Administrative Sex\n");
  expect_has(sex, "2.3-2.6: IS, length 1, table 0001\n");
  expect_has(sex, "F Female\n");
  expect_has(page("PID-2"), "2.7-2.8.2: withdrawn or reserved\n");
  expect_has(page("OBX-5"), "2.7-2.8.2: varies, repeats\n");
}

TEST(DictionaryPage, tells_segments_types_components_tables_and_structures) {
  expect_has(page("PID"), "2.4: ends at PID-38\n2.5-2.6: ends at PID-39\n");
  expect_has(page("PID"), "PID-3    Patient Identifier List (CX, required, repeats)\n");
  expect_has(page("CX"), "CX.4     Assigning Authority");
  expect_has(page("CX.4"), "2.3-2.4: Assigning Authority: HD\n");
  expect_has(page("0001"), "table 0001: Administrative Sex\n");
  expect_has(page("ACK"), "2.5-2.5.1: MSH [{SFT}] MSA [{ERR}]\n");
}

TEST(DictionaryPage, has_nothing_for_other_words) {
  for (const auto* word : {"QQQ", "PID-99", "CX.99", "9999", "001", "map", "", ".", "CX.", "ORDER/OBX-5"}) {
    EXPECT_EQ(page(word), "") << word;
  }
}

}  // namespace
}  // namespace myelin
