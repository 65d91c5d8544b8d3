// `myelin plan`: what a reload would do, in words. The files are compiled here; what runs and waits, the daemon says.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/base/counted.h"
#include "engine/main/client/configurations.h"
#include "engine/main/client/link.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/diagnostics_report.h"

namespace myelin {
namespace {

using json::Value;

struct PlanOptions {
  std::string directory, socket;
};

std::string messages(std::int64_t count) { return number_text(count) + " " + plural(count, "message"); }

// By route: what is not finished. "": not yet routed.
std::map<std::string, std::int64_t> unfinished_of(const Value& channel) {
  std::map<std::string, std::int64_t> counts;
  const auto* lanes = channel["lanes"].array();
  if (!lanes) return counts;
  for (const auto& lane : *lanes) {
    std::int64_t count = 0;
    for (const auto* state : {"waiting", "held", "parked"}) count += lane[state].integer_or(0);
    if (count > 0) counts[lane["route"].text_or("")] += count;
  }
  return counts;
}

std::string destinations(const Plan& plan) {
  std::string text;
  for (const auto& route : plan.routes)
    text += fmt::format("{}{} to {}", text.empty() ? "" : ", ", route.name, route.destination);
  return text;
}

PlannedChannel starts(const Plan& plan) {
  PlannedChannel planned{plan.channel, "starts", {}};
  planned.words.push_back(fmt::format("takes messages from {}; {}", plan.source_name, destinations(plan)));
  if (plan.paused) planned.words.emplace_back("it is paused: messages come in and wait");
  return planned;
}

// The route that was called so (`was`); "" when none was. What has no recipient yet stands under the route's own name.
std::string name_now(const Plan& plan, const std::string& route) {
  for (const auto& each : plan.routes) {
    if (each.was.empty()) continue;
    if (each.was == route) return each.name;
    if (each.recipients && each.was == route + ":" + each.destination) return std::string(each.recipients->route());
  }
  return {};
}

PlannedChannel changes(const Plan& plan, const Value& running) {
  PlannedChannel planned{plan.channel, "changes", {}};
  const auto waiting = unfinished_of(running);
  for (const auto& [route, count] : waiting) {
    if (route.empty())
      planned.words.push_back(
          fmt::format("{} not yet routed: routed anew when a person lets them go", messages(count)));
    else if (plan.find_route(route))
      planned.words.push_back(fmt::format("{} on {}: sent with the new steps and connection", messages(count), route));
    else if (const auto now = name_now(plan, route); !now.empty())
      planned.words.push_back(fmt::format("{} on {}: go on as {}, in their order, with the new steps and connection",
                                          messages(count), route, now));
    else
      planned.words.push_back(
          fmt::format("route {} is gone: {} on it stay until a route of that name is back", route, messages(count)));
  }
  if (waiting.empty()) planned.words.emplace_back("nothing waits; the next message goes by the new configuration");
  return planned;
}

// `now`: the channel that was called so, if there is one.
PlannedChannel stops(const std::string& name, const Value& running, const std::string& now) {
  PlannedChannel planned{name, "stops", {"takes nothing more"}};
  std::int64_t all = 0;
  for (const auto& [route, count] : unfinished_of(running)) all += count;
  if (!now.empty())
    planned.words.push_back(fmt::format(
        "it is called {} now{}", now, all > 0 ? ": " + messages(all) + " that wait go on there, in their order" : ""));
  else if (all > 0)
    planned.words.push_back(fmt::format("{} wait and stay until a channel of that name is back", messages(all)));
  return planned;
}

Value planned_json(const std::vector<PlannedChannel>& all) {
  Value report, channels{json::Array{}};
  for (const auto& planned : all) {
    Value one, words{json::Array{}};
    for (const auto& word : planned.words) words.push(Value(word));
    channels.push(one.set("channel", planned.name).set("change", planned.change).set("words", std::move(words)));
  }
  return report.set("channels", std::move(channels));
}

Task<Exit> show(DaemonLink& link, const routes::Compiled& compiled, const Console& console) {
  const auto status = co_await link.get("/api/v1/status");
  if (!status) co_return console.report(status.error());
  const auto planned = planned_changes(compiled.plans, (*status)["channels"]);
  if (console.json()) {
    console.print(planned_json(planned));
    co_return Exit::ok;
  }
  if (const auto warning = rolled_back_text((*status)["configuration"]); !warning.empty())
    console.line(console.paint(Ink::yellow, "! ") + warning);
  auto text = plan_text(planned, console);
  text.pop_back();
  console.line(text);
  co_return Exit::ok;
}

Exit plan(const PlanOptions& options, Console& console) {
  const auto compiled =
      compile_directory(options.directory.empty() ? default_configuration_directory() : options.directory);
  if (!compiled) return console.report(compiled.error());
  if (!compiled->diagnostics.ok()) {
    print_diagnostics(console, compiled->diagnostics, stderr);
    console.error(closing_line(*compiled) + " A reload would change nothing.");
    return Exit::not_so;
  }
  return with_daemon(options.socket, [&](DaemonLink& link) { return show(link, *compiled, console); });
}

}  // namespace

std::vector<PlannedChannel> planned_changes(const std::vector<std::shared_ptr<const Plan>>& plans,
                                            const Value& running) {
  std::map<std::string, const Value*> known;
  if (const auto* channels = running.array())
    for (const auto& channel : *channels) known.emplace(channel["name"].text_or(""), &channel);
  std::vector<PlannedChannel> all;
  for (const auto& each : plans) {
    const auto found = known.find(each->channel);
    if (found == known.end()) {
      all.push_back(starts(*each));
      continue;
    }
    const auto& channel = *found->second;
    if (channel["hash"].text_or("") == each->hash) all.push_back({each->channel, "stays", {}});
    else all.push_back(changes(*each, channel));
    known.erase(found);
  }
  for (const auto& [name, channel] : known) {
    const auto heir = std::ranges::find_if(plans, [&](const auto& each) { return each->was == name; });
    all.push_back(stops(name, *channel, heir == plans.end() ? std::string() : (*heir)->channel));
  }
  return all;
}

std::string plan_text(const std::vector<PlannedChannel>& all, const Console& console) {
  std::string out;
  std::size_t widest = 0, same = 0;
  for (const auto& planned : all) widest = std::max(widest, columns(planned.name));
  for (const auto& planned : all) {
    if (planned.change == "stays") {
      ++same;
      continue;
    }
    const auto ink = planned.change == "stops" ? Ink::red : planned.change == "starts" ? Ink::green : Ink::yellow;
    auto head = fmt::format("{}{}  {}", planned.name, std::string(widest - columns(planned.name), ' '),
                            console.paint(ink, fmt::format("{:<8}", planned.change)));
    for (const auto& words : planned.words) {
      out += fmt::format("{}  {}\n", head, words);
      head = std::string(widest + 10, ' ');
    }
  }
  if (out.empty()) return "A reload would change nothing: the channels are as they run.\n";
  if (same > 0) out += counted(same, "channel") + (same == 1 ? " stays as it runs.\n" : " stay as they run.\n");
  return out;
}

void add_plan(Commands& commands) {
  auto options = std::make_shared<PlanOptions>();
  commands.add(Group::change, "plan", "says what a reload would do, and what becomes of the messages that wait")
      .optional("CONF_DIR", options->directory, "the configuration (conf/ here, else /etc/myelin)")
      .socket(options->socket)
      .json()
      .detail("Nothing changes. With mistakes in the files it shows them and exits 1, as a reload would.")
      .example("myelin plan conf/")
      .run([options](Console& console) { return plan(*options, console); });
}

}  // namespace myelin
