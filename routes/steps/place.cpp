#include "routes/steps/place.h"

#include <algorithm>
#include <expected>

#include "engine/hl7/escape.h"
#include "routes/expr/grammar.h"

namespace myelin::routes {
namespace {

using config::Diagnostics;
using config::Node;
using config::Place;

using Parse = std::expected<hl7::Path, hl7::PathError> (*)(std::string_view);

std::optional<NamedPath> parsed(std::string_view text, const Place& whole, int quotes, const Node* scalar, Parse parse,
                                Diagnostics& diagnostics) {
  auto path = parse(text);
  if (path) return NamedPath{*path, hl7::to_string(*path), whole};
  const auto& error = path.error();
  const auto place =
      scalar ? scalar->place_of(error.offset, error.length)
             : config::within(whole, quotes + static_cast<int>(error.offset), static_cast<int>(error.length));
  const bool from_zero = text.contains('(') || text.contains("[0]");  // Terser's habit has its own page
  diagnostics.add(from_zero ? "C0011" : "C0010", place, error.message, error.hint);
  return std::nullopt;
}

std::optional<NamedPath> parsed(const Node& scalar, Parse parse, Diagnostics& diagnostics) {
  if (scalar.is_scalar()) return parsed(scalar.text(), scalar.place(), 0, &scalar, parse, diagnostics);
  diagnostics.add("C0010", scalar.place(), "a path is expected here", "for example PID-5.1");
  return std::nullopt;
}

std::optional<NamedPath> parsed(const Node::Entry& entry, Parse parse, Diagnostics& diagnostics) {
  // A key in quotes is wider than its text by the two of them.
  const int quotes = entry.key_place.length >= static_cast<int>(entry.key.size()) + 2 ? 1 : 0;
  return parsed(entry.key, entry.key_place, quotes, nullptr, parse, diagnostics);
}

std::optional<NamedPath> checked(std::optional<NamedPath> path, Workshop& workshop) {
  const auto* grammar = workshop.scope.grammar.get();
  if (!path || !grammar) return path;
  path->dictionary = grammar->dictionary();
  if (const auto finding = grammar->check(path->path)) {
    workshop.diagnostics.add(finding->code, path->place, finding->message, finding->hint);
    if (!finding->code.starts_with('W')) return std::nullopt;
  }
  return path;
}

template <class Read>
std::vector<NamedPath> each_of(const Node& node, Read read) {
  std::vector<NamedPath> paths;
  const auto add = [&](const Node& item) {
    if (auto path = read(item)) paths.push_back(std::move(*path));
  };
  if (node.is_list())
    for (const auto& item : node.items()) add(item);
  else add(node);
  return paths;
}

// The path with the first selector it lacks.
std::string with_pick(hl7::Path path, hl7::Pick pick) {
  const auto lacks = [](const hl7::GroupStep& step) { return step.pick.kind == hl7::Pick::Kind::implicit; };
  const auto group = std::ranges::find_if(path.groups, lacks);
  (group == path.groups.end() ? path.segment_pick : group->pick) = std::move(pick);
  return hl7::to_string(path);
}

}  // namespace

std::optional<NamedPath> read_path(const Node& scalar, Diagnostics& diagnostics) {
  return parsed(scalar, &hl7::parse_path, diagnostics);
}

std::optional<NamedPath> read_path(const Node::Entry& entry, Diagnostics& diagnostics) {
  return parsed(entry, &hl7::parse_path, diagnostics);
}

std::vector<NamedPath> read_paths(const Node& node, Diagnostics& diagnostics) {
  return each_of(node, [&](const Node& item) { return read_path(item, diagnostics); });
}

std::optional<NamedPath> read_path(const Node& scalar, Workshop& workshop) {
  return checked(parsed(scalar, &hl7::parse_path_with_groups, workshop.diagnostics), workshop);
}

std::optional<NamedPath> read_path(const Node::Entry& entry, Workshop& workshop) {
  return checked(parsed(entry, &hl7::parse_path_with_groups, workshop.diagnostics), workshop);
}

std::vector<NamedPath> read_paths(const Node& node, Workshop& workshop) {
  return each_of(node, [&](const Node& item) { return read_path(item, workshop); });
}

std::vector<NamedPath> read_keys(const Node& node, std::string_view no_field, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  auto paths = read_paths(node, workshop);
  const auto* grammar = workshop.scope.grammar.get();
  for (const auto& named : paths) {
    if (named.path.field == 0)
      diagnostics.add(no_field, named.place, "a whole segment is no key", "a field of it: " + named.text + "-3.1");
    const auto all = [](const hl7::Pick& pick) { return pick.kind == hl7::Pick::Kind::all; };
    const bool lists = all(named.path.segment_pick) || all(named.path.repetition) ||
                       std::ranges::any_of(named.path.groups, all, &hl7::GroupStep::pick);
    const auto finding = grammar && !lists ? grammar->takes_first(named.path, {}) : std::nullopt;
    if (!finding) continue;
    const bool segments = !grammar->repeats_in(named.path, {}, true).empty();
    diagnostics.add(finding->code, named.place, finding->message,
                    segments ? with_pick(named.path, {hl7::Pick::Kind::number, 1, {}}) + " is the first, " +
                                   with_pick(named.path, {hl7::Pick::Kind::all, 0, {}}) + " is each"
                             : finding->hint);
  }
  return paths;
}

bool check_writable(const NamedPath& path, Workshop& workshop) {
  if (!check_writable(path, workshop.diagnostics)) return false;
  if (path.path.segment == "MSH" && path.path.field == 9) workshop.reshaped = true;
  const auto& scope = workshop.scope;
  const auto type = scope.grammar ? scope.grammar->repeats_in(path.path, scope.around, false) : std::string();
  if (type.empty()) return true;
  workshop.diagnostics.add("C0044", path.place,
                           "this writes to a structure that repeats in " + type + "; say which one",
                           with_pick(path.path, {hl7::Pick::Kind::number, 1, {}}) + " is the first, " +
                               with_pick(path.path, {hl7::Pick::Kind::all, 0, {}}) + " is each");
  return false;
}

bool check_writable(const NamedPath& path, Diagnostics& diagnostics) {
  if (path.path.field == 0) {
    diagnostics.add("C0115", path.place, path.text + " is a whole segment; a value is written to a field",
                    "name the field, for example " + path.text + "-1");
    return false;
  }
  if (path.path.segment == "MSH" && path.path.field <= 2) {
    diagnostics.add("C0115", path.place, path.text + " says how to read the message and cannot be written",
                    "leave the delimiters as the sender chose them");
    return false;
  }
  return true;
}

expr::Target target_of(const hl7::Path& path) {
  if (path.subcomponent != 0) return expr::Target::leaf;
  return path.component != 0 ? expr::Target::component : expr::Target::field;
}

std::vector<hl7::Spot> places(const hl7::Tree& tree, const NamedPath& path, const Context& context) {
  const auto* groups = expr::groups_for(tree, path.path, context.scope, path.dictionary, context);
  return hl7::select(tree, path.path, hl7::Scope{context.scope}, groups);
}

std::vector<hl7::Spot> places_to_write(const hl7::Tree& tree, const NamedPath& named, const Context& context) {
  const auto& path = named.path;
  auto spots = places(tree, named, context);
  if (spots.empty() && path.repetition.kind == hl7::Pick::Kind::number) {
    auto field = named;
    field.path.repetition = {};
    field.path.component = field.path.subcomponent = 0;
    spots = places(tree, field, context);
    for (auto& spot : spots) {
      spot.repetition = static_cast<std::uint16_t>(path.repetition.number);
      spot.component = path.component;
      spot.subcomponent = path.subcomponent;
    }
  }
  for (auto& spot : spots)
    if (spot.component != 0 && spot.repetition == 0) spot.repetition = 1;
  return spots;
}

hl7::Spot first_leaf(hl7::Spot spot) {
  if (spot.repetition == 0) spot.repetition = 1;
  if (spot.component == 0) spot.component = 1;
  if (spot.subcomponent == 0) spot.subcomponent = 1;
  return spot;
}

Result<void> write_to(hl7::Tree& tree, const hl7::Spot& spot, const expr::Written& value) {
  const auto now = tree.raw(spot);
  if (value.raw) {
    if (now == value.content) return {};
    return tree.write_raw(spot, value.content);
  }
  if (now == hl7::encode(value.content, tree.delimiters())) return {};
  return tree.write_text(spot, value.content);
}

Result<void> trim_end(hl7::Tree& tree, std::uint32_t segment) {
  auto text = tree.segment_text(segment);
  const auto before = text.size();
  while (text.size() > 3 && text.ends_with(tree.delimiters().field)) text.remove_suffix(1);
  if (text.size() == before || tree.segment_name(segment) == "MSH") return {};
  return tree.write_raw({segment, 0}, std::string(text));
}

Result<void> write_all(Body& body, Context& context, const NamedPath& path, const expr::TextSource& value) {
  auto& tree = *body.hl7();
  const auto outer = context.scope;
  const bool each_its_own = path.path.segment_pick.kind == hl7::Pick::Kind::all;
  for (const auto& spot : places_to_write(tree, path, context)) {
    if (each_its_own) context.scope = spot.segment;
    const auto written = value.write(body, context);
    context.scope = outer;
    auto done = write_to(tree, spot, written);
    if (!done) {
      if (done.error().at.empty()) done.error().at = path.text;
      return fail(done);
    }
  }
  return {};
}

}  // namespace myelin::routes
