// Overlay: what a site adds to the maps (conf/maps/NAME.yaml): which system a sender's numbers and codes are of, which
// number identifies a patient, what local codes mean. The maps themselves are the same everywhere.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/diagnostic.h"
#include "engine/config/spec.h"

namespace myelin::mapping {

using Names = std::map<std::string, std::string, std::less<>>;

struct Overlay {
  std::string name, digest;
  Names systems;         // HD.1 or HD.2 -> URI
  Names coding_systems;  // CWE.3 -> URI
  // Of an authority that is not listed: this and its name.
  std::string fallback = "urn:x-hl7v2:";
  std::string authority;              // meant where a number names none; empty: MSH-4
  std::vector<std::string> identity;  // types of identifiers of a patient, the best first; empty: as the map says
  std::map<std::string, Names, std::less<>> codes;   // table -> the sender's code -> FHIR code
  std::map<std::string, Names, std::less<>> to_hl7;  // table -> FHIR code -> the code that HL7 gets

  static std::shared_ptr<const Overlay> none();
  // Mistakes are reported, and what they stand for is left out.
  static std::shared_ptr<const Overlay> read(const std::shared_ptr<const config::SourceText>& source, std::string name,
                                             config::Diagnostics& diagnostics);
};

const config::Spec& overlay_spec();

}  // namespace myelin::mapping
