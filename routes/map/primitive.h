// Primitives of FHIR from the texts of HL7 v2: dates that keep their precision and get the channel's zone, numbers that
// keep their digits, URIs of systems. Pure; nothing when the text is not of that kind, so that the caller can say so.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/fhir/json.h"
#include "engine/hl7/zone.h"
#include "routes/map/library.h"

namespace myelin::mapping {

// What FHIR's string may hold: formatting sequences of HL7 as plain text (\.br\ is a line feed), no control characters,
// nothing around it. Empty when nothing is left.
std::string clean_text(std::string_view text);
// One blank between words, none around.
std::string clean_code(std::string_view text);
// What may not stand in a URI in %hex.
std::string percent(std::string_view text);
// "2.16.840.1.113883"
bool is_oid(std::string_view text);

// YYYY, YYYY-MM, YYYY-MM-DD; a time of day is left out.
std::optional<std::string> fhir_date(std::string_view text);
// As precise as it is, with the offset that it has, else that of `zone`. A time with no minutes, without a zone, or in
// the hour that a zone leaves out is the date alone, and `dropped` says so.
std::optional<std::string> fhir_date_time(std::string_view text, const hl7::Zone* zone, bool& dropped);
// Of what has a time to the second (seconds that are missing are 00) and a zone.
std::optional<std::string> fhir_instant(std::string_view text, const hl7::Zone* zone);
// 093000.5 -> 09:30:00.5
std::optional<std::string> fhir_time(std::string_view text);
// The digits as JSON writes them: +5 is 5, .50 is 0.50.
std::optional<json::Value> fhir_decimal(std::string_view text);
std::optional<json::Value> fhir_integer(std::string_view text);
std::optional<json::Value> fhir_boolean(std::string_view text);
// OBX-5 of ED: data and its encoding (A, Hex, Base64).
std::optional<std::string> fhir_base64(std::string_view data, std::string_view encoding);
// "application", "PDF" -> application/pdf
std::string media_type(std::string_view type, std::string_view subtype);

}  // namespace myelin::mapping
