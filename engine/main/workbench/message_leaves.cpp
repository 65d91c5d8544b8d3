#include "engine/main/workbench/message_leaves.h"

#include <fmt/format.h>

#include <algorithm>

namespace myelin {
namespace {

using hl7::Spot;
using hl7::Tree;

std::size_t parts(std::string_view text, char delimiter) {
  return delimiter == 0 ? 1 : static_cast<std::size_t>(std::ranges::count(text, delimiter)) + 1;
}

std::string named(std::string_view segment, const Spot& spot, bool repeats) {
  std::string path(fmt::format("{}-{}", segment, spot.field));
  if (repeats && spot.repetition) path += fmt::format("[{}]", spot.repetition);
  if (spot.component) path += fmt::format(".{}", spot.component);
  if (spot.subcomponent) path += fmt::format(".{}", spot.subcomponent);
  return path;
}

// The places of one repetition: itself, then its components and subcomponents where it has several.
void walk_repetition(const Tree& tree, std::string_view segment, Spot spot, bool repeats, std::vector<Leaf>& leaves) {
  const auto raw = tree.raw(spot);
  if (raw.empty()) return;
  leaves.push_back({named(segment, spot, repeats), raw, 0, spot});
  const auto components = parts(raw, tree.delimiters().component);
  for (std::size_t component = 1; component <= components; ++component) {
    spot.component = static_cast<std::uint16_t>(component);
    const auto text = tree.raw(spot);
    if (text.empty()) continue;
    if (components > 1) leaves.push_back({named(segment, spot, repeats), text, 1, spot});
    const auto subcomponents = parts(text, tree.delimiters().subcomponent);
    for (std::size_t sub = 1; subcomponents > 1 && sub <= subcomponents; ++sub) {
      spot.subcomponent = static_cast<std::uint16_t>(sub);
      if (!tree.raw(spot).empty()) leaves.push_back({named(segment, spot, repeats), tree.raw(spot), 2, spot});
    }
    spot.subcomponent = 0;
  }
}

// A field without a repetition, and its first one, are one place to a reader.
std::uint16_t repetition(const Spot& spot) { return spot.repetition == 0 ? std::uint16_t{1} : spot.repetition; }

}  // namespace

std::vector<Leaf> leaves_of(const Tree& tree, std::size_t segment, std::string_view shown) {
  std::vector<Leaf> leaves;
  const bool header = shown == "MSH" || shown == "FHS" || shown == "BHS";
  for (std::size_t field = 1; field <= tree.field_count(segment); ++field) {
    Spot spot{static_cast<std::uint32_t>(segment), static_cast<std::uint16_t>(field), 0, 0, 0};
    if (header && field <= 2) {
      leaves.push_back({named(shown, spot, false), tree.raw(spot), 0, spot});
      continue;
    }
    const auto repetitions = tree.repetition_count(segment, field);
    for (std::size_t repetition = 1; repetition <= repetitions; ++repetition) {
      spot.repetition = static_cast<std::uint16_t>(repetition);
      walk_repetition(tree, shown, spot, repetitions > 1, leaves);
    }
  }
  return leaves;
}

std::string shown_name(const Tree& tree, std::size_t segment) {
  const auto name = tree.segment_name(segment);
  std::size_t total = 0, number = 0;
  for (std::size_t i = 0; i < tree.segment_count(); ++i) {
    if (tree.segment_name(i) != name) continue;
    ++total;
    if (i <= segment) ++number;
  }
  return total > 1 ? fmt::format("{}[{}]", name, number) : std::string(name);
}

Marks::Marks(const Tree& tree, const schema::Findings& findings) {
  for (const auto& each : findings.all) {
    if (!each.spot) {
      missing_.push_back(&each);
      continue;
    }
    const auto& spot = *each.spot;
    if (spot.field == 0 || tree.raw(spot).empty()) segments_[spot.segment].push_back(&each);
    else leaves_.emplace(Key{spot.segment, spot.field, repetition(spot), spot.component, spot.subcomponent}, &each);
  }
  // A component that is the whole field has no leaf of its own: its findings stand at the field.
  std::vector<std::pair<Key, const schema::Finding*>> raised;
  for (auto at = leaves_.begin(); at != leaves_.end();) {
    auto spot = *at->second->spot;
    const auto whole = spot;
    const auto is_whole = [&](const Spot& outer) {
      return tree.raw(outer).data() == tree.raw(whole).data() && tree.raw(outer).size() == tree.raw(whole).size();
    };
    auto outer = spot;
    if (outer.subcomponent != 0) {
      outer.subcomponent = 0;
      if (is_whole(outer)) spot = outer;
    }
    outer = spot;
    if (outer.component != 0 && outer.subcomponent == 0) {
      outer.component = 0;
      if (is_whole(outer)) spot = outer;
    }
    if (spot == whole) {
      ++at;
      continue;
    }
    raised.emplace_back(Key{spot.segment, spot.field, repetition(spot), spot.component, spot.subcomponent}, at->second);
    at = leaves_.erase(at);
  }
  leaves_.insert(raised.begin(), raised.end());
}

std::vector<const schema::Finding*> Marks::at(const Spot& spot) const {
  std::vector<const schema::Finding*> found;
  const auto [begin, end] =
      leaves_.equal_range(Key{spot.segment, spot.field, repetition(spot), spot.component, spot.subcomponent});
  for (auto each = begin; each != end; ++each) found.push_back(each->second);
  return found;
}

std::span<const schema::Finding* const> Marks::of(std::size_t segment) const {
  const auto found = segments_.find(segment);
  return found == segments_.end() ? std::span<const schema::Finding* const>() : found->second;
}

}  // namespace myelin
