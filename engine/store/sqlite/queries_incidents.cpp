// Refused bytes that were kept: a list of them, and one.
#include <array>
#include <limits>

#include "engine/store/rules.h"
#include "engine/store/sqlite/queries.h"
#include "engine/store/sqlite/snapshot.h"

namespace myelin::sqlite {
namespace {

constexpr const char* kIncident =
    "SELECT id,channel,at,fault,detail,place,peer,control_id,type,whole,taken,note,length(bytes)";

KeptIncident incident_in(const Statement& row) {
  KeptIncident kept;
  kept.id = id_of(row);
  kept.channel = row.text(1);
  kept.at = row.time(2);
  kept.fault = row.text(3);
  kept.detail = row.text(4);
  kept.place = row.text(5);
  kept.peer = row.text(6);
  kept.control_id = row.text(7);
  kept.type = row.text(8);
  kept.whole = row.number(9) != 0;
  kept.taken_as = MessageId{row.number(10)};
  kept.note = row.text(11);
  kept.size = row.number(12);
  return kept;
}

}  // namespace

Result<void> Queries::prepare_incidents() {
  const std::string columns = kIncident;
  const std::array<std::pair<Statement*, std::string>, 3> all = {{
      {&incidents_, columns +
                        " FROM incident WHERE id<?1 AND (?2='' OR channel=?2) AND at>=?3 AND at<?4 AND (?6='' OR control_id=?6) ORDER BY id DESC "
                        "LIMIT ?5"},
      {&incident_, columns + ",batch,facts,sha256,bytes FROM incident WHERE id=?1"},
      {&incident_of_, "SELECT id FROM incident WHERE taken=?1 AND taken>0"},
  }};
  for (const auto& [statement, sql] : all) {
    auto prepared = database_.prepare(sql);
    if (!prepared) return fail(prepared);
    *statement = std::move(*prepared);
  }
  return {};
}

Result<std::vector<KeptIncident>> Queries::incidents(const IncidentFilter& filter) {
  constexpr auto kNoEnd = std::numeric_limits<std::int64_t>::max();
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  incidents_.bind(1, filter.below == MessageId{} ? kNoEnd : filter.below.value).bind_text(2, filter.channel);
  incidents_.bind(3, filter.since);
  if (filter.until == WallTime{}) incidents_.bind(4, kNoEnd);
  else incidents_.bind(4, filter.until);
  incidents_.bind(5, store_rules::page_size(filter.limit)).bind_text(6, filter.control_id);
  return rows_of(incidents_, incident_in);
}

Result<KeptIncident> Queries::incident(MessageId id) {
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  incident_.bind(1, id.value);
  Rows rows(incident_);
  auto row = rows.next();
  if (!row) return fail(row);
  if (!*row) return fail(store_rules::no_incident(id));
  auto kept = incident_in(incident_);
  kept.batch = rows->text(13);
  kept.facts = rows->text(14);
  auto bytes = rows->text(16);
  if (auto same = intact(bytes, rows->blob(15), "incident " + to_string(id)); !same) return fail(same);
  kept.bytes = Bytes(std::move(bytes));
  return kept;
}

Result<std::optional<MessageId>> Queries::incident_of(MessageId message) {
  incident_of_.bind(1, message.value);
  Rows rows(incident_of_);
  auto row = rows.next();
  if (!row) return fail(row);
  return *row ? std::optional(id_of(incident_of_)) : std::nullopt;
}

}  // namespace myelin::sqlite
