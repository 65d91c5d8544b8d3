#include "routes/expr/grammar.h"

#include <algorithm>

#include "engine/config/diagnostic.h"
#include "engine/schema/path_check.h"

namespace myelin::expr {
namespace {

constexpr std::size_t kGroupsTold = 10;

using hl7::Pick;
using hl7::Structure;
using Node = hl7::StructureNode;

std::size_t group_around(const Structure& structure, std::size_t node) {
  std::size_t at = structure.nodes[node].parent;
  while (at != 0 && structure.nodes[at].kind != Node::Kind::group) at = structure.nodes[at].parent;
  return at;
}

// A group that repeats for each patient: PATIENT_RESULT of ORU^R01, PATIENT of ADT^A40.
bool is_patient(const Structure& structure, std::size_t group) {
  const auto& nodes = structure.nodes;
  return nodes[group].kind == Node::Kind::group &&
         std::any_of(nodes.begin() + static_cast<std::ptrdiff_t>(group) + 1, nodes.begin() + nodes[group].end,
                     [](const Node& node) { return node.name == "PID"; });
}

struct Sought {
  std::string_view name;
  bool reading;
};

// The nodes of a name inside a group, and whether a message may have several of them there.
struct Inside {
  std::vector<std::size_t> nodes;
  bool several = false;
};

Inside inside(const Structure& structure, std::size_t group, const Sought& sought) {
  Inside found;
  for (std::size_t at = group + 1; at < structure.nodes[group].end; ++at) {
    if (structure.nodes[at].name != sought.name) continue;
    found.nodes.push_back(at);
    for (std::size_t up = at; up != group; up = structure.nodes[up].parent)
      found.several = found.several || (structure.nodes[up].repeats && !(sought.reading && is_patient(structure, up)));
  }
  found.several = found.several || found.nodes.size() > 1;
  return found;
}

// As names are looked up: in the current group, then in those around it.
Inside outward(const Structure& structure, std::size_t current, const Sought& sought) {
  if (structure.nodes[current].name == sought.name) return {{current}, false};
  std::size_t group = structure.nodes[current].kind == Node::Kind::group ? current : group_around(structure, current);
  for (;; group = group_around(structure, group)) {
    if (auto found = inside(structure, group, sought); !found.nodes.empty() || group == 0) return found;
  }
}

// The nodes that the innermost `each` may stand for. Empty: this type has nothing of that name, so it never runs.
std::vector<std::size_t> current_nodes(const Structure& structure, std::span<const std::string> around) {
  if (around.empty()) return {0};
  return inside(structure, 0, {around.back(), false}).nodes;
}

bool implicit(const Pick& pick) { return pick.kind == Pick::Kind::implicit; }

bool several(const Structure& structure, const hl7::Path& path, std::span<const std::string> around, bool reading) {
  for (std::size_t current : current_nodes(structure, around)) {
    bool first = true;
    for (const auto& step : path.groups) {
      const auto found =
          first ? outward(structure, current, {step.name, reading}) : inside(structure, current, {step.name, reading});
      if (found.nodes.empty()) return false;
      if (found.several && implicit(step.pick)) return true;
      current = found.nodes.front();
      first = false;
    }
    const auto found = first ? outward(structure, current, {path.segment, reading})
                             : inside(structure, current, {path.segment, reading});
    if (found.several && implicit(path.segment_pick)) return true;
  }
  return false;
}

bool takes_any(const Structure& structure) {
  return std::ranges::any_of(structure.nodes, [](const Node& node) { return node.code == hl7::kAnySegment; });
}

}  // namespace

Grammar::Grammar(std::string_view version, const std::vector<std::string>& types)
    : dictionary_(&schema::Dictionary::of(version)), types_(types), all_known_(!types.empty()) {
  for (const auto& type : types) {
    const auto caret = std::min(type.find('^'), type.size());
    const std::string code = type.substr(0, caret);
    const std::string event = caret < type.size() ? type.substr(caret + 1) : std::string();
    if (event == "*") {
      all_known_ = false;  // nobody thinks of ADT^A17 who writes ADT^*
    } else if (const auto* structure = dictionary_->structure(code, event, {})) {
      accepted_.push_back({type, structure});
    } else {
      all_known_ = false;
    }
  }
}

bool Grammar::holds(std::string_view name) const {
  return std::ranges::any_of(accepted_, [&](const Accepted& accepted) {
    return hl7::holds(*accepted.structure, name) || takes_any(*accepted.structure);
  });
}

std::optional<PathFinding> Grammar::takes_first(const hl7::Path& path, std::span<const std::string> around) const {
  if (path.field == 0) return std::nullopt;
  auto one = path;
  if (const auto type = repeats_in(path, around, true); !type.empty()) {
    one.segment_pick = {hl7::Pick::Kind::number, 1, {}};
    return PathFinding{"W0105", "this takes the first " + path.segment + ", and " + type + " may have several",
                       "say " + hl7::to_string(one) + ", or any(" + path.segment + ", …)"};
  }
  const auto* field = dictionary_ ? dictionary_->field(path.segment, path.field) : nullptr;
  const bool identifiers = field && field->repeats && field->type == "CX";
  if (!identifiers || path.component == 0 || path.repetition.kind != hl7::Pick::Kind::implicit) return std::nullopt;
  one.repetition = {hl7::Pick::Kind::number, 1, {}};
  auto where = path;
  where.repetition = {hl7::Pick::Kind::where, 0, {{5, 0, 0, "MR"}}};
  return PathFinding{"W0105", "this takes the first of several identifiers",
                     "say " + hl7::to_string(where) + ", or " + hl7::to_string(one)};
}

bool Grammar::may_have(std::string_view type, std::string_view segment) const {
  const auto found = std::ranges::find(accepted_, type, &Accepted::type);
  return segment.starts_with('Z') || found == accepted_.end() || hl7::holds(*found->structure, segment) ||
         takes_any(*found->structure);
}

bool Grammar::places(std::string_view segment) const {
  return all_known_ && std::ranges::all_of(accepted_, [&](const Accepted& accepted) {
           return hl7::holds(*accepted.structure, segment);
         });
}

bool Grammar::is_group(std::string_view name) const {
  if (!dictionary_ || name.size() < 2 || (name.size() == 3 && dictionary_->segment(name))) return false;
  if (all_known_) return holds(name);
  return std::ranges::any_of(dictionary_->structures(),
                             [&](const Structure& structure) { return hl7::holds(structure, name); });
}

std::string_view Grammar::leaf_type(const hl7::Path& path) const {
  if (!dictionary_ || path.field == 0) return {};
  const auto* element = dictionary_->field(path.segment, path.field);
  for (const std::size_t part : {path.component, path.subcomponent}) {
    if (!element) return {};
    if (element->type == "TS" && part <= 1) return element->type;  // whatever its version calls the time in it
    const bool parts = dictionary_->type(element->type) != nullptr;
    if (parts) element = dictionary_->component(element->type, std::max<std::size_t>(part, 1));
    else if (part > 1) return {};
  }
  if (!element || element->type == schema::kVaries || dictionary_->type(element->type)) return {};
  return element->type;
}

std::optional<PathFinding> Grammar::check(const hl7::Path& path) const {
  if (!dictionary_) return std::nullopt;
  if (auto mistake = schema::check_path(*dictionary_, path))
    return PathFinding{"C0012", std::move(mistake->message), std::move(mistake->hint)};
  std::string types;
  for (const auto& accepted : accepted_) types += (types.empty() ? "" : ", ") + accepted.type;
  for (const auto& step : path.groups) {
    if (is_group(step.name)) continue;
    std::vector<std::string_view> names;
    for (const auto& accepted : accepted_)
      for (const auto& node : accepted.structure->nodes)
        if (node.kind == Node::Kind::group && &node != accepted.structure->nodes.data() && !node.name.empty())
          names.push_back(node.name);
    const auto near = config::nearest(step.name, names);
    std::string hint = near.empty() ? std::string() : "did you mean " + std::string(near) + "? ";
    std::vector<std::string_view> told;
    for (const auto name : names) {
      if (told.size() == kGroupsTold || std::ranges::find(told, name) != told.end()) continue;
      hint += (told.empty() ? "groups are " : ", ") + std::string(name);
      told.push_back(name);
    }
    return PathFinding{"C0013", "no accepted type has a group " + step.name, std::move(hint)};
  }
  if (!all_known_ || path.segment.starts_with('Z') || holds(path.segment)) return std::nullopt;
  return PathFinding{"W0106", path.segment + " belongs to no accepted type (" + types + ")",
                     "it will be found only where a sender adds it"};
}

std::string Grammar::repeats_in(const hl7::Path& path, std::span<const std::string> around, bool reading) const {
  for (const auto& accepted : accepted_)
    if (several(*accepted.structure, path, around, reading)) return accepted.type;
  return {};
}

const hl7::Grouped* groups_of(const hl7::Tree& tree, const schema::Dictionary* dictionary, const Context& context) {
  if (!dictionary) return nullptr;
  const auto type = tree.raw({0, 9});
  if (!context.grouping || context.grouping->layout != tree.layout() || context.grouping->type != type) {
    auto grouping = std::make_shared<Grouping>(Grouping{tree.layout(), std::string(type), std::nullopt});
    const auto* structure =
        dictionary->structure(tree.text({0, 9, 1, 1}), tree.text({0, 9, 1, 2}), tree.text({0, 9, 1, 3}));
    if (structure) grouping->groups = hl7::group(tree, *structure);
    context.grouping = std::move(grouping);
  }
  return context.grouping->groups ? &*context.grouping->groups : nullptr;
}

const hl7::Grouped* groups_for(const hl7::Tree& tree, const hl7::Path& path, std::uint32_t scope,
                               const schema::Dictionary* dictionary, const Context& context) {
  if (path.groups.empty()) {
    if (scope >= tree.segment_count()) return nullptr;
    if (tree.segment_name(scope) == path.segment || path.segment == "MSH") return nullptr;
  }
  return groups_of(tree, dictionary, context);
}

}  // namespace myelin::expr
