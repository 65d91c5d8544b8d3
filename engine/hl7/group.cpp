// Sorting segments into groups: a cursor walks the structure forward, one segment at a time.
#include "engine/hl7/group.h"

#include <algorithm>

namespace myelin::hl7 {

using Kind = StructureNode::Kind;

// The cursor is the segment's node that was filled last, and the open groups around it.
class Grouper {
 public:
  Grouper(const Tree& tree, const Structure& structure) : nodes_(structure.nodes) {
    grouped_.structure_ = &structure;
    const std::size_t count = tree.segment_count();
    grouped_.places_.resize(count);
    grouped_.groups_.reserve(count / 2 + 4);
    grouped_.groups_.push_back(Group{0, 0, 0, 1, 0});
    filled_.assign(nodes_.size(), kNever);
    open_.push_back(0);
    for (std::size_t i = 0; i < count; ++i) place(static_cast<std::uint32_t>(i), segment_code(tree.segment_name(i)));
  }

  Grouped take() { return std::move(grouped_); }

 private:
  static constexpr std::uint32_t kNever = UINT32_MAX;
  static constexpr std::uint32_t kNote = segment_code("NTE");
  // How far the search may bend the grammar.
  enum class Reach : std::uint8_t { strict, over_missing, surplus };
  // 0: nowhere. `base` is the group that stays open, the groups between it and the leaf are opened.
  struct Step {
    std::uint16_t leaf = 0;
    std::uint16_t base = 0;
  };

  void place(std::uint32_t segment, std::uint32_t code) {
    wanted_ = code;
    known_ = code != 0 && std::ranges::any_of(nodes_, [code](const StructureNode& node) { return node.code == code; });
    Fit fit = Fit::expected;
    Step step = code == 0 ? Step{} : forward(Reach::strict);
    if (step.leaf == 0 && known_ && code != kNote) {
      if (const auto home = free_place_behind()) return settle(segment, home, Fit::misplaced);
      step = forward(Reach::over_missing);
      if (step.leaf == 0) {
        fit = Fit::misplaced;
        step = forward(Reach::surplus);
      }
      if (step.leaf == 0) step = anew();
    }
    if (step.leaf == 0) {
      note(segment, open_.back(), 0, known_ ? Fit::misplaced : Fit::unknown);
      return;
    }
    open_groups(segment, step);
    cursor_ = step.leaf;
    filled_[cursor_] = segment;
    note(segment, open_.back(), cursor_, fit);
  }

  bool matches(const StructureNode& node) const {
    return node.code == wanted_ || (node.code == kAnySegment && !known_);
  }

  // The first node for the segment within `index`; strictly, only past parts that may be empty.
  std::uint16_t enter(std::uint16_t index, bool strict) const {
    const auto& node = nodes_[index];
    if (node.kind == Kind::segment) return matches(node) ? index : std::uint16_t{0};
    for (std::uint16_t part = static_cast<std::uint16_t>(index + 1); part < node.end; part = nodes_[part].end) {
      if (const auto leaf = enter(part, strict)) return leaf;
      if (strict && node.kind == Kind::group && !nodes_[part].may_be_empty) return 0;
    }
    return 0;
  }

  std::uint16_t group_around(std::uint16_t index) const {
    do index = nodes_[index].parent;
    while (nodes_[index].kind != Kind::group);
    return index;
  }

  // From the cursor on: repetitions innermost first, then what follows, then the same one group further out.
  Step forward(Reach reach) const {
    const bool strict = reach != Reach::over_missing;
    std::uint16_t at = cursor_;
    while (at != 0) {
      if (nodes_[at].repeats || reach == Reach::surplus) {
        if (const auto leaf = enter(at, strict)) return {leaf, group_around(at)};
      }
      const std::uint16_t around = nodes_[at].parent;
      if (nodes_[around].kind == Kind::group && reach != Reach::surplus) {
        const Step step = among(nodes_[at].end, around, strict);
        if (step.leaf != 0) return or_begun_anew(step);
        if (strict && step.base == kStopped) return {};
      }
      at = around;
    }
    return cursor_ == 0 ? among(1, 0, strict) : Step{};
  }

  // Where a group would begin late, past parts of it that may be absent, the same segment rather begins an open group
  // anew: ORC after an order is the next order, and not the order of a prior result whose patient was left out
  // (OML_O21).
  Step or_begun_anew(Step step) const {
    bool late = false;
    for (auto at = step.leaf; nodes_[at].parent != step.base; at = nodes_[at].parent)
      late = late || (nodes_[nodes_[at].parent].kind == Kind::group && at != nodes_[at].parent + 1);
    for (auto at = step.base; late && at != 0; at = nodes_[at].parent)
      if (nodes_[at].kind == Kind::group && nodes_[at].repeats && nodes_[at + std::size_t{1}].code == wanted_)
        return {static_cast<std::uint16_t>(at + 1), group_around(at)};
    return step;
  }

