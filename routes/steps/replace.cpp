// replace: what a regular expression finds is replaced, in each leaf of the place on its own, so that components and
// repetitions stay as they are. What it does not find is not touched.
#include "engine/config/spec.h"
#include "routes/expr/leaves.h"
#include "routes/expr/pattern.h"
#include "routes/steps/document.h"
#include "routes/steps/place.h"
#include "routes/steps/steps.h"

namespace myelin::routes {

using config::Type;

const config::Spec kReplaceSpec{
    .name = "replace",
    .doc = "replaces what a regular expression (RE2) finds",
    .options =
        {
            {.name = "field",
             .type = Type::any,
             .fallback = {},
             .required = true,
             .doc = "the place; each of its parts on its own",
             .example = "PID-13"},
            {.name = "pattern",
             .type = Type::text,
             .fallback = {},
             .required = true,
             .doc = "a regular expression as RE2 reads it; ^ and $ are the ends of the part",
             .example = "\"[^0-9+]\""},
            {.name = "by",
             .type = Type::text,
             .fallback = {},
             .required = true,
             .doc = "what stands instead; \\1 is what the first ( ) found",
             .example = "\"\""},
        },
    .example = "- replace: { field: PID-13, pattern: \"[^0-9+]\", by: \"\" }",
};

namespace {

class ReplaceStep final : public StepBase {
 public:
  ReplaceStep(StepHead head, NamedPath field, expr::Pattern pattern, std::string by)
      : StepBase(std::move(head)), field_(std::move(field)), pattern_(std::move(pattern)), by_(std::move(by)) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    for (const auto& spot : places_to_write(*tree, field_, context)) {
      bool fits = true;
      auto content = expr::change_leaves(tree->raw(spot), tree->delimiters(), [&](const std::string& leaf) {
        auto replaced = expr::replace_all(*pattern_, leaf, by_);
        fits = fits && replaced;
        return replaced ? std::move(*replaced) : std::string();
      });
      if (!fits) return fault_of(FaultCode::step_limit, "the text would grow over 16 MiB", field_.text);
      auto done = write_to(*tree, spot, {std::move(content), true});
      if (!done) return fault_of(done.error().code, done.error().detail, field_.text);
    }
    return {};
  }

 private:
  NamedPath field_;
  expr::Pattern pattern_;
  std::string by_;
};

// Of JSON and XML the whole text of each place.
class ReplaceInDocument final : public StepBase {
 public:
  ReplaceInDocument(StepHead head, std::shared_ptr<const DocumentPlace> place, expr::Pattern pattern, std::string by)
      : StepBase(std::move(head)), place_(std::move(place)), pattern_(std::move(pattern)), by_(std::move(by)) {}

  Verdict apply(Body& body, Context& context) const override {
    auto done = place_->change(body, context, [&](const std::string& text) -> Result<std::optional<std::string>> {
      auto replaced = expr::replace_all(*pattern_, text, by_);
      if (!replaced) return fail(FaultCode::step_limit, "the text would grow over 16 MiB");
      if (*replaced == text) return std::optional<std::string>();
      return replaced;
    });
    return done ? Verdict() : verdict_of(std::move(done.error()));
  }

 private:
  std::shared_ptr<const DocumentPlace> place_;
  expr::Pattern pattern_;
  std::string by_;
};

}  // namespace

std::shared_ptr<const Step> build_replace(StepItem item, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  const auto options = config::read_options(kReplaceSpec, item.value, diagnostics);
  std::optional<NamedPath> field;
  std::shared_ptr<const DocumentPlace> place;
  const auto& node = options.node("field");
  if (node && is_document(workshop.scope.body)) place = DocumentPlace::read(node, workshop);
  else if (node) field = read_path(node, workshop);
  const bool writable = place || (field && check_writable(*field, workshop));
  if (!options.given("pattern")) return nullptr;
  auto pattern = expr::read_pattern(options.text("pattern"));
  if (!pattern) {
    diagnostics.add("C0089", options.place("pattern"), "this regular expression cannot be used: " + pattern.error());
    return nullptr;
  }
  if (const auto why = expr::replacement_mistake(**pattern, options.text("by")); !why.empty()) {
    diagnostics.add("C0089", options.place("by"), "this replacement cannot be used: " + why);
    return nullptr;
  }
  if (!writable) return nullptr;
  if (place)
    return std::make_shared<ReplaceInDocument>(std::move(item.head), std::move(place), std::move(*pattern),
                                               options.text("by"));
  return std::make_shared<ReplaceStep>(std::move(item.head), std::move(*field), std::move(*pattern),
                                       options.text("by"));
}

}  // namespace myelin::routes
