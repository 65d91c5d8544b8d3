#include "engine/schema/path_check.h"

#include <algorithm>

namespace myelin::schema {
namespace {

std::string number(std::size_t value) { return std::to_string(value); }

// How well a known name fits a mistyped one: two letters swapped, else one wrong, the later the better. 0: not at all.
std::size_t likeness(std::string_view known, std::string_view typed) {
  if (known.size() != typed.size()) return 0;
  std::size_t wrong = 0;
  std::size_t last_wrong = 0;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i] == typed[i]) continue;
    ++wrong;
    last_wrong = i + 1;
  }
  if (wrong == 2 && std::ranges::is_permutation(known, typed)) return known.size() + 1;
  return wrong == 1 ? last_wrong : 0;
}

PathMistake unknown_segment(const Dictionary& dictionary, const std::string& name) {
  PathMistake mistake{name + " is no segment of HL7 " + std::string(to_string(dictionary.version())), {}};
  std::size_t best = 0;
  for (const auto& known : dictionary.segments()) {
    const auto fits = likeness(known.name, name);
    if (fits <= best) continue;
    best = fits;
    mistake.hint = "did you mean " + std::string(known.name) + "?";
  }
  return mistake;
}

PathMistake beyond_segment(const Dictionary& dictionary, const Composite& segment, std::size_t field) {
  const std::string name(segment.name);
  const auto last = name + "-" + number(segment.elements.size());
  const std::string version(to_string(dictionary.version()));
  auto text = name + "-" + number(field) + " does not exist in HL7 " + version + "; ";
  for (auto i = static_cast<std::size_t>(dictionary.version()) + 1; i < kVersions; ++i) {
    if (Dictionary::of(static_cast<Version>(i)).field(name, field) == nullptr) continue;
    text = name + "-" + number(field) + " came with HL7 ";
    text.append(kVersionNames[i]).append("; in ").append(version).append(" ");
    return {text.append(name).append(" ends at ").append(last), {}};
  }
  const bool twice = field < 100 && field % 11 == 0 && field / 11 <= segment.elements.size();  // a key pressed twice
  return {text.append(name).append(" ends at ").append(last),
          twice ? "did you mean " + name + "-" + number(field / 11) + "?" : std::string()};
}

// CM, a type that varies or was withdrawn: nothing is documented about its parts.
bool says_nothing_of_parts(const Element& element) {
  return element.type.empty() || element.type == kVaries || element.type == "CM";
}

// `part` of `whole` ("PID-5" or "PID-3.4"), whose type is the element's. Part 1 always is: of a plain type it is all.
std::optional<PathMistake> check_part(const Dictionary& dictionary, const Element& element, const std::string& whole,
                                      std::size_t part) {
  if (part <= 1 || says_nothing_of_parts(element)) return std::nullopt;
  const auto* type = dictionary.type(element.type);
  const std::string named = whole + "." + number(part) + " does not exist in HL7 " +
                            std::string(to_string(dictionary.version())) + "; " + whole + " is of type " +
                            std::string(element.type);
  if (type == nullptr) return PathMistake{named + ", which has no parts", {}};
  if (part <= type->elements.size()) return std::nullopt;
  return PathMistake{named + ", which ends at " + number(type->elements.size()), {}};
}

std::optional<PathMistake> check_parts(const Dictionary& dictionary, const Element& field, const std::string& name,
                                       std::size_t component, std::size_t subcomponent) {
  if (auto mistake = check_part(dictionary, field, name, component)) return mistake;
  if (subcomponent <= 1 || says_nothing_of_parts(field)) return std::nullopt;
  const auto* inner = dictionary.component(field.type, component);
  return inner == nullptr ? std::nullopt : check_part(dictionary, *inner, name + "." + number(component), subcomponent);
}

}  // namespace

std::optional<PathMistake> check_path(const Dictionary& dictionary, const hl7::Path& path) {
  const auto* segment = dictionary.segment(path.segment);
  // Of a Z segment only a site's dictionary knows anything.
  if (segment == nullptr && path.segment.starts_with('Z')) return std::nullopt;
  if (segment == nullptr) return unknown_segment(dictionary, path.segment);
  const auto check_field = [&](std::size_t field, std::size_t component,
                               std::size_t subcomponent) -> std::optional<PathMistake> {
    if (field == 0) return std::nullopt;
    if (field > segment->elements.size()) return beyond_segment(dictionary, *segment, field);
    return check_parts(dictionary, segment->elements[field - 1], path.segment + "-" + number(field), component,
                       subcomponent);
  };
  for (const auto& condition : path.segment_pick.conditions) {
    if (auto mistake = check_field(condition.number, condition.component, condition.subcomponent)) return mistake;
  }
  for (const auto& condition : path.repetition.conditions) {
    if (auto mistake = check_field(path.field, condition.number, condition.component)) return mistake;
  }
  return check_field(path.field, path.component, path.subcomponent);
}

std::vector<std::string_view> names_of(const Dictionary& dictionary, const hl7::Path& path) {
  std::vector<std::string_view> names;
  const auto* segment = dictionary.segment(path.segment);
  if (segment == nullptr) return names;
  names.push_back(segment->title);
  const auto* element = dictionary.field(path.segment, path.field);
  for (const std::size_t part : {path.component, path.subcomponent}) {
    if (element == nullptr) return names;
    names.push_back(element->name);
    element = part == 0 ? nullptr : dictionary.component(element->type, part);
  }
  if (element != nullptr) names.push_back(element->name);
  return names;
}

}  // namespace myelin::schema
