// From an HL7 v2 message to a bundle of FHIR R4, as a map says. Deterministic: the same message gives the same bytes,
// and what is the same patient, order or result in two messages has the same fullUrl and the same condition, so that a
// replay or a correction meets the resource that is there.
//
// Contract: nothing is dropped in silence. What no rule of the map asks for, what was no date, and every code without a
// row is in `notes`, by its place and never by its content.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/fhir/json.h"
#include "engine/hl7/tree.h"
#include "engine/hl7/zone.h"
#include "routes/map/library.h"
#include "routes/map/overlay.h"

namespace myelin::mapping {

enum class BundleKind : std::uint8_t { transaction, message, collection };

struct Circumstances {
  BundleKind bundle = BundleKind::transaction;
  const hl7::Zone* zone = nullptr;  // of times without an offset
  WallTime received{};
  std::string_view version;  // of HL7, where MSH-12 says none
};

struct Conversion {
  json::Value bundle;
  std::vector<std::string> notes;
};

// type_not_accepted: the map is of other messages. bad_charset: a value is no UTF-8.
Result<Conversion> convert(const hl7::Tree& tree, const MessageMap& map, const Overlay& overlay,
                           const Circumstances& circumstances);

}  // namespace myelin::mapping
