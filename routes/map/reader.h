// Reader: the values of a message as a map names them, seen from one segment: OBR-4 is *its* OBR, in the groups of the
// message's structure. It remembers what was read, so that what no map asks for can be told.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/hl7/group.h"
#include "engine/hl7/path.h"
#include "engine/hl7/tree.h"
#include "routes/map/library.h"

namespace myelin::mapping {

// Where a row stands: at a segment, or at a place in it; or at a literal that a row above gave.
struct Frame {
  std::uint32_t segment = 0;
  hl7::Spot base;  // field 0: the segment
  std::optional<std::string> literal;
};

// What a source names here: places that have a value, or a text.
struct Found {
  std::vector<hl7::Spot> spots;
  std::optional<std::string> literal;
  explicit operator bool() const { return literal || !spots.empty(); }
};

class Reader {
 public:
  Reader(const hl7::Tree& tree, const hl7::Structure& structure);

  const hl7::Tree& tree() const { return tree_; }
  const hl7::Grouped& groups() const { return groups_; }

  // The segment of this name in the innermost group around `from` that has one, leaving out what belongs to another
  // repetition of a group that `from` stands in.
  std::optional<std::uint32_t> nearest(std::string_view name, std::uint32_t from) const;
  // The same among these segments, which rise.
  std::optional<std::uint32_t> nearest(const std::vector<std::uint32_t>& among, std::uint32_t from) const;
  // All that nearest() could mean: those in the same innermost group.
  std::vector<std::uint32_t> all_nearest(const std::vector<std::uint32_t>& among, std::uint32_t from) const;
  // Those that stand in the innermost group of `from` or in groups inside it, as a range of `among`.
  std::span<const std::uint32_t> with(const std::vector<std::uint32_t>& among, std::uint32_t from) const;
  // Whether both stand in the same repetition of every group that both kinds stand in.
  bool related(std::uint32_t segment, std::uint32_t other) const;

  Found find(const Alternatives& alternatives, const Frame& frame) const;
  bool holds(const std::vector<Condition>& conditions, const Frame& frame) const;

  // The leaf, escapes decoded; the place counts as read.
  std::string text(const hl7::Spot& spot) const;
  // The same as plain text: what formats it is text too.
  std::string plain(const hl7::Spot& spot) const;
  // Of the first place that is found, or the literal.
  std::string text(const Alternatives& alternatives, const Frame& frame) const;
  // Every leaf of the place as plain text, in order, those that are empty left out.
  std::vector<std::string> leaves(const hl7::Spot& spot) const;
  // What an alternative that was not taken says, where it is the same: it is kept too.
  void touch_same(const Alternatives& alternatives, const Found& found, const Frame& frame) const;
  // Counts as read without being read: the field says nothing to keep.
  void ignore(std::string_view segment, std::uint16_t field) const;

  // "PID[1]-18", "OBX[2]-5.3": what has a value and was never read.
  std::vector<std::string> left_over() const;

 private:
  static std::uint64_t key(const hl7::Spot& spot);
  void touch(const hl7::Spot& spot) const;
  bool touched(hl7::Spot spot) const;
  Found find(const Source& source, const Frame& frame) const;
  void add_field(std::uint32_t segment, const Source& source, std::vector<hl7::Spot>& spots) const;
  void add_part(const Source& source, const Frame& frame, std::vector<hl7::Spot>& spots) const;
  bool holds(const Condition& condition, const Frame& frame) const;
  void add_left_over(const hl7::Spot& field, std::vector<std::string>& all) const;

  const hl7::Tree& tree_;
  hl7::Grouped groups_;
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> by_name_;
  mutable std::unordered_set<std::uint64_t> read_;
};

// "-0.50", "+5", "12.": digits with at most one point.
bool is_number(std::string_view text);

}  // namespace myelin::mapping
