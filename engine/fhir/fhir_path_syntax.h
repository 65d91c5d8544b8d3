// The tree of a FHIRPath expression, from the parser to the evaluator. Nobody else includes it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "engine/fhir/fhir_path.h"

namespace myelin::fhir {

struct PathNode {
  // `member`: children[0], if any, is what it is a member of; `call` and `index` likewise, arguments behind it.
  enum class Kind : std::uint8_t { literal, none, self, root, member, call, index, operation } kind = Kind::none;
  std::string text;      // of a member, a call, an operation
  json::Value literal;   // text, number or truth
  bool on_focus = true;  // member and call: nothing stands before them
  std::vector<PathNode> children;
};

std::expected<PathNode, FhirPathError> parse_fhir_path(std::string_view text);

}  // namespace myelin::fhir
