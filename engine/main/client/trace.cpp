// `myelin trace ID`: what happened to this message, and what can be done about it.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "engine/base/id.h"
#include "engine/main/client/link.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/main/workbench/diagnostics_report.h"
#include "engine/model/delivery.h"

namespace myelin {
namespace {

using json::Value;

struct TraceOptions {
  std::string id;
  bool bytes = false;
  std::string socket;
};

// "09:30:00.250" with the date where it is not that of the receipt.
std::string clock_text(const std::string& timestamp, const std::string& received) {
  if (timestamp.size() < 23) return timestamp;
  const auto time = timestamp.substr(11, 12);
  return timestamp.substr(0, 10) == received.substr(0, 10) ? time : timestamp.substr(0, 10) + " " + time;
}

Ink ink_of(const std::string& state) {
  if (state == "delivered") return Ink::green;
  return state == "parked" || state == "held" ? Ink::red : Ink::yellow;
}

// What was tried, and what persons did. They are numbered from 1 again after a person had it sent anew, so `anew` says
// whether that was so before this line.
std::string attempt_line(const Value& attempt, const std::string& received, bool anew) {
  const auto at = clock_text(attempt["at"].text_or(""), received);
  const auto detail = attempt["detail"].text_or("");
  if (attempt["fault"].is_null()) return fmt::format("  {}  {}\n", at, detail);  // a person's change says who and why
  const auto number = attempt["number"].integer_or(0);  // 0: a step faulted before anything was sent
  return fmt::format(
      "  {}  {}{} {}{}\n", at, number > 0 ? fmt::format("attempt {}{}: ", number, anew ? " since then" : "") : "",
      attempt["fault"].text_or(""), attempt["fault_title"].text_or(""), detail.empty() ? "" : ": " + detail);
}

struct Attempts {
  std::string lines;
  bool anew = false;  // those that follow the last line
};

Attempts attempts_of(const std::string& delivery, const Value& trace, const std::string& received) {
  Attempts all;
  std::int64_t last = 0;
  for (const auto& attempt : *trace["attempts"].array()) {
    if (attempt["delivery"].text_or("") != delivery) continue;
    const auto number = attempt["number"].integer_or(0);
    const bool tried = !attempt["fault"].is_null() && number > 0;
    if (tried && number <= last) all.anew = true;
    if (tried) last = number;
    all.lines += attempt_line(attempt, received, all.anew);
  }
  return all;
}

// That there is one; what it says may be patient data, and stands under the content.
std::string kept_answer(const Value& trace, const std::string& delivery, const std::string& received) {
  const auto* answers = trace["answers"].array();
  for (const auto& answer : answers ? *answers : json::Array())
    if (answer["delivery"].text_or("") == delivery)
      return fmt::format("  the peer's answer of {} is kept, {}{}\n", clock_text(answer["at"].text_or(""), received),
                         size_text(answer["size"].integer_or(0)),
                         answer.has("bytes") ? "; it stands below" : ": myelin trace " + delivery + " --bytes");
  return {};
}

// What its state means; of what is queued, why it does not go now, as its lane says.
std::string state_text(const Value& delivery, WallTime now, bool anew) {
  const auto state = delivery["state"].text_or("");
  auto detail = delivery["detail"].text_or("");
  if ((state == "filtered" || state == "discarded") && !detail.empty()) return detail;
  const auto known = parse_state(state);
  auto text = known ? std::string(kStates[static_cast<std::size_t>(*known)].doc) : std::string();
  if (state != "queued") return text;
  const auto& waits = delivery["waits"];
  if (!waits.is_null()) text = waits["text"].text_or("");
  const auto due = parse_timestamp(waits.is_null() ? delivery["due"].text_or("") : waits["until"].text_or(""));
  if (due && *due > now) text += ", in " + span_text(*due - now);
  if (const auto attempts = delivery["attempts"].integer_or(0); attempts > 0)
    text +=
        fmt::format("; {} so far{}", counted(static_cast<std::size_t>(attempts), "attempt"), anew ? " since then" : "");
  return text;
}

std::string delivery_part(const Value& delivery, const Value& trace, WallTime now, const Console& console) {
  const auto id = delivery["id"].text_or(""), state = delivery["state"].text_or("");
  const auto received = trace["message"]["received_at"].text_or("");
  auto out = fmt::format("\n{}  {}  {}\n", console.paint(Ink::bold, id), delivery_text(delivery),
                         console.paint(ink_of(state), state));
  const auto attempts = attempts_of(id, trace, received);
  out += attempts.lines + kept_answer(trace, id, received);
  out += fmt::format("  {}  {}: {}\n", clock_text(delivery["changed_at"].text_or(""), received), state,
                     state_text(delivery, now, attempts.anew));
  if (state == "delivered" && !delivery["detail"].is_null()) out += "  " + delivery["detail"].text_or("") + "\n";
  if (state != "queued" && !delivery["waits"].is_null())
    out += fmt::format("  it {}\n", delivery["waits"]["text"].text_or(""));
  if (delivery["possible_duplicate"].truth_or(false))
    out += "  an attempt may have reached the peer: what it gets next may be a duplicate\n";
  const auto* fault = state == "delivered" ? nullptr : find_fault(delivery["fault"].text_or(""));
  if (fault) {
    out += fmt::format("  {} {}{}\n", fault->id, fault->title,
                       delivery["detail"].is_null() ? "" : ": " + delivery["detail"].text_or(""));
    out += wrapped(fault->explanation, static_cast<std::size_t>(console.width()), "    ");
  }
  for (const auto& command : next_commands(delivery)) out += "  next: " + command + "\n";
  return out;
}

std::string content_text(const Value& trace) {
  auto content = decode_base64(trace["bytes"].text_or(""));
  if (const auto& reply = trace["reply"]; !reply.is_null())
    content += "\nanswered:\n" + decode_base64(reply["bytes"].text_or(""));
  if (const auto* deliveries = trace["deliveries"].array())
    for (const auto& delivery : *deliveries)
      if (const auto& sent = delivery["sent"]; !sent.is_null())
        content += fmt::format("\nsent by {} on route {}:\n{}", delivery["id"].text_or(""),
                               delivery["route"].text_or(""), decode_base64(sent.text_or("")));
  if (const auto* facts = trace["facts"].object()) {
    content += "\nit came with:\n";
    for (const auto& [name, value] : *facts) content += "$" + name + "  " + value.text_or("") + "\n";
  }
  const auto* answers = trace["answers"].array();
  for (const auto& answer : answers ? *answers : json::Array())
    content +=
        fmt::format("\nthe peer's answer of {} to {}:\n", answer["at"].text_or(""), answer["delivery"].text_or("")) +
        decode_base64(answer["bytes"].text_or("")) + "\n";
  return in_lines(std::move(content));
}

// Of the deliveries this one alone; false where there is none of that id.
bool keep_only(Value& trace, const std::string& delivery) {
  json::Array kept;
  for (const auto& each : *trace["deliveries"].array())
    if (each["id"].text_or("") == delivery) kept.push_back(each);
  const bool any = !kept.empty();
  trace.set("deliveries", std::move(kept));
  return any;
}

Task<Exit> show_trace(DaemonLink& link, std::shared_ptr<TraceOptions> options, Console& console) {
  const auto delivery = parse_delivery_id(options->id);
  const auto id = delivery ? delivery->message() : parse_message_id(options->id).value_or(MessageId{});
  if (id == MessageId{}) {
    console.error("`" + options->id + "` is no id: they look like 01K2Z9Q7M4X, or 01K2Z9Q7M4X.2 for a delivery");
    co_return Exit::usage;
  }
  auto target = "/api/v1/messages/" + to_string(id) + (options->bytes ? "?bytes=1" : "");
  auto answer = co_await link.get(std::move(target));
  if (!answer && answer.error().code == FaultCode::not_found && !delivery) {
    auto refused = incident_target(options->id, options->bytes);
    const auto incident = co_await link.get(std::move(refused));
    if (incident) co_return print_incident(*incident, console);
  }
  if (!answer) co_return console.report(answer.error());
  const auto all = (*answer)["deliveries"].array()->size();
  if (delivery && !keep_only(*answer, to_string(*delivery))) {
    const auto there = all == 0 ? "it has none" : fmt::format("`myelin trace {}` shows what there is", to_string(id));
    co_return console.report(Fault{FaultCode::not_found,
                                   fmt::format("message {} has no delivery {}; {}", to_string(id), options->id, there),
                                   {},
                                   {}});
  }
  if (console.json()) {
    console.print(*answer);
    co_return Exit::ok;
  }
  auto text = trace_text(*answer, std::chrono::floor<microseconds>(std::chrono::system_clock::now()), console);
  if (delivery && all > 1)
    text += fmt::format("\n{} has {} more: myelin trace {}\n", to_string(id),
                        all == 2 ? "one delivery" : fmt::format("{} deliveries", all - 1), to_string(id));
  if (options->bytes) text += "\n" + content_text(*answer);
  if (text.ends_with('\n')) text.pop_back();
  console.line(text);
  co_return Exit::ok;
}

}  // namespace

std::vector<std::string> next_commands(const Value& delivery) {
  const auto id = delivery["id"].text_or(""), state = delivery["state"].text_or("");
  const auto command = [&](std::string_view verb) { return fmt::format("myelin {} {} --reason …", verb, id); };
  const auto& waits = delivery["waits"];
  const auto waits_for = waits["for"].text_or(""), behind = waits["behind"].text_or("");
  if (waits_for == "no_route" || waits_for == "no_channel")
    return {fmt::format("bring the {} back, or say `was: {}` where it goes on under another name; then myelin reload",
                        waits_for == "no_route" ? "route" : "channel",
                        delivery[waits_for == "no_route" ? "route" : "channel"].text_or("")),
            command("discard")};
  if (waits_for == "lane" || waits_for == "key") {
    const auto key = waits["key"].text_or("");
    return {fmt::format("myelin release {}/{}{} --reason …", delivery["channel"].text_or(""),
                        delivery["route"].text_or(""), key.empty() ? key : "/" + key)};
  }
  if (!behind.empty() && waits_for == "release")
    return {fmt::format("myelin release {} --reason …", behind), fmt::format("myelin trace {}", behind)};
  if (!behind.empty()) return {fmt::format("myelin trace {}", behind)};
  if (waits_for == "sending") return {};
  if (state == "parked" && delivery["fault"].text_or("") == entry(FaultCode::unmapped).id)
    return {"myelin unmapped   (the code; `unmapped add` lets all go that waits for it)", command("discard")};
  if (state == "parked") return {command("retry"), command("discard")};
  if (state == "held") return {command("release"), command("discard")};
  if (state == "queued" && delivery["attempts"].integer_or(0) > 0)
    return {command("retry") + "   (now, not later)", command("hold")};
  if (state == "filtered" && delivery["detail"].text_or("").starts_with("a duplicate"))
    return {fmt::format("myelin replay {} --route {} --reason …   (forward anyway)", id.substr(0, id.find('.')),
                        delivery["route"].text_or(""))};
  return {};
}

std::string trace_text(const Value& trace, WallTime now, const Console& console) {
  const auto& message = trace["message"];
  const auto received = message["received_at"].text_or("");
  const auto routed = message["routed"].truth_or(true);
  auto out = fmt::format("{}  {}  control id {}  {}\n", console.paint(Ink::bold, message["id"].text_or("")),
                         message["type"].text_or(""), message["control_id"].text_or(""),
                         size_text(message["size"].integer_or(0)));
  out +=
      fmt::format("  {} {}  received on {} from {}, {} ago\n", received.substr(0, 10), clock_text(received, received),
                  message["channel"].text_or(""), message["peer"].text_or(""), age_text(received, now));
  out += "  stored, then acknowledged\n";
  if (const auto incident = message["incident"].text_or(""); !incident.empty())
    out +=
        fmt::format("  its sender was told no: it was refused as incident {}, and a person gave it again\n", incident);
  const auto first = message["duplicate_of"].text_or(""), id = message["id"].text_or("");
  if (!first.empty())
    out += fmt::format(
        "  the same message as {}, which was answered again; to forward it anyway:\n    myelin replay {} "
        "--reason …\n",
        first, id);
  else if (!routed) out += "  no route wanted it: it was acknowledged and goes nowhere\n";
  if (const auto& reply = trace["reply"]; !reply.is_null())
    out += fmt::format("  {}  its sender was answered with the peer's own answer, {}\n",
                       clock_text(reply["at"].text_or(""), received), size_text(reply["size"].integer_or(0)));
  for (const auto& delivery : *trace["deliveries"].array()) out += delivery_part(delivery, trace, now, console);
  return out;
}

void add_trace(Commands& commands) {
  auto options = std::make_shared<TraceOptions>();
  commands.add(Group::messages, "trace", "shows what happened to a message, and what to do next")
      .argument("ID", options->id, "of a message, of a delivery, or of what was refused")
      .flag("--bytes", options->bytes,
            "the content too, and what a peer answered that was no yes: patient data, and the log says who read it")
      .socket(options->socket)
      .json()
      .example("myelin trace 01K2Z9Q7M4X")
      .run([options](Console& console) {
        return with_daemon(options->socket, [&](DaemonLink& link) { return show_trace(link, options, console); });
      });
}

}  // namespace myelin
