#include "routes/map/reader.h"

#include <algorithm>

#include "routes/map/primitive.h"

namespace myelin::mapping {
namespace {

bool is_part(char c, const hl7::Delimiters& marks, bool component) {
  return c == (component ? marks.component : marks.subcomponent);
}

}  // namespace

bool is_number(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  std::size_t digits = 0, points = 0;
  for (const char c : text) {
    digits += c >= '0' && c <= '9' ? 1 : 0;
    points += c == '.' ? 1 : 0;
  }
  return digits > 0 && points <= 1 && digits + points == text.size() && digits <= 64;
}

std::uint64_t Reader::key(const hl7::Spot& spot) {
  return std::uint64_t{spot.segment} << 40U | std::uint64_t{spot.field} << 28U |
         std::uint64_t{std::max<std::uint16_t>(spot.repetition, 1)} << 12U | spot.component;
}

void Reader::touch(const hl7::Spot& spot) const { read_.insert(key(spot)); }

bool Reader::touched(hl7::Spot spot) const {
  if (read_.contains(key(spot))) return true;
  spot.component = 0;
  return read_.contains(key(spot));
}

bool Reader::related(std::uint32_t segment, std::uint32_t other) const {
  const auto all = groups_.groups();
  for (auto mine = groups_.group_of(segment); mine != 0; mine = all[mine].parent)
    for (auto its = groups_.group_of(other); its != 0; its = all[its].parent)
      if (all[mine].node == all[its].node && mine != its) return false;
  return true;
}

Reader::Reader(const hl7::Tree& tree, const hl7::Structure& structure)
    : tree_(tree), groups_(hl7::group(tree, structure)) {
  for (std::uint32_t segment = 0; segment < tree.segment_count(); ++segment)
    by_name_[std::string(tree.segment_name(segment))].push_back(segment);
}

std::span<const std::uint32_t> Reader::with(const std::vector<std::uint32_t>& among, std::uint32_t from) const {
  const auto& range = groups_.groups()[groups_.group_of(from)];
  return {std::ranges::lower_bound(among, range.begin), std::ranges::lower_bound(among, range.end)};
}

std::vector<std::uint32_t> Reader::all_nearest(const std::vector<std::uint32_t>& among, std::uint32_t from) const {
  std::vector<std::uint32_t> all;
  for (auto group = groups_.group_of(from);; group = groups_.groups()[group].parent) {
    const auto& range = groups_.groups()[group];
    for (auto at = std::ranges::lower_bound(among, range.begin); at != among.end() && *at < range.end; ++at)
      if (groups_.inside(*at, group) && related(from, *at)) all.push_back(*at);
    if (group == 0 || !all.empty()) return all;
  }
}

std::optional<std::uint32_t> Reader::nearest(const std::vector<std::uint32_t>& among, std::uint32_t from) const {
  for (auto group = groups_.group_of(from);; group = groups_.groups()[group].parent) {
    const auto& range = groups_.groups()[group];
    for (auto at = std::ranges::lower_bound(among, range.begin); at != among.end() && *at < range.end; ++at)
      if (groups_.inside(*at, group) && related(from, *at)) return *at;
    if (group == 0) return std::nullopt;
  }
}

std::optional<std::uint32_t> Reader::nearest(std::string_view name, std::uint32_t from) const {
  if (tree_.segment_name(from) == name) return from;
  const auto all = by_name_.find(name);
  return all == by_name_.end() ? std::nullopt : nearest(all->second, from);
}

void Reader::add_field(std::uint32_t segment, const Source& source, std::vector<hl7::Spot>& spots) const {
  const auto repetitions = tree_.repetition_count(segment, source.field);
  for (std::size_t repetition = 1; repetition <= repetitions; ++repetition) {
    const hl7::Spot spot{segment, source.field, static_cast<std::uint16_t>(repetition), source.component,
                         source.subcomponent};
    if (tree_.presence(spot) == hl7::Presence::valued) spots.push_back(spot);
    else if (source.component == 0) touch(spot);
  }
}

// A part of the place at hand: .4 of a field is its component, of a component its subcomponent. The first part of what
// has no parts is all of it.
void Reader::add_part(const Source& source, const Frame& frame, std::vector<hl7::Spot>& spots) const {
  auto spot = frame.base;
  for (auto number : {source.field, source.component}) {
    if (number == 0) continue;
    if (spot.component == 0) spot.component = number;
    else if (spot.subcomponent == 0) spot.subcomponent = number;
    else if (number != 1) return;
  }
  if (tree_.presence(spot) == hl7::Presence::valued) spots.push_back(spot);
}

Found Reader::find(const Source& source, const Frame& frame) const {
  using enum Source::Kind;
  Found found;
  switch (source.kind) {
    case literal:
      found.literal = source.text;
      break;
    case relative:
      if (frame.literal) {
        if (source.field <= 1) found.literal = frame.literal;
      } else if (frame.base.field == 0 && source.field != 0) {
        Source field = source;
        field.subcomponent = 0;
        add_field(frame.base.segment, field, found.spots);
      } else if (frame.base.field == 0) {
        found.spots.push_back(frame.base);
      } else {
        add_part(source, frame, found.spots);
      }
      break;
    case field:
      if (const auto segment = nearest(source.text, frame.segment)) add_field(*segment, source, found.spots);
      break;
    case segments:
      if (const auto all = by_name_.find(source.text); all != by_name_.end())
        for (const auto segment : with(all->second, frame.segment))
          if (groups_.group_of(segment) == groups_.group_of(frame.segment))
            found.spots.push_back({segment, 0, 0, 0, 0});
      break;
    case identity:
    case received:
      break;  // known to the converter alone
  }
  return found;
}

Found Reader::find(const Alternatives& alternatives, const Frame& frame) const {
  Found found;
  for (const auto& source : alternatives)
    if (found = find(source, frame); found) return found;
  return found;
}

bool Reader::holds(const Condition& condition, const Frame& frame) const {
  using enum Condition::Test;
  const auto found = find(condition.what, frame);
  switch (condition.test) {
    case valued:
      return static_cast<bool>(found);
    case empty:
      return !found;
    case single:
      return found.spots.size() <= 1;
    case repeats:
      return found.spots.size() > 1;
    case is:
    case is_not:
    case same:
    case differs:
    case number:
    case amount:
      break;
  }
  // Read, but not kept: what decides alone is still left over.
  const auto text = [&](const Found& place) {
    return clean_code(place.literal ? *place.literal : place.spots.empty() ? "" : tree_.text(place.spots.front()));
  };
  const auto value = text(found);
  if (condition.test == number) return is_number(value);
  if (condition.test == amount) return amount_of(value).has_value();
  if (condition.test == same || condition.test == differs) {
    const bool equal = value == text(find(condition.other, frame));
    if (equal && !found.spots.empty()) touch(found.spots.front());  // it is kept where the other is
    return equal == (condition.test == same);
  }
  return (std::ranges::find(condition.values, value) != condition.values.end()) == (condition.test == is);
}

bool Reader::holds(const std::vector<Condition>& conditions, const Frame& frame) const {
  return std::ranges::all_of(conditions, [&](const Condition& condition) { return holds(condition, frame); });
}

std::string Reader::text(const hl7::Spot& spot) const {
  auto leaf = spot;
  if (leaf.field != 0 && leaf.component == 0) leaf.component = 1;  // of a field, only its first component
  touch(leaf);
  return tree_.text(spot);
}

std::string Reader::plain(const hl7::Spot& spot) const {
  auto leaf = spot;
  if (leaf.component == 0) leaf.component = 1;
  touch(leaf);
  if (leaf.subcomponent == 0) leaf.subcomponent = 1;
  return tree_.presence(leaf) == hl7::Presence::valued ? plain_text(tree_.raw(leaf), tree_.delimiters()) : "";
}

std::string Reader::text(const Alternatives& alternatives, const Frame& frame) const {
  const auto found = find(alternatives, frame);
  return found.literal ? *found.literal : found.spots.empty() ? std::string() : text(found.spots.front());
}

std::vector<std::string> Reader::leaves(const hl7::Spot& spot) const {
  touch(spot);
  std::vector<std::string> all;
  const auto& marks = tree_.delimiters();
  const auto add = [&](hl7::Spot place) {
    if (tree_.presence(place) != hl7::Presence::valued) return;
    auto text = plain_text(tree_.raw(place), tree_.delimiters());
    if (!text.empty()) all.push_back(std::move(text));
  };
  const auto count = [&](const hl7::Spot& place, bool component) {
    return std::ranges::count_if(tree_.raw(place), [&](char c) { return is_part(c, marks, component); }) + 1;
  };
  const auto components = spot.component != 0 ? 1 : count(spot, true);
  for (long component = 1; component <= components; ++component) {
    auto part = spot;
    if (part.component == 0) part.component = static_cast<std::uint16_t>(component);
    const auto parts = part.subcomponent != 0 ? 1 : count(part, false);
    for (long number = 1; number <= parts; ++number) {
      auto leaf = part;
      if (leaf.subcomponent == 0) leaf.subcomponent = static_cast<std::uint16_t>(number);
      add(leaf);
    }
  }
  return all;
}

void Reader::touch_same(const Alternatives& alternatives, const Found& found, const Frame& frame) const {
  if (alternatives.size() < 2 || found.spots.empty()) return;
  for (const auto& source : alternatives)
    for (const auto& spot : find(source, frame).spots)
      if (spot != found.spots.front() && tree_.raw(spot) == tree_.raw(found.spots.front())) touch(spot);
}

void Reader::ignore(std::string_view segment, std::uint16_t field) const {
  const auto all = by_name_.find(segment);
  if (all == by_name_.end()) return;
  for (const auto at : all->second)
    for (std::size_t repetition = 1; repetition <= std::max<std::size_t>(1, tree_.repetition_count(at, field));
         ++repetition)
      touch({at, field, static_cast<std::uint16_t>(repetition), 0, 0});
}

void Reader::add_left_over(const hl7::Spot& field, std::vector<std::string>& all) const {
  if (tree_.presence(field) != hl7::Presence::valued || touched(field)) return;
  const auto parts = std::ranges::count(tree_.raw(field), tree_.delimiters().component) + 1;
  bool none = true;
  std::vector<std::string> left;
  for (long number = 1; number <= parts; ++number) {
    auto part = field;
    part.component = static_cast<std::uint16_t>(number);
    if (tree_.presence(part) != hl7::Presence::valued) continue;
    if (touched(part)) none = false;
    else left.push_back(hl7::to_string(tree_, part));
  }
  if (none) all.push_back(hl7::to_string(tree_, field));
  else all.insert(all.end(), left.begin(), left.end());
}

std::vector<std::string> Reader::left_over() const {
  std::vector<std::string> all;
  for (std::uint32_t segment = 0; segment < tree_.segment_count(); ++segment)
    for (std::size_t field = 1; field <= tree_.field_count(segment); ++field)
      for (std::size_t repetition = 1; repetition <= tree_.repetition_count(segment, field); ++repetition)
        add_left_over({segment, static_cast<std::uint16_t>(field), static_cast<std::uint16_t>(repetition), 0, 0}, all);
  return all;
}

}  // namespace myelin::mapping
