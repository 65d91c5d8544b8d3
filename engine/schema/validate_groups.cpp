// What a profile says of the groups of a message: how many there are in each group around them, and how many of a
// segment stand directly in each. What it says of their fields is checked with the values (validate.cpp).
#include <algorithm>

#include "engine/base/counted.h"
#include "engine/schema/validate.h"

namespace myelin::schema {
namespace {

using Kind = hl7::StructureNode::Kind;

class GroupCheck {
 public:
  GroupCheck(FindingSink& sink, const hl7::Grouped& grouped)
      : sink_(sink), grouped_(grouped), nodes_(grouped.structure().nodes) {}

  void run() {
    for (std::uint32_t around = 0; around < grouped_.groups().size(); ++around) check_inside(around);
    for (const auto& counted : sink_.rulebook().counted_in_groups())
      for (std::uint32_t group = 0; group < grouped_.groups().size(); ++group)
        if (grouped_.name(group) == counted.group) check_segment(group, counted);
  }

 private:
  // Each group that may stand directly in this one, and of which the profile says how many.
  void check_inside(std::uint32_t around) {
    const auto node = grouped_.groups()[around].node;
    for (auto part = static_cast<std::uint16_t>(node + 1); part < nodes_[node].end; part = next(part)) {
      if (nodes_[part].kind != Kind::group) continue;
      if (const auto* rule = sink_.rulebook().group(nodes_[part].name)) check_count(around, part, *rule);
    }
  }

  // The parts of a choice are parts of the group around it.
  std::uint16_t next(std::uint16_t part) const {
    return nodes_[part].kind == Kind::choice ? static_cast<std::uint16_t>(part + 1) : nodes_[part].end;
  }

  void check_count(std::uint32_t around, std::uint16_t part, const GroupConstraint& rule) {
    std::uint32_t count = 0;
    for (std::uint32_t group = around + 1; group < grouped_.groups().size(); ++group) {
      const auto& found = grouped_.groups()[group];
      if (found.parent != around || found.node != part) continue;
      ++count;
      if (rule.unwanted) sink_.add(Rule::withdrawn, place(group), rule.group + " is not wanted here", rule.severity);
    }
    tell(count, rule.least, rule.most, rule.group, place(around), rule.severity);
  }

  void check_segment(std::uint32_t group, const SegmentConstraint& counted) {
    std::uint32_t count = 0;
    const auto& span = grouped_.groups()[group];
    for (auto i = span.begin; i < span.end; ++i) {
      if (grouped_.group_of(i) != group || sink_.tree().segment_name(i) != counted.segment) continue;
      ++count;
      if (counted.unwanted)
        sink_.add(Rule::withdrawn, hl7::Spot{i, 0, 0, 0, 0}, counted.segment + " is not wanted in " + counted.group,
                  counted.severity);
    }
    tell(count, counted.least, counted.most, counted.segment, place(group), counted.severity);
  }

  void tell(std::uint32_t count, std::uint32_t least, std::uint32_t most, const std::string& name,
            const std::string& where, std::optional<Severity> severity) {
    const auto times = [&](std::uint32_t number) { return " " + counted(number, "time") + " in " + where; };
    if (count == 0 && least != 0) sink_.add(Rule::usage, where, name + " is required in " + where, severity);
    else if (count < least)
      sink_.add(Rule::repetition, where, name + " stands there at least" + times(least), severity);
    if (most != 0 && count > most)
      sink_.add(Rule::repetition, where, name + " stands there at most" + times(most), severity);
  }

  // "ORDER_OBSERVATION[2]"; of the message itself its structure.
  std::string place(std::uint32_t group) const {
    if (group == 0) return std::string(grouped_.structure().name);
    return std::string(grouped_.name(group)) + "[" + std::to_string(grouped_.groups()[group].number) + "]";
  }

  FindingSink& sink_;
  const hl7::Grouped& grouped_;
  const std::vector<hl7::StructureNode>& nodes_;
};

}  // namespace

void check_groups(FindingSink& sink, const hl7::Grouped& grouped) { GroupCheck(sink, grouped).run(); }

}  // namespace myelin::schema
