// `myelin history`: the configurations that went live, and what each changed. `myelin rollback`: an earlier one runs
// again, and not the files, until a reload.
#include <fmt/format.h>

#include <memory>

#include "engine/base/counted.h"
#include "engine/main/client/configurations.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/main/workbench/line_diff.h"

namespace myelin {
namespace {

using json::Value;

constexpr std::size_t kMostNames = 4;  // of channels in one row

struct HistoryOptions {
  std::vector<std::string> numbers;
  std::string socket;
};

struct RollbackOptions {
  std::string number, reason, socket;
};

// "adt, lab", "1,000 channels"
std::string names_text(const Value& list) {
  const auto* all = list.array();
  if (!all) return {};
  if (all->size() > kMostNames) return counted(all->size(), "channel");
  std::string names;
  for (const auto& name : *all) names += (names.empty() ? "" : ", ") + name.text_or("");
  return names;
}

// "changed adt, lab", "started 1,000 channels"
std::string channels_text(const Value& one) {
  std::string text;
  for (const auto* part : {"started", "changed", "removed"}) {
    const auto names = names_text(one[part]);
    if (names.empty()) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", part, names);
  }
  return text;
}

std::string how_text(const Value& one) {
  const auto how = one["how"].text_or("");
  return how == "rollback" ? fmt::format("rollback to {}", one["of"].integer_or(0)) : how;
}

// One file of two configurations.
struct FileChange {
  std::string path, change;  // "added", "removed" or "changed"
  std::vector<DiffLine> lines;
};

std::vector<FileChange> file_changes(const PastFiles& before, const PastFiles& after) {
  std::map<std::string, std::pair<std::string_view, std::string_view>> both;
  for (const auto& [path, text] : before.texts) both[path].first = text;
  for (const auto& [path, text] : after.texts) both[path].second = text;
  std::vector<FileChange> changes;
  for (const auto& [path, texts] : both) {
    if (before.texts.contains(path) && after.texts.contains(path) && texts.first == texts.second) continue;
    const auto* change = !before.texts.contains(path) ? "added" : !after.texts.contains(path) ? "removed" : "changed";
    changes.push_back({path, change, line_differences(texts.first, texts.second)});
  }
  return changes;
}

Value changes_json(const Value& from, const Value& to, const std::vector<FileChange>& changes) {
  Value report, files{json::Array{}};
  for (const auto& change : changes) {
    Value one, lines{json::Array{}};
    for (const auto& line : change.lines) lines.push(Value(line.text));
    files.push(one.set("path", change.path).set("change", change.change).set("lines", std::move(lines)));
  }
  return report.set("from", from).set("to", to).set("files", std::move(files));
}

void print_changes(const std::vector<FileChange>& changes, const Console& console) {
  for (const auto& change : changes) {
    console.line(console.paint(Ink::bold, change.path) + "  " + change.change);
    for (const auto& line : change.lines) {
      using enum DiffLine::Kind;
      if (line.kind == same) console.line(line.text);
      else
        console.line(console.paint(line.kind == heading   ? Ink::blue
                                   : line.kind == removed ? Ink::red
                                                          : Ink::green,
                                   line.text));
    }
  }
}

Task<Exit> show_list(DaemonLink& link, Console& console) {
  const auto answer = co_await link.get("/api/v1/configurations");
  if (!answer) co_return console.report(answer.error());
  if (console.json()) {
    console.print(*answer);
    co_return Exit::ok;
  }
  auto text = history_text(*answer, console);
  text.pop_back();
  console.line(text);
  co_return Exit::ok;
}

// The number of the one before: the list is the newest first.
std::string before(const Value& list, const std::string& number) {
  const auto* all = list["configurations"].array();
  for (std::size_t at = 0; all && at + 1 < all->size(); ++at)
    if (std::to_string((*all)[at]["number"].integer_or(0)) == number)
      return std::to_string((*all)[at + 1]["number"].integer_or(0));
  return {};
}

Task<Exit> show_difference(DaemonLink& link, std::vector<std::string> numbers, Console& console) {
  if (numbers.size() == 1) {
    const auto list = co_await link.get("/api/v1/configurations");
    if (!list) co_return console.report(list.error());
    numbers.insert(numbers.begin(), before(*list, numbers.front()));
  }
  PastFiles nothing;
  Result<PastFiles> from = std::move(nothing);
  if (!numbers[0].empty()) {
    auto asked = past_files(link, numbers[0]);
    from = co_await asked;
  }
  if (!from) co_return console.report(from.error());
  auto asking = past_files(link, numbers[1]);
  const auto to = co_await asking;
  if (!to) co_return console.report(to.error());
  const auto changes = file_changes(*from, *to);
  if (console.json()) {
    console.print(changes_json(from->about, to->about, changes));
    co_return Exit::ok;
  }
  console.line(fmt::format("{} went live {} by {}: {}", to->about["number"].integer_or(0), to->about["at"].text_or(""),
                           to->about["by"].text_or(""), how_text(to->about)));
  if (const auto reason = to->about["reason"].text_or(""); !reason.empty()) console.line("reason: " + reason);
  if (numbers[0].empty()) console.line("It is the first that was kept.");
  else if (changes.empty()) console.line("Its files are those of " + numbers[0] + ".");
  else console.line("What it says otherwise than " + numbers[0] + ":");
  print_changes(changes, console);
  co_return Exit::ok;
}

Task<Exit> ask_rollback(DaemonLink& link, std::shared_ptr<RollbackOptions> options, Console& console) {
  Value body;
  body.set("reason", options->reason);
  if (!options->number.empty()) body.set("number", options->number);
  const auto text = json::write(body);
  const auto reply = co_await link.send("POST", "/api/v1/rollback", text);
  if (!reply) co_return console.report(reply.error());
  const auto exit = show_reload(*reply, console);
  if (reply->status >= 400 || console.json()) co_return exit;
  const auto status = co_await link.get("/api/v1/status");
  if (!status) co_return console.report(status.error());
  console.line(console.paint(Ink::yellow, "! ") + rolled_back_text((*status)["configuration"]));
  co_return exit;
}

}  // namespace

Task<Result<PastFiles>> past_files(DaemonLink& link, std::string name) {
  auto answer = co_await link.get("/api/v1/configurations/" + name);
  if (!answer) co_return fail(answer);
  PastFiles past;
  Value about;
  if (const auto* members = answer->object())
    for (const auto& [key, value] : *members)
      if (key != "files") about.set(key, value);
  if (const auto* files = (*answer)["files"].object())
    for (const auto& [path, text] : *files) past.texts.emplace(path, text.text_or(""));
  past.about = std::move(about);
  co_return std::move(past);
}

std::string rolled_back_text(const Value& configuration) {
  if (configuration["how"].text_or("") != "rollback") return {};
  return fmt::format(
      "{} rolled back to configuration {}: it runs, and not the files, until `myelin reload`. Put the files right "
      "first.",
      configuration["by"].text_or(""), configuration["of"].integer_or(0));
}

std::string history_text(const Value& list, const Console& console) {
  const auto* all = list["configurations"].array();
  if (!all || all->empty()) return "No configuration was kept yet.\n";
  Table table({{"NUMBER", Align::right}, {"WENT LIVE"}, {"HOW"}, {"BY"}, {"HASH"}, {"CHANNELS"}});
  bool first = true;
  for (const auto& one : *all) {
    auto channels = channels_text(one);
    if (const auto reason = one["reason"].text_or(""); !reason.empty()) channels = reason;
    if (const auto failed = names_text(one["failed"]); !failed.empty())
      channels.insert(0, fmt::format("failed: {}{}", failed, channels.empty() ? "" : "; "));
    if (first) channels.insert(0, channels.empty() ? "(runs)" : "(runs) ");
    first = false;
    table.add({std::to_string(one["number"].integer_or(0)), one["at"].text_or(""), how_text(one), one["by"].text_or(""),
               one["hash"].text_or("").substr(0, 12), channels});
  }
  auto text = table.text(console);
  if (const auto warning = rolled_back_text(all->front()); !warning.empty())
    text += console.paint(Ink::yellow, "! ") + warning + "\n";
  return text;
}

void add_history(Commands& commands) {
  auto options = std::make_shared<HistoryOptions>();
  commands.add(Group::change, "history", "lists the configurations that went live, and shows what each changed")
      .optional_list("NUMBER", options->numbers, "what it changed; with two numbers, what the second says otherwise")
      .socket(options->socket)
      .json()
      .example("myelin history")
      .example("myelin history 12")
      .detail(
          "The daemon keeps the last 50 beside its store, as plain files, in the folder `configurations`. They hold no "
          "secrets, no samples of tests, and not myelin.yaml, which only a start reads.")
      .run([options](Console& console) {
        if (options->numbers.size() > 2) {
          console.error("say one number, or two");
          return Exit::usage;
        }
        return with_daemon(options->socket, [&](DaemonLink& link) {
          return options->numbers.empty() ? show_list(link, console) : show_difference(link, options->numbers, console);
        });
      });
}

void add_rollback(Commands& commands) {
  auto options = std::make_shared<RollbackOptions>();
  commands.add(Group::change, "rollback", "has an earlier configuration run again, until a reload")
      .optional("NUMBER", options->number,
                "which, as `myelin history` lists them; else the one before what runs in which no channel failed")
      .required("--reason", "TEXT", options->reason, "why; it is kept in the history, with your name")
      .socket(options->socket)
      .json()
      .example("myelin rollback --reason 'results do not reach the ward'")
      .example("myelin rollback 12 --reason 'as agreed with the laboratory'")
      .detail(
          "The files are left as they are: put them right, and `myelin reload`. Until then the daemon runs what was "
          "live then, after a restart too, and `myelin status` says so. Only channels that differ restart, and "
          "messages that wait go by what runs then. The tests of the earlier configuration are not run.")
      .run([options](Console& console) {
        return with_daemon(options->socket, [&](DaemonLink& link) { return ask_rollback(link, options, console); });
      });
}

}  // namespace myelin
