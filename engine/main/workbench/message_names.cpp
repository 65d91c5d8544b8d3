#include "engine/main/workbench/message_names.h"

#include <fmt/format.h>

#include "engine/hl7/path.h"
#include "engine/hl7/structure.h"

namespace myelin {

namespace {

// MSH-9 and MSH-12 read from the Tree, which may have been edited.
std::string header(const hl7::Tree& tree, std::uint16_t field, std::uint16_t component) {
  return tree.text({0, field, 1, component, 0});
}

}  // namespace

MessageNames::MessageNames(const hl7::Tree& tree)
    : tree_(tree), dictionary_(&schema::Dictionary::of(header(tree, 12, 1))) {
  const auto* structure = dictionary_->structure(header(tree, 9, 1), header(tree, 9, 2), header(tree, 9, 3));
  if (structure != nullptr) groups_ = hl7::group(tree, *structure);
}

std::string_view MessageNames::title(std::size_t segment) const {
  const auto* known = dictionary_->segment(tree_.segment_name(segment));
  return known == nullptr ? std::string_view() : known->title;
}

const schema::Element* MessageNames::element(const hl7::Spot& spot) const {
  const auto segment = tree_.segment_name(spot.segment);
  const auto* element = dictionary_->field(segment, spot.field);
  if (element == nullptr || spot.component == 0) return element;
  const bool varies = element->type == schema::kVaries && segment == "OBX";  // then OBX-2 says the type
  const std::string type = varies ? tree_.text({spot.segment, 2, 1, 0, 0}) : std::string(element->type);
  element = dictionary_->component(type, spot.component);
  if (element == nullptr || spot.subcomponent == 0) return element;
  return dictionary_->component(element->type, spot.subcomponent);
}

std::string_view MessageNames::name(const hl7::Spot& spot) const {
  const auto* known = element(spot);
  return known == nullptr ? std::string_view() : known->name;
}

std::string_view MessageNames::meaning(const hl7::Spot& spot) const {
  const auto* known = element(spot);
  const char delimiter = tree_.delimiters().component;
  const bool has_parts =
      spot.component == 0 && delimiter != 0 && tree_.raw(spot).find(delimiter) != std::string_view::npos;
  if (known == nullptr || has_parts) return {};
  std::uint16_t table = known->table;
  if (table == 0 && spot.component == 0) {
    // A value without parts is the first component of its type.
    const auto* first = dictionary_->component(known->type, 1);
    if (first != nullptr) table = first->table;
  }
  if (table == 0 && spot.component == 1 && spot.subcomponent == 0) {
    // The table of a coded field is that of its first component.
    table = dictionary_->field(tree_.segment_name(spot.segment), spot.field)->table;
  }
  return table == 0 ? std::string_view() : dictionary_->text(table, tree_.text(spot)).value_or(std::string_view());
}

std::string MessageNames::place(std::size_t segment) const {
  std::string out;
  if (!groups_) return out;
  for (auto at = groups_->group_of(segment); at != 0; at = groups_->groups()[at].parent) {
    const auto number = groups_->groups()[at].number;
    const auto name = groups_->name(at);
    if (name.empty()) continue;
    std::string step = number > 1 ? fmt::format("{}[{}]", name, number) : std::string(name);
    if (!out.empty()) step.append("/").append(out);
    out = std::move(step);
  }
  return out;
}

std::optional<schema::PathMistake> MessageNames::mistake(const hl7::Path& path) const {
  for (const auto& step : path.groups)
    if (groups_ && !hl7::holds(groups_->structure(), step.name))
      return schema::PathMistake{fmt::format("{} has no group {}", groups_->structure().name, step.name), {}};
  return schema::check_path(*dictionary_, path);
}

void PathNames::add(std::string_view message) {
  if (auto tree = hl7::Tree::parse(Bytes(std::string(message)))) add(*tree);
}

std::string PathNames::of(const std::string& path) const {
  const auto parsed = hl7::parse_path_with_groups(path);
  if (!parsed) return {};
  for (const auto& form : forms_) {
    const auto spots = hl7::select(form->tree, *parsed);
    if (spots.empty()) continue;
    const auto name = parsed->field == 0 ? form->names.title(spots.front().segment) : form->names.name(spots.front());
    if (!name.empty()) return std::string(name);
  }
  return {};
}

}  // namespace myelin
