// from_fhir: a message of HL7 v2 in the place of FHIR R4, by the rules of a map (schemas/maps/from_fhir) and what a
// site adds to it (conf/maps). The document is $original from here on. What the map has no place for is noted: `try`
// shows it.
#include "routes/expr/functions.h"
#include "routes/expr/grammar.h"
#include "routes/reverse/convert.h"
#include "routes/steps/steps.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {

using config::Type;

const config::Spec kFromFhirSpec{
    .name = "from_fhir",
    .doc = "makes a message of HL7 v2 of FHIR R4",
    .options =
        {
            {.name = "map",
             .type = Type::name,
             .fallback = {},
             .required = true,
             .doc =
                 "adt patients and visits, oru results, orm and oml orders, omp prescriptions, siu appointments, mdm "
                 "documents",
             .example = "adt"},
            {.name = "type",
             .type = Type::text,
             .fallback = {},
             .required = false,
             .doc = "the message type; when not said, that of MessageHeader.eventCoding, else what the status says",
             .example = "ADT^A08"},
            {.name = "overlay",
             .type = Type::name,
             .fallback = {},
             .required = false,
             .doc = "conf/maps/NAME.yaml, the same as of `to_fhir`: the names of systems, local codes",
             .example = "lab-site"},
        },
    .example = "map: adt",
};

namespace {

struct Recipe {
  const reverse::MessageRules* rules = nullptr;
  std::shared_ptr<const mapping::Overlay> overlay;
  std::string type, version;
  std::string place;  // makes the id of this step's message different from another's
};

class FromFhirStep final : public StepBase {
 public:
  FromFhirStep(StepHead head, Recipe recipe)
      : StepBase(std::move(head)), recipe_(std::move(recipe)), systems_(*recipe_.overlay) {}

  Verdict apply(Body& body, Context& context) const override {
    const auto* document = body.json();
    if (!document) return fault_of(FaultCode::not_json, "FHIR is JSON here, and the body is none");
    reverse::Circumstances circumstances;
    circumstances.version = recipe_.version;
    circumstances.type = recipe_.type;
    circumstances.notes = context.observer != nullptr;
    std::string received;
    if (context.message) {
      auto time = expr::Timestamp::of(context.message->received_at);
      time.precision = expr::Timestamp::Precision::second;
      received = time.hl7();
    }
    const auto id = expr::short_id(context.message, recipe_.place);
    circumstances.received = received;
    circumstances.id = id;
    auto made = reverse::convert(*document, *recipe_.rules, *recipe_.overlay, systems_, circumstances);
    if (!made) return verdict_of(std::move(made.error()));
    context.kept = std::make_shared<const Body>(std::move(body));
    context.original = context.kept.get();
    body = Body(std::move(made->message));
    if (context.observer)
      for (const auto& note : made->notes) context.observer->noted(*this, note);
    return {};
  }

 private:
  Recipe recipe_;
  reverse::Systems systems_;
};

const reverse::MessageRules* find_rules(const config::Options& options, Workshop& workshop) {
  const auto& rules = reverse::Rules::embedded();
  const auto& name = options.text("map");
  if (name.empty()) return nullptr;
  const auto* found = rules.message(name);
  if (found) return found;
  const auto names = rules.names();
  const auto near = config::nearest(name, names);
  workshop.diagnostics.add("C0173", options.place("map"), "there is no map from FHIR called '" + name + "'",
                           near.empty() ? "there are " + joined(names) : "did you mean " + std::string(near) + "?");
  return nullptr;
}

bool check_type(const config::Options& options, const reverse::MessageRules& rules, Workshop& workshop) {
  const auto& type = options.text("type");
  if (type.empty() || std::ranges::find(rules.types, type) != rules.types.end()) return true;
  const std::vector<std::string_view> types(rules.types.begin(), rules.types.end());
  workshop.diagnostics.add("C0240", options.place("type"), "map " + rules.name + " makes no " + type,
                           "it makes " + joined(types));
  return false;
}

// Two codes or names of the sender that are one in FHIR: which of them the way back takes is somebody's to say.
void check_ambiguous(const config::Options& options, const mapping::Overlay& overlay, Workshop& workshop) {
  const auto warn = [&](const std::string& what, const std::string& remedy) {
    workshop.diagnostics.add("W0180", options.place("overlay"), what, remedy);
  };
  for (const auto& [table, codes] : overlay.codes) {
    std::map<std::string, std::string, std::less<>> seen;
    const auto chosen = overlay.to_hl7.find(table);
    for (const auto& [hl7, fhir] : codes) {
      const auto [first, fresh] = seen.emplace(fhir, hl7);
      if (fresh || (chosen != overlay.to_hl7.end() && chosen->second.contains(fhir))) continue;
      warn("'" + fhir + "' of " + table + " is both " + first->second + " and " + hl7 + " in overlay " + overlay.name +
               "; " + first->second + " is sent",
           "to_hl7: { " + table + ": { " + fhir + ": " + first->second + " } }");
    }
  }
  for (const auto* names : {&overlay.systems, &overlay.coding_systems}) {
    std::map<std::string, std::string, std::less<>> seen;
    for (const auto& [name, uri] : *names)
      if (const auto [first, fresh] = seen.emplace(uri, name); !fresh)
        warn("one system is both " + first->second + " and " + name + " in overlay " + overlay.name + "; " +
                 first->second + " is sent",
             "an overlay of its own for the way from FHIR, with one name for each URI");
  }
}

// What is known of the message from here on.
void declare(Workshop& workshop, const reverse::MessageRules& rules, const std::string& type,
             const std::string& version) {
  auto& scope = workshop.scope;
  scope.original_body = scope.body;
  scope.original.reset();
  scope.body = BodyKind::hl7;
  workshop.types = type.empty() ? rules.types : std::vector{type};
  scope.grammar = std::make_shared<const expr::Grammar>(version, workshop.types);
}

}  // namespace

std::shared_ptr<const Step> build_from_fhir(StepItem item, Workshop& workshop) {
  auto& scope = workshop.scope;
  auto& diagnostics = workshop.diagnostics;
  if (!scope.around.empty() || workshop.rows > 0) {
    diagnostics.add("C0112", item.key_place, "`from_fhir` does not stand inside `each`",
                    "it makes one message of the whole document");
    return nullptr;
  }
  if (scope.body != BodyKind::json) {
    diagnostics.add("C0138", item.key_place,
                    "`from_fhir` reads JSON, and the body is " + std::string(name_of(scope.body)),
                    scope.body == BodyKind::hl7 ? "accept: { body: json }" : "decode: json above it");
    return nullptr;
  }
  const auto options = config::read_options(kFromFhirSpec, item.value, diagnostics);
  Recipe recipe;
  recipe.rules = find_rules(options, workshop);
  recipe.overlay = options.given("overlay") ? workshop.overlay(options.text("overlay"), options.place("overlay"))
                                            : mapping::Overlay::none();
  recipe.type = options.text("type");
  recipe.version = scope.version.empty() ? "2.5.1" : scope.version;
  recipe.place = item.head.place;
  if (recipe.overlay && options.given("overlay")) check_ambiguous(options, *recipe.overlay, workshop);
  const bool good = recipe.rules && recipe.overlay && check_type(options, *recipe.rules, workshop);
  if (!recipe.rules) {
    scope.original_body = scope.body;
    scope.body = BodyKind::hl7;
    return nullptr;
  }
  declare(workshop, *recipe.rules, good ? recipe.type : "", recipe.version);
  if (!good) return nullptr;
  return std::make_shared<FromFhirStep>(std::move(item.head), std::move(recipe));
}

}  // namespace myelin::routes
