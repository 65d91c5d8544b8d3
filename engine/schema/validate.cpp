#include "engine/schema/validate.h"

#include <algorithm>

#include "engine/base/counted.h"
#include "engine/hl7/path.h"
#include "engine/hl7/piece.h"

namespace myelin::schema {
namespace {

using hl7::Spot;

constexpr std::string_view kNull = "\"\"";
constexpr std::uint32_t kObx = hl7::segment_code("OBX");

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string number(std::size_t value) { return std::to_string(value); }

std::string named(const ElementRule& rule) { return rule.name.empty() ? "the place" : std::string(rule.name); }

// Walks the values of one message.
class ValueCheck {
 public:
  // `grouped` only where a profile says something of segments in groups.
  ValueCheck(FindingSink& sink, const hl7::Grouped* grouped)
      : sink_(sink), tree_(sink.tree()), delimiters_(tree_.delimiters()), grouped_(grouped) {}

  void segment(std::uint32_t index) {
    const auto name = tree_.segment_name(index);
    const auto* rules = grouped_ == nullptr ? sink_.rulebook().segment(name)
                                            : sink_.rulebook().segment(name, grouped_->name(grouped_->group_of(index)));
    if (rules == nullptr) return;
    const bool header =
        hl7::segment_code(rules->name) == hl7::segment_code("MSH") || rules->name == "FHS" || rules->name == "BHS";
    const std::size_t present = tree_.field_count(index), known = rules->elements.size();
    varying_ = nullptr;
    varying_format_ = Format::text;
    for (std::size_t number = header ? 3 : 1; number <= std::max(present, known); ++number) {
      const Spot spot{index, static_cast<std::uint16_t>(number), 0, 0, 0};
      const auto raw = number > present ? std::string_view() : tree_.raw(spot);
      if (number > known) {
        if (!raw.empty() && known != 0)
          extra(spot, std::string(rules->name) + " ends at field " + std::to_string(known));
        continue;
      }
      field(rules->elements[number - 1], spot, raw);
      if (number == 2 && hl7::segment_code(rules->name) == kObx && !raw.empty()) read_value_type(raw);
    }
  }

 private:
  void field(const ElementRule& rule, Spot spot, std::string_view raw) {
    if (raw.empty() || raw == kNull) return absent(rule, spot);
    std::size_t repetitions = 0;
    std::size_t begin = 0;
    while (true) {
      const auto end = delimiters_.repetition == 0 ? std::string_view::npos : raw.find(delimiters_.repetition, begin);
      ++repetitions;
      spot.repetition = static_cast<std::uint16_t>(repetitions);
      const auto value = raw.substr(begin, end == std::string_view::npos ? end : end - begin);
      if (!value.empty() && value != kNull) this->value(rule, spot, value, 0);
      if (end == std::string_view::npos) break;
      begin = end + 1;
    }
    spot.repetition = 0;
    if (repetitions > 1 && !rule.repeats && !rule.varies())
      sink_.add(Rule::repetition, spot, named(rule) + " does not repeat", rule.severity);
    else if (rule.most != 0 && repetitions > rule.most && rule.repeats)
      sink_.add(Rule::repetition, spot, named(rule) + " repeats at most " + counted(rule.most, "time"), rule.severity);
    if (repetitions < rule.least)
      sink_.add(Rule::repetition, spot, named(rule) + " repeats at least " + counted(rule.least, "time"),
                rule.severity);
  }

  void absent(const ElementRule& rule, const Spot& spot) {
    if (rule.usage == Usage::required) sink_.add(Rule::usage, spot, named(rule) + " is required", rule.severity);
  }

