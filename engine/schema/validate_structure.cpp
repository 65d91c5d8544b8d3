// Segments against the structure. Messages that break the grammar are grouped all the same (engine/hl7/group.h); here
// it is said how they broke it: what stands elsewhere, what there is too much of, and what a group lacks.
#include <algorithm>

#include "engine/schema/validate.h"

namespace myelin::schema {
namespace {

using hl7::Fit;
using Kind = hl7::StructureNode::Kind;

// Counts how often each part of each group is there. A part is a segment, a group or a choice directly inside.
class Census {
 public:
  explicit Census(const hl7::Grouped& grouped) : nodes_(grouped.structure().nodes) {
    slots_.resize(nodes_.size());
    sizes_.resize(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].kind != Kind::group) continue;
      for (std::size_t part = i + 1; part < nodes_[i].end; part = nodes_[part].end) slots_[part] = sizes_[i]++;
    }
    firsts_.reserve(grouped.groups().size());
    for (const auto& group : grouped.groups()) {
      firsts_.push_back(static_cast<std::uint32_t>(counts_.size()));
      counts_.resize(counts_.size() + sizes_[group.node]);
      if (firsts_.size() > 1) ++counts_[firsts_[group.parent] + slots_[part_of(group.node)]];
    }
  }

  // One more segment of a group: how many of its part there are now.
  std::uint32_t count(std::uint32_t group, std::uint16_t node) {
    return ++counts_[firsts_[group] + slots_[part_of(node)]];
  }
  std::uint32_t of(std::uint32_t group, std::uint16_t part) const { return counts_[firsts_[group] + slots_[part]]; }
  // The part that the node is, or the choice around it.
  std::uint16_t part_of(std::uint16_t node) const {
    while (nodes_[nodes_[node].parent].kind == Kind::choice) node = nodes_[node].parent;
    return node;
  }

 private:
  const std::vector<hl7::StructureNode>& nodes_;
  std::vector<std::uint32_t> slots_;   // by node: its place among the parts of its group
  std::vector<std::uint32_t> sizes_;   // by node of a group: how many parts it has
  std::vector<std::uint32_t> firsts_;  // by group: its first count
  std::vector<std::uint32_t> counts_;
};

class StructureCheck {
 public:
  StructureCheck(FindingSink& sink, const hl7::Structure& structure)
      : sink_(sink), structure_(structure), grouped_(hl7::group(sink.tree(), structure)), census_(grouped_) {}

  void run() {
    for (std::size_t i = 0; i < grouped_.segment_count(); ++i) check_segment(static_cast<std::uint32_t>(i));
    for (std::uint32_t g = 0; g < grouped_.groups().size(); ++g) check_group(g);
  }

 private:
  void check_segment(std::uint32_t segment) {
    const auto name = sink_.tree().segment_name(segment);
    const hl7::Spot spot{segment, 0, 0, 0, 0};
    const auto node = grouped_.node(segment);
    if (node == 0) {
      if (!name.empty() && !name.starts_with('Z')) sink_.add(Rule::structure, spot, without_place(name));
      return;
    }
    const auto part = census_.part_of(node);
    const bool surplus = census_.count(grouped_.group_of(segment), node) > 1 && !structure_.nodes[part].repeats &&
                         !structure_.nodes[node].repeats;
    if (surplus) sink_.add(Rule::structure, spot, std::string(name) + " stands there only once");
    else if (grouped_.fit(segment) == Fit::misplaced)
      sink_.add(Rule::structure, spot, std::string(name) + " is out of order in " + std::string(structure_.name));
  }

  std::string without_place(std::string_view name) const {
    const std::string of(name);
    if (hl7::holds(structure_, name)) return of + " is out of order in " + std::string(structure_.name);
    if (sink_.rulebook().segment(name) != nullptr) return of + " does not belong into " + std::string(structure_.name);
    const auto plain = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
    if (name.size() == 3 && std::ranges::all_of(name, plain)) return of + " is no segment of HL7 v2";
    return "this is no segment's name";
  }

  // Parts that must be there. A group that is only missing its first segment is still there by its others.
  void check_group(std::uint32_t index) {
    const auto& group = grouped_.groups()[index];
    const auto& nodes = structure_.nodes;
    for (auto part = static_cast<std::uint16_t>(group.node + 1); part < nodes[group.node].end; part = nodes[part].end) {
      if (nodes[part].may_be_empty || census_.of(index, part) != 0) continue;
      sink_.add(Rule::structure, name_of(part), name_of(part) + " is missing in " + place_of(index));
    }
  }

  // "PID", "ORDER_OBSERVATION", "OBR or RXO"
  std::string name_of(std::uint16_t part) const {
    const auto& nodes = structure_.nodes;
    if (!nodes[part].name.empty()) return std::string(nodes[part].name);
    std::string names;
    for (auto at = static_cast<std::uint16_t>(part + 1); at < nodes[part].end; at = nodes[at].end)
      names += (names.empty() ? "" : " or ") + std::string(nodes[at].name);
    return names;
  }

  std::string place_of(std::uint32_t index) const {
    if (index == 0) return std::string(structure_.name);
    const auto& group = grouped_.groups()[index];
    const auto name = grouped_.name(index);
    if (name.empty()) return std::string(structure_.name);
    return std::string(name) + "[" + std::to_string(group.number) + "]";
  }

  FindingSink& sink_;
  const hl7::Structure& structure_;
  const hl7::Grouped grouped_;
  Census census_;
};

}  // namespace

void check_structure(FindingSink& sink, const hl7::Structure& structure) { StructureCheck(sink, structure).run(); }

}  // namespace myelin::schema
