#include "routes/steps/place.h"

#include "engine/hl7/escape.h"

namespace myelin::routes {
namespace {

using config::Diagnostics;
using config::Node;
using config::Place;

std::optional<NamedPath> parsed(std::string_view text, const Place& whole, int quotes, const Node* scalar,
                                Diagnostics& diagnostics) {
  auto path = hl7::parse_path(text);
  if (path) return NamedPath{*path, hl7::to_string(*path), whole};
  const auto& error = path.error();
  const auto place =
      scalar ? scalar->place_of(error.offset, error.length)
             : config::within(whole, quotes + static_cast<int>(error.offset), static_cast<int>(error.length));
  const bool from_zero = text.contains('(') || text.contains("[0]");  // Terser's habit has its own page
  const bool designed = error.message.contains("designed");           // of the language, but not of this version
  diagnostics.add(designed ? "C0009" : from_zero ? "C0011" : "C0010", place, error.message, error.hint);
  return std::nullopt;
}

}  // namespace

std::optional<NamedPath> read_path(const Node& scalar, Diagnostics& diagnostics) {
  if (scalar.is_scalar()) return parsed(scalar.text(), scalar.place(), 0, &scalar, diagnostics);
  diagnostics.add("C0010", scalar.place(), "a path is expected here", "for example PID-5.1");
  return std::nullopt;
}

std::optional<NamedPath> read_path(const Node::Entry& entry, Diagnostics& diagnostics) {
  // A key in quotes is wider than its text by the two of them.
  const int quotes = entry.key_place.length >= static_cast<int>(entry.key.size()) + 2 ? 1 : 0;
  return parsed(entry.key, entry.key_place, quotes, nullptr, diagnostics);
}

std::vector<NamedPath> read_paths(const Node& node, Diagnostics& diagnostics) {
  std::vector<NamedPath> paths;
  const auto read = [&](const Node& item) {
    if (auto path = read_path(item, diagnostics)) paths.push_back(std::move(*path));
  };
  if (node.is_list())
    for (const auto& item : node.items()) read(item);
  else read(node);
  return paths;
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

std::vector<hl7::Spot> places_to_write(const hl7::Tree& tree, const hl7::Path& path, std::uint32_t scope) {
  auto spots = hl7::select(tree, path, hl7::Scope{scope});
  if (spots.empty() && path.repetition.kind == hl7::Pick::Kind::number) {
    auto field = path;
    field.repetition = {};
    field.component = field.subcomponent = 0;
    spots = hl7::select(tree, field, hl7::Scope{scope});
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

Result<void> write_all(Body& body, Context& context, const NamedPath& path, const expr::TextSource& value) {
  auto& tree = *body.hl7();
  const auto outer = context.scope;
  const bool each_its_own = path.path.segment_pick.kind == hl7::Pick::Kind::all;
  for (const auto& spot : places_to_write(tree, path.path, outer)) {
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
