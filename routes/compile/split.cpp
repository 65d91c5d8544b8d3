// `split:` a message into parts, one for each of its groups. A part is the message without the other groups of that
// name, and without what repeats around them: the headers stay, the second order goes without the first. A segment's
// name means the group that it stands for (OBR: its ORDER_OBSERVATION), or itself where it repeats in its group.
//
// Set ids (fields of type SI) are counted anew in a part; MSH-10 gets the number of the part, so that each has its own
// and the same one at each repetition.
#include <algorithm>
#include <map>

#include "routes/compile/route_part.h"
#include "routes/expr/grammar.h"
#include "routes/steps/each.h"

namespace myelin::routes {
namespace {

using hl7::Grouped;
using hl7::Tree;

// Whether the node may stand several times in the group: it repeats, or a choice around it does.
bool repeats_within(const hl7::Structure& structure, std::size_t node, std::size_t group) {
  for (; node != group && node != 0; node = structure.nodes[node].parent)
    if (structure.nodes[node].repeats) return true;
  return false;
}

bool repeats(const Grouped& groups, std::uint32_t group) {
  const auto& one = groups.groups()[group];
  return group != 0 && repeats_within(groups.structure(), one.node, groups.groups()[one.parent].node);
}

bool repeats_in_its_group(const Grouped& groups, std::uint32_t segment) {
  const auto group = groups.groups()[groups.group_of(segment)].node;
  return repeats_within(groups.structure(), groups.node(segment), group);
}

// The group that a segment stands for: the innermost that repeats; 0 when none does.
std::uint32_t group_that_repeats(const Grouped& groups, std::uint32_t segment) {
  auto group = groups.group_of(segment);
  while (group != 0 && !repeats(groups, group)) group = groups.groups()[group].parent;
  return group;
}

// What one part is made of: a group with all in it, or one segment.
struct Unit {
  std::uint32_t group = 0;
  std::optional<std::uint32_t> segment;
};

bool is_sibling(const Grouped& groups, std::uint32_t a, std::uint32_t b) {
  const auto& one = groups.groups()[a];
  const auto& other = groups.groups()[b];
  return a != b && one.node == other.node && one.parent == other.parent;
}

// Whether the segment belongs to another unit, or to another of what repeats around this one.
bool belongs_elsewhere(const Grouped& groups, std::uint32_t segment, const Unit& unit) {
  if (unit.segment && segment != *unit.segment && groups.group_of(segment) == unit.group &&
      groups.node(segment) == groups.node(*unit.segment))
    return true;
  for (auto theirs = groups.group_of(segment); theirs != 0; theirs = groups.groups()[theirs].parent)
    for (auto ours = unit.group; ours != 0; ours = groups.groups()[ours].parent)
      if (is_sibling(groups, ours, theirs)) return true;
  return false;
}

class GroupSplitter final : public Splitter {
 public:
  GroupSplitter(std::shared_ptr<const SegmentEach> each, bool segment, const schema::Dictionary* dictionary)
      : each_(std::move(each)), segment_(segment), dictionary_(dictionary) {}

  int parts(const Body& body, const Context& context) const override {
    const auto* tree = body.hl7();
    return tree ? std::max(1, static_cast<int>(firsts(*tree, context).size())) : 1;
  }

  Result<Body> part(const Body& body, const Context& context, int part) const override {
    Body made(body);
    auto* tree = made.hl7();
    const auto segments = tree ? firsts(*tree, context) : std::vector<std::uint32_t>();
    const auto parts = std::max<std::size_t>(1, segments.size());
    if (part < 1 || static_cast<std::size_t>(part) > parts)
      return fail(FaultCode::bad_part, "there is no part " + std::to_string(part) + " of " + std::to_string(parts));
    if (parts == 1) return made;
    tree->erase_segments(others(*tree, context, segments, static_cast<std::size_t>(part) - 1));
    if (auto done = number_anew(*tree, context); !done) return fail(done);
    if (auto done = tree->write_text({0, 10, 1, 0, 0},
                                     derived_control_id(tree->text({0, 10, 1, 1, 1}), "." + std::to_string(part)));
        !done)
      return fail(done);
    return made;
  }

