// map: replaces a code by what a table says of it. A place that is absent, empty or null has no code, so nothing is
// looked up, unless the table has a row for the empty key. What follows a code without a row must be said: `unmapped`.
#include "engine/config/spec.h"
#include "routes/steps/code_map.h"
#include "routes/steps/document.h"
#include "routes/steps/place.h"
#include "routes/steps/steps.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {

using config::Type;

const config::Spec kMapSpec{
    .name = "map",
    .doc = "replaces a code by its answer in a table",
    .options =
        {
            {.name = "field",
             .type = Type::any,
             .fallback = {},
             .required = true,
             .doc = "the place of the code; [*] maps each of several",
             .example = "PID-8"},
            {.name = "table",
             .type = Type::name,
             .fallback = {},
             .required = true,
             .doc = "conf/tables/NAME.csv",
             .example = "sex-to-lab"},
            {.name = "column",
             .type = Type::text,
             .fallback = {},
             .required = false,
             .doc = "the column with the answer; the second one unless named",
             .example = "lab"},
            {.name = "unmapped",
             .type = Type::any,
             .fallback = {},
             .required = true,
             .doc = "what follows when the table has no such code: keep | park | hold | fault | { default: X }",
             .example = "park"},
            {.name = "to",
             .type = Type::any,
             .fallback = {},
             .required = false,
             .doc = "the place that gets the answer; the field itself unless named",
             .example = "PID-8"},
            {.name = "keep",
             .type = Type::choice,
             .fallback = {},
             .required = false,
             .doc = "alternate: the sender's own code, text and system (components 1 to 3) stay as the alternate ones "
                    "(4 to 6); the table's columns text and system, where it has them, become components 2 and 3",
             .example = "alternate",
             .choices = {"alternate"}},
        },
    .example = "- map: { field: PID-8, table: sex-to-lab, unmapped: park }",
};

namespace {

enum class Unmapped : std::uint8_t { keep, park, hold, fault, fallback };

struct Mapping {
  std::shared_ptr<const DocumentPlace> place, to_place;  // in JSON and XML; else null
  NamedPath field;
  std::optional<NamedPath> to;
  std::shared_ptr<const Table> table;
  std::string column;
  Unmapped unmapped = Unmapped::fault;
  std::string fallback;
  bool keep = false;  // the sender's code as the alternate one
};

constexpr std::uint16_t kAlternate = 4;       // components 4 to 6 of CE and CWE …
constexpr std::uint16_t kNextAlternate = 10;  // … and 10 to 12, where a sender uses those

class MapStep final : public StepBase, public CodeMap {
 public:
  MapStep(StepHead head, Mapping mapping) : StepBase(std::move(head)), mapping_(std::move(mapping)) {}

  const std::string& table_name() const override { return mapping_.table->name(); }

  Verdict apply(Body& body, Context& context) const override {
    if (mapping_.place) return apply_to_document(body, context);
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    for (const auto& place : places_to_write(*tree, mapping_.field, context)) {
      const auto leaf = first_leaf(place);
      const auto code = tree->text(leaf);
      auto answer = mapping_.table->lookup(code, mapping_.column);
      if (!answer) {
        if (code.empty() || mapping_.unmapped == Unmapped::keep) continue;
        if (mapping_.unmapped != Unmapped::fallback) return unmapped(hl7::to_string(*tree, place));
        answer = mapping_.fallback;
      }
      auto done = mapping_.keep ? keep_and_write(*tree, place, *answer) : write(*tree, leaf, *answer, context);
      if (!done) return fault_of(done.error().code, done.error().detail, mapping_.field.text);
    }
    return {};
  }

 private:
  Result<void> write(hl7::Tree& tree, const hl7::Spot& leaf, std::string_view answer, const Context& context) const {
    const expr::Written value{std::string(answer), false};
    if (!mapping_.to) return write_to(tree, leaf, value);
    for (const auto& spot : places_to_write(tree, *mapping_.to, context)) {
      auto done = write_to(tree, spot, value);
      if (!done) return done;
    }
    return {};
  }

  Result<void> keep_and_write(hl7::Tree& tree, hl7::Spot field, std::string_view answer) const {
    if (field.repetition == 0) field.repetition = 1;
    const auto part = [&](std::uint16_t number) {
      auto spot = field;
      spot.component = number;
      return spot;
    };
    const std::string code = tree.text(part(1));
    const auto to = tree.presence(part(kAlternate)) == hl7::Presence::valued ? kNextAlternate : kAlternate;
    for (std::uint16_t number = 1; number <= 3; ++number) {
      const std::string own(tree.raw(part(number)));
      auto done = tree.write_raw(part(static_cast<std::uint16_t>(to + number - 1)), own);
      if (!done) return done;
    }
    const auto said = [&](std::string_view column) { return mapping_.table->lookup(code, column).value_or(""); };
    for (const auto& [number, text] : {std::pair{1, answer}, {2, said("text")}, {3, said("system")}})
      if (auto done = tree.write_text(part(static_cast<std::uint16_t>(number)), text); !done) return done;
    return {};
  }