  // Level 0 is a field's repetition, 1 a component, 2 a subcomponent.
  void value(const ElementRule& rule, const Spot& spot, std::string_view raw, int level) {
    if (rule.unwanted) sink_.add(Rule::withdrawn, spot, named(rule) + " is not wanted here", rule.severity);
    else if (rule.usage == Usage::withdrawn)
      sink_.add(Rule::withdrawn, spot,
                "HL7 " + std::string(to_string(sink_.rulebook().dictionary().version())) +
                    " has withdrawn or reserved this place",
                rule.severity);
    if (rule.length != 0 && raw.size() > rule.length && characters(raw) > rule.length)
      sink_.add(Rule::length, spot, named(rule) + " has more than " + counted(rule.length, "character"), rule.severity);
    if (rule.shortest != 0 && characters(raw) < rule.shortest)
      sink_.add(Rule::length, spot, named(rule) + " has less than " + counted(rule.shortest, "character"),
                rule.severity);
    if (rule.codes != nullptr) code(rule, spot, raw, level);
    const auto* parts = rule.varies() ? varying_ : rule.parts;
    if (parts != nullptr) composite(rule, *parts, spot, raw, level);
    else if (rule.usage != Usage::withdrawn) leaf(rule, spot, raw, level);
  }

  char separator(int level) const {
    return level == 0 ? delimiters_.component : level == 1 ? delimiters_.subcomponent : '\0';
  }

  void composite(const ElementRule& owner, const CompositeRule& parts, Spot spot, std::string_view raw, int level) {
    if (parts.elements.empty()) return;
    // Deeper than subcomponents nothing can be told apart: what stands there is the first part.
    if (level == 2) return value(parts.elements.front(), spot, raw, 2);
    const char by = separator(level);
    std::size_t index = 0;
    for (std::size_t begin = 0; begin <= raw.size(); ++index) {
      const auto end = by == 0 ? raw.size() : std::min(raw.find(by, begin), raw.size());
      const auto part = raw.substr(begin, end - begin);
      begin = end + 1;
      const auto place = at(spot, level, index + 1);
      if (index >= parts.elements.size()) {
        if (part.empty()) continue;
        extra(place,
              std::string(parts.name.empty() ? owner.type : parts.name) + " ends at component " +
                  number(parts.elements.size()),
              owner.severity);
        return;
      }
      if (part.empty() || part == kNull) absent(parts.elements[index], place);
      else value(parts.elements[index], place, part, level + 1);
    }
    for (; index < parts.elements.size(); ++index) absent(parts.elements[index], at(spot, level, index + 1));
  }

  static Spot at(Spot spot, int level, std::size_t number) {
    (level == 0 ? spot.component : spot.subcomponent) = static_cast<std::uint16_t>(number);
    return spot;
  }

  void leaf(const ElementRule& rule, const Spot& spot, std::string_view raw, int level) {
    const auto format = rule.varies() ? varying_format_ : rule.format;
    const char by = separator(level);
    // Free text is full of separators that somebody forgot to escape; a varying field without a type is anything.
    if (format != Format::formatted && !rule.varies() && !rule.type.empty() && by != 0 && raw.contains(by)) {
      extra(spot, std::string(rule.type) + " has no components", rule.severity);
      return;
    }
    if (!fits(format, raw))
      sink_.add(Rule::type, spot, named(rule) + " is not " + std::string(expectation(format)), rule.severity);
  }

  // The first leaf is the code. Where a coded element names another coding system, it is not HL7's table that counts.
  void code(const ElementRule& rule, const Spot& spot, std::string_view raw, int level) {
    auto first = raw;
    for (int deeper = level; deeper < 2; ++deeper) first = hl7::first_piece(first, separator(deeper));
    if (first.empty() || first == kNull || rule.codes->has(first)) return;
    if (!rule.fixed && rule.parts != nullptr && separator(level) != 0) {
      const auto system = hl7::piece(raw, separator(level), 3).value_or(std::string_view());
      if (!system.empty() && !system.starts_with("HL7")) return;
    }
    const auto escape = delimiters_.escape;
    if (escape != 0 && first.contains(escape) && rule.codes->has(tree_.text(spot))) return;
    const auto which = rule.fixed ? Rule::value : rule.format == Format::code ? Rule::table : Rule::user_table;
    sink_.add(which, spot, named(rule) + " is none of " + rule.codes->name, rule.severity);
  }

  void extra(const Spot& spot, std::string text, std::optional<Severity> severity = {}) {
    sink_.add(Rule::extra, spot, std::move(text), severity);
  }

