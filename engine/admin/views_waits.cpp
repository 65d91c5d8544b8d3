// How the API shows why a delivery does not go now: one sentence, and its parts for a program. `text` goes on after the
// state, "queued: waits for its next attempt"; whoever shows it adds how long it is until `until`.
#include <fmt/format.h>

#include <array>

#include "engine/admin/views.h"

namespace myelin::admin {
namespace {

using json::Value;
using runtime::Waits;
using runtime::WaitsFor;

constexpr std::array<std::string_view, 15> kNames = {"turn",  "sending", "collecting", "attempt",  "peer",
                                                     "delay", "rate",    "hours",      "route",    "lane",
                                                     "key",   "release", "routing",    "no_route", "no_channel"};

std::string stop_text(const LaneStop& stop, const std::string& what) {
  return fmt::format("waits, since {} is held by {}: {}", what, stop.by, stop.reason);
}

std::string lane_name(const LaneKey& lane) { return lane.channel + "/" + lane.route; }

std::string fault_text(const Waits& waits) {
  const auto* known = find_fault(waits.fault);
  if (!waits.behind) return {};  // it stands beside the delivery's own row
  auto text = known ? fmt::format("{} {}", known->id, known->title) : std::string();
  if (!waits.detail.empty()) text += (text.empty() ? "" : ": ") + waits.detail;
  return text.empty() ? text : " (" + text + ")";
}

std::string text_of(const Waits& waits, const LaneKey& lane) {
  switch (waits.what) {
    case WaitsFor::turn:
      return "goes next";
    case WaitsFor::sending:
      return "is being sent at this moment";
    case WaitsFor::collecting:
      return "is collected with others, which go together";
    case WaitsFor::attempt:
      return "waits for its next attempt" + fault_text(waits);
    case WaitsFor::peer:
      return fmt::format("waits for {}, which does not answer{}: it is tried once in a while", waits.peer,
                         fault_text(waits));
    case WaitsFor::delay:
      return "waits for the `delay` of route " + lane_name(lane);
    case WaitsFor::rate:
      return "waits for its turn by the `rate` of route " + lane_name(lane);
    case WaitsFor::hours:
      return "waits for the hours of the peer (`open` of route " + lane_name(lane) + ")";
    case WaitsFor::route:
      return fmt::format("waits until route {} has delivered this message (`after`)", waits.after);
    case WaitsFor::lane:
      return stop_text(*waits.stop, "route " + lane_name(lane));
    case WaitsFor::key:
      return stop_text(*waits.stop, "its key " + waits.stop->lane.key);
    case WaitsFor::release:
      return "is held" + fault_text(waits);
    case WaitsFor::routing:
      return "is routed next";
    case WaitsFor::no_route:
      return fmt::format("waits on a route that is gone: channel {} has no route {} any more", lane.channel,
                         lane.route);
    case WaitsFor::no_channel:
      return fmt::format("waits in a channel that does not run: {} was removed", lane.channel);
  }
  return {};
}

}  // namespace

std::string waits_text(const Waits& waits, const LaneKey& lane) {
  const auto text = text_of(waits, lane);
  return waits.behind ? fmt::format("behind {}, which {}", to_string(*waits.behind), text) : text;
}

Value waits_view(const Waits& waits, const LaneKey& lane) {
  Value view;
  view.set("for", kNames.at(static_cast<std::size_t>(waits.what)));
  view.set("behind", waits.behind ? Value(to_string(*waits.behind)) : Value());
  view.set("until", waits.until ? Value(timestamp(*waits.until)) : Value());
  view.set("key", waits.what == WaitsFor::key ? Value(waits.stop->lane.key) : Value());
  return view.set("text", waits_text(waits, lane));
}

}  // namespace myelin::admin
