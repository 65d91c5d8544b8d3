// From FHIR R4 to a message of HL7 v2, as the rules say: a bundle, or one resource alone, as whoever wrote it wrote it.
// Deterministic: the same document gives the same message.
//
// Contract: nothing is dropped in silence. What no rule asks for, what the version has no place for and every code
// without a row is in `notes`, by its FHIRPath and never by its content; what cannot be had but is needed, and what is
// of the wrong type, is a fault with its FHIRPath.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/fault.h"
#include "engine/fhir/json.h"
#include "engine/hl7/tree.h"
#include "routes/map/overlay.h"
#include "routes/reverse/rules.h"
#include "routes/reverse/texts.h"

namespace myelin::reverse {

struct Circumstances {
  std::string_view version;   // "2.5.1"
  std::string_view type;      // "ADT^A08"; empty: as the rules say
  std::string_view received;  // MSH-7
  std::string_view id;        // MSH-10
  bool notes = false;         // whether anybody reads them
};

struct Conversion {
  hl7::Tree message;
  std::vector<std::string> notes;
};

// bad_format, required_missing, too_many, type_not_accepted.
Result<Conversion> convert(const json::Value& document, const MessageRules& message, const mapping::Overlay& overlay,
                           const Systems& systems, const Circumstances& circumstances);

}  // namespace myelin::reverse
