#include "engine/main/client/stored.h"

#include "engine/base/id.h"
#include "engine/main/client/text.h"
#include "engine/model/facts.h"

namespace myelin {

using json::Value;

Message message_of(const Value& trace) {
  const auto& shown = trace["message"];
  Message message;
  message.id = parse_message_id(shown["id"].text_or("")).value_or(MessageId());
  message.channel = shown["channel"].text_or("");
  message.peer = shown["peer"].text_or("");
  message.control_id = shown["control_id"].text_or("");
  message.type = shown["type"].text_or("");
  if (const auto at = parse_timestamp(shown["received_at"].text_or(""))) message.received_at = *at;
  message.bytes = Bytes(decode_base64(trace["bytes"].text_or("")));
  if (const auto* facts = trace["facts"].object())
    for (const auto& [name, value] : *facts) add_fact(message.facts, name, value.text_or(""));
  return message;
}

Task<Result<Message>> read_message(DaemonLink& link, std::string id) {
  auto target = "/api/v1/messages/" + id + "?bytes=1";
  const auto trace = co_await link.get(std::move(target));
  if (!trace) co_return fail(Fault(trace.error()));
  co_return message_of(*trace);
}

}  // namespace myelin
