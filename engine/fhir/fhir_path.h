// FHIRPath over a resource or a bundle in JSON, as far as routes and conditions need it: navigation (value finds
// valueQuantity), [0], where select all exists empty not first last tail skip take single count distinct ofType
// hasValue iif, = != < <= > >= in contains, and or xor implies, | and &, texts (startsWith endsWith contains upper
// lower trim length substring replace), $this and %resource. An evaluation never fails and is bounded: what cannot be
// had is empty.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/fhir/json.h"

namespace myelin::fhir {

inline constexpr std::size_t kMaxFhirPathBytes = 1024;

struct FhirPathError {
  std::size_t offset = 0;
  std::string message;
};

class FhirPath {
 public:
  virtual ~FhirPath() = default;
  static std::expected<std::shared_ptr<const FhirPath>, FhirPathError> compile(std::string_view text);
  // The texts of what it names; an object or a list is no text and is left out.
  virtual std::vector<std::string> values(const json::Value& root) const = 0;
  // Whether it gives exactly one value that is true, or one that is no truth value, as FHIRPath has it.
  virtual bool holds(const json::Value& root) const = 0;
};

}  // namespace myelin::fhir
