// Primitives of FHIR from the texts of HL7 v2: dates that keep their precision and get the channel's zone, numbers that
// keep their digits, URIs of systems. Pure; nothing when the text is not of that kind, so that the caller can say so.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/fhir/json.h"
#include "engine/hl7/delimiters.h"
#include "engine/hl7/zone.h"
#include "routes/map/library.h"

namespace myelin::mapping {

// What FHIR's string may hold: no control characters, nothing around it. Empty when nothing is left.
std::string clean_text(std::string_view text);
// The same of text as HL7 writes it: escapes decoded, formatting as plain text (\.br\ is a line feed). An escaped
// escape character begins nothing: \E\H\E\ is the text \H\.
std::string plain_text(std::string_view raw, const hl7::Delimiters& delimiters);
// One blank between words, none around.
std::string clean_code(std::string_view text);
// A part of a URI: in %hex what has a meaning between parts, or may not stand in one.
std::string percent(std::string_view text);
// A whole URI as somebody wrote it: in %hex only what may stand in none.
std::string fhir_uri(std::string_view text);
// "2.16.840.1.113883"
bool is_oid(std::string_view text);

// YYYY, YYYY-MM, YYYY-MM-DD; a time of day is left out.
std::optional<std::string> fhir_date(std::string_view text);
// As precise as it is, with the offset that it has, else that of `zone`. A time with no minutes, without a zone, or in
// the hour that a zone leaves out is the date alone, and `dropped` says so.
std::optional<std::string> fhir_date_time(std::string_view text, const hl7::Zone* zone, bool& dropped);
// Of what has a time to the second (seconds that are missing are 00) and a zone.
std::optional<std::string> fhir_instant(std::string_view text, const hl7::Zone* zone);
// The offset of the first time, "+0900", for those beside it that have none; empty when it has none. It is the zone's
// own at that time: then empty too, and the zone knows better, in summer and in winter.
std::string default_offset(std::string_view sent, const hl7::Zone* zone);
// A time of day without an offset gets this one.
std::string with_offset(std::string_view text, std::string_view offset);
// 093000.5 -> 09:30:00.5; an offset is left out, and `dropped` says so.
std::optional<std::string> fhir_time(std::string_view text, bool& dropped);
// The digits as JSON writes them: +5 is 5, .50 is 0.50.
std::optional<json::Value> fhir_decimal(std::string_view text);
std::optional<json::Value> fhir_integer(std::string_view text);
std::optional<json::Value> fhir_boolean(std::string_view text);
// "< 5" is a number with < <= > or >= before it; a bare number has none. Nothing when it is no number.
struct Amount {
  std::string comparator, number;
};
std::optional<Amount> amount_of(std::string_view text);
// OBX-5 of ED: data and its encoding (A, Hex, Base64). What says none is as it stands when it is text, or no Base64.
std::optional<std::string> fhir_base64(std::string_view data, std::string_view encoding, bool text);
// "application", "PDF" -> application/pdf
std::string media_type(std::string_view type, std::string_view subtype);

}  // namespace myelin::mapping