 private:
  // The first segment of each part.
  std::vector<std::uint32_t> firsts(const Tree& tree, const Context& context) const {
    auto all = each_->currents(tree, context);
    const auto* groups = expr::groups_of(tree, dictionary_, context);
    if (!segment_ || !groups) return all;
    // Two segments of one group are one part, unless they repeat in it.
    std::vector<std::uint32_t> kept;
    std::uint32_t last = UINT32_MAX;
    for (const auto segment : all) {
      const auto group = repeats_in_its_group(*groups, segment) ? UINT32_MAX : group_that_repeats(*groups, segment);
      if (group == UINT32_MAX || group != last) kept.push_back(segment);
      last = group;
    }
    return kept;
  }

  Unit unit_of(const Grouped& groups, std::uint32_t first) const {
    if (segment_ && repeats_in_its_group(groups, first)) return {groups.group_of(first), first};
    if (segment_) return {group_that_repeats(groups, first), {}};
    auto group = groups.group_of(first);
    while (group != 0 && groups.name(group) != each_->name()) group = groups.groups()[group].parent;
    return {group, {}};
  }

  std::vector<std::uint32_t> others(const Tree& tree, const Context& context,
                                    const std::vector<std::uint32_t>& segments, std::size_t at) const {
    std::vector<std::uint32_t> erased;
    const auto* groups = expr::groups_of(tree, dictionary_, context);
    const auto count = static_cast<std::uint32_t>(tree.segment_count());
    if (groups) {
      const auto unit = unit_of(*groups, segments[at]);
      for (std::uint32_t segment = 1; segment < count; ++segment)
        if (belongs_elsewhere(*groups, segment, unit)) erased.push_back(segment);
      return erased;
    }
    // No grammar is known: what follows a segment is its own, up to the next.
    const auto end = at + 1 < segments.size() ? segments[at + 1] : count;
    for (auto segment = segments.front(); segment < count; ++segment)
      if (segment < segments[at] || segment >= end) erased.push_back(segment);
    return erased;
  }

  Result<void> number_anew(Tree& tree, const Context& context) const {
    const auto* groups = expr::groups_of(tree, dictionary_, context);
    std::map<std::pair<std::uint32_t, std::string>, int> numbers;
    for (std::uint32_t segment = 1; segment < tree.segment_count(); ++segment) {
      const std::string name(tree.segment_name(segment));
      const auto* field = dictionary_ ? dictionary_->field(name, 1) : nullptr;
      if (!field || field->type != "SI") continue;
      auto around = groups ? groups->group_of(segment) : 0;
      if (groups && !repeats_in_its_group(*groups, segment)) {
        around = group_that_repeats(*groups, segment);
        around = groups->groups()[around].parent;
      }
      const auto number = std::to_string(++numbers[{around, name}]);
      const hl7::Spot spot{segment, 1, 1, 0, 0};
      if (tree.presence(spot) != hl7::Presence::valued || tree.text(spot) == number) continue;
      if (auto done = tree.write_text(spot, number); !done) return done;
    }
    return {};
  }

  std::shared_ptr<const SegmentEach> each_;
  bool segment_;
  const schema::Dictionary* dictionary_;
};

}  // namespace

std::shared_ptr<const Splitter> read_split(const config::Node& node, Workshop& workshop, std::string& name) {
  auto& diagnostics = workshop.diagnostics;
  if (!node.is_scalar() || node.text().find_first_of("[*") != std::string::npos) {
    diagnostics.add("C0112", node.place(), "`split` needs the name of a group or segment, without a selector",
                    "split: ORDER_OBSERVATION makes one message of each; nothing of it may get lost");
    return nullptr;
  }
  if (workshop.scope.body != BodyKind::hl7) {
    diagnostics.add("C0138", node.place(),
                    "the body is " + std::string(name_of(workshop.scope.body)) + ", and `split` is of HL7");
    return nullptr;
  }
  auto each = SegmentEach::read(node, workshop);
  if (!each) return nullptr;
  const auto& grammar = workshop.scope.grammar;
  const bool segment = each->is_segment();
  if (segment && grammar && grammar->places(each->name())) {
    hl7::Path path;
    path.segment = each->name();
    path.field = 1;
    if (grammar->repeats_in(path, {}, false).empty()) {
      diagnostics.add("C0112", node.place(), each->name() + " stands once in each accepted type: nothing can be split",
                      "a segment or group that repeats, for example split: OBR");
      return nullptr;
    }
  }
  name = each->name();
  return std::make_shared<GroupSplitter>(std::move(each), segment, grammar ? grammar->dictionary() : nullptr);
}

}  // namespace myelin::routes
