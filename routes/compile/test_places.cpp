// What a test expects of a body that is no HL7: places in JSON and XML, and what FHIRPath gives.
#include "engine/fhir/fhir_path.h"
#include "engine/schema/xml_path.h"
#include "routes/compile/route_part.h"
#include "routes/expr/data_path.h"

namespace myelin::routes {
namespace {

using Reading = std::function<std::vector<std::string>(std::string_view)>;

std::string text_of(const json::Value& value) {
  if (const auto* text = value.text()) return *text;
  if (const auto* digits = value.digits()) return *digits;
  if (const auto truth = value.truth()) return *truth ? "true" : "false";
  return value.is_null() ? std::string() : json::write(value);
}

struct NoReading {
  std::size_t offset;
  std::string message, hint;
};

std::expected<Reading, NoReading> read_json(const std::string& text) {
  constexpr std::string_view kBody = "$body";
  const auto skipped = text.starts_with(kBody) ? kBody.size() : 0;
  auto path = expr::parse_data_path(std::string_view(text).substr(skipped));
  if (!path) return std::unexpected(NoReading{skipped + path.error().offset, path.error().message, path.error().hint});
  return [path = std::move(*path)](std::string_view bytes) {
    std::vector<std::string> texts;
    if (const auto root = json::read(bytes))
      for (const auto* value : expr::select(*root, path, {}, true)) texts.push_back(text_of(*value));
    return texts;
  };
}

std::expected<Reading, NoReading> read_xml(const std::string& text) {
  auto path = schema::XPath::compile(text);
  if (!path) return std::unexpected(NoReading{path.error().offset, path.error().message, "/report/patient/@id"});
  return [path = std::move(*path)](std::string_view bytes) {
    const auto document = schema::XmlDocument::read(bytes);
    return document ? path->values(**document) : std::vector<std::string>();
  };
}

std::expected<Reading, NoReading> read_fhirpath(const std::string& text) {
  auto path = fhir::FhirPath::compile(text);
  if (!path)
    return std::unexpected(
        NoReading{path.error().offset, path.error().message, "Bundle.entry.resource.status.first()"});
  return [path = std::move(*path)](std::string_view bytes) {
    const auto root = json::read(bytes);
    return root ? path->values(*root) : std::vector<std::string>();
  };
}

}  // namespace

void read_places(const config::Node::Entry& entry, RouteExpectation& expected, config::Diagnostics& diagnostics) {
  const auto read = entry.key == "json" ? &read_json : entry.key == "xml" ? &read_xml : &read_fhirpath;
  if (!entry.value.is_map())
    diagnostics.add("C0145", entry.value.place(), "`" + entry.key + "` is a map of places and what they read",
                    "json: { patient.mrn: \"4711\" }");
  for (const auto& [key, key_place, value] : entry.value.entries()) {
    auto reading = read(key);
    if (!reading) {
      const int quotes = key_place.length >= static_cast<int>(key.size()) + 2 ? 1 : 0;
      diagnostics.add("C0010", config::within(key_place, quotes + static_cast<int>(reading.error().offset), 1),
                      reading.error().message, reading.error().hint);
      continue;
    }
    if (!value.is_scalar())
      diagnostics.add("C0145", value.place(), "a place is expected to read as a text", key + ": \"…\"");
    expected.places.push_back(
        {key, value.is_scalar() ? value.text() : std::string(), value.place(), std::move(*reading)});
  }
}

}  // namespace myelin::routes
