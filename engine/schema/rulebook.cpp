#include "engine/schema/rulebook.h"

#include <map>
#include <mutex>

#include <algorithm>

#include "engine/schema/site.h"

namespace myelin::schema {

namespace {

// Where a table at the whole element is that of its first component. Elsewhere (CX, XPN) another part has it.
bool is_coded(std::string_view type) {
  return type == "CE" || type == "CWE" || type == "CNE" || type == "CF" || type == "CNN" || type == "CSU";
}

}  // namespace

bool CodeSet::has(std::string_view code) const {
  return std::ranges::binary_search(codes, code) ||
         (local && (code == "L" || code.starts_with("99") || code.starts_with("HL7")));
}

Rulebook::Rulebook(const Dictionary& dictionary, const Constraints& constraints)
    : dictionary_(dictionary), severities_(constraints.severities) {
  segments_.reserve(dictionary.segments().size());
  for (const auto& segment : dictionary.segments()) {
    auto& made = composites_.emplace_back();
    made.name = segment.name;
    made.title = segment.title;
    segments_.emplace(hl7::segment_code(segment.name), &made);
    for (const auto& element : segment.elements) made.elements.push_back(compile(element));
  }
  // All that OBX-2 may name, whether a field has that type or not.
  for (const auto& each : dictionary.types()) compile_type(each.name);
  groups_ = constraints.groups;
  for (const auto& constraint : constraints.segments) {
    if (!constraint.group.empty()) {
      counted_in_groups_.push_back(constraint);
      continue;
    }
    auto& segment = own_segment(constraint.segment);
    segment.least = constraint.least;
    segment.most = constraint.most;
    segment.unwanted = constraint.unwanted;
    segment.severity = constraint.severity;
    counted_.push_back(&segment);
  }
  // What is said of a segment in a group goes over what is said of it everywhere.
  for (const bool everywhere : {true, false})
    for (const auto& constraint : constraints.elements)
      if (constraint.group.empty() == everywhere) lay_over(constraint);
}

const GroupConstraint* Rulebook::group(std::string_view name) const {
  const auto found = std::ranges::find(groups_, name, &GroupConstraint::group);
  return found == groups_.end() ? nullptr : &*found;
}

const CompositeRule* Rulebook::segment(std::string_view name, std::string_view group) const {
  const auto own = in_groups_.find({std::string(group), hl7::segment_code(name)});
  return own == in_groups_.end() ? segment(name) : own->second;
}

const CompositeRule* Rulebook::segment(std::string_view name) const {
  const auto found = segments_.find(hl7::segment_code(name));
  return found == segments_.end() ? nullptr : found->second;
}

const CompositeRule* Rulebook::type(std::string_view name) const {
  const auto found = types_.find(name);
  return found == types_.end() ? nullptr : found->second;
}

const CodeSet* Rulebook::table(std::uint16_t number) {
  if (number == 0) return nullptr;
  const auto known = tables_.find(number);
  if (known != tables_.end()) return known->second;
  const auto* found = dictionary_.table(number);
  const CodeSet* set = nullptr;
  if (found != nullptr && !found->codes.empty()) {
    auto& made = sets_.emplace_back();
    const auto digits = std::to_string(number);
    made.name = "table " + std::string(4 - std::min<std::size_t>(digits.size(), 4), '0') + digits;
    for (const auto& code : found->codes) made.codes.push_back(code.code);
    complete(number, made);
    std::ranges::sort(made.codes);
    set = &made;
  }
  tables_.emplace(number, set);
  return set;
}

// Tables of which the facts hold one edition, although every version adds to them.
void Rulebook::complete(std::uint16_t number, CodeSet& set) const {
  constexpr std::uint16_t kVersionIds = 104, kValueTypes = 125, kCodingSystems = 396;
  if (number == kVersionIds) set.codes.insert(set.codes.end(), kVersionNames.begin(), kVersionNames.end());
  if (number == kValueTypes) {
    for (const auto& type : dictionary_.types()) set.codes.push_back(type.name);
    for (const std::string_view plain : {"DT", "DTM", "FT", "GTS", "ID", "IS", "NM", "SI", "ST", "TM", "TN", "TX"})
      set.codes.push_back(plain);
  }
  set.local = number == kCodingSystems;
}

// Types hold each other (CX.4 is an HD); none holds itself in the facts, but a site's own might: the map is written
// before the parts are.
const CompositeRule* Rulebook::compile_type(std::string_view name) {
  if (const auto known = types_.find(name); known != types_.end()) return known->second;
  const auto* found = dictionary_.type(name);
  if (found == nullptr) return nullptr;
  auto& made = composites_.emplace_back();
  made.name = found->name;
  types_.emplace(found->name, &made);
  std::vector<ElementRule> parts;
  for (const auto& element : found->elements) parts.push_back(compile(element));
  made.elements = std::move(parts);
  return &made;
}

ElementRule Rulebook::compile(const Element& element) {
  ElementRule rule;
  rule.name = element.name;
  rule.type = element.type;
  rule.usage = element.usage;
  rule.format = format_of(element.type);
  rule.repeats = element.repeats;
  rule.most = element.repeats ? element.most : std::uint16_t{1};
  rule.length = element.length;
  if (!rule.varies()) rule.parts = compile_type(element.type);
  if (rule.parts == nullptr || is_coded(element.type)) rule.codes = table(element.table);
  return rule;
}

CompositeRule& Rulebook::own_segment(std::string_view name) {
  const auto code = hl7::segment_code(name);
  if (const auto found = segments_.find(code); found != segments_.end()) return *found->second;
  auto& made = composites_.emplace_back();
  made.name = name;
  segments_.emplace(code, &made);
  return made;
}

CompositeRule& Rulebook::segment_in(const std::string& group, std::string_view name) {
  const std::pair key(group, hl7::segment_code(name));
  if (const auto found = in_groups_.find(key); found != in_groups_.end()) return *found->second;
  const auto& general = own_segment(name);
  auto& made = composites_.emplace_back(general);
  in_groups_.emplace(key, &made);
  return made;
}

const CodeSet* Rulebook::own_codes(const ElementConstraint& constraint) {
  auto& made = sets_.emplace_back();
  for (const auto& value : *constraint.values) made.codes.push_back(value);
  std::ranges::sort(made.codes);
  made.name = constraint.table.empty() ? "the values of the profile" : "table " + constraint.table;
  return &made;
}

// The parts of an element belong to all elements of its type; what a profile changes is copied first.
void Rulebook::lay_over(const ElementConstraint& constraint) {
  auto* composite =
      constraint.group.empty() ? &own_segment(constraint.segment) : &segment_in(constraint.group, constraint.segment);
  ElementRule* element = nullptr;
  for (const auto number : {constraint.field, constraint.component, constraint.subcomponent}) {
    if (number == 0) break;
    if (element != nullptr) {
      auto& copy = composites_.emplace_back();
      if (element->parts != nullptr) copy = *element->parts;
      element->parts = composite = &copy;
    }
    while (composite->elements.size() < number) {
      ElementRule unknown;
      unknown.repeats = true;
      composite->elements.push_back(unknown);
    }
    element = &composite->elements[number - 1U];
  }
  if (element == nullptr) return;
  if (constraint.required) element->usage = *constraint.required ? Usage::required : Usage::optional;
  if (constraint.unwanted) element->unwanted = *constraint.unwanted;
  if (constraint.least) element->least = *constraint.least;
  if (constraint.most) {
    element->most = *constraint.most;
    element->repeats = *constraint.most != 1;
  }
  if (constraint.shortest) element->shortest = *constraint.shortest;
  if (constraint.length) element->length = *constraint.length;
  if (constraint.values) {
    element->codes = own_codes(constraint);
    element->fixed = true;
  }
  if (constraint.severity) element->severity = constraint.severity;
}

const Rulebook& Rulebooks::of(Version version) const {
  auto& slot = slots_[static_cast<std::size_t>(version)];
  std::call_once(slot.once,
                 [&] { slot.rulebook = std::make_unique<const Rulebook>(Dictionary::of(version), constraints_); });
  return *slot.rulebook;
}

const Rulebooks& Rulebooks::standard() {
  static std::mutex lock;
  static std::map<unsigned, Rulebooks> known;  // by the state of the site's facts
  const std::scoped_lock hold(lock);
  return known[site_generation()];
}

}  // namespace myelin::schema
