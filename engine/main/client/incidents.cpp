// `myelin incidents`: what channels refused, kept so that nobody has to ask the sender what it was.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "engine/base/id.h"
#include "engine/main/client/link.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/net/http.h"

namespace myelin {
namespace {

using json::Value;

struct IncidentsOptions {
  std::string id, channel, control_id, since, until, below;
  std::int64_t limit = 50;
  bool ids = false, bytes = false;
  std::string socket;
};

WallTime now() { return std::chrono::floor<microseconds>(std::chrono::system_clock::now()); }

Result<std::string> target_of(const IncidentsOptions& options) {
  auto target = fmt::format("/api/v1/incidents?limit={}", options.limit);
  for (const auto& [name, value] :
       {std::pair("channel", &options.channel), {"control_id", &options.control_id}, {"below", &options.below}})
    if (!value->empty()) target += fmt::format("&{}={}", name, net::percent_encode(*value));
  for (const auto& [name, value] : {std::pair("since", &options.since), {"until", &options.until}}) {
    if (value->empty()) continue;
    auto time = milliseconds_of(*value);
    if (!time) return fail(time);
    target += fmt::format("&{}={}", name, *time);
  }
  return target;
}

// "M0115 type_not_accepted", and what became of it.
std::string fault_text(const Value& incident) {
  auto text = incident["fault"].text_or("") + " " + incident["fault_name"].text_or("");
  if (const auto taken = incident["taken_as"].text_or(""); !taken.empty()) text += ", since taken as " + taken;
  return text;
}

Task<Exit> show_one(DaemonLink& link, std::shared_ptr<IncidentsOptions> options, Console& console) {
  if (!parse_message_id(options->id)) {
    console.error("`" + options->id + "` is no id: they look like 01K2Z9Q7M4X");
    co_return Exit::usage;
  }
  auto target = incident_target(options->id, options->bytes);
  const auto answer = co_await link.get(std::move(target));
  if (!answer) co_return console.report(answer.error());
  co_return print_incident(*answer, console);
}

Task<Exit> show_list(DaemonLink& link, std::shared_ptr<IncidentsOptions> options, Console& console) {
  auto target = target_of(*options);
  if (!target) co_return console.report(target.error());
  const auto answer = co_await link.get(std::move(*target));
  if (!answer) co_return console.report(answer.error());
  if (console.json()) {
    console.print(*answer);
    co_return Exit::ok;
  }
  if (options->ids) {
    for (const auto& incident : *(*answer)["incidents"].array()) console.line(incident["id"].text_or(""));
    co_return Exit::ok;
  }
  auto text = incidents_text(*answer, console);
  text.pop_back();
  console.line(text);
  co_return Exit::ok;
}

Exit run_incidents(const std::shared_ptr<IncidentsOptions>& options, Console& console) {
  const bool list = options->id.empty();
  if (list && options->bytes) {
    console.error("--bytes shows the content of one: myelin incidents ID --bytes");
    return Exit::usage;
  }
  return with_daemon(options->socket, [&](DaemonLink& link) {
    return list ? show_list(link, options, console) : show_one(link, options, console);
  });
}

}  // namespace

std::string in_lines(std::string content) {
  std::ranges::replace(content, '\r', '\n');
  return content;
}

std::string incidents_target(const std::string& control_id) {
  return "/api/v1/incidents?limit=1000&control_id=" + net::percent_encode(control_id);
}

std::string refused_text(const Value& page, const std::string& control_id) {
  const auto* incidents = page["incidents"].array();
  if (!incidents || incidents->empty()) return {};
  const auto& last = incidents->front();
  if (incidents->size() == 1)
    return fmt::format("It was refused at {}: myelin incidents {}\n", last["at"].text_or(""), last["id"].text_or(""));
  return fmt::format("It was refused {} times, at last at {}: myelin incidents --control-id {}\n", incidents->size(),
                     last["at"].text_or(""), control_id);
}

std::string incident_target(const std::string& id, bool bytes) {
  return "/api/v1/incidents/" + net::percent_encode(id) + (bytes ? "?bytes=1" : "");
}

Exit print_incident(const Value& incident, Console& console) {
  if (console.json()) {
    console.print(incident);
    return Exit::ok;
  }
  auto text = incident_text(incident, now(), console);
  if (text.ends_with('\n')) text.pop_back();
  console.line(text);
  return Exit::ok;
}

std::string incidents_text(const Value& page, const Console& console) {
  const auto* incidents = page["incidents"].array();
  if (!incidents || incidents->empty()) return "Nothing was refused.\n";
  Table table(
      {{"INCIDENT"}, {"REFUSED"}, {"CHANNEL"}, {"PEER"}, {"TYPE"}, {"CONTROL ID"}, {"SIZE", Align::right}, {"FAULT"}});
  for (const auto& incident : *incidents)
    table.add({incident["id"].text_or(""), incident["at"].text_or(""), incident["channel"].text_or(""),
               incident["peer"].text_or(""), incident["type"].text_or("-"), incident["control_id"].text_or("-"),
               size_text(incident["size"].integer_or(0)), fault_text(incident)});
  auto out = table.text(console);
  if (const auto next = page["next"].text_or(""); !next.empty()) out += "Older ones may follow: --below " + next + "\n";
  return out;
}

std::string incident_text(const Value& incident, WallTime now, const Console& console) {
  const auto id = incident["id"].text_or(""), at = incident["at"].text_or(""), fault = incident["fault"].text_or("");
  const auto control_id = incident["control_id"].text_or("");
  auto out = fmt::format("{}  {}  {}{}\n", console.paint(Ink::bold, id), incident["type"].text_or("no type was read"),
                         control_id.empty() ? "" : "control id " + control_id + "  ",
                         size_text(incident["size"].integer_or(0)));
  const auto time = at.size() < 23 ? at : at.substr(0, 10) + " " + at.substr(11, 12);
  out += fmt::format("  {}  refused by {}, from {}, {} ago\n", time, incident["channel"].text_or(""),
                     incident["peer"].text_or(""), age_text(at, now));
  const auto detail = incident["detail"].text_or(""), place = incident["place"].text_or("");
  out += fmt::format("  {} {}{}{}\n", console.paint(Ink::red, fault), incident["fault_title"].text_or(""),
                     detail.empty() ? "" : ": " + detail, place.empty() ? "" : ", at " + place);
  out += wrapped(incident["explanation"].text_or(""), static_cast<std::size_t>(console.width()), "    ");
  const auto taken = incident["taken_as"].text_or("");
  if (!taken.empty()) out += fmt::format("  since taken as message {}, {}\n", taken, incident["note"].text_or(""));
  const bool content = incident.has("bytes");
  if (!content) out += fmt::format("  next: myelin incidents {} --bytes   (what it was: patient data)\n", id);
  if (!taken.empty()) out += fmt::format("  next: myelin trace {}\n", taken);
  else if (incident["whole"].truth_or(false))
    out += fmt::format("  next: myelin replay {} --reason …   (when its channel takes it: it goes there again)\n", id);
  else out += "  It is not known to be one whole message: its sender has to send it again.\n";
  if (!content) return out;
  out += "\n" + in_lines(decode_base64(incident["bytes"].text_or("")));
  if (const auto* facts = incident["facts"].object()) {
    out += "\nit came with:\n";
    for (const auto& [name, value] : *facts) out += "$" + name + "  " + value.text_or("") + "\n";
  }
  return out;
}

void add_incidents(Commands& commands) {
  auto options = std::make_shared<IncidentsOptions>();
  commands.add(Group::messages, "incidents", "lists what was refused, the newest first, or shows one")
      .optional("ID", options->id, "shows this one: the log and the answer to the sender (MSH-10) name it")
      .flag("--bytes", options->bytes, "its content too: patient data, and the log says who read it")
      .option("--channel", "NAME", options->channel, "only this channel")
      .option("--control-id", "ID", options->control_id, "MSH-10 of what the sender sent")
      .option("--since", "TIME", options->since, "24h, 2026-03-01, or 2026-03-01T09:30:00.000Z")
      .option("--until", "TIME", options->until, "likewise")
      .option("--limit", "N", options->limit, "at most so many, up to 1000")
      .option("--below", "ID", options->below, "the next page: only older than this incident")
      .flag("--ids", options->ids, "only the ids, a line each, for `myelin replay -`")
      .socket(options->socket)
      .json()
      .example("myelin incidents --channel adt --since 24h")
      .example("myelin incidents --control-id 000123")
      .example("myelin incidents 01K2Z9Q7M4X --bytes")
      .example("myelin incidents --channel adt --since 2h --ids | myelin replay - --reason 'accept has the type now'")
      .detail(
          "What a channel refuses is kept for as long as its messages are. It is no message: `myelin messages` and "
          "`myelin queue` do not have it, `myelin trace ID` and `myelin replay ID` know it.")
      .run([options](Console& console) { return run_incidents(options, console); });
}

}  // namespace myelin