  void read_value_type(std::string_view raw) {
    varying_ = sink_.rulebook().type(raw);
    varying_format_ = format_of(raw);
  }

  FindingSink& sink_;
  const hl7::Tree& tree_;
  const hl7::Delimiters& delimiters_;
  const hl7::Grouped* grouped_;
  const CompositeRule* varying_ = nullptr;  // of OBX-5, as OBX-2 says
  Format varying_format_ = Format::text;
};

std::string header(const hl7::Tree& tree, std::uint16_t field, std::uint16_t component) {
  return tree.text({0, field, 1, component, 0});
}

// The structure of the message; nullptr: there is none.
const DocumentedStructure* check_type(FindingSink& sink, Findings& findings) {
  const auto& tree = sink.tree();
  const auto& dictionary = sink.rulebook().dictionary();
  const auto code = header(tree, 9, 1), event = header(tree, 9, 2), declared = header(tree, 9, 3);
  const auto* structure = dictionary.structure(code, event, declared);
  if (structure == nullptr) {
    sink.add(Rule::structure, Spot{0, 9, 0, 0, 0}, "HL7 v2 has no structure for this message type", Severity::warning);
    return nullptr;
  }
  findings.structure = structure->name;
  if (!declared.empty() && declared != structure->name)
    sink.add(Rule::structure, Spot{0, 9, 1, 3, 0},
             "MSH-9.3 should say " + std::string(structure->name) + " for this event", Severity::warning);
  check_structure(sink, *structure);
  return structure;
}

// How many of a segment there are, where a profile says.
void check_counts(FindingSink& sink) {
  for (const auto* segment : sink.rulebook().counted()) {
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < sink.tree().segment_count(); ++i) {
      if (sink.tree().segment_name(i) != segment->name) continue;
      ++count;
      if (segment->unwanted)
        sink.add(Rule::withdrawn, Spot{i, 0, 0, 0, 0}, std::string(segment->name) + " is not wanted here",
                 segment->severity);
    }
    const std::string name(segment->name);
    if (count == 0 && segment->least != 0) sink.add(Rule::usage, name, name + " is required", segment->severity);
    else if (count < segment->least)
      sink.add(Rule::repetition, name, name + " stands there at least " + counted(segment->least, "time"),
               segment->severity);
    if (segment->most != 0 && count > segment->most)
      sink.add(Rule::repetition, name, name + " stands there at most " + counted(segment->most, "time"),
               segment->severity);
  }
}

}  // namespace

void FindingSink::add(Rule rule, const hl7::Spot& spot, std::string text, std::optional<Severity> severity) {
  const auto decided = severity.value_or(rulebook_.severity(rule));
  if (decided == Severity::off) return;
  if (findings_.all.size() == kMaxFindings) ++findings_.left_out;
  else findings_.all.push_back({rule, decided, spot, hl7::to_string(tree_, spot), std::move(text)});
}

void FindingSink::add(Rule rule, std::string at, std::string text, std::optional<Severity> severity) {
  const auto decided = severity.value_or(rulebook_.severity(rule));
  if (decided == Severity::off) return;
  if (findings_.all.size() == kMaxFindings) ++findings_.left_out;
  else findings_.all.push_back({rule, decided, std::nullopt, std::move(at), std::move(text)});
}

Findings validate(const hl7::Tree& tree, const Rulebook& rulebook) {
  Findings findings;
  findings.version = to_string(rulebook.dictionary().version());
  FindingSink sink(tree, rulebook, findings);
  const auto* structure = check_type(sink, findings);
  check_counts(sink);
  std::optional<hl7::Grouped> grouped;
  if (structure != nullptr && rulebook.has_groups()) {
    grouped = hl7::group(tree, *structure);
    check_groups(sink, *grouped);
  }
  ValueCheck values(sink, grouped ? &*grouped : nullptr);
  for (std::uint32_t i = 0; i < tree.segment_count(); ++i) values.segment(i);
  return findings;
}

Findings validate(const hl7::Tree& tree, const Rulebooks& rulebooks) {
  return validate(tree, rulebooks.of(nearest_version(header(tree, 12, 1))));
}

}  // namespace myelin::schema
