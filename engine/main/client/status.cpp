// `myelin status [CHANNEL]`: what runs, what waits, and what needs a person.
#include <fmt/format.h>

#include <memory>

#include "engine/base/counted.h"
#include "engine/main/client/configurations.h"
#include "engine/main/client/link.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/model/delivery.h"
#include "engine/net/http.h"

namespace myelin {
namespace {

using json::Value;

constexpr std::size_t kLanesShown = 20;  // of one channel in the overview
constexpr std::size_t kPeersShown = 20;

struct StatusOptions {
  std::string channel;
  std::string socket;
};

const json::Array& items(const Value& list) {
  static const json::Array kNone;
  return list.array() ? *list.array() : kNone;
}

std::int64_t count(const Value& view, std::string_view key) { return view[key].integer_or(0); }

Cell state_cell(const std::string& state) {
  if (state == "running") return {state, Ink::green};
  if (state == "failed") return {state, Ink::red};
  return {state, Ink::yellow};
}

// What a lane does now, in one word.
Cell lane_state(const Value& lane) {
  if (lane["no_route"].truth_or(false)) return {"no route", Ink::red};
  if (!lane["stopped"].is_null()) return {"held", Ink::red};
  if (lane["peer_down"].truth_or(false)) return {"peer down", Ink::red};
  if (!lane["fault"].is_null() && count(lane, "waiting") > 0) return {"retrying", Ink::yellow};
  if (lane["in_flight"].truth_or(false)) return {"sending", Ink::green};
  if (!lane["opens_at"].is_null() && count(lane, "waiting") > 0) return {"closed", Ink::yellow};
  if (!lane["goes_at"].is_null()) return {"collecting", Ink::green};
  if (!lane["paced_until"].is_null() && count(lane, "waiting") > 0) return {"paced", Ink::yellow};
  if (count(lane, "waiting") > 0) return {"waiting", Ink::yellow};
  return {"idle", Ink::grey};
}

// Without a fault: what it is that is waited for.
std::string waits_for(const Value& lane, WallTime now) {
  std::string text;
  const auto opens = parse_timestamp(lane["opens_at"].text_or(""));
  if (opens && *opens > now && count(lane, "waiting") > 0) text = "opens in " + span_text(*opens - now);
  const auto goes = parse_timestamp(lane["goes_at"].text_or(""));
  if (goes && *goes > now)
    text += fmt::format("{}{} collected, {} at the latest", text.empty() ? "" : ", ",
                        number_text(count(lane, "collected")), "in " + span_text(*goes - now));
  if (const auto owed = count(lane, "awaiting_reply"); owed > 0)
    text += fmt::format("{}{} awaiting the application's answer", text.empty() ? "" : ", ", number_text(owed));
  return text;
}

std::string last_fault(const Value& lane, WallTime now) {
  if (!lane["stopped"].is_null())
    return fmt::format("{} ({}, {} ago)", lane["stopped"]["reason"].text_or(""), lane["stopped"]["by"].text_or(""),
                       age_text(lane["stopped"]["since"].text_or(""), now));
  if (lane["fault"].is_null()) return waits_for(lane, now);
  const auto* known = find_fault(lane["fault"].text_or(""));
  auto text = fmt::format("{} {}", lane["fault"].text_or(""), known ? known->name : "");
  const auto* at = lane["probe_at"].is_null() ? "next_attempt" : "probe_at";
  const auto next = parse_timestamp(lane[at].text_or(""));
  if (next && *next > now) text += ", again in " + span_text(*next - now);
  return text;
}

Table lane_table() {
  return Table({{"LANE"},
                {"TO"},
                {"STATE"},
                {"WAITING", Align::right},
                {"PARKED", Align::right},
                {"HELD", Align::right},
                {"OLDEST", Align::right},
                {"LAST FAULT"}});
}

void add_lane(Table& table, const std::string& channel, const Value& lane, WallTime now) {
  Value named = lane;
  named.set("channel", channel);
  table.add({lane_text(named), lane["destination"].text_or(""), lane_state(lane), number_text(count(lane, "waiting")),
             number_text(count(lane, "parked")), number_text(count(lane, "held")),
             age_text(lane["oldest"].text_or(""), now), last_fault(lane, now)});
}

// What waits where a reload took the route away, or the channel.
std::string no_route_text(const Value& channel, const Value& lane, WallTime now) {
  const auto name = channel["name"].text_or(""), route = lane["route"].text_or("");
  const bool gone = channel["state"].text_or("") == "removed";
  std::int64_t all = 0;
  for (const auto* state : {"waiting", "awaiting_reply", "parked", "held"}) all += count(lane, state);
  const auto where = name + "/" + route;
  return fmt::format(
      "{}: {} {} on a route that is gone, the oldest for {}: bring the {} back or say `was: {}` where it goes on, then "
      "`myelin reload`; or `myelin queue {} --ids | myelin discard - --reason …`",
      where, number_text(all), all == 1 ? "waits" : "wait", age_text(lane["oldest"].text_or(""), now),
      gone ? "channel" : "route", gone ? name : route, where);
}

// What only a person can bring on, with the command.
std::string advice(const Value& channel, const Console& console, WallTime now) {
  std::string out;
  const auto add = [&](const std::string& text) { out += console.paint(Ink::yellow, "! ") + text + "\n"; };
  const auto name = channel["name"].text_or("");
  if (!channel["fault"].is_null())
    add(fmt::format("{} failed: {}; it is tried again every 10 s, and at once by `myelin reload`", name,
                    channel["fault"].text_or("")));
  for (const auto& lane : items(channel["lanes"])) {
    Value named = lane;
    named.set("channel", name);
    const auto shown = lane_text(named);
    if (lane["no_route"].truth_or(false)) {
      add(no_route_text(channel, lane, now));
      continue;
    }
    if (!lane["stopped"].is_null())
      add(fmt::format("{} is held; `myelin release {} --reason …` lets it go on", shown, shown));
    if (const auto parked = count(lane, "parked"); parked > 0)
      add(fmt::format("{}: {} parked; `myelin queue {} --state parked` shows {}", shown, number_text(parked),
                      lane["route"].text_or("").empty() ? name : name + "/" + lane["route"].text_or(""),
                      parked == 1 ? "it" : "them"));
  }
  return out;
}

// "lf_segments 17, reused_ids 2"
std::string habits_text(const Value& habits) {
  std::string text;
  if (habits.object())
    for (const auto& [name, count] : *habits.object())
      text += (text.empty() ? "" : ", ") + name + " " + number_text(count.integer_or(0));
  return text;
}

// Who does what the standard does not say, on both sides of a channel; `myelin explain habits` tells of each.
void add_habits(Table& table, const Value& channel) {
  std::size_t shown = 0;
  const auto name = channel["name"].text_or("");
  const auto add = [&](const std::string& peer, const std::string& messages, const Value& habits) {
    if (auto text = habits_text(habits); !text.empty() && shown++ < kPeersShown)
      table.add({name, peer, messages, std::move(text)});
  };
  for (const auto& peer : items(channel["peers"]))
    add("from " + peer["peer"].text_or(""), number_text(count(peer, "messages")), peer["habits"]);
  for (const auto& lane : items(channel["lanes"]))
    if (lane["key"].text_or("").empty()) add("to " + lane["destination"].text_or(""), "", lane["habits"]);
}

Table habits_table() { return Table({{"CHANNEL"}, {"PEER"}, {"MESSAGES", Align::right}, {"HABITS"}}); }

std::string channels_table(const Value& status, const Console& console, WallTime now) {
  Table table({{"CHANNEL"},
               {"STATE"},
               {"RECEIVED", Align::right},
               {"FILTERED", Align::right},
               {"REFUSED", Align::right},
               {"DELIVERED", Align::right},
               {"WAITING", Align::right},
               {"OLDEST", Align::right},
               {"ADDRESS"}});
  for (const auto& channel : items(status["channels"])) {
    std::int64_t waiting = 0;
    std::string oldest;
    for (const auto& lane : items(channel["lanes"])) {
      waiting += count(lane, "waiting");
      const auto time = lane["oldest"].text_or("");
      if (!time.empty() && (oldest.empty() || time < oldest)) oldest = time;
    }
    table.add({channel["name"].text_or(""), state_cell(channel["state"].text_or("")),
               number_text(count(channel, "received")), number_text(count(channel, "filtered")),
               number_text(count(channel, "refused")), number_text(count(channel, "delivered")), number_text(waiting),
               age_text(oldest, now), channel["address"].text_or("")});
  }
  return table.empty() ? "No channel is configured.\n" : table.text(console);
}

Task<Exit> show_status(DaemonLink& link, std::shared_ptr<StatusOptions> options, Console& console) {
  const auto& name = options->channel;
  auto target = name.empty() ? std::string("/api/v1/status") : "/api/v1/channels/" + net::percent_encode(name);
  const auto answer = co_await link.get(std::move(target));
  if (!answer) co_return console.report(answer.error());
  if (console.json()) {
    console.print(*answer);
    co_return Exit::ok;
  }
  const auto now = std::chrono::floor<microseconds>(std::chrono::system_clock::now());
  auto text = name.empty() ? status_text(*answer, console) : channel_text(*answer, now, console);
  text.pop_back();
  console.line(text);
  co_return Exit::ok;
}

std::string counted(std::int64_t number, std::string_view one, std::string_view more) {
  return fmt::format("{} {}", number_text(number), number == 1 ? one : more);
}

}  // namespace

std::string lane_text(const Value& lane) {
  const auto channel = lane["channel"].text_or(""), route = lane["route"].text_or(""), key = lane["key"].text_or("");
  if (route.empty()) return channel + " (not yet routed)";
  return key.empty() ? channel + "/" + route : channel + "/" + route + "/" + key;
}

std::string delivery_text(const Value& delivery) {
  Piece piece;
  piece.part = static_cast<int>(delivery["part"].integer_or(1));
  piece.parts = static_cast<int>(delivery["parts"].integer_or(1));
  piece.also = static_cast<int>(delivery["also"].integer_or(0));
  return lane_text(delivery) + piece_text(piece);
}

// What wants a person, the loudest first.
static std::string alerts_text(const Value& alerts, const Console& console, WallTime now) {
  std::string out;
  for (const std::string_view severity : {"critical", "warning", "info"})
    for (const auto& alert : items(alerts)) {
      if (alert["severity"].text_or("") != severity) continue;
      const auto what = alert["alert"].text_or("") == "oldest"
                            ? "the oldest has waited for " + age_text(alert["oldest"].text_or(""), now)
                            : number_text(count(alert, "count")) + " " + alert["alert"].text_or("");
      out +=
          fmt::format("{} {}: {}, since {}\n", console.paint(severity == "critical" ? Ink::red : Ink::yellow, severity),
                      lane_text(alert), what, age_text(alert["since"].text_or(""), now));
    }
  return out;
}

std::string disk_text(const Value& disk) {
  if (!disk["refuses"].truth_or(false)) return {};
  return fmt::format(
      "every new message is refused: the disk of the store has {} free, and {} must stay free (M0501). Free space "
      "there, "
      "or lower `store: reserve:`; then it goes on by itself",
      size_text(count(disk, "free")), size_text(count(disk, "reserve")));
}

std::string status_text(const Value& status, const Console& console) {
  const auto& engine = status["engine"];
  const auto& store = status["store"];
  const auto now = parse_timestamp(engine["now"].text_or("")).value_or(WallTime{});
  auto out = fmt::format("myelin {} · up {} · {} stored · {} unfinished\n\n", engine["version"].text_or(""),
                         span_text(seconds(count(engine, "uptime_s"))),
                         counted(count(store, "messages"), "message", "messages"),
                         counted(count(store, "unfinished"), "delivery", "deliveries"));
  if (const auto& kept = status["retention"]; !kept.is_null()) {
    out.pop_back();
    out += fmt::format("{} kept, {}", counted(count(kept, "messages"), "message", "messages"),
                       size_text(count(kept, "bytes")));
    if (const auto purged = count(kept, "purged"); purged > 0)
      out += fmt::format(" · {} purged since the start", number_text(purged));
    if (const auto fault = kept["fault"].text_or(""); !fault.empty()) out += " · the purge failed: " + fault;
    out += "\n\n";
  }
  if (const auto warning = disk_text(store["disk"]); !warning.empty())
    out += console.paint(Ink::red, "! ") + warning + "\n\n";
  if (const auto warning = rolled_back_text(status["configuration"]); !warning.empty())
    out += console.paint(Ink::yellow, "! ") + warning + "\n\n";
  if (const auto alerts = alerts_text(status["alerts"], console, now); !alerts.empty()) out += alerts + "\n";
  out += channels_table(status, console, now);
  auto lanes = lane_table();
  auto habits = habits_table();
  std::string notes, advised;
  for (const auto& channel : items(status["channels"])) {
    const auto name = channel["name"].text_or("");
    std::size_t shown = 0;
    for (const auto& lane : items(channel["lanes"]))
      if (shown++ < kLanesShown) add_lane(lanes, name, lane, now);
    const auto all = static_cast<std::size_t>(count(channel, "lane_count"));
    if (all > kLanesShown)
      notes += fmt::format("{}: {} more lanes; `myelin status {}`\n", name, all - kLanesShown, name);
    advised += advice(channel, console, now);
    add_habits(habits, channel);
  }
  if (!lanes.empty()) out += "\n" + lanes.text(console);
  if (!habits.empty()) out += "\n" + habits.text(console);
  out += notes;
  return advised.empty() ? out : out + "\n" + advised;
}

std::string channel_text(const Value& channel, WallTime now, const Console& console) {
  const auto name = channel["name"].text_or("");
  const auto state = state_cell(channel["state"].text_or(""));
  auto out = fmt::format("{} · {}\n", console.paint(Ink::bold, name), console.paint(*state.ink, state.text));
  const auto add = [&](std::string_view label, const std::string& text) {
    if (!text.empty()) out += fmt::format("  {:<14}{}\n", label, text);
  };
  add("about", channel["about"].text_or(""));
  add("listens on", channel["address"].text_or(""));
  add("fault", channel["fault"].text_or(""));
  add("file", channel["place"].text_or(""));
  add("configuration", channel["hash"].text_or("").substr(0, 12));
  out += "\nsince it started\n";
  for (const auto* counter : {"received", "committed", "filtered", "refused", "duplicates", "delivered"})
    add(counter, number_text(count(channel, counter)));
  auto lanes = lane_table();
  for (const auto& lane : items(channel["lanes"])) add_lane(lanes, name, lane, now);
  if (!lanes.empty()) out += "\n" + lanes.text(console);
  auto habits = habits_table();
  add_habits(habits, channel);
  if (!habits.empty()) out += "\n" + habits.text(console);
  for (const auto& lane : items(channel["lanes"])) {
    const auto* known = find_fault(lane["fault"].text_or(""));
    if (!known) continue;
    out += fmt::format("\n{} at its head: {} after {}\n  {} {}: {}\n", lane["route"].text_or(""),
                       lane["head"].text_or(""), counted(lane["head_attempts"].integer_or(0), "attempt"), known->id,
                       known->title, lane["detail"].text_or(""));
    out += wrapped(known->explanation, static_cast<std::size_t>(console.width()), "  ");
  }
  const auto advised = advice(channel, console, now);
  return advised.empty() ? out : out + "\n" + advised;
}

void add_status(Commands& commands) {
  auto options = std::make_shared<StatusOptions>();
  commands.add(Group::watch, "status", "shows what runs, what waits and what needs a person")
      .optional("CHANNEL", options->channel, "only this channel, in detail")
      .socket(options->socket)
      .json()
      .example("myelin status")
      .example("myelin status adt --json")
      .run([options](Console& console) {
        return with_daemon(options->socket, [&](DaemonLink& link) { return show_status(link, options, console); });
      });
}

}  // namespace myelin
