#include "routes/map/overlay.h"

#include "engine/base/crypto.h"

namespace myelin::mapping {
namespace {

using config::Node;
using config::Type;

bool is_uri(std::string_view text) {
  const auto colon = text.find(':');
  return colon != text.npos && colon > 0 && text.find_first_of(" \t\r\n<>\"") == text.npos;
}

// A map of name: URI.
Names read_uris(const Node& node, config::Diagnostics& diagnostics) {
  Names all;
  for (const auto& entry : node.entries()) {
    if (entry.value.is_scalar() && is_uri(entry.value.text())) all.emplace(entry.key, entry.value.text());
    else
      diagnostics.add("C0172", entry.value.place(), "a system is a URI",
                      "WEST: https://west.example/fhir/sid/patients, or urn:oid:2.16.840.1.113883.19.5");
  }
  return all;
}

}  // namespace

const config::Spec& overlay_spec() {
  static const config::Spec kSpec{
      .name = "overlay",
      .doc = "what a site adds to the maps between HL7 v2 and FHIR",
      .options =
          {
              {.name = "overlay",
               .type = Type::name,
               .fallback = {},
               .required = true,
               .doc = "the name, as the file is called",
               .example = "lab-site"},
              {.name = "about",
               .type = Type::text,
               .fallback = {},
               .required = false,
               .doc = "whose",
               .example = "The laboratory of Westerhaven"},
              {.name = "systems",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "the URI of each assigning authority, by its name (HD.1) or its OID (HD.2), or of one type "
                      "of its numbers (W:AN); also SSN, facility, location",
               .example = "{ WEST: https://west.example/fhir/sid/patients }"},
              {.name = "coding_systems",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "the URI of each code system that HL7 does not know, by its name in CWE.3",
               .example = "{ L: https://west.example/fhir/codes/lab }"},
              {.name = "fallback",
               .type = Type::text,
               .fallback = "urn:x-hl7v2:",
               .required = false,
               .doc = "of an authority or code system that is not listed: this and its name; `try` notes it",
               .example = "https://west.example/fhir/sid/"},
              {.name = "authority",
               .type = Type::text,
               .fallback = {},
               .required = false,
               .doc = "meant where a number names no authority; the sending facility (MSH-4) when not said",
               .example = "WEST"},
              {.name = "identity",
               .type = Type::names,
               .fallback = {},
               .required = false,
               .doc = "types of numbers (PID-3.5) that identify a patient, the best first",
               .example = "[MR, PI]"},
              {.name = "codes",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "codes of the sender that the maps do not know: table, code, FHIR code",
               .example = "{ ObservationStatus: { Z: final } }"},
              {.name = "to_hl7",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "from FHIR to HL7: the code to send where several mean it, or none: table, FHIR code, HL7 code",
               .example = "{ AdministrativeSex: { other: A } }"},
          },
      .example =
          "overlay: lab-site\nfallback: https://west.example/fhir/sid/\nsystems:\n  WEST: "
          "https://west.example/fhir/sid/patients",
  };
  return kSpec;
}

std::shared_ptr<const Overlay> Overlay::none() {
  static const auto kNone = std::make_shared<const Overlay>();
  return kNone;
}

std::shared_ptr<const Overlay> Overlay::read(const std::shared_ptr<const config::SourceText>& source, std::string name,
                                             config::Diagnostics& diagnostics) {
  auto overlay = std::make_shared<Overlay>();
  overlay->name = std::move(name);
  overlay->digest = hex(sha256(source->content()));
  const auto root = config::load_yaml(source, diagnostics);
  if (!root) return overlay;
  const auto options = config::read_options(overlay_spec(), root, diagnostics);
  if (options.given("overlay") && options.text("overlay") != overlay->name)
    diagnostics.add("C0172", options.place("overlay"),
                    "the overlay is called '" + options.text("overlay") + "' and its file " + overlay->name,
                    "give both one name: a step finds an overlay by its file");
  overlay->systems = read_uris(options.node("systems"), diagnostics);
  overlay->coding_systems = read_uris(options.node("coding_systems"), diagnostics);
  if (is_uri(options.text("fallback"))) overlay->fallback = options.text("fallback");
  else
    diagnostics.add("C0172", options.place("fallback"), "`fallback` is the beginning of a URI",
                    "fallback: https://west.example/fhir/sid/");
  overlay->authority = options.text("authority");
  overlay->identity = options.names("identity");
  for (const auto& [name, into] : {std::pair("codes", &overlay->codes), std::pair("to_hl7", &overlay->to_hl7)})
    for (const auto& table : options.node(name).entries())
      for (const auto& entry : table.value.entries())
        if (entry.value.is_scalar()) (*into)[table.key].emplace(entry.key, entry.value.text());
  return overlay;
}

}  // namespace myelin::mapping
