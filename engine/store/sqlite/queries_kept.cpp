// What is kept, and what of it the retention may delete.
#include <array>

#include "engine/store/rules.h"
#include "engine/store/sqlite/queries.h"
#include "engine/store/sqlite/schema.h"
#include "engine/store/sqlite/snapshot.h"

namespace myelin::sqlite {

Result<void> Queries::prepare_kept() {
  const std::string size = kMessageBytes;
  const std::string waits = state_list([](State state) { return !finished(state); });
  const std::array<std::pair<Statement*, std::string>, 2> all = {{
      {&kept_,
       "SELECT channel,sum(n),sum(b) FROM (SELECT channel,messages AS n,bytes AS b FROM volume UNION ALL SELECT "
       "m.channel,1," +
           size +
           " FROM message m WHERE m.id>coalesce((SELECT value FROM meta WHERE name='last_message'),0)) "
           "GROUP BY channel HAVING sum(n)>0 ORDER BY channel"},
      {&candidates_,
       "SELECT m.id,m.channel,m.parts," + size +
           ",EXISTS(SELECT 1 FROM delivery d WHERE d.id>=m.id*1024 AND d.id<(m.id+1)*1024 AND d.state IN (" + waits +
           ")),EXISTS(SELECT 1 FROM attempt a WHERE a.delivery>=m.id*1024 AND a.delivery<(m.id+1)*1024 AND a.fault='') "
           "FROM message m WHERE m.id>?1 AND m.id<?2 ORDER BY m.id LIMIT ?3"},
  }};
  for (const auto& [statement, sql] : all) {
    auto prepared = database_.prepare(sql);
    if (!prepared) return fail(prepared);
    *statement = std::move(*prepared);
  }
  return {};
}

Result<std::vector<Kept>> Queries::kept() {
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  return rows_of(kept_, [](const Statement& row) { return Kept{row.text(0), row.number(1), row.number(2)}; });
}

// How many messages there were between the two.
Result<int> Queries::look_at(const PurgeStep& step, MessageId after, MessageId before, Candidates& found) {
  candidates_.bind(1, after.value).bind(2, before.value).bind(3, store_rules::kPurgeRows);
  Rows rows(candidates_);
  for (int looked_at = 0;; ++looked_at) {
    auto row = rows.next();
    if (!row) return fail(row);
    if (!*row) return looked_at;
    const MessageId id{rows->number(0)};
    found.reached = id;
    if (!store_rules::concerns(step, rows->text(1))) continue;
    const bool unfinished = rows->number(4) != 0, decided = rows->number(5) != 0;
    if (unfinished) found.unfinished.push_back(id);
    else if (!decided || !step.spare_decided)
      found.messages.push_back({id, rows->text(1), rows->number(3), rows->number(2)});
  }
}

Result<Candidates> Queries::candidates(const PurgeStep& step) {
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  Candidates found;
  found.reached = step.after;
  if (step.only.empty()) {
    auto looked_at = look_at(step, step.after, step.before, found);
    if (!looked_at) return fail(looked_at);
    found.end = *looked_at < store_rules::kPurgeRows;
    return found;
  }
  for (const auto id : step.only)
    if (auto looked_at = look_at(step, MessageId{id.value - 1}, MessageId{id.value + 1}, found); !looked_at)
      return fail(looked_at);
  found.end = true;
  return found;
}

}  // namespace myelin::sqlite
