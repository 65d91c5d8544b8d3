// units: a result in another unit: value, unit and reference range together, so that none of the three is left behind.
// Only where the unit that comes is the one named; a comparison (<5) keeps its sign; what is no number is left alone.
#include "routes/expr/decimal.h"
#include "routes/expr/grammar.h"
#include "routes/steps/place.h"
#include "routes/steps/steps.h"

namespace myelin::routes {

using config::Type;

const config::Spec kUnitsSpec{
    .name = "units",
    .doc = "converts a result, its unit and its reference range",
    .options =
        {
            {.name = "from",
             .type = Type::text,
             .fallback = {},
             .required = true,
             .doc = "the unit that comes, as it stands in the message; other units are left alone",
             .example = "mg/dL"},
            {.name = "to",
             .type = Type::text,
             .fallback = {},
             .required = true,
             .doc = "the unit that is written",
             .example = "mmol/L"},
            {.name = "factor",
             .type = Type::text,
             .fallback = {},
             .required = true,
             .doc = "what a value is multiplied by",
             .example = "0.0555"},
            {.name = "digits",
             .type = Type::integer,
             .fallback = {},
             .required = false,
             .doc = "digits after the point; as many as the multiplication gives when not said",
             .example = "1",
             .least = 0,
             .most = 10},
            {.name = "field",
             .type = Type::any,
             .fallback = {},
             .required = false,
             .doc = "the place of the value; OBX-5 when not said",
             .example = "OBX-5"},
            {.name = "unit",
             .type = Type::integer,
             .fallback = "6",
             .required = false,
             .doc = "the field of the same segment that holds the unit",
             .example = "6",
             .least = 1,
             .most = 200},
            {.name = "range",
             .type = Type::integer,
             .fallback = "7",
             .required = false,
             .doc = "the field of the same segment that holds the reference range; 0: none",
             .example = "7",
             .least = 0,
             .most = 200},
        },
    .example = "- units: { from: mg/dL, to: mmol/L, factor: 0.0555, digits: 1, field: \"OBX[*]-5\" }",
};

namespace {

struct Conversion {
  NamedPath field;
  std::string from, to;
  expr::Decimal factor;
  std::optional<int> digits;
  std::uint16_t unit = 6, range = 7;
};

bool is_digit(char c) { return (c >= '0' && c <= '9') || c == '.'; }

class UnitsStep final : public StepBase {
 public:
  UnitsStep(StepHead head, Conversion conversion) : StepBase(std::move(head)), conversion_(std::move(conversion)) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    for (const auto& place : places_to_write(*tree, conversion_.field, context)) {
      const hl7::Spot unit{place.segment, conversion_.unit, 1, 1, 1};
      if (tree->text(unit) != conversion_.from) continue;
      const auto value = first_leaf(place);
      const auto converted = in_new_unit(tree->text(value), false);
      if (!converted) continue;
      auto done = write_to(*tree, value, {*converted, false});
      if (done) done = write_unit(*tree, unit);
      if (done && conversion_.range != 0) done = write_range(*tree, {place.segment, conversion_.range, 1, 1, 1});
      if (!done) return fault_of(done.error().code, done.error().detail, conversion_.field.text);
    }
    return {};
  }

 private:
  // The whole field: the name and code system of the old unit are not those of the new one.
  Result<void> write_unit(hl7::Tree& tree, hl7::Spot unit) const {
    unit.repetition = unit.component = unit.subcomponent = 0;
    return write_to(tree, unit, {conversion_.to, false});
  }

  Result<void> write_range(hl7::Tree& tree, const hl7::Spot& range) const {
    const auto converted = in_new_unit(tree.text(range), true);
    return converted ? write_to(tree, range, {*converted, false}) : Result<void>();
  }

  std::optional<std::string> number(std::string_view text) const {
    const auto value = expr::Decimal::parse(text);
    auto product = value ? expr::Decimal::multiply(*value, conversion_.factor) : std::nullopt;
    if (product && conversion_.digits) product = product->round(*conversion_.digits);
    return product ? std::optional(product->text()) : std::nullopt;
  }

  // "5.1", "<5", ">= 3"; of a range each number in it, and "-" between two is no sign. Nothing when it holds a word.
  std::optional<std::string> in_new_unit(std::string_view text, bool range) const {
    std::string out;
    int numbers = 0;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = at;
      const bool sign = (text[at] == '-' || text[at] == '+') && numbers == 0 && at + 1 < text.size();
      if (sign) ++end;
      while (end < text.size() && is_digit(text[end])) ++end;
      if (end > at + (sign ? 1 : 0)) {
        const auto converted = number(text.substr(at, end - at));
        if (!converted || (++numbers > 1 && !range)) return std::nullopt;
        out += *converted;
        at = end;
      } else if (std::string_view(range ? "<>= -" : "<>= ").contains(text[at])) {
        out += text[at++];
      } else {
        return std::nullopt;
      }
    }
    return numbers > 0 ? std::optional(out) : std::nullopt;
  }

  Conversion conversion_;
};

}  // namespace

std::shared_ptr<const Step> build_units(StepItem item, Workshop& workshop) {
  const auto options = config::read_options(kUnitsSpec, item.value, workshop.diagnostics);
  Conversion conversion;
  conversion.from = options.text("from");
  conversion.to = options.text("to");
  conversion.unit = static_cast<std::uint16_t>(options.integer("unit"));
  conversion.range = static_cast<std::uint16_t>(options.integer("range"));
  if (options.given("digits")) conversion.digits = static_cast<int>(options.integer("digits"));
  const auto factor = expr::Decimal::parse(options.text("factor"));
  if (!factor && options.given("factor"))
    workshop.diagnostics.add("C0003", options.place("factor"), "'factor' needs a decimal number",
                             "for example factor: 0.0555");
  if (factor) conversion.factor = *factor;
  std::optional<NamedPath> field;
  if (const auto& node = options.node("field")) {
    field = read_path(node, workshop);
  } else {
    field = NamedPath{{.groups = {}, .segment = "OBX", .segment_pick = {}, .field = 5, .repetition = {}},
                      "OBX-5",
                      item.key_place,
                      workshop.scope.grammar ? workshop.scope.grammar->dictionary() : nullptr};
  }
  if (!field || !check_writable(*field, workshop) || !factor) return nullptr;
  conversion.field = std::move(*field);
  return std::make_shared<UnitsStep>(std::move(item.head), std::move(conversion));
}

}  // namespace myelin::routes
