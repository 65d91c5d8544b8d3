// set: writes values to places, in the order of the file; each line sees what the lines above it wrote.
#include "routes/steps/document.h"
#include "routes/steps/document_steps.h"
#include "routes/steps/place.h"
#include "routes/steps/steps.h"

namespace myelin::routes {
namespace {

struct Assignment {
  NamedPath path;
  std::shared_ptr<const expr::TextSource> value;
};

// Why there is no place to write to, for a person who tries the step.
std::string why_nowhere(const hl7::Tree& tree, const NamedPath& path) {
  const auto& segment = path.path.segment;
  bool there = false;
  for (std::uint32_t at = 0; at < tree.segment_count(); ++at) there = there || tree.segment_name(at) == segment;
  return path.text + (there ? " is not written: nothing is there that it picks"
                            : " is not written: there is no " + segment + " (`insert` makes one)");
}

class SetStep final : public StepBase {
 public:
  SetStep(StepHead head, std::vector<Assignment> assignments)
      : StepBase(std::move(head)), assignments_(std::move(assignments)) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    if (!hl7_of(body, verdict)) return verdict;
    for (const auto& assignment : assignments_) {
      if (context.observer && places_to_write(*body.hl7(), assignment.path, context).empty())
        context.observer->noted(*this, why_nowhere(*body.hl7(), assignment.path));
      auto done = write_all(body, context, assignment.path, *assignment.value);
      if (!done) return verdict_of(std::move(done.error()));
    }
    return {};
  }

 private:
  std::vector<Assignment> assignments_;
};

}  // namespace

std::shared_ptr<const Step> build_set(StepItem item, Workshop& workshop) {
  if (is_document(workshop.scope.body)) return build_document_set(std::move(item), workshop);
  auto& diagnostics = workshop.diagnostics;
  if (!item.value.is_map()) {
    diagnostics.add("C0112", item.value.place(), "`set` needs a map of places and values", "set: { MSH-5: LAB }");
    return nullptr;
  }
  std::vector<Assignment> assignments;
  for (const auto& entry : item.value.entries()) {
    auto path = read_path(entry, workshop);
    if (!path) continue;
    const bool writable = check_writable(*path, workshop);  // the value may have a mistake of its own
    auto& around = workshop.scope.around;
    const bool each_its_own = path->path.segment_pick.kind == hl7::Pick::Kind::all;
    if (each_its_own) around.push_back(path->path.segment);
    auto value = expr::compile_value(entry.value, target_of(path->path), workshop.scope, diagnostics);
    if (each_its_own) around.pop_back();
    if (value && writable) assignments.push_back({std::move(*path), std::move(value)});
  }
  return std::make_shared<SetStep>(std::move(item.head), std::move(assignments));
}

}  // namespace myelin::routes
