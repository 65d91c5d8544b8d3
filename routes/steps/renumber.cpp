// renumber: the set ids of segments anew, 1, 2, 3 …, in the order of the message. Inside `each`, those of the current
// group only, so each group counts from 1.
#include "routes/steps/place.h"
#include "routes/steps/steps.h"

namespace myelin::routes {
namespace {

class RenumberStep final : public StepBase {
 public:
  RenumberStep(StepHead head, std::vector<NamedPath> segments)
      : StepBase(std::move(head)), segments_(std::move(segments)) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    for (const auto& segment : segments_) {
      std::size_t number = 0;
      for (auto spot : places(*tree, segment, context)) {
        spot.field = spot.repetition = 1;
        auto done = write_to(*tree, spot, {std::to_string(++number), false});
        if (!done) return fault_of(done.error().code, done.error().detail, segment.text);
      }
    }
    return {};
  }

 private:
  std::vector<NamedPath> segments_;
};

}  // namespace

std::shared_ptr<const Step> build_renumber(StepItem item, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  std::vector<NamedPath> segments;
  bool good = true;
  for (auto& path : read_paths(item.value, workshop)) {
    const bool whole = path.path.field == 0 && path.path.segment_pick.kind == hl7::Pick::Kind::implicit;
    if (!whole || path.path.segment == "MSH") {
      diagnostics.add("C0112", path.place,
                      "`renumber` gives set ids to all segments of a name; " + path.text + " is none",
                      "for example renumber: OBX");
      good = false;
      continue;
    }
    path.path.segment_pick.kind = hl7::Pick::Kind::all;
    segments.push_back(std::move(path));
  }
  if (!good || segments.empty()) return nullptr;
  return std::make_shared<RenumberStep>(std::move(item.head), std::move(segments));
}

}  // namespace myelin::routes
