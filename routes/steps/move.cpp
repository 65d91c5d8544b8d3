// move: what stands at `from` goes to `to`, structure and repetitions with it; `from` is empty afterwards.
#include "routes/steps/document.h"
#include "routes/steps/document_steps.h"
#include "routes/steps/place.h"
#include "routes/steps/steps.h"

namespace myelin::routes {

using config::Type;

const config::Spec kMoveSpec{
    .name = "move",
    .doc = "moves a field to another place",
    .options =
        {
            {.name = "from",
             .type = Type::any,
             .fallback = {},
             .required = true,
             .doc = "the place that is emptied",
             .example = "PID-2"},
            {.name = "to",
             .type = Type::any,
             .fallback = {},
             .required = true,
             .doc = "the place that is written",
             .example = "PID-3"},
        },
    .example = "- move: { from: PID-2, to: PID-4 }",
};

namespace {

class MoveStep final : public StepBase {
 public:
  MoveStep(StepHead head, NamedPath from, NamedPath to)
      : StepBase(std::move(head)), from_(std::move(from)), to_(std::move(to)) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    const auto sources = places_to_write(*tree, from_, context);
    const auto targets = places_to_write(*tree, to_, context);
    if (sources.empty() || targets.empty()) return {};
    const std::string content(tree->raw(sources.front()));
    if (content.empty()) return {};  // nothing to move: what stands at `to` stays
    auto done = write_to(*tree, targets.front(), {content, true});
    if (done) done = write_to(*tree, sources.front(), {"", true});
    if (!done) return fault_of(done.error().code, done.error().detail, to_.text);
    return {};
  }

 private:
  NamedPath from_, to_;
};

}  // namespace

std::shared_ptr<const Step> build_move(StepItem item, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  const auto options = config::read_options(kMoveSpec, item.value, diagnostics);
  if (is_document(workshop.scope.body)) return build_document_move(std::move(item), options, workshop);
  const auto place = [&](std::string_view name) -> std::optional<NamedPath> {
    const auto& node = options.node(name);
    if (!node) return std::nullopt;
    auto path = read_path(node, workshop);
    if (path && !check_writable(*path, workshop)) path.reset();
    return path;
  };
  auto from = place("from");
  auto to = place("to");
  if (!from || !to) return nullptr;
  return std::make_shared<MoveStep>(std::move(item.head), std::move(*from), std::move(*to));
}

}  // namespace myelin::routes
