// `myelin messages`: finds stored messages by what a channel's `index` names, and by their envelope.
#include <fmt/format.h>

#include <memory>
#include <sstream>

#include "engine/main/client/link.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"

namespace myelin {
namespace {

using json::Value;

// What a sender wrote may be of any length; --json has it whole.
constexpr std::size_t kMostType = 24, kMostId = 40;

struct MessagesOptions {
  std::vector<std::string> keys;  // "mrn=4711", or "-"
  std::string channel, type, control_id, state, since, until, below;
  std::int64_t limit = 50;
  bool ids = false;
  std::string socket;
};

Result<void> add_key(const std::string& word, Value& keys) {
  const auto equals = word.find('=');
  // Not repeated: what stands there may be a patient's number.
  if (equals == 0 || equals == std::string::npos || equals + 1 == word.size())
    return fail(FaultCode::bad_request, "a key is NAME=VALUE, for example mrn=…");
  keys.set(word.substr(0, equals), word.substr(equals + 1));
  return {};
}

Result<Value> request_of(const MessagesOptions& options) {
  Value body;
  Value keys{json::Object{}};
  for (const auto& word : options.keys) {
    if (word != "-") {
      if (auto added = add_key(word, keys); !added) return fail(added);
      continue;
    }
    const auto input = read_input("-");
    if (!input) return fail(Fault(input.error()));
    std::istringstream lines(*input);
    for (std::string line; std::getline(lines, line);)
      if (!line.empty())
        if (auto added = add_key(line, keys); !added) return fail(added);
  }
  if (!options.control_id.empty()) keys.set("control_id", options.control_id);
  for (const auto& [name, value] : {std::pair("channel", &options.channel),
                                    {"type", &options.type},
                                    {"state", &options.state},
                                    {"below", &options.below}})
    if (!value->empty()) body.set(name, *value);
  for (const auto& [name, value] : {std::pair("since", &options.since), {"until", &options.until}}) {
    if (value->empty()) continue;
    auto time = milliseconds_of(*value);
    if (!time) return fail(time);
    body.set(name, std::to_string(*time));
  }
  body.set("limit", options.limit).set("keys", std::move(keys));
  return body;
}

// "lab delivered, archive parked"
std::string states_text(const Value& message) {
  std::string text;
  for (const auto& delivery : *message["deliveries"].array()) {
    const auto route = delivery["route"].text_or("");
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", route.empty() ? "(not yet routed)" : route,
                        delivery["state"].text_or(""));
  }
  if (!text.empty()) return text;
  const auto first = message["duplicate_of"].text_or("");
  return first.empty() ? "no delivery" : fmt::format("the same message as {}", first);
}

Task<Exit> show_messages(DaemonLink& link, std::shared_ptr<MessagesOptions> options, Console& console) {
  auto request = request_of(*options);
  if (!request) co_return console.report(request.error());
  const auto answer = co_await link.post("/api/v1/messages/search", std::move(*request));
  if (!answer) co_return console.report(answer.error());
  if (console.json()) {
    console.print(*answer);
    co_return Exit::ok;
  }
  if (options->ids) {
    for (const auto& message : *(*answer)["messages"].array()) console.line(message["id"].text_or(""));
    co_return Exit::ok;
  }
  auto text = messages_text(*answer, console);
  if ((*answer)["messages"].array()->empty() && !options->control_id.empty()) {
    auto asking = link.get(incidents_target(options->control_id));
    const auto refused = co_await asking;
    if (refused) text += refused_text(*refused, options->control_id);
  }
  text.pop_back();
  console.line(text);
  co_return Exit::ok;
}

}  // namespace

std::string messages_text(const Value& page, const Console& console) {
  std::string out;
  const auto* messages = page["messages"].array();
  if (!messages || messages->empty()) {
    out = "Nothing was found. What was refused is no message: `myelin incidents`.\n";
  } else {
    Table table({{"MESSAGE"},
                 {"RECEIVED"},
                 {"CHANNEL"},
                 {"TYPE", Align::left, kMostType},
                 {"CONTROL ID", Align::left, kMostId},
                 {"SIZE", Align::right},
                 {"DELIVERIES"}});
    for (const auto& message : *messages)
      table.add({message["id"].text_or(""), message["received_at"].text_or(""), message["channel"].text_or(""),
                 message["type"].text_or(""), message["control_id"].text_or(""),
                 size_text(message["size"].integer_or(0)), states_text(message)});
    out = table.text(console);
  }
  if (const auto next = page["next"].text_or(""); !next.empty()) out += "Older ones may follow: --below " + next + "\n";
  if (!page["complete"].truth_or(true)) out += "The index is being filled: what is older may be missing.\n";
  return out;
}

void add_messages(Commands& commands) {
  auto options = std::make_shared<MessagesOptions>();
  commands.add(Group::messages, "messages", "finds stored messages, the newest first")
      .optional_list("KEY=VALUE", options->keys,
                     "what the channel's `index` names; - reads them from standard input, a line each, so that no "
                     "value stands in the shell's history")
      .option("--channel", "NAME", options->channel, "only this channel")
      .option("--type", "TYPE", options->type, "ADT^A01, or ADT^* for all of ADT")
      .option("--control-id", "ID", options->control_id, "MSH-10")
      .option("--state", "STATE", options->state, "one of its deliveries is queued, parked, delivered …")
      .option("--since", "TIME", options->since, "24h, 2026-03-01, or 2026-03-01T09:30:00.000Z")
      .option("--until", "TIME", options->until, "likewise")
      .option("--limit", "N", options->limit, "at most so many, up to 1000")
      .option("--below", "ID", options->below, "the next page: only older than this message")
      .flag("--ids", options->ids, "only the ids, a line each, for `myelin replay -`")
      .socket(options->socket)
      .json()
      .example("myelin messages mrn=4711 --since 24h")
      .example("myelin messages - --channel adt < keys.txt")
      .detail("That somebody searched is in the log, with the names of the keys and without their values.")
      .run([options](Console& console) {
        return with_daemon(options->socket, [&](DaemonLink& link) { return show_messages(link, options, console); });
      });
}

}  // namespace myelin
