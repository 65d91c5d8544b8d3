// to_fhir: a bundle of FHIR R4 instead of the HL7 message, by a map (schemas/maps) and what a site adds to it
// (conf/maps). What the map has no place for is noted: `try` shows it.
#include "routes/map/convert.h"
#include "routes/steps/steps.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Type;

class ToFhirStep final : public StepBase {
 public:
  ToFhirStep(StepHead head, const mapping::MessageMap& map, std::shared_ptr<const mapping::Overlay> overlay,
             mapping::Circumstances circumstances, std::string version)
      : StepBase(std::move(head)),
        map_(map),
        overlay_(std::move(overlay)),
        circumstances_(circumstances),
        version_(std::move(version)) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    const auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    auto circumstances = circumstances_;
    circumstances.version = version_;
    if (context.message) circumstances.received = context.message->received_at;
    auto made = mapping::convert(*tree, map_, *overlay_, circumstances);
    if (!made) return verdict_of(std::move(made.error()));
    put_form(Body(std::move(made->bundle)), body, context);
    if (context.observer)
      for (const auto& note : made->notes) context.observer->noted(*this, note);
    return {};
  }

 private:
  const mapping::MessageMap& map_;
  std::shared_ptr<const mapping::Overlay> overlay_;
  mapping::Circumstances circumstances_;
  std::string version_;
};

// Some accepted type is one of the map's.
bool accepts(const mapping::MessageMap& map, const std::vector<std::string>& types) {
  if (types.empty()) return true;
  for (const auto& type : types)
    for (const auto& mapped : map.types)
      if (type == mapped || (type.ends_with('*') && mapped.starts_with(type.substr(0, type.size() - 1)))) return true;
  return false;
}

const mapping::MessageMap* find_map(const config::Options& options, Workshop& workshop) {
  const auto& library = mapping::Library::embedded();
  const auto& name = options.text("map");
  if (name.empty()) return nullptr;
  const auto* map = library.message(name);
  if (!map) {
    const auto names = library.names();
    const auto near = config::nearest(name, names);
    workshop.diagnostics.add("C0173", options.place("map"), "there is no map called '" + name + "'",
                             near.empty() ? "there are " + joined(names) : "did you mean " + std::string(near) + "?");
  } else if (!accepts(*map, workshop.types)) {
    workshop.diagnostics.add("C0173", options.place("map"),
                             "map " + name + " is of messages that this channel does not accept",
                             "accept: { types: [" + map->types.front() + "] }");
    return nullptr;
  }
  return map;
}

}  // namespace

const config::Spec kToFhirSpec{
    .name = "to_fhir",
    .doc = "makes a bundle of FHIR R4 of the message",
    .options =
        {
            {.name = "map",
             .type = Type::name,
             .fallback = {},
             .required = true,
             .doc = "how: oru, for results",
             .example = "oru"},
            {.name = "overlay",
             .type = Type::name,
             .fallback = {},
             .required = false,
             .doc = "conf/maps/NAME.yaml: the systems of numbers and codes, local codes",
             .example = "lab-site"},
            {.name = "bundle",
             .type = Type::choice,
             .fallback = "transaction",
             .required = false,
             .doc = "what the receiver does with it: stores all or nothing, takes a message, or reads a collection",
             .example = "message",
             .choices = {"transaction", "message", "collection"}},
        },
    .example = "map: oru",
};

std::shared_ptr<const Step> build_to_fhir(StepItem item, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  if (!workshop.scope.around.empty()) {
    diagnostics.add("C0112", item.key_place, "`to_fhir` does not stand inside `each`",
                    "it makes one bundle of the whole message");
    return nullptr;
  }
  const auto options = config::read_options(kToFhirSpec, item.value, diagnostics);
  const auto* map = find_map(options, workshop);
  auto overlay = options.given("overlay") ? workshop.overlay(options.text("overlay"), options.place("overlay"))
                                          : mapping::Overlay::none();
  if (!workshop.scope.zone)
    diagnostics.add("C0102", item.key_place, "nothing says in which zone a time without offset is meant",
                    "say `zone:` on the channel: FHIR has no time of day without one");
  workshop.render_into(BodyKind::json);
  if (!map || !overlay || !workshop.scope.zone) return nullptr;
  mapping::Circumstances circumstances;
  circumstances.zone = workshop.scope.zone;
  const auto& bundle = options.text("bundle");
  circumstances.bundle = bundle == "message"      ? mapping::BundleKind::message
                         : bundle == "collection" ? mapping::BundleKind::collection
                                                  : mapping::BundleKind::transaction;
  return std::make_shared<ToFhirStep>(std::move(item.head), *map, std::move(overlay), circumstances,
                                      workshop.scope.version);
}

}  // namespace myelin::routes
