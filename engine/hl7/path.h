// Path: how a channel names a place in a message, 1-based as the standard counts (channel-language.md, Paths).
//   PID-5.1   PID-3[2].4.1   PID-3[5=MR].1   PID-3[5=MR][4.1=WEST].1   OBX[3]-5   OBX[last]-1   OBX[*]-5
//   OBX[3.1=2345-7]-5   ORDER_OBSERVATION[2]/OBX[1]-5   PID (the whole segment)
// `PID.5.1` and `PID-5-1` are read and can be written back in the form above; 0-based forms are refused with a hint.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hl7/group.h"
#include "engine/hl7/tree.h"

namespace myelin::hl7 {

// [5=MR], [4.1=WEST] on a repetition; [3.1=2345-7] on a segment (there the first number is the field).
struct PickCondition {
  std::uint16_t number = 0;
  std::uint16_t component = 0;
  std::uint16_t subcomponent = 0;
  std::string value;
  bool operator==(const PickCondition&) const = default;
};

struct Pick {
  enum class Kind : std::uint8_t {
    implicit,
    number,
    last,
    all,
    where
  } kind = Kind::implicit;  // implicit reads the first
  std::uint32_t number = 0;
  std::vector<PickCondition> conditions;
  bool operator==(const Pick&) const = default;
};

struct GroupStep {
  std::string name;
  Pick pick;
  bool operator==(const GroupStep&) const = default;
};

struct Path {
  std::vector<GroupStep> groups;
  std::string segment;  // "PID"
  Pick segment_pick;
  std::uint16_t field = 0;  // 0: the whole segment
  Pick repetition;
  std::uint16_t component = 0;
  std::uint16_t subcomponent = 0;
  bool operator==(const Path&) const = default;
};

struct PathError {
  std::size_t offset = 0;  // in the text
  std::size_t length = 1;
  std::string message;
  std::string hint;  // the corrected form, where it is known
};

// Refuses group steps (ORDER/OBX-5): where the groups of the message are known, parse_path_with_groups() reads them.
std::expected<Path, PathError> parse_path(std::string_view text);
// The same, but keeps group steps: for those who only write paths back, and for those who have the groups (Grouped).
std::expected<Path, PathError> parse_path_with_groups(std::string_view text);
// The canonical form, with which `fmt` replaces what was typed.
std::string to_string(const Path& path);
// "PID[1]-8.1": the form of ERR, faults and traces, for one resolved place.
std::string to_string(const Tree& tree, const Spot& spot);

// Segment `segment` and its group, in which names are looked up first (`each`); kAnywhere: the whole message.
struct Scope {
  static constexpr std::uint32_t kAnywhere = UINT32_MAX;
  std::uint32_t segment = kAnywhere;
};

// Every place that the path names in this message, in message order; without selectors at most one. Places that do
// not exist are left out, except that a field, numbered repetition or component of an existing segment is returned
// even when absent, so that it can be written. A field without selector is all of it (repetition 0 in the Spot).
//
// Group steps need `groups`, made of this message as it is now; without them they find nothing. A step finds groups of
// its name at any depth below the step before it, and [2] counts those; a condition looks at the group's first
// segment. The segment and its number are looked for in each group found. With `groups`, names within a scope go by
// the groups (the current one, those around it, the message); without, by the order of segments.
std::vector<Spot> select(const Tree& tree, const Path& path, Scope scope = {}, const Grouped* groups = nullptr);
// Of several places the first.
std::string read_text(const Tree& tree, const Path& path, Scope scope = {},
                      const Grouped* groups = nullptr);  // "" when absent, empty or null
Presence presence(const Tree& tree, const Path& path, Scope scope = {}, const Grouped* groups = nullptr);

}  // namespace myelin::hl7
