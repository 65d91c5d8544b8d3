// Page: what `myelin explain` prints of one thing, as text or as JSON.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace myelin {

// A title, paragraphs and facts.
struct Page {
  std::string title;
  std::vector<std::string> paragraphs;
  std::vector<std::pair<std::string, std::string>> facts;  // name, text; several lines are indented below the name
};

// What HL7 v2 says of PID, PID-5.1, CX, CX.4, table 0001 or ORU_R01, in all versions. Nothing for another word.
std::optional<Page> dictionary_page(const std::string& word);

}  // namespace myelin
