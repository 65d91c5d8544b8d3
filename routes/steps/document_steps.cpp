#include "routes/steps/document_steps.h"

#include <utility>
#include <vector>

#include "routes/steps/document.h"
#include "routes/steps/value_tree.h"

namespace myelin::routes {
namespace {

using Place = std::shared_ptr<const DocumentPlace>;

struct Assignment {
  Place place;
  ValueTree value;
};

class SetStep final : public StepBase {
 public:
  SetStep(StepHead head, std::vector<Assignment> assignments, bool append)
      : StepBase(std::move(head)), assignments_(std::move(assignments)), append_(append) {}

  Verdict apply(Body& body, Context& context) const override {
    for (const auto& [place, tree] : assignments_) {
      const auto value = tree.value(body, context);
      if (!value) return fault_of(value.error().code, value.error().detail, place->text());
      auto done = append_ ? place->append(body, context, *value) : place->set(body, context, *value);
      if (!done) return verdict_of(std::move(done.error()));
    }
    return {};
  }

 private:
  std::vector<Assignment> assignments_;
  bool append_;
};

class EachPlaceStep final : public StepBase {
 public:
  using Act = Result<void> (DocumentPlace::*)(Body&, const Context&) const;
  EachPlaceStep(StepHead head, std::vector<Place> places, Act act)
      : StepBase(std::move(head)), places_(std::move(places)), act_(act) {}

  Verdict apply(Body& body, Context& context) const override {
    for (const auto& place : places_)
      if (auto done = (*place.*act_)(body, context); !done) return verdict_of(std::move(done.error()));
    return {};
  }

 private:
  std::vector<Place> places_;
  Act act_;
};

class MoveStep final : public StepBase {
 public:
  MoveStep(StepHead head, Place from, Place to)
      : StepBase(std::move(head)), from_(std::move(from)), to_(std::move(to)) {}

  Verdict apply(Body& body, Context& context) const override {
    auto value = from_->value(body, context);
    if (!value) return verdict_of(std::move(value.error()));
    if (!*value) return {};  // nothing to move: what stands at `to` stays
    auto done = from_->erase(body, context);
    if (done) done = to_->set(body, context, **value);
    return done ? Verdict() : verdict_of(std::move(done.error()));
  }

 private:
  Place from_, to_;
};

std::vector<Place> read_places(const config::Node& node, Workshop& workshop) {
  std::vector<Place> places;
  const auto add = [&](const config::Node& item) {
    if (auto place = DocumentPlace::read(item, workshop)) places.push_back(std::move(place));
  };
  if (node.is_list())
    for (const auto& item : node.items()) add(item);
  else add(node);
  return places;
}

std::optional<Assignment> read_assignment(const config::Node::Entry& entry, Workshop& workshop) {
  auto place = DocumentPlace::read(entry, workshop.scope.body, workshop.diagnostics);
  if (workshop.scope.body == BodyKind::xml && !entry.value.is_scalar()) {
    workshop.diagnostics.add("C0003", entry.value.place(), "in XML a value is text or a formula",
                             "one line for each place");
    return std::nullopt;
  }
  auto value = ValueTree::read(entry.value, workshop);
  if (!place || !value) return std::nullopt;
  return Assignment{std::move(place), std::move(*value)};
}

}  // namespace

std::shared_ptr<const Step> build_document_set(StepItem item, Workshop& workshop) {
  if (!item.value.is_map()) {
    workshop.diagnostics.add("C0112", item.value.place(), "`set` needs a map of places and values",
                             workshop.scope.body == BodyKind::xml ? "set: { /report/status: final }"
                                                                  : "set: { patient.mrn: =trim(patient.mrn) }");
    return nullptr;
  }
  std::vector<Assignment> assignments;
  for (const auto& entry : item.value.entries())
    if (auto assignment = read_assignment(entry, workshop)) assignments.push_back(std::move(*assignment));
  return std::make_shared<SetStep>(std::move(item.head), std::move(assignments), false);
}

std::shared_ptr<const Step> build_document_clear(StepItem item, Workshop& workshop) {
  auto places = read_places(item.value, workshop);
  return std::make_shared<EachPlaceStep>(std::move(item.head), std::move(places), &DocumentPlace::clear);
}

std::shared_ptr<const Step> build_document_delete(StepItem item, Workshop& workshop) {
  auto places = read_places(item.value, workshop);
  return std::make_shared<EachPlaceStep>(std::move(item.head), std::move(places), &DocumentPlace::erase);
}

std::shared_ptr<const Step> build_document_move(StepItem item, const config::Options& options, Workshop& workshop) {
  const auto place = [&](std::string_view name) {
    const auto& node = options.node(name);
    return node ? DocumentPlace::read(node, workshop) : nullptr;
  };
  auto from = place("from");
  auto to = place("to");
  if (!from || !to) return nullptr;
  return std::make_shared<MoveStep>(std::move(item.head), std::move(from), std::move(to));
}

std::shared_ptr<const Step> build_document_insert(StepItem item, Workshop& workshop) {
  constexpr std::string_view kForm = "insert: { readings: { code: GLU, value: =number(\"5.4\") } }";
  const bool good = workshop.scope.body == BodyKind::json && item.value.is_map() && item.value.entries().size() == 1;
  if (!good) {
    workshop.diagnostics.add("C0112", item.value.place(),
                             workshop.scope.body == BodyKind::json
                                 ? "`insert` needs a list of the body and the item that it gets at its end"
                                 : "`insert` makes segments of HL7 and items of lists in JSON; in XML `set` makes the "
                                   "last name of its path",
                             std::string(kForm));
    return nullptr;
  }
  auto assignment = read_assignment(item.value.entries().front(), workshop);
  if (!assignment) return nullptr;
  std::vector<Assignment> one;
  one.push_back(std::move(*assignment));
  return std::make_shared<SetStep>(std::move(item.head), std::move(one), true);
}

}  // namespace myelin::routes
