#include "engine/hl7/select_groups.h"

namespace myelin::hl7 {
namespace {

using Numbers = std::vector<std::uint32_t>;

// The groups of that name inside `around`, at any depth.
Numbers named_inside(const Grouped& groups, std::string_view name, std::uint32_t around) {
  Numbers found;
  const auto end = groups.last_inside(around);
  for (std::uint32_t i = around + 1; i < end; ++i) {
    if (groups.name(i) == name) found.push_back(i);
  }
  return found;
}

void keep_picked(const Tree& tree, const Grouped& groups, const Pick& pick, const Numbers& found, Numbers& kept) {
  if (found.empty()) return;
  switch (pick.kind) {
    case Pick::Kind::implicit:
      kept.push_back(found.front());
      return;
    case Pick::Kind::number:
      if (pick.number <= found.size()) kept.push_back(found[pick.number - 1]);
      return;
    case Pick::Kind::last:
      kept.push_back(found.back());
      return;
    case Pick::Kind::all:
      kept.insert(kept.end(), found.begin(), found.end());
      return;
    case Pick::Kind::where:
      for (const auto group : found) {
        const Spot first{groups.groups()[group].begin, 0, 0, 0, 0};
        if (fulfils(tree, pick.conditions, first)) kept.push_back(group);
      }
      return;
  }
}

// The current group and those around it, from inside out; only the message's own when there is no current one.
Numbers around(const Grouped& groups, std::uint32_t current_segment) {
  Numbers found;
  if (current_segment < groups.segment_count()) {
    for (auto at = groups.group_of(current_segment); at != 0; at = groups.groups()[at].parent) found.push_back(at);
  }
  found.push_back(0);
  return found;
}

// Whether the structure has a place for the segment in this group; a note's place is in the group itself.
bool has_place(const Grouped& groups, std::uint32_t group, std::string_view segment) {
  const auto& nodes = groups.structure().nodes;
  const auto own = groups.groups()[group].node;
  for (std::size_t i = own + std::size_t{1}; i < nodes[own].end; ++i) {
    if (nodes[i].name == segment && (segment != "NTE" || nodes[i].parent == own)) return true;
  }
  return false;
}

// The innermost group around the current segment that holds the segment looked for, or has a place for it: where that
// is empty, the segment is absent, and one of the neighbours does not stand for it. A note inside a group inside is
// not looked for: it belongs to what it follows there.
std::uint32_t nearest_with(const Tree& tree, const Grouped& groups, std::string_view segment, std::uint32_t current) {
  for (const auto group : around(groups, current)) {
    const auto& run = groups.groups()[group];
    if (has_place(groups, group, segment)) return group;
    for (auto i = run.begin; i < run.end; ++i) {
      if (tree.segment_name(i) != segment) continue;
      if (segment == "NTE" ? groups.group_of(i) == group : groups.inside(i, group)) return group;
    }
  }
  return 0;
}

// The first step, seen from the current group: that group itself, one inside it, or one further out.
Numbers first_step(const Tree& tree, const Grouped& groups, const GroupStep& step, std::uint32_t current) {
  Numbers kept;
  for (const auto group : around(groups, current)) {
    if (group != 0 && groups.name(group) == step.name && step.pick.kind == Pick::Kind::implicit) return {group};
    keep_picked(tree, groups, step.pick, named_inside(groups, step.name, group), kept);
    if (!kept.empty()) return kept;
  }
  return kept;
}

}  // namespace

bool fulfils(const Tree& tree, const std::vector<PickCondition>& conditions, Spot at) {
  for (const auto& condition : conditions) {
    Spot spot = at;
    if (at.field == 0) {
      spot.field = condition.number;
      spot.component = condition.component;
      spot.subcomponent = condition.subcomponent;
    } else {
      spot.component = condition.number;
      spot.subcomponent = condition.component;
    }
    if (tree.text(spot) != condition.value) return false;
  }
  return true;
}

std::vector<std::uint32_t> select_groups(const Tree& tree, const Grouped& groups, const Path& path,
                                         std::uint32_t current_segment) {
  if (path.groups.empty()) return {nearest_with(tree, groups, path.segment, current_segment)};
  Numbers now = first_step(tree, groups, path.groups.front(), current_segment);
  for (std::size_t i = 1; i < path.groups.size(); ++i) {
    Numbers next;
    for (const auto group : now) {
      keep_picked(tree, groups, path.groups[i].pick, named_inside(groups, path.groups[i].name, group), next);
    }
    now = std::move(next);
  }
  return now;
}

}  // namespace myelin::hl7
