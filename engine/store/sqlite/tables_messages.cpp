// Messages, their parts and first deliveries; and what is kept beside them: answers to their senders, incidents, plans.
#include <algorithm>

#include "engine/base/crypto.h"
#include "engine/store/rules.h"
#include "engine/store/sqlite/schema.h"
#include "engine/store/sqlite/tables.h"

namespace myelin::sqlite {

int parts_of(std::size_t bytes) {
  return bytes <= kInOneRow ? 0 : static_cast<int>(1 + (bytes - 1) / part_bytes(bytes));
}

Result<void> Tables::apply_one(const NewMessage& fresh) {
  const auto& message = fresh.message;
  if (auto fits = store_rules::check(fresh.deliveries, 0); !fits) return fits;
  if (fresh.settles)
    if (auto settled = settle_for(fresh); !settled) return settled;
  if (fresh.given_again)
    if (auto taken = take_incident(fresh); !taken) return taken;
  const auto bytes = message.bytes.view();
  const bool halved = is_halved(bytes.size());
  const int parts = halved ? 1 : parts_of(bytes.size());
  const auto in_row = halved ? bytes.size() / 2 : parts == 0 ? bytes.size() : 0;
  auto sum = sums_.extract(message.id.value);
  const auto digest = sum ? sum.mapped().digest() : sha256(bytes);
  insert_message_.bind(1, message.id.value).bind(2, message.received_at);
  insert_message_.bind(3, fresh.duplicate_of ? 2 : fresh.deliveries.empty() ? 0 : 1).bind(4, parts);
  insert_message_.bind_text(5, message.channel).bind_text(6, message.peer);
  insert_message_.bind_text(7, message.control_id).bind_text(8, message.type);
  insert_message_.bind_digest(9, digest).bind_blob(10, bytes.substr(0, in_row));
  insert_message_.bind_blob(11, message.batch).bind_blob(12, message.facts);
  if (auto inserted = insert_message_.run(); !inserted) {
    if (inserted.error().code == FaultCode::bad_request) return fail(store_rules::id_taken(message.id));
    return fail(inserted);
  }
  if (halved)
    if (auto put = insert_part_.bind(1, message.id.value * kPartsPerMessage).bind_blob(2, bytes.substr(in_row)).run();
        !put)
      return fail(put);
  if (auto marked = mark(fresh.sequence); !marked) return marked;
  if (fresh.asks)
    if (auto asked = ask_.bind(1, message.id.value).bind(2, message.received_at).run(); !asked) return fail(asked);
  // An id below the last one counted would be missed when a crash makes us count again.
  if (message.id.value < working_.last_message) totals_due_ = true;
  working_.last_message = std::max(working_.last_message, message.id.value);
  working_.messages += 1;
  working_.filtered += fresh.deliveries.empty() && !fresh.duplicate_of ? 1 : 0;
  if (fresh.duplicate_of)
    if (auto kept = insert_duplicate_.bind(1, message.id.value).bind(2, fresh.duplicate_of->value).run(); !kept)
      return fail(kept);
  if (store_rules::keeps_fingerprint(fresh)) {
    put_fingerprint_.bind(1, message.id.value).bind_digest(2, fresh.fingerprint->content);
    const auto sender = static_cast<std::int64_t>(fresh.fingerprint->sender);
    if (auto put = put_fingerprint_.bind(3, sender).run(); !put) return fail(put);
  }
  volumes_.add(message.channel, 1, static_cast<std::int64_t>(message.bytes.size()));
  return insert(message.id, 0, fresh.deliveries, message.received_at);
}

// Among the other numbers of the store: "sequence out adt/lab".
Result<void> Tables::mark(const std::optional<SequenceMark>& mark) {
  if (!mark) return {};
  auto put = put_meta_.bind_text(1, std::string(kSequence) + mark->link).bind(2, mark->number).run();
  if (!put) return fail(put);
  return {};
}

// First of all, so that where it cannot be settled nothing has been written but the parts of a big body.
Result<void> Tables::settle_for(const NewMessage& fresh) {
  const auto known = has_message(fresh.message.id);
  if (!known) return fail(Fault(known.error()));
  if (*known) return fail(store_rules::id_taken(fresh.message.id));
  auto settled = apply_one(Settle{*fresh.settles, fresh.message.received_at});
  if (settled || parts_of(fresh.message.bytes.size()) == 0) return settled;
  if (auto dropped = drop_parts(fresh.message.id); !dropped) return dropped;
  return settled;
}

// First of all too: what was given again by two persons at once is taken from one of them.
Result<void> Tables::take_incident(const NewMessage& fresh) {
  const auto& again = *fresh.given_again;
  const auto known = has_message(fresh.message.id);
  if (!known) return fail(Fault(known.error()));
  if (*known) return fail(store_rules::id_taken(fresh.message.id));
  auto marked =
      take_incident_.bind(1, again.incident.value).bind(2, fresh.message.id.value).bind_text(3, again.note).run();
  if (!marked) return fail(marked);
  if (*marked > 0) return {};
  if (parts_of(fresh.message.bytes.size()) > 0)
    if (auto dropped = drop_parts(fresh.message.id); !dropped) return dropped;
  return fail(store_rules::not_given_again(again.incident));
}

Result<void> Tables::insert(MessageId message, int first_ordinal, const std::vector<NewDelivery>& fresh, WallTime at) {
  int ordinal = first_ordinal;
  for (const auto& each : fresh) {
    auto lane = lane_id(each.lane);
    if (!lane) return fail(lane);
    const auto id = DeliveryId::of(message, ordinal++);
    insert_delivery_.bind(1, id.value).bind(2, *lane).bind(3, stored(each.state)).bind(4, at);
    insert_delivery_.bind_text(5, each.fault).bind_text(6, each.detail).bind_text(7, each.lane.key);
    insert_delivery_.bind(8, each.piece.part).bind(9, each.piece.parts).bind(10, each.piece.also);
    insert_delivery_.bind(11, static_cast<int>(each.priority));
    if (auto inserted = insert_delivery_.run(); !inserted) return fail(inserted);
    if (waits_for_peer(each.state)) waits_from(id);
  }
  return {};
}

void Tables::waits_from(DeliveryId id) {
  if (id.value >= working_.low_water) return;
  working_.low_water = id.value;
  totals_due_ = true;
}

Result<void> Tables::apply_one(const AnswerSender& answer) {
  if (!answer.reply) return drop_reply_.bind(1, answer.id.value).execute();
  const auto digest = sha256(answer.reply->view());
  put_reply_.bind(1, answer.id.value).bind(2, answer.at).bind_digest(3, digest);
  return put_reply_.bind_blob(4, answer.reply->view()).execute();
}

Result<void> Tables::apply_one(const Keep& keep) {
  const auto& incident = keep.incident;
  const auto digest = sha256(incident.bytes.view());
  const auto fault = entry(incident.fault.code).id;
  const auto header = store_rules::header_of(incident);
  insert_incident_.bind(1, keep.id.value).bind_text(2, keep.channel).bind(3, keep.at).bind_text(4, fault);
  insert_incident_.bind_text(5, incident.fault.detail).bind_text(6, incident.fault.at).bind_text(7, incident.peer);
  insert_incident_.bind_text(8, header.control_id).bind_text(9, header.type).bind(10, incident.whole ? 1 : 0);
  insert_incident_.bind_blob(11, incident.batch).bind_blob(12, incident.facts).bind_digest(13, digest);
  if (auto inserted = insert_incident_.bind_blob(14, incident.bytes.view()).run(); !inserted) return fail(inserted);
  // As of a message: an id below the last one counted would be missed when a crash makes us count again.
  if (keep.id.value < working_.last_incident) totals_due_ = true;
  working_.last_incident = std::max(working_.last_incident, keep.id.value);
  working_.refused += 1;
  return {};
}

Result<void> Tables::apply_one(const RecordPlan& plan) {
  insert_plan_.bind_text(1, plan.channel).bind_text(2, plan.hash).bind(3, plan.at);
  return insert_plan_.bind_text(4, plan.text).execute();
}

Result<void> Tables::append_part(MessageId id, int part, std::string_view bytes) {
  if (part == 0) sums_.insert_or_assign(id.value, Sha256Sum());
  if (const auto sum = sums_.find(id.value); sum != sums_.end()) sum->second.add(bytes);
  return insert_part_.bind(1, id.value * kPartsPerMessage + part).bind_blob(2, bytes).execute();
}

Result<void> Tables::drop_parts(MessageId id) {
  sums_.erase(id.value);
  const auto first = id.value * kPartsPerMessage;
  return delete_parts_.bind(1, first).bind(2, first + kPartsPerMessage - 1).execute();
}

Result<bool> Tables::has_message(MessageId id) {
  find_message_.bind(1, id.value);
  Rows rows(find_message_);
  return rows.next();
}

Result<void> Tables::sweep_parts() {
  return database_.execute(
      "DELETE FROM chunk WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.id=chunk.id/1024 AND m.parts>0)");
}

}  // namespace myelin::sqlite