  Verdict apply_to_document(Body& body, const Context& context) const {
    bool unknown = false;
    std::optional<std::string> last;
    auto done =
        mapping_.place->change(body, context, [&](const std::string& code) -> Result<std::optional<std::string>> {
          const auto answer = mapping_.table->lookup(code, mapping_.column);
          if (!answer && mapping_.unmapped == Unmapped::fallback && !code.empty()) last = mapping_.fallback;
          else if (answer) last = std::string(*answer);
          else last.reset();
          unknown = unknown || (!answer && !code.empty() && mapping_.unmapped < Unmapped::fallback &&
                                mapping_.unmapped != Unmapped::keep);
          return mapping_.to_place ? std::optional<std::string>() : last;
        });
    if (done && unknown) return unmapped(mapping_.place->text());
    if (done && mapping_.to_place && last) done = mapping_.to_place->set(body, context, json::Value(*last));
    return done ? Verdict() : verdict_of(std::move(done.error()));
  }

  Verdict unmapped(std::string at) const {
    using enum Verdict::Kind;
    const auto kind = mapping_.unmapped == Unmapped::park ? park : mapping_.unmapped == Unmapped::hold ? hold : fault;
    return {kind, "unmapped",
            Fault{FaultCode::unmapped,
                  "table " + mapping_.table->name() + " has no row for the code at this place",
                  std::move(at),
                  {}}};
  }

  Mapping mapping_;
};

constexpr std::string_view kUnmappedHint = "keep | park | hold | fault | { default: X }";

bool read_unmapped(const config::Node& node, Mapping& mapping, config::Diagnostics& diagnostics) {
  if (node.is_map() && node.entries().size() == 1 && node.entries().front().key == "default" &&
      node.entries().front().value.is_scalar()) {
    mapping.unmapped = Unmapped::fallback;
    mapping.fallback = node.entries().front().value.text();
    return true;
  }
  constexpr std::array<std::string_view, 4> kWords = {"keep", "park", "hold", "fault"};
  if (node.is_scalar())
    for (std::size_t index = 0; index < kWords.size(); ++index)
      if (node.text() == kWords[index]) {
        mapping.unmapped = static_cast<Unmapped>(index);
        return true;
      }
  if (node) diagnostics.add("C0117", node.place(), "`unmapped` does not know this", std::string(kUnmappedHint));
  return false;
}

}  // namespace

std::shared_ptr<const Step> build_map(StepItem item, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  const auto options = config::read_options(kMapSpec, item.value, diagnostics);
  Mapping mapping;
  bool good = read_unmapped(options.node("unmapped"), mapping, diagnostics);
  const bool document = is_document(workshop.scope.body);
  if (const auto& field = options.node("field"); field && document) {
    mapping.place = DocumentPlace::read(field, workshop);
    good = good && mapping.place;
  } else if (field) {
    auto path = read_path(field, workshop);
    if (path && check_writable(*path, workshop)) mapping.field = std::move(*path);
    else good = false;
  } else {
    good = false;
  }
  if (const auto& to = options.node("to"); to && document) {
    mapping.to_place = DocumentPlace::read(to, workshop);
    good = good && mapping.to_place;
  } else if (to) {
    mapping.to = read_path(to, workshop);
    good = good && mapping.to && check_writable(*mapping.to, workshop);
  }
  if (options.given("table")) mapping.table = workshop.table(options.text("table"), options.place("table"));
  mapping.column = options.text("column");
  mapping.keep = options.given("keep");
  if (mapping.keep && (document || mapping.to || mapping.field.path.field == 0 || mapping.field.path.component != 0)) {
    diagnostics.add("C0112", options.place("keep"), "`keep: alternate` is for a coded field as a whole, without `to`",
                    "map: { field: OBX-3, table: lab-to-loinc, unmapped: park, keep: alternate }");
    good = false;
  }
  if (mapping.table && !mapping.column.empty() && !mapping.table->has_column(mapping.column)) {
    std::vector<std::string_view> columns(mapping.table->columns().begin(), mapping.table->columns().end());
    const auto near = config::nearest(mapping.column, columns);
    diagnostics.add("C0088", options.place("column"),
                    "table " + mapping.table->name() + " has no column '" + mapping.column + "'",
                    near.empty() ? "it has " + joined(columns) : "did you mean " + std::string(near) + "?");
    good = false;
  }
  if (mapping.unmapped == Unmapped::hold) workshop.holds.push_back(options.place("unmapped"));
  if (!good || !mapping.table) return nullptr;
  return std::make_shared<MapStep>(std::move(item.head), std::move(mapping));
}

}  // namespace myelin::routes
