// `myelin reload`: the daemon reads its configuration again.
#include <fmt/format.h>

#include <array>
#include <memory>

#include "engine/main/client/link.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/main/workbench/diagnostics_report.h"

namespace myelin {
namespace {

using json::Value;

constexpr std::size_t kMostNames = 20;  // in one line; beyond that they are counted, and --json has them all

struct ReloadOptions {
  std::string socket;
};

Task<Exit> ask_reload(DaemonLink& link, Console& console) {
  const std::string no_options = "{}";
  const auto reply = co_await link.send("POST", "/api/v1/reload", no_options);
  if (!reply) co_return console.report(reply.error());
  co_return show_reload(*reply, console);
}

}  // namespace

Exit show_reload(const Reply& reply, const Console& console) {
  const bool refused = reply.status >= 400;
  const auto* faults = reply.body["faults"].array();
  const bool all_well = !refused && faults && faults->empty();
  if (console.json()) {
    console.print(reply.body);
    return all_well ? Exit::ok : Exit::not_so;
  }
  auto diagnostics = reply.body["diagnostics"].text_or("");
  if (diagnostics.ends_with('\n')) diagnostics.pop_back();
  if (!diagnostics.empty()) console.line(diagnostics);
  if (refused) return console.report(fault_of(reply));
  auto text = reload_text(reply.body, console);
  text.pop_back();
  console.line(text);
  return all_well ? Exit::ok : Exit::not_so;
}

std::string reload_text(const Value& report, const Console& console) {
  std::string out;
  for (const auto* part : {"started", "changed", "removed", "unchanged"}) {
    std::string names;
    const auto* list = report[part].array();
    if (list && list->size() > kMostNames) names = counted(list->size(), "channel");
    else if (list)
      for (const auto& name : *list) names += (names.empty() ? "" : ", ") + name.text_or("");
    if (!names.empty()) out += fmt::format("{:<10} {}\n", part, names);
  }
  if (out.empty()) out = "There is no channel.\n";
  if (const auto* faults = report["faults"].array())
    for (const auto& fault : *faults)
      out += fmt::format("{}     {}{} {}: {}{}\n", console.paint(Ink::red, "failed"),
                         fault["channel"].is_null() ? "" : fault["channel"].text_or("") + "  ",
                         fault["code"].text_or(""), fault["title"].text_or(""), fault["detail"].text_or(""),
                         fault["channel"].is_null() ? "" : "; it is tried again every 10 s");
  return out;
}

void add_reload(Commands& commands) {
  auto options = std::make_shared<ReloadOptions>();
  commands.add(Group::change, "reload", "has the daemon read its configuration again")
      .socket(options->socket)
      .json()
      .example("myelin reload")
      .detail(
          "Only changed channels restart. A mistake changes nothing, and is shown as `myelin check` shows it (exit 1). "
          "A "
          "channel that is down, since its port is in use for example, is tried again, changed or not; while one stays "
          "down it is named, exit 1.")
      .run([options](Console& console) {
        return with_daemon(options->socket, [&](DaemonLink& link) { return ask_reload(link, console); });
      });
}

}  // namespace myelin
