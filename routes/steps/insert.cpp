// insert: a new segment with its fields. It stands after the last of its name, or where `after`, `before` or `at: end`
// says; a Z segment of which there is none yet stands at the end, and inside `each` after the current segment. Where a
// standard segment goes is never guessed.
#include <algorithm>

#include "routes/expr/grammar.h"
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

struct Insertion {
  std::string segment;
  std::vector<Assignment> fields;
  std::optional<NamedPath> beside;  // the segment it stands next to
  bool before = false;
  bool at_end = false;
  bool by_grammar = false;  // nothing is said: where the structure has it
  const schema::Dictionary* dictionary = nullptr;
};

class InsertStep final : public StepBase {
 public:
  InsertStep(StepHead head, Insertion insertion) : StepBase(std::move(head)), insertion_(std::move(insertion)) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    std::vector<expr::Written> values;  // of the message as it is before there is a new segment
    for (const auto& field : insertion_.fields) values.push_back(field.value->write(body, context));
    const auto position = find_position(*tree, context);
    if (!position)
      return fault_of(FaultCode::cannot_write, "there is no such segment to put the new one beside",
                      insertion_.beside->text);
    tree->insert_segment(*position, insertion_.segment);
    if (context.scope != hl7::Scope::kAnywhere && *position <= context.scope) ++context.scope;
    for (std::size_t index = 0; index < values.size(); ++index) {
      const auto& path = insertion_.fields[index].path;
      const hl7::Spot spot{static_cast<std::uint32_t>(*position), path.path.field,
                           static_cast<std::uint16_t>(path.path.repetition.number), path.path.component,
                           path.path.subcomponent};
      auto done = write_to(*tree, with_repetition(spot), values[index]);
      if (!done) return fault_of(done.error().code, done.error().detail, path.text);
    }
    return {};
  }

 private:
  static hl7::Spot with_repetition(hl7::Spot spot) {
    if (spot.component != 0 && spot.repetition == 0) spot.repetition = 1;
    return spot;
  }

  std::optional<std::size_t> find_position(const hl7::Tree& tree, const Context& context) const {
    if (insertion_.beside) {
      const auto found = places(tree, *insertion_.beside, context);
      if (found.empty()) return std::nullopt;
      return insertion_.before ? found.front().segment : found.back().segment + std::size_t{1};
    }
    if (insertion_.at_end) return tree.segment_count();
    if (context.scope < tree.segment_count()) return context.scope + std::size_t{1};
    if (const auto* groups = insertion_.by_grammar ? expr::groups_of(tree, insertion_.dictionary, context) : nullptr)
      return by_grammar(tree, groups->structure());
    for (std::size_t at = tree.segment_count(); at > 0; --at)
      if (tree.segment_name(at - 1) == insertion_.segment) return at;
    return tree.segment_count();
  }

  // Behind the segments that the structure has before it, up to the first that it has behind it.
  std::size_t by_grammar(const hl7::Tree& tree, const hl7::Structure& structure) const {
    const auto rank = [&](std::string_view name) {
      const auto found = std::ranges::find(structure.nodes, name, &hl7::StructureNode::name);
      return found - structure.nodes.begin();
    };
    const auto own = rank(insertion_.segment);
    const auto unknown = static_cast<std::ptrdiff_t>(structure.nodes.size());
    std::size_t at = 1;
    for (std::size_t segment = 1; segment < tree.segment_count(); ++segment) {
      const auto other = rank(tree.segment_name(segment));
      if (other == unknown) continue;
      if (other > own) break;
      at = segment + 1;
    }
    return at;
  }

  Insertion insertion_;
};

constexpr std::string_view kForm = "insert: { ZPI: { ZPI-1: \"1\" }, after: PID }";

bool is_segment_name(std::string_view name) {
  const auto capital = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return name.size() == 3 && name[0] >= 'A' && name[0] <= 'Z' && capital(name[1]) && capital(name[2]) && name != "MSH";
}

