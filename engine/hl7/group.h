// Grouped: the segments of one message sorted into the groups of its structure: whose OBX this is, which NTE belongs
// to what. Paths through groups, `split`, FHIR and the viewer read it.
//
// Messages that break the grammar are grouped too, never refused; each segment says how it fitted. In this order:
//   1. where the grammar expects it: what repeats innermost, then what follows, then the groups around
//   2. back at its own place in an open group, if that is still free: the rest goes on where it was (misplaced)
//   3. further on, over required parts that are missing
//   4. as a repetition of what should not repeat, or in a part that has passed (misplaced)
//   5. a segment that the structure does not know stands with the one before it (unknown); so does a note (NTE) that
//      fits nowhere, because a note belongs to what it follows
// One pass without going back, so its time is the number of segments times the depth of the structure.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/hl7/structure.h"
#include "engine/hl7/tree.h"

namespace myelin::hl7 {

enum class Fit : std::uint8_t { expected, misplaced, unknown };

struct Group {
  std::uint32_t parent = 0;  // index of a group; the message's own is 0
  std::uint32_t begin = 0;   // its segments, those of the groups in it included, half open. A misplaced segment
  std::uint32_t end = 0;     // between them may belong to a group around it: ask group_of
  std::uint32_t number = 0;  // which of its name in its parent, from 1
  std::uint16_t node = 0;    // in the structure
};

// The Tree may be edited or go afterwards; the Structure must stay.
class Grouped {
 public:
  const Structure& structure() const { return *structure_; }
  // [0] is the message; then groups before the groups in them, in the message's order.
  std::span<const Group> groups() const { return groups_; }
  std::string_view name(std::uint32_t group) const { return structure_->nodes[groups_[group].node].name; }
  // The groups inside a group are those from it + 1 up to here.
  std::uint32_t last_inside(std::uint32_t group) const;

  std::size_t segment_count() const { return places_.size(); }
  std::uint32_t group_of(std::size_t segment) const { return places_[segment].group; }  // innermost
  Fit fit(std::size_t segment) const { return places_[segment].fit; }
  // The segment's own node in the structure; 0 where it has none (unknown, or a note that fits nowhere).
  std::uint16_t node(std::size_t segment) const { return places_[segment].node; }
  bool inside(std::size_t segment, std::uint32_t group) const;
  // Each segment stood where the grammar expects it. Says nothing about required ones that are missing.
  bool in_order() const { return in_order_; }

 private:
  friend class Grouper;
  struct Place {
    std::uint32_t group = 0;
    std::uint16_t node = 0;
    Fit fit = Fit::unknown;
  };

  const Structure* structure_ = nullptr;
  std::vector<Group> groups_;
  std::vector<Place> places_;
  bool in_order_ = true;
};

Grouped group(const Tree& tree, const Structure& structure);

}  // namespace myelin::hl7
