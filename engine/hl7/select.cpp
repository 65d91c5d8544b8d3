// Finding the places that a path names in a message.
#include <algorithm>
#include <utility>

#include "engine/hl7/path.h"
#include "engine/hl7/select_groups.h"

namespace myelin::hl7 {
namespace {

using Range = std::pair<std::size_t, std::size_t>;  // segments, half open

// `each: OBX` and OBR-4, `each: OBR` and OBX-5: without the structure's grammar, the order of first appearance tells
// which of two names holds the other. NTE always belongs to what it follows.
Range group_range(const Tree& tree, std::string_view name, Scope scope) {
  const std::size_t count = tree.segment_count();
  const Range everything{0, count};
  if (scope.segment >= count) return everything;
  const std::size_t current = scope.segment;
  const auto own = tree.segment_name(current);
  if (own == name) return {current, current + 1};
  const auto next_of = [&](std::string_view wanted, std::size_t from) {
    while (from < count && tree.segment_name(from) != wanted) ++from;
    return from;
  };
  const bool note = name == "NTE";
  const bool holds_current = !note && next_of(name, 0) < next_of(own, 0);
  if (!holds_current) {
    std::size_t end = current + 1;
    if (note) {
      while (end < count && tree.segment_name(end) == name) ++end;
    } else {
      end = next_of(own, end);
    }
    if (next_of(name, current + 1) < end) return {current + 1, end};
  }
  for (std::size_t i = current; i-- > 0;) {
    if (tree.segment_name(i) == name) return {i, i + 1};
  }
  return everything;
}

// Calls `visit` for each place until it returns false.
template <class Visit>
bool visit_repetitions(const Tree& tree, const Path& path, Spot spot, Visit& visit) {
  spot.field = path.field;
  spot.component = path.component;
  spot.subcomponent = path.subcomponent;
  const auto& pick = path.repetition;
  const std::size_t count = std::min<std::size_t>(tree.repetition_count(spot.segment, path.field), UINT16_MAX);
  switch (pick.kind) {
    case Pick::Kind::implicit:
      spot.repetition = path.component != 0 ? 1 : 0;
      return visit(spot);
    case Pick::Kind::number:
      spot.repetition = static_cast<std::uint16_t>(pick.number);
      return visit(spot);
    case Pick::Kind::last:
      spot.repetition = static_cast<std::uint16_t>(std::max<std::size_t>(count, 1));
      return visit(spot);
    case Pick::Kind::all:
    case Pick::Kind::where:
      break;
  }
  for (std::size_t i = 1; i <= count; ++i) {
    spot.repetition = static_cast<std::uint16_t>(i);
    const Spot whole{spot.segment, spot.field, spot.repetition, 0, 0};
    if (pick.kind == Pick::Kind::where && !fulfils(tree, pick.conditions, whole)) continue;
    if (!visit(spot)) return false;
  }
  return true;
}

template <class Visit>
bool visit_segment(const Tree& tree, const Path& path, std::size_t segment, Visit& visit) {
  const Spot spot{static_cast<std::uint32_t>(segment), 0, 0, 0, 0};
  return path.field == 0 ? visit(spot) : visit_repetitions(tree, path, spot, visit);
}

// Calls `visit` for the places in one run of segments, as `is_candidate` tells. False when `visit` wants no more.
template <class Candidate, class Visit>
bool visit_run(const Tree& tree, const Path& path, Range run, Candidate is_candidate, Visit& visit) {
  const auto [begin, end] = run;
  const auto& pick = path.segment_pick;
  std::size_t ordinal = 0;
  std::size_t last = end;
  for (std::size_t i = begin; i < end; ++i) {
    if (tree.segment_name(i) != path.segment || !is_candidate(i)) continue;
    ++ordinal;
    last = i;
    const bool chosen = pick.kind == Pick::Kind::implicit || pick.kind == Pick::Kind::all ||
                        (pick.kind == Pick::Kind::number && ordinal == pick.number) ||
                        (pick.kind == Pick::Kind::where &&
                         fulfils(tree, pick.conditions, Spot{static_cast<std::uint32_t>(i), 0, 0, 0, 0}));
    if (chosen && !visit_segment(tree, path, i, visit)) return false;
    if (chosen && (pick.kind == Pick::Kind::implicit || pick.kind == Pick::Kind::number)) return true;
  }
  return pick.kind != Pick::Kind::last || last >= end || visit_segment(tree, path, last, visit);
}

template <class Visit>
void visit_spots(const Tree& tree, const Path& path, Scope scope, const Grouped* groups, Visit visit) {
  if (groups == nullptr) {
    if (!path.groups.empty()) return;
    visit_run(tree, path, group_range(tree, path.segment, scope), [](std::size_t) { return true; }, visit);
    return;
  }
  const bool scoped = scope.segment < tree.segment_count() && path.groups.empty();
  if (scoped && tree.segment_name(scope.segment) == path.segment) {
    visit_run(tree, path, Range{scope.segment, scope.segment + 1}, [](std::size_t) { return true; }, visit);
    return;
  }
  const bool own_note = scoped && path.segment == "NTE";  // a note inside the group belongs to something else
  for (const auto group : select_groups(tree, *groups, path, scope.segment)) {
    const auto inside = [&](std::size_t segment) {
      return own_note ? groups->group_of(segment) == group : groups->inside(segment, group);
    };
    const auto& run = groups->groups()[group];
    if (!visit_run(tree, path, Range{run.begin, run.end}, inside, visit)) return;
  }
}

}  // namespace

std::vector<Spot> select(const Tree& tree, const Path& path, Scope scope, const Grouped* groups) {
  std::vector<Spot> spots;
  visit_spots(tree, path, scope, groups, [&](const Spot& spot) {
    spots.push_back(spot);
    return true;
  });
  return spots;
}

std::string read_text(const Tree& tree, const Path& path, Scope scope, const Grouped* groups) {
  std::string text;
  visit_spots(tree, path, scope, groups, [&](const Spot& spot) {
    text = tree.text(spot);
    return false;
  });
  return text;
}

Presence presence(const Tree& tree, const Path& path, Scope scope, const Grouped* groups) {
  Presence found = Presence::absent;
  visit_spots(tree, path, scope, groups, [&](const Spot& spot) {
    found = tree.presence(spot);
    return false;
  });
  return found;
}

}  // namespace myelin::hl7