  static constexpr std::uint16_t kStopped = UINT16_MAX;

  // The parts of a group from `part` on. base kStopped: a required part stood in the way.
  Step among(std::uint16_t part, std::uint16_t group, bool strict) const {
    for (; part < nodes_[group].end; part = nodes_[part].end) {
      if (const auto leaf = enter(part, strict)) return {leaf, group};
      if (strict && !nodes_[part].may_be_empty) return {0, kStopped};
    }
    return {};
  }

  // A node of its own in an open group that the cursor has passed and that can take one more.
  std::uint16_t free_place_behind() const {
    for (auto open = open_.rbegin(); open != open_.rend(); ++open) {
      const auto& group = grouped_.groups_[*open];
      for (std::uint16_t i = static_cast<std::uint16_t>(group.node + 1); i < nodes_[group.node].end && i < cursor_;
           ++i) {
        const auto& node = nodes_[i];
        if (node.code != wanted_ || group_around(i) != group.node) continue;
        const bool in_choice = nodes_[node.parent].kind == Kind::choice;
        const bool taken = filled_[i] != kNever && filled_[i] >= group.begin;
        if (node.repeats || (!taken && !in_choice)) return i;
      }
    }
    return 0;
  }

  // Anywhere in an open group, from the innermost out, as if that part began anew.
  Step anew() const {
    for (auto open = open_.rbegin(); open != open_.rend(); ++open) {
      const auto node = grouped_.groups_[*open].node;
      for (const bool strict : {true, false}) {
        for (std::uint16_t part = static_cast<std::uint16_t>(node + 1); part < nodes_[node].end;
             part = nodes_[part].end) {
          if (const auto leaf = enter(part, strict)) return {leaf, node};
        }
      }
    }
    return {};
  }

  void settle(std::uint32_t segment, std::uint16_t leaf, Fit fit) {
    const auto home = group_around(leaf);
    for (const auto open : open_) {
      if (grouped_.groups_[open].node == home) note(segment, open, leaf, fit);
    }
    filled_[leaf] = segment;
  }

  void open_groups(std::uint32_t segment, Step step) {
    while (grouped_.groups_[open_.back()].node != step.base) open_.pop_back();
    const std::size_t kept = open_.size();
    for (std::uint16_t node = group_around(step.leaf); node != step.base; node = group_around(node)) {
      open_.push_back(node);  // a node for now: the path is found from inside out
    }
    std::reverse(open_.begin() + static_cast<std::ptrdiff_t>(kept), open_.end());
    for (std::size_t i = kept; i < open_.size(); ++i) {
      const auto node = static_cast<std::uint16_t>(open_[i]);
      grouped_.groups_.push_back(Group{open_[i - 1], segment, segment, number_of(node, open_[i - 1]), node});
      open_[i] = static_cast<std::uint32_t>(grouped_.groups_.size() - 1);
      last_of_.resize(nodes_.size(), 0);
      last_of_[node] = open_[i];
    }
  }

  std::uint32_t number_of(std::uint16_t node, std::uint32_t parent) const {
    if (last_of_.empty() || last_of_[node] == 0) return 1;
    const auto& before = grouped_.groups_[last_of_[node]];
    return before.parent == parent ? before.number + 1 : 1;
  }

  void note(std::uint32_t segment, std::uint32_t group, std::uint16_t node, Fit fit) {
    grouped_.places_[segment] = {group, node, fit};
    grouped_.in_order_ = grouped_.in_order_ && fit == Fit::expected;
    for (const auto open : open_) {
      grouped_.groups_[open].end = segment + 1;
      if (open == group) break;
    }
  }

  const std::vector<StructureNode>& nodes_;
  Grouped grouped_;
  std::vector<std::uint32_t> open_;     // groups from the message inwards
  std::vector<std::uint32_t> filled_;   // by node: the segment that it took last
  std::vector<std::uint32_t> last_of_;  // by node: the group opened last
  std::uint16_t cursor_ = 0;
  std::uint32_t wanted_ = 0;
  bool known_ = false;
};

std::uint32_t Grouped::last_inside(std::uint32_t group) const {
  std::uint32_t next = group + 1;
  while (next < groups_.size() && groups_[next].parent >= group) ++next;
  return next;
}

bool Grouped::inside(std::size_t segment, std::uint32_t group) const {
  std::uint32_t at = places_[segment].group;
  while (at > group) at = groups_[at].parent;
  return at == group;
}

Grouped group(const Tree& tree, const Structure& structure) { return Grouper(tree, structure).take(); }

}  // namespace myelin::hl7
