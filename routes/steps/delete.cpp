// delete and keep_only: take out every segment, field or repetition that a path names, however many there are.
// clear: empties one place and leaves its segment and its neighbours where they are.
#include <algorithm>

#include "routes/steps/document.h"
#include "routes/steps/document_steps.h"
#include "routes/steps/place.h"
#include "routes/steps/steps.h"

namespace myelin::routes {
namespace {

using hl7::Pick;

// `delete` acts on all that match: a path without a selector names every such segment.
hl7::Path every(hl7::Path path) {
  if (path.segment_pick.kind == Pick::Kind::implicit) path.segment_pick.kind = Pick::Kind::all;
  for (auto& group : path.groups)
    if (group.pick.kind == Pick::Kind::implicit) group.pick.kind = Pick::Kind::all;
  if (path.component != 0 && path.repetition.kind == Pick::Kind::implicit) path.repetition.kind = Pick::Kind::all;
  return path;
}

// Empties the place, or takes the repetition out of its field.
Result<void> erase(hl7::Tree& tree, const hl7::Spot& spot) {
  if (tree.raw(spot).empty() && spot.repetition == 0) return {};
  if (spot.repetition == 0 || spot.component != 0) return tree.write_raw(spot, "");
  std::string rest;
  bool first = true;
  const auto count = tree.repetition_count(spot.segment, spot.field);
  for (std::size_t number = 1; number <= count; ++number) {
    if (number == spot.repetition) continue;
    if (!first) rest += tree.delimiters().repetition;
    first = false;
    rest += tree.raw({spot.segment, spot.field, static_cast<std::uint16_t>(number)});
  }
  return tree.write_raw({spot.segment, spot.field}, rest);
}

class DeleteStep final : public StepBase {
 public:
  DeleteStep(StepHead head, std::vector<NamedPath> paths) : StepBase(std::move(head)), paths_(std::move(paths)) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    for (const auto& path : paths_) {
      auto spots = places(*tree, path, context);
      // From the back, so that what goes does not move what is still to go.
      for (auto spot = spots.rbegin(); spot != spots.rend(); ++spot) {
        if (spot->field == 0) {
          if (spot->segment != 0) tree->erase_segment(spot->segment);
          continue;
        }
        auto done = erase(*tree, *spot);
        if (!done) return fault_of(done.error().code, done.error().detail, path.text);
      }
    }
    return {};
  }

 private:
  std::vector<NamedPath> paths_;
};

class ClearStep final : public StepBase {
 public:
  ClearStep(StepHead head, std::vector<NamedPath> paths) : StepBase(std::move(head)), paths_(std::move(paths)) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    for (const auto& path : paths_)
      for (const auto& spot : places_to_write(*tree, path, context)) {
        auto done = write_to(*tree, spot, {"", true});
        if (!done) return fault_of(done.error().code, done.error().detail, path.text);
      }
    return {};
  }

 private:
  std::vector<NamedPath> paths_;
};

class KeepOnlyStep final : public StepBase {
 public:
  KeepOnlyStep(StepHead head, std::vector<NamedPath> paths) : StepBase(std::move(head)), paths_(std::move(paths)) {}

  Verdict apply(Body& body, Context&) const override {
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    for (std::size_t segment = tree->segment_count(); segment-- > 1;) {
      const auto name = tree->segment_name(segment);
      if (std::ranges::none_of(paths_, [&](const NamedPath& path) { return path.path.segment == name; }))
        tree->erase_segment(segment);
    }
    return {};
  }

 private:
  std::vector<NamedPath> paths_;
};

}  // namespace

std::shared_ptr<const Step> build_delete(StepItem item, Workshop& workshop) {
  if (is_document(workshop.scope.body)) return build_document_delete(std::move(item), workshop);
  std::vector<NamedPath> paths;
  for (auto& path : read_paths(item.value, workshop)) {
    if (path.path.segment == "MSH" && path.path.field <= 2) {
      workshop.diagnostics.add("C0115", path.place, "a message cannot do without " + path.text,
                               "name other segments or fields");
      continue;
    }
    path.path = every(std::move(path.path));
    paths.push_back(std::move(path));
  }
  return std::make_shared<DeleteStep>(std::move(item.head), std::move(paths));
}

std::shared_ptr<const Step> build_clear(StepItem item, Workshop& workshop) {
  if (is_document(workshop.scope.body)) return build_document_clear(std::move(item), workshop);
  std::vector<NamedPath> paths;
  for (auto& path : read_paths(item.value, workshop))
    if (check_writable(path, workshop)) paths.push_back(std::move(path));
  return std::make_shared<ClearStep>(std::move(item.head), std::move(paths));
}

std::shared_ptr<const Step> build_keep_only(StepItem item, Workshop& workshop) {
  auto paths = read_paths(item.value, workshop);
  for (const auto& path : paths)
    if (path.path.field != 0)
      workshop.diagnostics.add("C0115", path.place, "`keep_only` keeps whole segments; " + path.text + " is a field",
                               "name the segment, for example " + path.path.segment);
  return std::make_shared<KeepOnlyStep>(std::move(item.head), std::move(paths));
}

}  // namespace myelin::routes
