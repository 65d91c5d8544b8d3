#include "routes/reverse/segment.h"

#include <algorithm>

#include "engine/hl7/delimiters.h"
#include "engine/hl7/escape.h"

namespace myelin::reverse {
namespace {

const hl7::Delimiters kMarks;

std::size_t index(std::uint16_t number) { return number == 0 ? 0 : number - std::size_t{1}; }

// Escaped; in a text of lines \.br\ between them.
std::string escaped(std::string_view text, bool lines) {
  std::string out;
  while (true) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out += hl7::encode(line, kMarks);
    if (end == text.npos) return out;
    out += lines ? "\\.br\\" : " ";
    text.remove_prefix(end + 1);
  }
}

template <class T, class Write>
std::string joined(const std::vector<T>& parts, char mark, Write write) {
  std::string out, blank;
  for (const auto& part : parts) {
    const auto text = write(part);
    if (!text.empty()) {
      out += blank + text;
      blank.clear();
    }
    blank += mark;
  }
  return out;
}

}  // namespace

Segment::Segment(std::string name, const schema::Dictionary& dictionary)
    : name_(std::move(name)), dictionary_(dictionary) {}

std::string_view Segment::type_at(const Spot& spot) const {
  const auto* field = dictionary_.field(name_, spot.field);
  if (!field || field->type.empty()) return {};
  std::string_view type = field->type;
  if (type == schema::kVaries) {
    const auto* own = find({2, 0, 0, 1});
    type = own ? std::string_view(*own) : "ST";
  }
  for (const auto number : {spot.component, spot.subcomponent}) {
    const auto* parts = dictionary_.type(type);
    if (!parts) {
      if (number > 1) return {};
      continue;
    }
    const auto* part = dictionary_.component(type, number == 0 ? 1 : number);
    if (!part || part->type.empty()) return {};
    type = part->type;
  }
  return type;
}

bool Segment::may_repeat(std::uint16_t field) const {
  const auto* element = dictionary_.field(name_, field);
  return element && element->repeats;
}

std::uint16_t Segment::repetitions(std::uint16_t field) const {
  return static_cast<std::uint16_t>(field <= fields_.size() && field > 0 ? fields_[field - std::size_t{1}].size() : 0);
}

const std::string* Segment::find(const Spot& spot) const {
  if (spot.field == 0 || spot.field > fields_.size()) return nullptr;
  const auto& field = fields_[index(spot.field)];
  if (spot.repetition > field.size()) return nullptr;
  const auto& repetition = field[index(spot.repetition)];
  if (index(spot.component) >= repetition.size()) return nullptr;
  const auto& component = repetition[index(spot.component)];
  return index(spot.subcomponent) < component.size() ? &component[index(spot.subcomponent)] : nullptr;
}

bool Segment::has(const Spot& spot) const {
  const auto* text = find(spot);
  if (text && !text->empty()) return true;
  if (spot.component != 0 || spot.field > fields_.size() || spot.repetition > repetitions(spot.field)) return false;
  // Of a whole field anything counts.
  const auto& repetition = fields_[index(spot.field)][index(spot.repetition)];
  return std::ranges::any_of(repetition, [](const Component& component) {
    return std::ranges::any_of(component, [](const std::string& one) { return !one.empty(); });
  });
}

bool Segment::stands(const Spot& spot, std::string_view text) const {
  if (spot.repetition > repetitions(spot.field)) return false;
  const auto wanted = escaped(text, false);
  const auto& repetition = fields_[index(spot.field)][index(spot.repetition)];
  return std::ranges::any_of(
      repetition, [&](const Component& component) { return std::ranges::find(component, wanted) != component.end(); });
}

bool Segment::write(const Spot& spot, std::string_view text, bool lines) {
  if (type_at(spot).empty() || (spot.repetition > 1 && !may_repeat(spot.field))) return false;
  if (fields_.size() < spot.field) fields_.resize(spot.field);
  auto& field = fields_[index(spot.field)];
  if (field.size() < spot.repetition) field.resize(spot.repetition);
  auto& repetition = field[index(spot.repetition)];
  if (repetition.size() <= index(spot.component)) repetition.resize(index(spot.component) + 1);
  auto& component = repetition[index(spot.component)];
  if (component.size() <= index(spot.subcomponent)) component.resize(index(spot.subcomponent) + 1);
  component[index(spot.subcomponent)] = escaped(text, lines);
  return true;
}

std::string Segment::text() const {
  const bool header = name_ == "MSH";
  std::string out = header ? "MSH|^~\\&" : name_;
  std::vector<Field> fields = fields_;
  if (header)
    fields.erase(fields.begin(), fields.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(2, fields.size())));
  const auto rest = joined(fields, '|', [](const Field& field) {
    return joined(field, '~', [](const Repetition& repetition) {
      return joined(repetition, '^', [](const Component& component) {
        return joined(component, '&', [](const std::string& one) { return one; });
      });
    });
  });
  return rest.empty() ? out + "\r" : out + "|" + rest + "\r";
}

}  // namespace myelin::reverse
