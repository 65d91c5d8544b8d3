// `myelin queue`: the deliveries that are not finished, the head of each lane first.
#include <fmt/format.h>

#include <memory>

#include "engine/main/client/link.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/net/http.h"

namespace myelin {
namespace {

using json::Value;

struct QueueOptions {
  std::string lane;  // "CHANNEL" or "CHANNEL/ROUTE"
  std::string state;
  std::string after;
  std::int64_t limit = 50;
  bool ids = false;
  std::string socket;
};

std::string target_of(const QueueOptions& options) {
  auto target = fmt::format("/api/v1/queue?limit={}", options.limit);
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) target += fmt::format("&{}={}", name, net::percent_encode(value));
  };
  const auto slash = options.lane.find('/');
  add("channel", options.lane.substr(0, slash));
  if (slash != std::string::npos) add("route", options.lane.substr(slash + 1));
  add("state", options.state);
  add("after", options.after);
  return target;
}

Ink ink_of(const std::string& state) {
  if (state == "parked" || state == "held") return Ink::red;
  return state == "queued" ? Ink::yellow : Ink::grey;
}

std::string fault_text(const Value& delivery) {
  if (delivery["fault"].is_null()) return delivery["detail"].text_or("");
  return fmt::format("{} {}", delivery["fault"].text_or(""), delivery["fault_title"].text_or(""));
}

// What it waits for, where its own fault and the time of its next attempt do not say that already.
std::string why_text(const Value& delivery) {
  const auto& waits = delivery["waits"];
  auto fault = fault_text(delivery);
  const auto what = waits["for"].text_or("");
  const bool own = waits.is_null() || what == "turn" || (what == "attempt" && waits["behind"].is_null());
  if (own) return fault;
  return waits["text"].text_or("") + (fault.empty() ? "" : "; " + fault);
}

Task<Exit> show_queue(DaemonLink& link, std::shared_ptr<QueueOptions> options, Console& console) {
  auto target = target_of(*options);
  const auto answer = co_await link.get(std::move(target));
  if (!answer) co_return console.report(answer.error());
  if (console.json()) {
    console.print(*answer);
    co_return Exit::ok;
  }
  if (options->ids) {
    for (const auto& delivery : *(*answer)["deliveries"].array()) console.line(delivery["id"].text_or(""));
    co_return Exit::ok;
  }
  auto text = queue_text(*answer, std::chrono::floor<microseconds>(std::chrono::system_clock::now()), console);
  text.pop_back();
  console.line(text);
  co_return Exit::ok;
}

}  // namespace

std::string queue_text(const Value& queue, WallTime now, const Console& console) {
  const auto* deliveries = queue["deliveries"].array();
  if (!deliveries || deliveries->empty()) return "Nothing waits.\n";
  Table table({{"DELIVERY"},
               {"LANE"},
               {"STATE"},
               {"AGE", Align::right},
               {"ATTEMPTS", Align::right},
               {"NEXT", Align::right},
               {"WHY"}});
  for (const auto& delivery : *deliveries) {
    const auto state = delivery["state"].text_or("");
    const auto& waits = delivery["waits"];
    const auto due = parse_timestamp(waits.is_null() ? delivery["due"].text_or("") : waits["until"].text_or(""));
    const bool later = state == "queued" && due && *due > now;
    auto fault = why_text(delivery);
    if (delivery["possible_duplicate"].truth_or(false)) fault.insert(0, "(may have arrived) ");
    if (const auto priority = delivery["priority"].text_or("normal"); priority != "normal")
      fault.insert(0, "(" + std::string(priority) + ") ");
    table.add({delivery["id"].text_or(""), delivery_text(delivery), Cell(state, ink_of(state)),
               age_text(delivery["received_at"].text_or(""), now), number_text(delivery["attempts"].integer_or(0)),
               later ? span_text(*due - now) : "", fault});
  }
  auto out = table.text(console);
  if (const auto next = queue["next"].text_or(""); !next.empty()) out += "More follow: --after " + next + "\n";
  return out;
}

void add_queue(Commands& commands) {
  auto options = std::make_shared<QueueOptions>();
  commands.add(Group::messages, "queue", "lists deliveries that are not finished, head first")
      .optional("CHANNEL/ROUTE", options->lane, "only this channel, or this route of it")
      .option("--state", "STATE", options->state, "queued, held, parked, awaiting_reply, or a finished one")
      .option("--limit", "N", options->limit, "at most so many, up to 1000")
      .option("--after", "ID", options->after, "only what stands behind this delivery")
      .flag("--ids", options->ids, "only the ids, a line each, for `myelin retry -`")
      .socket(options->socket)
      .json()
      .example("myelin queue adt/lab --state parked")
      .example("myelin queue adt/lab --state parked --ids | myelin retry - --reason 'code table corrected'")
      .run([options](Console& console) {
        return with_daemon(options->socket, [&](DaemonLink& link) { return show_queue(link, options, console); });
      });
}

}  // namespace myelin
