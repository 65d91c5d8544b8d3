// `myelin shadow`: stored messages through the edited channel beside the one that runs; only differences are shown.
// Flow: 1 the files here, compiled · 2 the files that run, from the daemon, compiled · 3 the stored messages with their
// content, the oldest first · 4 each side rehearsed here · 5 how often each place differs, then message by message.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "engine/base/counted.h"
#include "engine/base/event.h"
#include "engine/main/client/configurations.h"
#include "engine/main/client/stored.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/diagnostics_report.h"
#include "engine/main/workbench/shadow.h"

namespace myelin {
namespace {

using json::Value;

struct ShadowOptions {
  std::string channel, directory, socket;
  Duration last = std::chrono::hours(24);
  std::int64_t limit = 1000, show = 10;
};

constexpr std::int64_t kPage = 1000;

// The newest `limit` since then, the oldest first.
Task<Result<std::vector<std::string>>> find_ids(DaemonLink& link, std::shared_ptr<ShadowOptions> options) {
  const auto since = std::chrono::system_clock::now() - options->last;
  const auto ms = std::chrono::floor<milliseconds>(since.time_since_epoch()).count();
  std::vector<std::string> ids;
  std::string below;
  do {
    const auto missing = options->limit - static_cast<std::int64_t>(ids.size());
    Value query;
    query.set("channel", options->channel).set("since", std::to_string(ms)).set("limit", std::min(missing, kPage));
    if (!below.empty()) query.set("below", below);
    const auto page = co_await link.post("/api/v1/messages/search", std::move(query));
    if (!page) co_return fail(Fault(page.error()));
    for (const auto& message : *(*page)["messages"].array()) ids.push_back(message["id"].text_or(""));
    below = (*page)["next"].text_or("");
  } while (!below.empty() && static_cast<std::int64_t>(ids.size()) < options->limit);
  std::ranges::reverse(ids);
  co_return ids;
}

Task<Result<std::vector<Message>>> read_messages(DaemonLink& link, std::shared_ptr<ShadowOptions> options) {
  auto asked = find_ids(link, options);
  const auto ids = co_await asked;
  if (!ids) co_return fail(Fault(ids.error()));
  std::vector<Message> messages;
  for (const auto& id : *ids) {
    auto message = co_await read_message(link, id);
    if (!message && message.error().code == FaultCode::not_found) continue;  // purged since
    if (!message) co_return fail(message);
    messages.push_back(std::move(*message));
  }
  co_return messages;
}

void print_message(const ShadowedMessage& one, const Console& console) {
  console.line(fmt::format("\n{}  {}  {}", console.paint(Ink::bold, to_string(one.message.id)), one.message.type,
                           one.message.control_id));
  for (const auto& change : one.changes) {
    auto line = " " + change.place;
    if (change.before != change.after)
      line +=
          fmt::format("  {} -> {}", console.paint(Ink::red, change.before), console.paint(Ink::green, change.after));
    console.line(line);
    print_changes(console, change.fields);
  }
}

void print_text(const Shadowed& shadowed, const ShadowOptions& options, const Console& console) {
  const auto compared = static_cast<std::int64_t>(shadowed.compared);
  const auto of = number_text(compared) + " " + plural(compared, "message");
  if (shadowed.compared == 0) {
    console.line("No message of " + options.channel + " is stored of that time.");
    return;
  }
  if (shadowed.differing.empty()) {
    console.line(fmt::format("{}: {} would do the same with each.", of, options.channel));
    return;
  }
  console.line(fmt::format(
      "{} of {} would go otherwise:", number_text(static_cast<std::int64_t>(shadowed.differing.size())), of));
  Table table({{"MESSAGES", Align::right}, {"WHERE"}});
  for (const auto& [place, count] : tally(shadowed)) table.add({number_text(static_cast<std::int64_t>(count)), place});
  auto text = table.text(console);
  text.pop_back();
  console.line(text);
  std::int64_t shown = 0;
  for (const auto& one : shadowed.differing)
    if (shown++ < options.show) print_message(one, console);
  if (shown > options.show)
    console.line(fmt::format("\n{} more; --show {} shows them", number_text(shown - options.show), shown));
}

Value shadowed_json(const Shadowed& shadowed, const std::string& channel) {
  Value report, messages{json::Array{}};
  for (const auto& one : shadowed.differing) {
    Value shown, changes{json::Array{}};
    for (const auto& change : one.changes) {
      Value each;
      each.set("place", change.place);
      if (change.before != change.after) each.set("before", change.before).set("after", change.after);
      changes.push(each.set("fields", changes_json(change.fields)));
    }
    shown.set("message", to_string(one.message.id)).set("type", one.message.type);
    messages.push(shown.set("changes", std::move(changes)));
  }
  report.set("channel", channel).set("compared", shadowed.compared).set("differ", shadowed.differing.size());
  return report.set("messages", std::move(messages));
}

Task<Exit> compare(DaemonLink& link, std::shared_ptr<const Plan> edited, std::shared_ptr<ShadowOptions> options,
                   const Console& console) {
  const auto past = co_await past_files(link, "running");
  if (!past) co_return console.report(past.error());
  const auto compiled = compile_texts(options->directory, past->texts);
  if (!compiled) co_return console.report(compiled.error());
  const auto running = find_plan(*compiled, options->channel);
  if (!running) co_return console.report(running.error());
  Shadowed shadowed;
  if ((*running)->hash != edited->hash) {
    const auto messages = co_await read_messages(link, options);
    if (!messages) co_return console.report(messages.error());
    auto done = shadow(**running, *edited, *messages);
    if (!done) co_return console.report(done.error());
    shadowed = std::move(*done);
  } else if (!console.json()) {
    console.line(options->channel + " says what runs: nothing would go otherwise.");
    co_return Exit::ok;
  }
  if (console.json()) console.print(shadowed_json(shadowed, options->channel));
  else print_text(shadowed, *options, console);
  co_return shadowed.differing.empty() ? Exit::ok : Exit::not_so;
}

Exit run_shadow(std::shared_ptr<ShadowOptions> options, const Console& console) {
  if (options->limit < 1 || options->show < 0) {
    console.error("--limit is at least 1, and --show at least 0");
    return Exit::usage;
  }
  set_log_level("off");
  if (options->directory.empty()) options->directory = default_configuration_directory();
  const auto compiled = compile_directory(options->directory);
  if (!compiled) return console.report(compiled.error());
  const auto edited = find_plan(*compiled, options->channel);
  if (!edited) {
    print_diagnostics(console, compiled->diagnostics, stderr);
    return console.report(edited.error());
  }
  return with_daemon(options->socket, [&](DaemonLink& link) { return compare(link, *edited, options, console); });
}

}  // namespace

void add_shadow(Commands& commands) {
  auto options = std::make_shared<ShadowOptions>();
  commands
      .add(Group::change, "shadow",
           "sends stored messages through the edited channel, and shows what it does otherwise")
      .argument("CHANNEL", options->channel, "the channel's name")
      .option("--last", "DURATION", options->last, "the messages of so long until now")
      .option("--limit", "N", options->limit, "the newest of them, at most so many")
      .option("--show", "N", options->show, "so many of those that differ, field by field; all are counted")
      .option("--conf", "DIR", options->directory, "the edited configuration (conf/ here, else /etc/myelin)")
      .socket(options->socket)
      .json()
      .example("myelin shadow adt --last 24h")
      .example("myelin shadow adt --last 7d --limit 20000 --show 3")
      .detail(
          "Nothing is sent, and nothing is stored: both versions run here, with the clock of then, and every peer "
          "answers AA. What a `call` asks is not answered. Exit 1 when anything would go otherwise.\n"
          "What is shown is patient data. The content of each message is read from the daemon, which notes who read "
          "it.")
      .run([options](Console& console) { return run_shadow(options, console); });
}

}  // namespace myelin
