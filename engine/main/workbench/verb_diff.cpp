// `myelin diff`: what two messages differ in, field by field, with the names of the dictionary.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "engine/hl7/charset.h"
#include "engine/hl7/path.h"
#include "engine/main/command.h"
#include "engine/main/workbench/diagnostics_report.h"
#include "engine/main/workbench/field_changes.h"
#include "engine/main/workbench/message_file.h"
#include "engine/main/workbench/message_names.h"

namespace myelin {

namespace {

using hl7::Tree;

struct DiffOptions {
  std::string before, after;
  std::vector<std::string> ignore;
};

// As people read it: in UTF-8, where MSH-18 says how.
Result<std::vector<Tree>> read_messages(const std::string& file) {
  const auto content = read_input(file);
  if (!content) return std::unexpected(content.error());
  std::vector<Tree> trees;
  for (auto& message : split_messages(*content)) {
    Bytes bytes(std::move(message));
    const auto decoded = hl7::decode_message(bytes, {});
    auto tree = Tree::parse(decoded ? decoded->text : bytes);
    if (!tree) {
      tree.error().detail = file + ": " + tree.error().detail;
      return std::unexpected(tree.error());
    }
    trees.push_back(std::move(*tree));
  }
  return trees;
}

// MSH-7 leaves out MSH-7 and its parts, of every such segment; OBX[2]-5 those of the second.
bool is_below(std::string_view path, std::string_view ignored) {
  const auto plain = plain_path(path);
  return std::ranges::any_of(std::array{path, std::string_view(plain)}, [&](std::string_view whole) {
    const auto rest = whole.substr(std::min(whole.size(), ignored.size()));
    return whole.starts_with(ignored) && (rest.empty() || rest.starts_with('.') || rest.starts_with('-'));
  });
}

// What is left out, as the changes are written. What names no place of these messages would leave out nothing, and
// nobody would see it.
Result<std::vector<std::string>> ignored_of(const DiffOptions& options, const std::vector<Tree>& before,
                                            const std::vector<Tree>& after) {
  using Kind = hl7::Pick::Kind;
  std::vector<std::string> ignored;
  for (const auto& text : options.ignore) {
    const auto path = hl7::parse_path(text);
    if (!path) return fail(FaultCode::bad_request, "--ignore " + text + ": " + path.error().message);
    const auto& segment = path->segment_pick.kind;
    if ((segment != Kind::implicit && segment != Kind::number) || path->repetition.kind != Kind::implicit ||
        path->subcomponent != 0)
      return fail(FaultCode::bad_request,
                  "--ignore " + text + ": write a segment, a field or a component: EVN, MSH-7, OBX[2]-5, PID-5.1");
    std::optional<schema::PathMistake> mistake;
    bool possible = false;
    for (const auto* trees : {&before, &after})
      for (const auto& tree : *trees) {
        auto wrong = MessageNames(tree).mistake(*path);
        const bool there = std::ranges::any_of(hl7::select(tree, *path), [&](const hl7::Spot& spot) {
          return tree.presence(spot) != hl7::Presence::absent;
        });
        if (wrong && !there) mistake = std::move(wrong);
        else possible = true;
      }
    if (!possible && mistake) return fail(FaultCode::bad_request, "--ignore " + text + ": " + mistake->message);
    ignored.push_back(hl7::to_string(*path));
  }
  return ignored;
}

std::vector<NamedChange> changes_between(const Tree& before, const Tree& after,
                                         const std::vector<std::string>& ignored) {
  PathNames names;
  names.add(after);
  names.add(before);
  std::vector<NamedChange> changes;
  for (auto& change : differences(before, after)) {
    const auto left_out = [&](const std::string& path) { return is_below(change.path, path); };
    if (std::ranges::any_of(ignored, left_out)) continue;
    auto name = names.of(change.path);
    changes.push_back({std::move(change), std::move(name)});
  }
  return changes;
}

Exit compare(const DiffOptions& options, const Console& console) {
  const auto before = read_messages(options.before), after = read_messages(options.after);
  if (!before) return console.report(before.error());
  if (!after) return console.report(after.error());
  const auto ignored = ignored_of(options, *before, *after);
  if (!ignored) return console.report(ignored.error());
  std::size_t differing = 0;
  const auto both = std::min(before->size(), after->size());
  json::Value messages{json::Array{}};
  for (std::size_t at = 0; at < both; ++at) {
    const auto changes = changes_between((*before)[at], (*after)[at], *ignored);
    differing += changes.empty() ? 0 : 1;
    json::Value one;
    one.set("message", at + 1).set("changes", changes_json(changes));
    messages.push(std::move(one));
    if (console.json() || changes.empty()) continue;
    if (both > 1) console.line(console.paint(Ink::bold, fmt::format("message {}", at + 1)));
    print_changes(console, changes);
  }
  const bool same_count = before->size() == after->size();
  if (console.json()) {
    json::Value report;
    report.set("before", before->size()).set("after", after->size()).set("differ", differing);
    console.print(report.set("messages", std::move(messages)));
  } else if (!same_count) {
    console.line(fmt::format("{} has {}, {} has {}; the first {} were compared", options.before,
                             counted(before->size(), "message"), options.after, counted(after->size(), "message"),
                             both));
  } else if (differing == 0) {
    console.line("no difference in any field");
  }
  return differing > 0 || !same_count ? Exit::not_so : Exit::ok;
}

}  // namespace

void add_diff(Commands& commands) {
  auto options = std::make_shared<DiffOptions>();
  commands.add(Group::bench, "diff", "shows what two messages differ in, field by field; exit 1 when they do")
      .argument("BEFORE", options->before, "a message, or several; - for standard input")
      .argument("AFTER", options->after, "the message to compare with; several are compared in their order")
      .repeated("--ignore", "PATH", options->ignore, "a field or segment that does not count, such as MSH-7 or EVN")
      .json()
      .detail("How lines end, and which delimiters a message uses, is no difference.")
      .example("myelin diff yesterday.hl7 today.hl7")
      .example("myelin diff before.hl7 after.hl7 --ignore MSH-7 --ignore MSH-10")
      .run([options](Console& console) { return compare(*options, console); });
}

}  // namespace myelin
