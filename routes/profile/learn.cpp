#include "routes/profile/learn.h"

#include <algorithm>

#include "engine/base/counted.h"
#include "engine/hl7/group.h"
#include "engine/hl7/piece.h"

namespace myelin::routes {
namespace {

using hl7::Spot;

constexpr std::string_view kNull = "\"\"";

bool is_coded(const schema::Element* element) {
  return element != nullptr && element->table != 0 && (element->type == "ID" || element->type == "IS");
}

bool is_coded_element(const schema::Element* element) {
  return element != nullptr && element->table != 0 &&
         (element->type == "CE" || element->type == "CWE" || element->type == "CNE");
}

bool is_header(std::string_view segment) { return segment == "MSH" || segment == "FHS" || segment == "BHS"; }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out.append("\"");
}

std::string place_text(std::string_view segment, std::uint16_t field, std::uint16_t component, std::uint16_t sub) {
  auto text = std::string(segment) + "-" + std::to_string(field);
  if (component != 0) text += "." + std::to_string(component);
  if (sub != 0) text += "." + std::to_string(sub);
  return text;
}

}  // namespace

void ProfileLearner::add(const hl7::Tree& tree) {
  const auto header = [&](std::uint16_t field, std::uint16_t component) {
    return tree.text({0, field, 1, component, 0});
  };
  ++messages_;
  const auto event = header(9, 2);
  types_.insert(event.empty() ? header(9, 1) : header(9, 1) + "^" + event);
  versions_.insert(header(12, 1));
  const auto& dictionary = schema::Dictionary::of(header(12, 1));
  add_groups(tree, dictionary);
  std::map<std::string_view, std::size_t> counts;
  for (std::uint32_t i = 0; i < tree.segment_count(); ++i) {
    if (tree.segment_name(i).size() != 3) continue;
    ++counts[tree.segment_name(i)];
    add_segment(tree, i, dictionary);
  }
  for (const auto& [name, count] : counts) {
    auto& segment = segments_[std::string(name)];
    ++segment.messages;
    segment.instances += count;
    segment.least = std::min(segment.least, count);
    segment.most = std::max(segment.most, count);
  }
}

void ProfileLearner::Count::add(std::size_t count) {
  least = std::min(least, count);
  most = std::max(most, count);
}

// How many of each group there are in each group around it, and of each segment directly in it.
void ProfileLearner::add_groups(const hl7::Tree& tree, const schema::Dictionary& dictionary) {
  const auto header = [&](std::uint16_t component) { return tree.text({0, 9, 1, component, 0}); };
  const auto* structure = dictionary.structure(header(1), header(2), header(3));
  if (structure == nullptr) return;
  using Kind = hl7::StructureNode::Kind;
  const auto grouped = hl7::group(tree, *structure);
  const auto& nodes = structure->nodes;
  for (std::uint32_t around = 0; around < grouped.groups().size(); ++around) {
    const auto node = grouped.groups()[around].node;
    for (std::size_t part = node + 1U; part < nodes[node].end;
         part = nodes[part].kind == Kind::choice ? part + 1 : nodes[part].end) {
      if (nodes[part].kind != Kind::group || nodes[part].name.empty()) continue;
      const auto count = std::ranges::count_if(
          grouped.groups(), [&](const hl7::Group& each) { return each.parent == around && each.node == part; });
      // The message's own group is its own parent, but no part of itself.
      groups_[std::string(nodes[part].name)].own.add(static_cast<std::size_t>(count));
    }
    if (around == 0 || grouped.name(around).empty()) continue;
    auto& group = groups_[std::string(grouped.name(around))];
    std::map<std::string_view, std::size_t> counts;
    for (auto i = grouped.groups()[around].begin; i < grouped.groups()[around].end; ++i)
      if (grouped.group_of(i) == around && tree.segment_name(i).size() == 3) ++counts[tree.segment_name(i)];
    for (const auto& [name, count] : counts) {
      const bool first = !group.segments.contains(name);
      auto& known = group.segments[std::string(name)];
      known.add(count);
      if (first && group.seen > 0) known.least = 0;
    }
    for (auto& [name, known] : group.segments)
      if (!counts.contains(name)) known.least = 0;
    ++group.seen;
  }
}

std::string ProfileLearner::groups() const {
  const auto in_words = [](const Count& count) {
    return "least: " + std::to_string(count.least) + ", most: " + std::to_string(count.most);
  };
  std::string out;
  for (const auto& [name, group] : groups_) {
    if (group.seen == 0) continue;
    out += "  " + name + ":\n    least: " + std::to_string(group.own.least) +
           "\n    most: " + std::to_string(group.own.most) + "\n";
    if (!group.segments.empty()) out += "    segments:\n";
    for (const auto& [segment, count] : group.segments) out += "      " + segment + ": { " + in_words(count) + " }\n";
  }
  return out.empty() ? out : "groups:\n" + out;
}

