// `myelin parse` and `myelin get`: a message by hand, without an engine.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engine/fhir/json.h"
#include "engine/hl7/charset.h"
#include "engine/hl7/path.h"
#include "engine/main/command.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/message_file.h"
#include "engine/main/workbench/message_leaves.h"
#include "engine/main/workbench/message_names.h"
#include "engine/main/workbench/message_page.h"
#include "engine/main/workbench/profile_file.h"

namespace myelin {

namespace {

using hl7::Tree;

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
  const auto indent = 2 + 2 * static_cast<std::size_t>(leaf.depth);
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

// What is worse than a remark.
void print_marks(const Console& console, std::span<const schema::Finding* const> findings, std::size_t indent) {
  for (const auto* each : findings) {
    if (each->severity < schema::Severity::warning) continue;
    const auto ink = each->severity == schema::Severity::error ? Ink::red : Ink::yellow;
    console.line(std::string(indent, ' ') +
                 console.paint(ink, fmt::format("! {}: {}", to_string(each->severity), each->text)));
  }
}

void print_tree(const Console& console, const Tree& tree, const schema::Findings& findings) {
  const MessageNames names(tree);
  const Marks marks(tree, findings);
  print_marks(console, marks.missing(), 0);
  for (std::size_t segment = 0; segment < tree.segment_count(); ++segment) {
    if (tree.segment_name(segment).empty()) continue;
    const auto shown = shown_name(tree, segment);
    std::string beside(names.title(segment));
    if (const auto place = placed(names, segment); !place.empty()) {
      beside += fmt::format("{}[{}]", beside.empty() ? "" : "  ", place);
    }
    console.line(console.paint(Ink::bold, shown) + (beside.empty() ? "" : "  " + console.paint(Ink::grey, beside)));
    print_marks(console, marks.of(segment), 2);
    for (const auto& leaf : leaves_of(tree, segment, shown)) {
      print_leaf(console, names, leaf);
      print_marks(console, marks.at(leaf.spot), 4 + 2 * static_cast<std::size_t>(leaf.depth));
    }
  }
}

json::Value tree_json(const Tree& tree) {
  const MessageNames names(tree);
  json::Value segments{json::Array{}};
  for (std::size_t segment = 0; segment < tree.segment_count(); ++segment) {
    const auto shown = shown_name(tree, segment);
    if (shown.empty()) continue;
    json::Value values{json::Object{}}, named{json::Object{}}, meanings{json::Object{}};
    for (const auto& leaf : leaves_of(tree, segment, shown)) {
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

struct ParseOptions {
  std::string file;
  std::string profile{routes::kStandardProfile};
  std::string directory;
  bool html = false;
};

// As people read it: in UTF-8, where MSH-18 says how; else as it came.
Result<Tree> readable_message(const std::string& file) {
  auto tree = read_message(file);
  if (!tree) return tree;
  const auto decoded = hl7::decode_message(tree->bytes(), {});
  return decoded ? Tree::parse(decoded->text) : std::move(tree);
}

Exit parse(const ParseOptions& options, const Console& console) {
  const auto tree = readable_message(options.file);
  if (!tree) return console.report(tree.error());
  const auto directory = options.directory.empty() ? default_configuration_directory() : options.directory;
  const auto profile = load_profile(options.profile, directory, console);
  if (!profile) return Exit::not_so;
  if (console.json()) {
    console.print(tree_json(*tree));
    return Exit::ok;
  }
  const auto findings = profile->validate(Body(*tree), Context{});
  if (!options.html) {
    print_tree(console, *tree, findings);
    return Exit::ok;
  }
  auto page = message_page(options.file == "-" ? "HL7 message" : options.file, *tree, findings);
  page.pop_back();
  console.line(page);
  return Exit::ok;
}

struct GetOptions {
  std::string path;
  std::vector<std::string> files;
};

Exit get(const GetOptions& options, const Console& console) {
  if (!use_site_dictionary(default_configuration_directory(), console)) return Exit::not_so;
  const auto path = hl7::parse_path_with_groups(options.path);
  if (!path) {
    const auto& wrong = path.error();
    console.error(fmt::format("'{}' is not a path: {}{}{}", options.path, wrong.message,
                              wrong.hint.empty() ? "" : "\n  ", wrong.hint));
    return Exit::usage;
  }
  bool found = false, possible = false;
  std::optional<schema::PathMistake> mistake;
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
      if (auto wrong = names.mistake(*path)) mistake = std::move(wrong);
      else possible = true;
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
  // A place that is empty here needs no word; one that no such message can have does.
  if (!found && !possible && mistake)
    console.error(mistake->message + (mistake->hint.empty() ? "" : "\n  " + mistake->hint));
  return found ? Exit::ok : Exit::not_so;
}

}  // namespace

void add_parse(Commands& commands) {
  auto options = std::make_shared<ParseOptions>();
  commands.add(Group::bench, "parse", "shows the parts of a message as a tree, with paths, names and what is wrong")
      .argument("FILE", options->file, "the message; - for standard input")
      .option("--profile", "NAME", options->profile, "what is marked: by a profile of the configuration, or a file")
      .conf(options->directory)
      .flag("--html", options->html, "a page of HTML that can be mailed: no scripts, nothing loaded from anywhere")
      .json()
      .example("myelin parse conf/channels/samples/adt-a01.hl7")
      .example("cat message.hl7 | myelin parse - --json")
      .example("myelin parse message.hl7 --html > message.html")
      .run([options](Console& console) { return parse(*options, console); });
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
