// `myelin top`: how much comes in and goes out each second, and what waits, per channel and route, again and again.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <map>
#include <memory>
#include <thread>

#include "engine/main/client/link.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"

namespace myelin {
namespace {

using json::Value;

struct TopOptions {
  std::string channel, socket;
  Duration every = seconds(2);
  bool once = false;
};

constexpr std::string_view kClear = "\x1b[H\x1b[2J";

double rate(const Value& before, const Value& now, std::string_view counter, double span) {
  const auto fresh = now[counter].integer_or(0), old = before[counter].integer_or(0);
  return span > 0 && fresh > old ? static_cast<double>(fresh - old) / span : 0.0;
}

double seconds_between(const Value& before, const Value& now) {
  const auto from = parse_timestamp(before["engine"]["now"].text_or(""));
  const auto to = parse_timestamp(now["engine"]["now"].text_or(""));
  return from && to ? std::chrono::duration<double>(*to - *from).count() : 0.0;
}

Value route_json(const Value& lane) {
  Value one;
  for (const auto* key : {"route", "key", "destination", "waiting", "parked", "held", "oldest", "fault"})
    one.set(key, lane[key]);
  one.set("no_route", lane["no_route"].truth_or(false));
  one.set("in_flight", lane["in_flight"]).set("stopped", !lane["stopped"].is_null());
  return one.set("peer_down", lane["peer_down"].truth_or(false));
}

std::string state_of(const Value& route) {
  if (route["no_route"].truth_or(false)) return "no route";
  if (route["stopped"].truth_or(false)) return "held";
  if (route["peer_down"].truth_or(false)) return "peer down";
  const bool waits = route["waiting"].integer_or(0) > 0;
  if (waits && !route["fault"].is_null()) return "retrying " + route["fault"].text_or("");
  return waits ? "waiting" : "idle";
}

std::string rate_text(double per_second) {
  return per_second == 0.0 ? "0"
         : per_second < 10 ? fmt::format("{:.1f}", per_second)
                           : fmt::format("{:.0f}", per_second);
}

// With two decimals.
Value decimal(double number) { return Value::number(fmt::format("{:.2f}", number)).value_or(Value()); }

double number(const Value& value) {
  double read = 0;
  if (const auto* digits = value.digits()) std::from_chars(digits->data(), digits->data() + digits->size(), read);
  return read;
}

// Two answers of /api/v1/status, one after the other; the same one twice has no rates.
Task<Exit> watch(DaemonLink& link, std::shared_ptr<TopOptions> options, const Console& console) {
  const bool terminal = isatty(STDOUT_FILENO) == 1 && !console.json();
  auto before = co_await link.get("/api/v1/status");
  if (!before) co_return console.report(before.error());
  for (;;) {
    std::this_thread::sleep_for(options->every);  // this loop has nothing else to do
    link.close();
    auto now = co_await link.get("/api/v1/status");
    if (!now) co_return console.report(now.error());
    const auto view = top_view(*before, *now, options->channel);
    if (view["channels"].array()->empty() && !options->channel.empty())
      co_return console.report(Fault{FaultCode::not_found, "there is no channel " + options->channel, {}, {}});
    auto text = top_text(view, console);
    text.pop_back();
    if (terminal && !options->once) std::fwrite(kClear.data(), 1, kClear.size(), stdout);
    if (console.json()) console.print(view);
    else console.line(text);
    std::fflush(stdout);
    if (options->once || std::ferror(stdout) != 0) co_return Exit::ok;
    before = std::move(now);
  }
}

}  // namespace

Value top_view(const Value& before, const Value& now, const std::string& only) {
  const auto span = seconds_between(before, now);
  std::map<std::string, const Value*> earlier;
  if (const auto* channels = before["channels"].array())
    for (const auto& channel : *channels) earlier.emplace(channel["name"].text_or(""), &channel);
  Value view, shown{json::Array{}};
  if (const auto* channels = now["channels"].array())
    for (const auto& channel : *channels) {
      const auto name = channel["name"].text_or("");
      if (!only.empty() && name != only) continue;
      const auto found = earlier.find(name);
      const auto& old = found == earlier.end() ? channel : *found->second;
      Value one, routes{json::Array{}};
      one.set("channel", name).set("state", channel["state"]);
      for (const auto* counter : {"received", "delivered", "filtered", "refused"})
        one.set(std::string(counter) + "_per_s", decimal(rate(old, channel, counter, span)));
      if (const auto* lanes = channel["lanes"].array())
        for (const auto& lane : *lanes) routes.push(route_json(lane));
      shown.push(one.set("routes", std::move(routes)));
    }
  view.set("disk", now["store"]["disk"]);
  view.set("now", now["engine"]["now"]).set("seconds", decimal(span));
  return view.set("channels", std::move(shown));
}

std::string top_text(const Value& view, const Console& console) {
  const auto now = parse_timestamp(view["now"].text_or("")).value_or(WallTime{});
  Table table({{"CHANNEL/ROUTE"},
               {"IN/s", Align::right},
               {"OUT/s", Align::right},
               {"REFUSED/s", Align::right},
               {"WAITING", Align::right},
               {"PARKED", Align::right},
               {"HELD", Align::right},
               {"OLDEST", Align::right},
               {"STATE"}});
  double in = 0, out = 0;
  std::int64_t waiting = 0;
  for (const auto& channel : *view["channels"].array()) {
    in += number(channel["received_per_s"]);
    out += number(channel["delivered_per_s"]);
    table.add({channel["channel"].text_or(""), rate_text(number(channel["received_per_s"])),
               rate_text(number(channel["delivered_per_s"])), rate_text(number(channel["refused_per_s"])), "", "", "",
               "", channel["state"].text_or("")});
    for (const auto& route : *channel["routes"].array()) {
      waiting += route["waiting"].integer_or(0);
      const auto name = route["route"].text_or("");
      const auto key = route["key"].text_or("");
      const auto state = state_of(route);
      table.add({"  " + (name.empty() ? "(not yet routed)" : name) + (key.empty() ? "" : "/" + key), "", "", "",
                 number_text(route["waiting"].integer_or(0)), number_text(route["parked"].integer_or(0)),
                 number_text(route["held"].integer_or(0)), age_text(route["oldest"].text_or(""), now),
                 Cell{state, state == "idle"      ? Ink::grey
                             : state == "waiting" ? Ink::yellow
                                                  : Ink::red}});
    }
  }
  auto disk = disk_text(view["disk"]);
  if (!disk.empty()) disk = console.paint(Ink::red, "! ") + disk + "\n";
  return fmt::format("{}  in {}/s  out {}/s  waiting {}\n{}{}", view["now"].text_or(""), rate_text(in), rate_text(out),
                     number_text(waiting), disk, table.text(console));
}

void add_top(Commands& commands) {
  auto options = std::make_shared<TopOptions>();
  commands.add(Group::watch, "top", "shows what comes in, goes out and waits, per channel and route, again and again")
      .optional("CHANNEL", options->channel, "only this channel")
      .option("--every", "DURATION", options->every, "how often")
      .flag("--once", options->once, "one time, then end")
      .socket(options->socket)
      .json()
      .example("myelin top")
      .example("myelin top adt --once --every 10s")
      .detail(
          "Rates are those between two looks. Without a terminal the looks stand one below the other; with --json each "
          "is one line. The end is Ctrl-C.")
      .run([options](Console& console) {
        if (options->every < milliseconds(100)) {
          console.error("--every is at least 100ms");
          return Exit::usage;
        }
        return with_daemon(options->socket, [&](DaemonLink& link) { return watch(link, options, console); });
      });
}

}  // namespace myelin
