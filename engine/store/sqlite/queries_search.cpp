// What the search and its index read from the tables.
#include <array>

#include "engine/store/sqlite/queries.h"
#include "engine/store/sqlite/schema.h"
#include "engine/store/sqlite/snapshot.h"

namespace myelin::sqlite {

Result<void> Queries::prepare_search() {
  const std::string size = kMessageBytes;
  const std::array<std::pair<Statement*, std::string>, 3> all = {{
      {&above_, "SELECT id FROM message WHERE id>?1 ORDER BY id LIMIT ?2"},
      {&envelopes_, "SELECT m.id,m.received_at,m.channel,m.peer,m.control_id,m.type," + size +
                        " FROM message m WHERE m.id<?1 AND m.id>=?2 ORDER BY m.id DESC LIMIT ?3"},
      {&duplicate_, "SELECT first FROM duplicate WHERE id=?1"},
  }};
  for (const auto& [statement, sql] : all) {
    auto prepared = database_.prepare(sql);
    if (!prepared) return fail(prepared);
    *statement = std::move(*prepared);
  }
  return {};
}

Result<std::vector<Message>> Queries::messages_above(MessageId after, int limit, std::size_t most_bytes) {
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  above_.bind(1, after.value).bind(2, limit);
  auto ids = rows_of(above_, id_of);
  if (!ids) return fail(ids);
  std::vector<Message> found;
  std::size_t bytes = 0;
  for (const auto id : *ids) {
    if (bytes >= most_bytes) break;
    auto message = read_message(id, nullptr);
    const bool passed_over =
        !message && (message.error().code == FaultCode::corrupt_row ||  // said when it is to be sent
                     message.error().code == FaultCode::not_found);     // purged meanwhile
    if (!message && !passed_over) return fail(message);
    if (message) {
      bytes += message->bytes.size();
      found.push_back(std::move(*message));
    } else {
      found.emplace_back().id = id;
    }
  }
  return found;
}

Result<MessageId> Queries::oldest() {
  auto id = database_.number("SELECT min(id) FROM message");
  if (!id) return fail(id);
  return MessageId{*id};
}

Result<MessageId> Queries::newest() {
  auto id = database_.number("SELECT max(id) FROM message");
  if (!id) return fail(id);
  return MessageId{*id};
}

Result<std::vector<Found>> Queries::envelopes(MessageId below, MessageId from, int limit) {
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  envelopes_.bind(1, below.value).bind(2, from.value).bind(3, limit);
  return rows_of(envelopes_, [](const Statement& row) {
    Found each;
    each.message.id = id_of(row);
    each.message.received_at = row.time(1);
    each.message.channel = row.text(2);
    each.message.peer = row.text(3);
    each.message.control_id = row.text(4);
    each.message.type = row.text(5);
    each.size = row.number(6);
    return each;
  });
}

Result<std::vector<Delivery>> Queries::deliveries_of(MessageId id) {
  deliveries_.bind(1, DeliveryId::of(id, 0).value).bind(2, DeliveryId::of(MessageId{id.value + 1}, 0).value);
  return deliveries(deliveries_);
}

Result<std::optional<MessageId>> Queries::duplicate_of(MessageId id) {
  duplicate_.bind(1, id.value);
  Rows rows(duplicate_);
  auto row = rows.next();
  if (!row) return fail(row);
  return *row ? std::optional(MessageId{rows->number(0)}) : std::nullopt;
}

}  // namespace myelin::sqlite
