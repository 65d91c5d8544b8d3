// date: a date or time in another form or zone. It looks at the first leaf of the place; what is absent, empty or null
// is left alone; what is no date in the form named, or less precise than the form to be written, is a fault, never a
// guess.
#include "engine/config/spec.h"
#include "routes/expr/zoned.h"
#include "routes/steps/place.h"
#include "routes/steps/steps.h"

namespace myelin::routes {

using config::Type;

const config::Spec kDateSpec{
    .name = "date",
    .doc = "reads a date in one form or zone and writes it in another",
    .options =
        {
            {.name = "field",
             .type = Type::any,
             .fallback = {},
             .required = true,
             .doc = "the place of the date; [*] takes each of several",
             .example = "PID-7"},
            {.name = "in",
             .type = Type::text,
             .fallback = {},
             .required = false,
             .doc = "the form in which it comes, of yyyy MM dd HH mm ss ZZZ, where what stands in [ ] may be absent; "
                    "HL7's "
                    "own when not said",
             .example = "dd.MM.yyyy"},
            {.name = "out",
             .type = Type::text,
             .fallback = {},
             .required = false,
             .doc =
                 "the form in which it is written; HL7's own, as precise as it is, when not said. What is less precise "
                 "is a fault, but for what stands in [ ]: yyyy[-MM[-dd]] makes 1987 of 1987",
             .example = "yyyyMMdd"},
            {.name = "to_zone",
             .type = Type::text,
             .fallback = {},
             .required = false,
             .doc = "the time zone in which it is written, its offset with it",
             .example = "UTC"},
            {.name = "from_zone",
             .type = Type::text,
             .fallback = {},
             .required = false,
             .doc = "the time zone of a time without offset; the channel's `zone` when not said",
             .example = "Europe/Amsterdam"},
        },
    .example = "- date: { field: PID-7, out: yyyyMMdd }",
};

namespace {

struct Conversion {
  NamedPath field;
  std::string in, out;
  const hl7::Zone* to = nullptr;
  const hl7::Zone* home = nullptr;
};

class DateStep final : public StepBase {
 public:
  DateStep(StepHead head, Conversion conversion) : StepBase(std::move(head)), conversion_(std::move(conversion)) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    for (const auto& place : places_to_write(*tree, conversion_.field, context)) {
      const auto leaf = first_leaf(place);
      const auto text = tree->text(leaf);
      if (text.empty()) continue;
      auto written = convert(text, hl7::to_string(*tree, place));
      if (!written) return verdict_of(std::move(written.error()));
      auto done = write_to(*tree, leaf, {std::move(*written), false});
      if (!done) return fault_of(done.error().code, done.error().detail, conversion_.field.text);
    }
    return {};
  }

 private:
  Result<std::string> convert(const std::string& text, std::string at) const {
    auto time = conversion_.in.empty() ? expr::Timestamp::parse(text) : expr::parse_as(text, conversion_.in);
    if (!time) return fail(FaultCode::bad_value, "this is no date in the form that is expected here", std::move(at));
    if (conversion_.to) {
      const auto there = expr::in_zone(*time, *conversion_.to, conversion_.home);
      if (!there)
        return fail(FaultCode::bad_value, "this hour does not exist: the clocks were put forward over it",
                    std::move(at));
      time = *there;
    }
    if (conversion_.out.empty()) return time->hl7();
    auto written = time->format(conversion_.out);
    if (!written)
      return fail(FaultCode::bad_value, "this is less precise than `out` asks for, and nothing is made up",
                  std::move(at));
    return std::move(*written);
  }

  Conversion conversion_;
};

void check_pattern(const config::Options& options, std::string_view name, config::Diagnostics& diagnostics) {
  if (!options.given(name)) return;
  if (const auto why = expr::format_mistake(options.text(name)); !why.empty())
    diagnostics.add("C0097", options.place(name), why, "yyyy MM dd HH mm ss SSS ZZZ; other letters in ' '");
}

// The zones of the conversion. One that is needed and not named is a mistake: nothing is guessed from the machine.
void read_zones(const config::Options& options, Conversion& conversion, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  const auto named = [&](std::string_view name) -> const hl7::Zone* {
    return options.given(name) ? expr::find_zone(options.text(name), options.place(name), diagnostics) : nullptr;
  };
  conversion.to = named("to_zone");
  conversion.home = options.given("from_zone") ? named("from_zone") : workshop.scope.zone;
  if (options.given("from_zone") && !options.given("to_zone"))
    diagnostics.add("C0002", options.place("from_zone"), "`from_zone` needs `to_zone`", "for example to_zone: UTC");
  if (options.given("to_zone") && !options.given("from_zone") && !workshop.scope.zone)
    diagnostics.add("C0102", options.place("to_zone"), "nothing says in which zone a time without offset is meant",
                    "say `zone:` on the channel, or from_zone: here");
}

}  // namespace

std::shared_ptr<const Step> build_date(StepItem item, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  const auto before = diagnostics.errors();
  const auto options = config::read_options(kDateSpec, item.value, diagnostics);
  Conversion conversion;
  if (const auto& node = options.node("field")) {
    auto path = read_path(node, workshop);
    if (path && check_writable(*path, workshop)) conversion.field = std::move(*path);
  }
  check_pattern(options, "in", diagnostics);
  check_pattern(options, "out", diagnostics);
  conversion.in = options.text("in");
  conversion.out = options.text("out");
  read_zones(options, conversion, workshop);
  if (!options.given("in") && !options.given("out") && !options.given("to_zone"))
    diagnostics.add("C0002", item.key_place,
                    "`date` says neither `in`, `out` nor `to_zone`, so it would change nothing",
                    "for example out: yyyyMMdd");
  if (diagnostics.errors() != before) return nullptr;
  return std::make_shared<DateStep>(std::move(item.head), std::move(conversion));
}

}  // namespace myelin::routes
