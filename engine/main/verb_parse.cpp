// `myelin parse` and `myelin get`: a message by hand, without an engine.
#include <fmt/format.h>

#include <algorithm>

#include "engine/fhir/json.h"
#include "engine/hl7/path.h"
#include "engine/main/command.h"
#include "engine/main/message_file.h"
#include "engine/main/message_names.h"

namespace myelin {

namespace {

using hl7::Spot;
using hl7::Tree;

// One place that has a value, with how deep it stands: field 0, component 1, subcomponent 2.
struct Leaf {
  std::string path;
  std::string_view raw;
  int depth;
  Spot spot;
};

std::size_t parts(std::string_view text, char delimiter) {
  return delimiter == 0 ? 1 : static_cast<std::size_t>(std::ranges::count(text, delimiter)) + 1;
}

std::string named(std::string_view segment, const Spot& spot, bool repeats) {
  std::string path(fmt::format("{}-{}", segment, spot.field));
  if (repeats && spot.repetition) path += fmt::format("[{}]", spot.repetition);
  if (spot.component) path += fmt::format(".{}", spot.component);
  if (spot.subcomponent) path += fmt::format(".{}", spot.subcomponent);
  return path;
}

// The places of one repetition: itself, then its components and subcomponents where it has several.
void walk_repetition(const Tree& tree, std::string_view segment, Spot spot, bool repeats, std::vector<Leaf>& leaves) {
  const auto raw = tree.raw(spot);
  if (raw.empty()) return;
  leaves.push_back({named(segment, spot, repeats), raw, 0, spot});
  const auto components = parts(raw, tree.delimiters().component);
  for (std::size_t component = 1; component <= components; ++component) {
    spot.component = static_cast<std::uint16_t>(component);
    const auto text = tree.raw(spot);
    if (text.empty()) continue;
    if (components > 1) leaves.push_back({named(segment, spot, repeats), text, 1, spot});
    const auto subcomponents = parts(text, tree.delimiters().subcomponent);
    for (std::size_t sub = 1; subcomponents > 1 && sub <= subcomponents; ++sub) {
      spot.subcomponent = static_cast<std::uint16_t>(sub);
      if (!tree.raw(spot).empty()) leaves.push_back({named(segment, spot, repeats), tree.raw(spot), 2, spot});
    }
    spot.subcomponent = 0;
  }
}

std::vector<Leaf> walk(const Tree& tree, std::size_t segment, std::string_view shown) {
  std::vector<Leaf> leaves;
  const bool header = shown == "MSH" || shown == "FHS" || shown == "BHS";
  for (std::size_t field = 1; field <= tree.field_count(segment); ++field) {
    Spot spot{static_cast<std::uint32_t>(segment), static_cast<std::uint16_t>(field), 0, 0, 0};
    if (header && field <= 2) {
      leaves.push_back({named(shown, spot, false), tree.raw(spot), 0, spot});
      continue;
    }
    const auto repetitions = tree.repetition_count(segment, field);
    for (std::size_t repetition = 1; repetition <= repetitions; ++repetition) {
      spot.repetition = static_cast<std::uint16_t>(repetition);
      walk_repetition(tree, shown, spot, repetitions > 1, leaves);
    }
  }
  return leaves;
}

// "OBX[2]" where there are several of the name, else "PID".
std::string shown_name(const Tree& tree, std::size_t segment) {
  const auto name = tree.segment_name(segment);
  std::size_t total = 0, number = 0;
  for (std::size_t i = 0; i < tree.segment_count(); ++i) {
    if (tree.segment_name(i) != name) continue;
    ++total;
    if (i <= segment) ++number;
  }
  return total > 1 ? fmt::format("{}[{}]", name, number) : std::string(name);
}

// "  PATIENT_RESULT/ORDER_OBSERVATION[2]", and whether the segment stands where the standard expects it.
std::string placed(const MessageNames& names, std::size_t segment) {
  std::string out = names.place(segment);
  if (names.groups() == nullptr) return out;
  const auto fit = names.groups()->fit(segment);
  if (fit == hl7::Fit::misplaced) out += out.empty() ? "out of order" : ", out of order";
  return out;
}

constexpr std::size_t kPathWidth = 20, kNameWidth = 32;

void print_leaf(const Console& console, const MessageNames& names, const Leaf& leaf) {
  const auto indent = static_cast<std::size_t>(2 + 2 * leaf.depth);
  const auto name = cut(names.name(leaf.spot), kNameWidth);
  const auto room = static_cast<std::size_t>(std::max(console.width(), 80)) - kPathWidth - kNameWidth - 3;
  const auto value = cut(leaf.raw, console.colour() ? room : 0);
  const auto meaning = names.meaning(leaf.spot);
  const auto padding = std::string(kNameWidth - std::min(columns(name), kNameWidth), ' ');
  console.line(fmt::format("{}{:<{}} {}{} {}{}", std::string(indent, ' '), leaf.path, kPathWidth - indent,
                           console.paint(Ink::grey, name), padding,
                           leaf.depth == 0 ? value : console.paint(Ink::grey, value),
                           meaning.empty() ? "" : console.paint(Ink::grey, fmt::format(" = {}", meaning))));
}

void print_tree(const Console& console, const Tree& tree) {
  const MessageNames names(tree);
  for (std::size_t segment = 0; segment < tree.segment_count(); ++segment) {
    if (tree.segment_name(segment).empty()) continue;
    const auto shown = shown_name(tree, segment);
    std::string beside(names.title(segment));
    if (const auto place = placed(names, segment); !place.empty()) {
      beside += fmt::format("{}[{}]", beside.empty() ? "" : "  ", place);
    }
    console.line(console.paint(Ink::bold, shown) + (beside.empty() ? "" : "  " + console.paint(Ink::grey, beside)));
    for (const auto& leaf : walk(tree, segment, shown)) print_leaf(console, names, leaf);
  }
}

json::Value tree_json(const Tree& tree) {
  const MessageNames names(tree);
  json::Value segments{json::Array{}};
  for (std::size_t segment = 0; segment < tree.segment_count(); ++segment) {
    const auto shown = shown_name(tree, segment);
    if (shown.empty()) continue;
    json::Value values{json::Object{}}, named{json::Object{}}, meanings{json::Object{}};
    for (const auto& leaf : walk(tree, segment, shown)) {
      values.set(leaf.path, leaf.raw);
      if (const auto name = names.name(leaf.spot); !name.empty()) named.set(leaf.path, name);
      if (const auto meaning = names.meaning(leaf.spot); !meaning.empty()) meanings.set(leaf.path, meaning);
    }
    json::Value one;
    one.set("segment", tree.segment_name(segment)).set("title", names.title(segment));
    one.set("groups", names.place(segment)).set("values", std::move(values));
    one.set("names", std::move(named)).set("meanings", std::move(meanings));
    segments.push(std::move(one));
  }
  return segments;
}

struct GetOptions {
  std::string path;
  std::vector<std::string> files;
};

Exit get(const GetOptions& options, const Console& console) {
  const auto path = hl7::parse_path_with_groups(options.path);
  if (!path) {
    const auto& wrong = path.error();
    console.error(fmt::format("'{}' is not a path: {}{}{}", options.path, wrong.message,
                              wrong.hint.empty() ? "" : "\n  ", wrong.hint));
    return Exit::usage;
  }
  bool found = false;
  json::Value all{json::Array{}};
  for (const auto& file : options.files.empty() ? std::vector<std::string>{"-"} : options.files) {
    const auto content = read_input(file);
    if (!content) return console.report(content.error());
    for (auto& message : split_messages(*content)) {
      const auto tree = Tree::parse(Bytes(std::move(message)));
      if (!tree) {
        console.error(file + ": " + to_string(tree.error()));
        return Exit::not_so;
      }
      const MessageNames names(*tree);
      for (const auto& spot : hl7::select(*tree, *path, {}, names.groups())) {
        if (tree->presence(spot) == hl7::Presence::absent) continue;
        found = true;
        // A value with structure is printed as it stands; a leaf is printed as text.
        const bool leaf =
            spot.field != 0 && tree->raw(spot).find(tree->delimiters().component) == std::string_view::npos;
        const auto value = spot.field == 0 ? std::string(tree->segment_text(spot.segment))
                           : leaf          ? tree->text(spot)
                                           : std::string(tree->raw(spot));
        if (!console.json()) {
          console.line(value);
          continue;
        }
        json::Value one;
        one.set("file", file).set("path", hl7::to_string(*tree, spot)).set("value", value);
        all.push(std::move(one));
      }
    }
  }
  if (console.json()) console.print(all);
  return found ? Exit::ok : Exit::not_so;
}

}  // namespace

void add_parse(Commands& commands) {
  auto file = std::make_shared<std::string>();
  commands.add(Group::bench, "parse", "shows the parts of a message as a tree, each with its path and name")
      .argument("FILE", *file, "the message; - for standard input")
      .json()
      .example("myelin parse conf/channels/samples/adt-a01.hl7")
      .example("cat message.hl7 | myelin parse - --json")
      .run([file](Console& console) {
        const auto tree = read_message(*file);
        if (!tree) return console.report(tree.error());
        if (console.json()) console.print(tree_json(*tree));
        else print_tree(console, *tree);
        return Exit::ok;
      });
}

void add_get(Commands& commands) {
  auto options = std::make_shared<GetOptions>();
  commands.add(Group::bench, "get", "prints the values at a path, one a line; exit 1 when there are none")
      .argument("PATH", options->path, "such as PID-5.1, PID-3[5=MR].1 or OBX[*]-5")
      .optional_list("FILE", options->files, "messages; - or nothing for standard input")
      .json()
      .example("myelin get PID-5.1 conf/channels/samples/adt-a01.hl7")
      .example("myelin get \"OBX[*]-5\" results/*.hl7")
      .example("myelin get \"ORDER_OBSERVATION[2]/OBX[1]-5\" result.hl7")
      .run([options](Console& console) { return get(*options, console); });
}

}  // namespace myelin
