// `myelin replay`: sends stored messages again, one after the other, the oldest first: what was delivered, what no
// route wanted, what was taken for a duplicate ("forward anyway"), and what was refused.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

#include "engine/base/counted.h"
#include "engine/base/id.h"
#include "engine/main/client/link.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"

namespace myelin {
namespace {

using json::Value;

struct ReplayOptions {
  std::vector<std::string> ids;
  std::string route, reason;
  std::int64_t rate = 50;
  bool yes = false;
  std::string socket;
};

// In the order in which they came; nothing when one is no id of a message.
std::optional<std::vector<MessageId>> messages_of(const ReplayOptions& options, const Console& console) {
  std::vector<std::string> words;
  for (const auto& word : options.ids) {
    if (word != "-") {
      words.push_back(word);
      continue;
    }
    std::istringstream input(read_input("-").value_or(""));
    for (std::string each; input >> each;) words.push_back(each);
  }
  std::vector<MessageId> ids;
  for (const auto& word : words) {
    const auto id = parse_message_id(word);
    if (!id) {
      console.error(fmt::format("`{}` is no id of a message; a delivery is sent again with `myelin retry`", word));
      return std::nullopt;
    }
    ids.push_back(*id);
  }
  std::ranges::sort(ids);
  const auto same = std::ranges::unique(ids);
  ids.erase(same.begin(), same.end());
  return ids;
}

bool agreed(const ReplayOptions& options, std::size_t count, const Console& console) {
  if (count < 2 || options.yes || isatty(STDIN_FILENO) != 1) return true;
  console.line(fmt::format("Will send {} messages again{}.", number_text(static_cast<std::int64_t>(count)),
                           options.route.empty() ? "" : " to " + options.route));
  std::cout << "Go on? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

// Why an incident was refused once more.
Fault refusal_in(const Value& answer) {
  Reply reply;
  reply.body = answer;
  return fault_of(reply);
}

std::string outcome_text(const Value& answer) {
  const auto message = answer["message"].text_or("");
  if (!answer.has("answer")) return counted(answer["deliveries"].integer_or(0), "delivery");
  if (answer["answer"].text_or("") == "duplicate") return "it is the same message as " + message;
  return "taken as " + message;
}

Task<Exit> run_replay(DaemonLink& link, std::shared_ptr<ReplayOptions> options, Console& console) {
  const auto ids = messages_of(*options, console);
  if (!ids) co_return Exit::usage;
  if (!agreed(*options, ids->size(), console)) {
    console.error("nothing was sent");
    co_return Exit::not_so;
  }
  const auto pause = options->rate > 0 ? Duration(seconds(1)) / options->rate : Duration::zero();
  json::Array answers;
  Exit exit = Exit::ok;
  std::int64_t sent = 0;
  for (const auto id : *ids) {
    Value body;
    body.set("reason", options->reason).set("route", options->route);
    auto asked = body;
    auto answer = co_await link.post("/api/v1/messages/" + to_string(id) + "/replay", std::move(asked));
    if (!answer && answer.error().code == FaultCode::not_found) {
      auto given = co_await link.post("/api/v1/incidents/" + to_string(id) + "/replay", std::move(body));
      if (given || given.error().code != FaultCode::not_found) answer = std::move(given);
    }
    if (answer && (*answer)["answer"].text_or("") == "refused") answer = fail(refusal_in(*answer));
    if (!answer) {
      console.error(to_string(id));
      exit = console.report(answer.error());
      continue;
    }
    ++sent;
    if (!console.json()) console.line(fmt::format("sent again {}  {}", to_string(id), outcome_text(*answer)));
    answers.push_back(*answer);
    if (id != ids->back()) std::this_thread::sleep_for(pause);
  }
  if (console.json()) console.print(Value(std::move(answers)));
  else if (ids->size() > 1)
    console.line(fmt::format("{} sent again, {} refused", sent, static_cast<std::int64_t>(ids->size()) - sent));
  co_return exit;
}

}  // namespace

void add_replay(Commands& commands) {
  auto options = std::make_shared<ReplayOptions>();
  commands.add(Group::messages, "replay", "sends stored messages again, the oldest first")
      .arguments("ID", options->ids, "ids of messages, or of what was refused; - for standard input")
      .option("--route", "NAME", options->route, "only to this route; else to all that want it now")
      .option("--rate", "N", options->rate, "at most so many messages a second; 0: as fast as they are taken")
      .required("--reason", "TEXT", options->reason, "why; it is kept with the delivery, with your name")
      .flag("--yes", options->yes, "do not ask where several are meant")
      .socket(options->socket)
      .json()
      .example("myelin replay 01K2Z9Q7M4X --route lab --reason 'the laboratory lost it'")
      .example(
          "myelin messages --channel adt --since 2h --ids | myelin replay - --route lab --reason 'restored the lab'")
      .detail(
          "What was taken for a duplicate goes on with this too. Each becomes a further delivery of its message, by "
          "the configuration of now. What was refused goes to its channel as though it came now: it may be refused "
          "again.")
      .run([options](Console& console) {
        return with_daemon(options->socket, [&](DaemonLink& link) { return run_replay(link, options, console); });
      });
}

}  // namespace myelin
