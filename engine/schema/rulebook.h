// Rulebook: what a message is checked against, compiled: one version of the dictionary, with what a site's profile says
// otherwise laid over it. Each element points at the rules of its parts and at its table, so that checking looks
// nothing up by name.
//
// Contract: immutable once made, shared by all threads. Names are views into the dictionary it was made from.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/schema/dictionary.h"
#include "engine/schema/finding.h"
#include "engine/schema/format.h"

namespace myelin::schema {

// The codes of a table, or the values that a profile allows.
struct CodeSet {
  std::vector<std::string_view> codes;  // sorted
  std::string name;                     // "table 0001", "the profile's values"
  bool local = false;                   // L, and what begins with 99 or HL7, are in it too (table 0396)
  bool has(std::string_view code) const;
};

struct CompositeRule;

struct ElementRule {
  std::string_view name;
  std::string_view type;
  Usage usage = Usage::optional;
  Format format = Format::text;
  bool repeats = false;
  bool unwanted = false;    // a profile says X
  bool fixed = false;       // `codes` are values that a profile fixes, not a table
  std::uint16_t least = 0;  // repetitions
  std::uint16_t most = 0;   // 0: no limit
  std::uint32_t shortest = 0;
  std::uint32_t length = 0;        // 0: none given
  const CodeSet* codes = nullptr;  // of the first leaf
  const CompositeRule* parts = nullptr;
  std::optional<Severity> severity;  // of whatever is found here; else that of the rule
  bool varies() const { return type == kVaries; }
};

// A segment or a data type.
struct CompositeRule {
  std::string_view name, title;
  std::uint32_t most = 0;  // of a segment in a message; 0: no limit
  std::uint32_t least = 0;
  bool unwanted = false;
  std::optional<Severity> severity;
  std::vector<ElementRule> elements;  // [0] is field or component 1
};

// What a profile says of one place: PID-8, PID-3.4.1.
struct ElementConstraint {
  std::string segment;
  std::uint16_t field = 0, component = 0, subcomponent = 0;
  std::string group = {};  // only of segments that stand directly in such a group; empty: of all
  std::optional<bool> required = {}, unwanted = {};
  std::optional<std::uint16_t> least = {}, most = {};
  std::optional<std::uint32_t> shortest = {}, length = {};
  std::optional<std::vector<std::string>> values = {};  // instead of the table
  std::string table = {};                               // how `values` are called; empty: they are fixed values
  std::optional<Severity> severity = {};
};

struct SegmentConstraint {
  std::string segment;
  std::uint32_t least = 0, most = 0;  // in the whole message, or in each such group; most 0: no limit
  bool unwanted = false;
  std::optional<Severity> severity = {};
  std::string group = {};
};

// How many of a group there are in each group around it.
struct GroupConstraint {
  std::string group;
  std::uint32_t least = 0, most = 0;  // most 0: no limit
  bool unwanted = false;
  std::optional<Severity> severity = {};
};

struct Constraints {
  Severities severities = kStandardSeverities;
  std::vector<SegmentConstraint> segments;
  std::vector<ElementConstraint> elements;
  std::vector<GroupConstraint> groups;
};

class Rulebook {
 public:
  // Both must outlive it.
  Rulebook(const Dictionary& dictionary, const Constraints& constraints);
  Rulebook(const Rulebook&) = delete;
  Rulebook& operator=(const Rulebook&) = delete;

  const Dictionary& dictionary() const { return dictionary_; }
  const CompositeRule* segment(std::string_view name) const;
  const CompositeRule* type(std::string_view name) const;
  Severity severity(Rule rule) const { return severities_[static_cast<std::size_t>(rule)]; }
  // Segments of which a profile says how many there are.
  std::span<const CompositeRule* const> counted() const { return counted_; }
  // Whether a profile says anything of groups, how many there are of one, and of segments in them.
  bool has_groups() const { return !groups_.empty() || !counted_in_groups_.empty() || !in_groups_.empty(); }
  const GroupConstraint* group(std::string_view name) const;
  std::span<const SegmentConstraint> counted_in_groups() const { return counted_in_groups_; }
  // The rules of a segment that stands directly in this group.
  const CompositeRule* segment(std::string_view name, std::string_view group) const;

 private:
  const CodeSet* table(std::uint16_t number);
  void complete(std::uint16_t number, CodeSet& set) const;
  const CompositeRule* compile_type(std::string_view name);
  ElementRule compile(const Element& element);
  CompositeRule& own_segment(std::string_view name);
  CompositeRule& segment_in(const std::string& group, std::string_view name);
  void lay_over(const ElementConstraint& constraint);
  const CodeSet* own_codes(const ElementConstraint& constraint);

  const Dictionary& dictionary_;
  Severities severities_;
  std::deque<CompositeRule> composites_;
  std::deque<CodeSet> sets_;
  std::unordered_map<std::string_view, CompositeRule*> types_;
  std::unordered_map<std::uint32_t, CompositeRule*> segments_;  // by segment_code
  std::map<std::uint16_t, const CodeSet*> tables_;
  std::vector<const CompositeRule*> counted_;
  std::vector<GroupConstraint> groups_;
  std::vector<SegmentConstraint> counted_in_groups_;
  std::map<std::pair<std::string, std::uint32_t>, CompositeRule*> in_groups_;  // by group and segment_code
};

// The rulebooks of one set of constraints, one for each version, made when the first message of the version comes.
class Rulebooks {
 public:
  explicit Rulebooks(Constraints constraints = {}) : constraints_(std::move(constraints)) {}
  const Rulebook& of(Version version) const;
  // Of the dictionary alone.
  static const Rulebooks& standard();

 private:
  struct Slot {
    std::once_flag once;
    std::unique_ptr<const Rulebook> rulebook;
  };
  const Constraints constraints_;
  mutable std::array<Slot, kVersions> slots_;
};

}  // namespace myelin::schema
