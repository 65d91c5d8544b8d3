// `myelin tail`: what comes in, and what becomes of it, as it happens: a line for each message and for each change of
// one of its deliveries. Envelopes only, nothing of the content. Flow: 1 the last few messages · 2 again and again:
// what is newer, then what those that were not finished have become.
#include "engine/main/client/tail.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "engine/base/id.h"
#include "engine/main/client/link.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/model/delivery.h"

namespace myelin {
namespace {

using json::Value;

constexpr int kAtOnce = 200;           // messages of one look
constexpr std::size_t kFollowed = 50;  // not finished, the newest

struct TailOptions {
  std::string channel, type, socket;
  Duration every = seconds(1);
  std::int64_t last = 10;
};

std::string text_of(const Value& value) { return value.text_or(""); }

std::string clock_of(const Value& time) {
  const auto text = text_of(time);
  return text.size() >= 23 ? text.substr(11, 12) : text;
}

std::string outcome_of(const Value& delivery) {
  const auto route = text_of(delivery["route"]);
  auto text = fmt::format("{} {}", route.empty() ? "(not yet routed)" : route, text_of(delivery["state"]));
  if (const auto fault = text_of(delivery["fault"]); !fault.empty())
    text += fmt::format(" {} {}", fault, text_of(delivery["fault_title"]));
  return text;
}

bool is_open(const Value& delivery) {
  const auto state = parse_state(text_of(delivery["state"]));
  return state && !finished(*state);
}

Value event_of(const Value& message, const std::string& what, const Value& delivery, const Value& at) {
  Value event;
  event.set("at", at).set("what", what);
  for (const auto* key : {"id", "channel", "type", "control_id", "peer", "duplicate_of"}) event.set(key, message[key]);
  return event.set("delivery", delivery);
}

}  // namespace

std::vector<Value> Tail::take(const Value& message, const Value& deliveries) {
  std::vector<Value> events;
  const auto id = text_of(message["id"]);
  const auto known = known_.find(id);
  const bool fresh = known == known_.end() && id > newest_;
  if (known == known_.end() && !fresh) return events;
  if (fresh) {
    newest_ = id;
    events.push_back(event_of(message, "received", Value(), message["received_at"]));
  }
  auto& states = known_[id];
  bool open = false;
  for (const auto& delivery : *deliveries.array()) {
    open = open || is_open(delivery);
    auto now = outcome_of(delivery);
    auto& before = states[text_of(delivery["id"])];
    if (before == now) continue;
    // What waits for its turn is no news.
    const bool news = text_of(delivery["state"]) != name_of(State::queued) || !text_of(delivery["fault"]).empty();
    const auto& changed = delivery["changed_at"];
    if (news)
      events.push_back(event_of(message, "delivery", delivery, changed.is_null() ? message["received_at"] : changed));
    before = std::move(now);
  }
  if (!open) known_.erase(id);
  while (known_.size() > kFollowed) known_.erase(known_.begin());
  return events;
}

std::vector<std::string> Tail::followed() const {
  std::vector<std::string> ids;
  for (const auto& [id, states] : known_) ids.push_back(id);
  return ids;
}

std::string tail_text(const Value& event, const Console& console) {
  const auto head = fmt::format("{}  {}  {}  {}  {}", clock_of(event["at"]), text_of(event["id"]),
                                text_of(event["channel"]), text_of(event["type"]), text_of(event["control_id"]));
  if (text_of(event["what"]) == "received") {
    const auto first = text_of(event["duplicate_of"]);
    return fmt::format("{}  received from {}{}", head, text_of(event["peer"]),
                       first.empty() ? "" : ", the same message as " + first);
  }
  const auto& delivery = event["delivery"];
  const auto state = parse_state(text_of(delivery["state"]));
  const bool done = state == State::delivered || state == State::filtered;
  return head + "  " + console.paint(done ? Ink::green : Ink::red, outcome_of(delivery));
}

namespace {

void show(const std::vector<Value>& events, const Console& console) {
  for (const auto& event : events) {
    if (console.json()) console.print(event);
    else console.line(tail_text(event, console));
  }
}

// The newest first, as the API gives them; shown from the oldest on.
Task<Result<void>> look_for_new(DaemonLink& link, std::shared_ptr<TailOptions> options, Tail& tail,
                                const Console& console) {
  const bool first = tail.newest().empty();
  Value request;
  request.set("limit", first ? std::max<std::int64_t>(options->last, 1) : std::int64_t{kAtOnce});
  if (!first) request.set("above", tail.newest());
  if (!options->channel.empty()) request.set("channel", options->channel);
  if (!options->type.empty()) request.set("type", options->type);
  const auto page = co_await link.post("/api/v1/messages/search", std::move(request));
  if (!page) co_return fail(Fault(page.error()));
  const auto& messages = *(*page)["messages"].array();
  if (!first && messages.size() == kAtOnce && !console.json())
    console.line(fmt::format("… more came than are shown; these are the newest {}", kAtOnce));
  for (auto at = messages.rbegin(); at != messages.rend(); ++at) {
    auto events = tail.take(*at, (*at)["deliveries"]);
    if (first && options->last == 0) continue;
    show(events, console);
  }
  co_return Result<void>();
}

Task<Result<void>> look_at_open(DaemonLink& link, Tail& tail, const Console& console) {
  for (const auto& id : tail.followed()) {
    const auto trace = co_await link.get("/api/v1/messages/" + id);
    if (trace) show(tail.take((*trace)["message"], (*trace)["deliveries"]), console);
    else if (trace.error().code == FaultCode::not_found) tail.forget(id);  // the retention took it
    else co_return fail(Fault(trace.error()));
  }
  co_return Result<void>();
}

Task<Exit> follow(DaemonLink& link, std::shared_ptr<TailOptions> options, const Console& console) {
  Tail tail;
  for (;;) {
    auto looking = look_for_new(link, options, tail, console);
    const auto looked = co_await looking;
    if (!looked) co_return console.report(looked.error());
    auto following = look_at_open(link, tail, console);
    const auto followed = co_await following;
    if (!followed) co_return console.report(followed.error());
    std::fflush(stdout);
    if (std::ferror(stdout) != 0) co_return Exit::ok;  // who read it has gone
    link.close();
    std::this_thread::sleep_for(options->every);  // this loop has nothing else to do
  }
}

}  // namespace

void add_tail(Commands& commands) {
  auto options = std::make_shared<TailOptions>();
  commands.add(Group::watch, "tail", "shows each message that comes, and what becomes of it, as it happens")
      .optional("CHANNEL", options->channel, "only this channel")
      .option("--type", "TYPE", options->type, "ADT^A01, or ADT^* for all of ADT")
      .option("--last", "N", options->last, "begins with so many that are there already")
      .option("--every", "DURATION", options->every, "how often it looks")
      .socket(options->socket)
      .json()
      .example("myelin tail")
      .example("myelin tail adt --type 'ADT^A08'")
      .detail(
          "Envelopes only: time, id, channel, type, MSH-10, peer, and of each delivery its state and fault. `myelin "
          "trace "
          "ID` shows all of one. With --json each event is one line. The end is Ctrl-C.")
      .run([options](Console& console) {
        if (options->every < milliseconds(100) || options->last < 0 || options->last > 1000) {
          console.error("--every is at least 100ms, --last from 0 to 1000");
          return Exit::usage;
        }
        return with_daemon(options->socket, [&](DaemonLink& link) { return follow(link, options, console); });
      });
}

}  // namespace myelin