bool read_beside(const config::Node::Entry& entry, Insertion& insertion, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  if (insertion.beside || insertion.at_end) {
    diagnostics.add("C0112", entry.key_place, "`after`, `before` and `at` do not stand together", std::string(kForm));
    return false;
  }
  insertion.before = entry.key == "before";
  insertion.beside = read_path(entry.value, workshop);
  if (!insertion.beside) return false;
  auto& path = insertion.beside->path;
  if (path.field != 0 || (path.segment == "MSH" && insertion.before)) {
    diagnostics.add("C0112", entry.value.place(), "a segment stands beside a segment, and none before MSH",
                    std::string(kForm));
    return false;
  }
  // After the last of several, before the first of them.
  if (path.segment_pick.kind == hl7::Pick::Kind::implicit) path.segment_pick.kind = hl7::Pick::Kind::all;
  return true;
}

bool read_fields(const config::Node& fields, Insertion& insertion, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  if (!fields.is_map()) {
    diagnostics.add("C0112", fields.place(), "the fields of the new segment are expected here", std::string(kForm));
    return false;
  }
  bool good = true;
  for (const auto& entry : fields.entries()) {
    auto path = read_path(entry, workshop);
    const bool own = path && path->path.segment == insertion.segment && path->path.field != 0 &&
                     path->path.segment_pick.kind == hl7::Pick::Kind::implicit &&
                     (path->path.repetition.kind == hl7::Pick::Kind::implicit ||
                      path->path.repetition.kind == hl7::Pick::Kind::number);
    if (path && !own)
      diagnostics.add("C0115", entry.key_place, path->text + " is no field of the new segment",
                      "for example " + insertion.segment + "-1");
    auto value = own ? expr::compile_value(entry.value, target_of(path->path), workshop.scope, diagnostics) : nullptr;
    if (value) insertion.fields.push_back({std::move(*path), std::move(value)});
    else good = false;
  }
  return good;
}

// Reports and returns false when nothing says where the segment goes.
bool check_place(Insertion& insertion, const config::Node::Entry& segment, const Workshop& workshop) {
  if (insertion.beside || insertion.at_end) return true;
  const auto* grammar = workshop.scope.grammar.get();
  insertion.by_grammar = grammar && workshop.scope.around.empty() && grammar->places(insertion.segment);
  if (insertion.by_grammar) {
    insertion.dictionary = grammar->dictionary();
    return true;
  }
  if (insertion.segment.starts_with('Z')) return true;  // one of which no site's dictionary knows the place
  workshop.diagnostics.add("C0112", segment.key_place, "nothing says where the new " + insertion.segment + " stands",
                           "say after: or before: with the segment beside it, or at: end");
  return false;
}

}  // namespace

std::shared_ptr<const Step> build_insert(StepItem item, Workshop& workshop) {
  if (is_document(workshop.scope.body)) return build_document_insert(std::move(item), workshop);
  auto& diagnostics = workshop.diagnostics;
  if (!item.value.is_map()) {
    diagnostics.add("C0112", item.value.place(), "`insert` needs a segment and its fields", std::string(kForm));
    return nullptr;
  }
  Insertion insertion;
  const config::Node::Entry* segment = nullptr;
  bool good = true;
  for (const auto& entry : item.value.entries()) {
    if (entry.key == "at") {
      insertion.at_end = entry.value.is_scalar() && entry.value.text() == "end" && !insertion.beside;
      if (!insertion.at_end)
        diagnostics.add("C0112", entry.value.place(), "`at` is `end`: the end of the message", std::string(kForm));
      good = good && insertion.at_end;
    } else if (entry.key == "after" || entry.key == "before") {
      good = read_beside(entry, insertion, workshop) && good;
    } else if (segment || !is_segment_name(entry.key)) {
      diagnostics.add("C0112", entry.key_place,
                      segment ? "one `insert` makes one segment" : "'" + entry.key + "' is not the name of a segment",
                      std::string(kForm));
      good = false;
    } else {
      segment = &entry;
    }
  }
  if (!segment && good) diagnostics.add("C0112", item.value.place(), "`insert` needs a segment", std::string(kForm));
  if (!segment) return nullptr;
  insertion.segment = segment->key;
  good = read_fields(segment->value, insertion, workshop) && good;
  if (!good || !check_place(insertion, *segment, workshop)) return nullptr;
  return std::make_shared<InsertStep>(std::move(item.head), std::move(insertion));
}

}  // namespace myelin::routes
