// Texts of HL7 v2 from the primitives of FHIR: dates that keep their precision and offset, numbers without an exponent,
// names of systems. Pure; nothing when the text is not of that kind, so that the caller can say so.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/fhir/json.h"
#include "routes/map/overlay.h"

namespace myelin::reverse {

// 2026-07-01T11:30:00.25+02:00 is 20260701113000.25+0200. `day`: 20260701 of it.
std::optional<std::string> hl7_time(std::string_view text, bool day);
// 09:30:00 is 093000.
std::optional<std::string> hl7_time_of_day(std::string_view text);
// 1.5e2 is 150.
std::optional<std::string> hl7_number(std::string_view digits);
// "3.5-5.0", "<5", ">3.5"; "" when it has neither low nor high.
std::string hl7_range(const json::Value& range);
// What HL7 table 0191, and 0834 from 2.6 on, call application/pdf: AP, application. And PDF.
std::string hl7_media_type(std::string_view type, bool mime);
std::string hl7_media_subtype(std::string_view type);

// The systems of an overlay, read backwards. Of several names for one URI the first in the alphabet stands.
class Systems {
 public:
  explicit Systems(const mapping::Overlay& overlay);
  // HD: name, universal id, its kind. {"WEST"}, {"", "2.16.528", "ISO"}, {"", "https://…", "URI"}.
  std::array<std::string, 3> authority(std::string_view uri) const;
  // "LN", "HL70203", "L".
  std::string coding_system(std::string_view uri) const;

 private:
  std::map<std::string, std::string, std::less<>> systems_, coding_systems_;  // URI -> name
  std::string fallback_;
};

}  // namespace myelin::reverse