void ProfileLearner::add_segment(const hl7::Tree& tree, std::uint32_t index, const schema::Dictionary& dictionary) {
  const std::string name(tree.segment_name(index));
  for (std::size_t field = is_header(name) ? 3 : 1; field <= tree.field_count(index); ++field) {
    const Spot whole{index, static_cast<std::uint16_t>(field), 0, 0, 0};
    const auto raw = tree.raw(whole);
    if (raw.empty() || raw == kNull) continue;
    const auto* element = dictionary.field(name, field);
    auto& place = places_[Key{name, whole.field, 0, 0}];
    ++place.filled;
    const auto repetitions = tree.repetition_count(index, field);
    place.most = std::max(place.most, repetitions);
    for (std::size_t repetition = 1; repetition <= repetitions; ++repetition) {
      auto spot = whole;
      spot.repetition = static_cast<std::uint16_t>(repetition);
      add_value(tree, spot, dictionary, element);
    }
  }
}

// Components and subcomponents; what a message varies (OBX-5) is left alone.
void ProfileLearner::add_value(const hl7::Tree& tree, Spot spot, const schema::Dictionary& dictionary,
                               const schema::Element* element) {
  const std::string segment(tree.segment_name(spot.segment));
  const auto raw = tree.raw(spot);
  if (raw.empty() || raw == kNull || element == nullptr || element->type == schema::kVaries) return;
  const auto* parts = dictionary.type(element->type);
  if (spot.subcomponent != 0 || parts == nullptr) {
    auto& place = places_[Key{segment, spot.field, spot.component, spot.subcomponent}];
    if (!is_coded(element)) return;
    place.coded = true;
    place.codes.insert(tree.text(spot));
    return;
  }
  const bool deeper = spot.component != 0;
  const char by = deeper ? tree.delimiters().subcomponent : tree.delimiters().component;
  const auto count = std::min(hl7::piece_count(raw, by), parts->elements.size());
  ++places_[Key{segment, spot.field, spot.component, spot.subcomponent}].owners;
  for (std::size_t number = 1; number <= count; ++number) {
    auto part = spot;
    (deeper ? part.subcomponent : part.component) = static_cast<std::uint16_t>(number);
    const auto text = tree.raw(part);
    if (text.empty() || text == kNull) continue;
    auto& place = places_[Key{segment, part.field, part.component, part.subcomponent}];
    ++place.filled;
    if (number == 1 && is_coded_element(element)) {
      place.coded = true;
      place.codes.insert(tree.text(part));
    } else {
      add_value(tree, part, dictionary, &parts->elements[number - 1]);
    }
  }
}

// Required is what was there in every segment, or in every value of what it is a part of.
std::string ProfileLearner::usage(const Key& key, const Place& place) const {
  const auto& [segment, field, component, sub] = key;
  std::size_t owners = 0;
  if (component == 0) owners = segments_.find(segment)->second.instances;
  else if (const auto owner = places_.find(Key{segment, field, sub == 0 ? std::uint16_t{0} : component, 0});
           owner != places_.end())
    owners = owner->second.owners;
  return owners != 0 && place.filled >= owners ? "R" : "O";
}

std::string ProfileLearner::yaml(std::string_view name) const {
  std::string out = "profile: " + std::string(name) + "\nabout: Learned from " + std::to_string(messages_) + " " +
                    plural(static_cast<std::int64_t>(messages_), "message") + "; a draft, to be read by a person\n";
  if (versions_.size() == 1 && schema::exact_version(*versions_.begin()))
    out += "version: " + quoted(*versions_.begin()) + "\n";
  out += "messages: [";
  for (const auto& type : types_) out += (type == *types_.begin() ? "" : ", ") + type;
  out += "]\nsegments:\n";
  for (const auto& [segment, seen] : segments_) {
    const auto least = seen.messages == messages_ ? seen.least : 0;
    out += "  " + segment + ": { least: " + std::to_string(least) + ", most: " + std::to_string(seen.most) + " }\n";
  }
  out += "fields:\n";
  for (const auto& [key, place] : places_) {
    const auto& [segment, field, component, sub] = key;
    if (place.filled == 0) continue;
    const auto needed = usage(key, place);
    const bool listed = place.coded && place.codes.size() <= kMostCodes;
    const bool repeats = component == 0 && place.most > 1;
    if (needed == "O" && !listed && !repeats && component != 0) continue;
    out += "  " + place_text(segment, field, component, sub) + ": { usage: " + needed;
    if (component == 0) out += ", most: " + std::to_string(place.most);
    if (listed) {
      out += ", values: [";
      for (const auto& code : place.codes) out += (code == *place.codes.begin() ? "" : ", ") + quoted(code);
      out += "]";
    }
    out += " }\n";
  }
  return out + groups();
}

}  // namespace myelin::routes
