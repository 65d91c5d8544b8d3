#include "engine/store/sqlite/removal.h"

#include <algorithm>
#include <array>

#include "engine/store/sqlite/schema.h"

namespace myelin::sqlite {
namespace {

constexpr std::int64_t kPartsAtOnce = 4;

// Names of channels between newlines, for instr().
std::string names_of(const PurgeStep& step) {
  std::string names = "\n";
  for (const auto& channel : step.channels) names += channel + "\n";
  return names;
}

}  // namespace

Result<void> Removal::prepare(Database& database) {
  const std::string waits = state_list([](State state) { return !finished(state); });
  const std::array<std::pair<Statement*, std::string>, 11> all = {{
      {&unfinished_, "SELECT 1 FROM delivery WHERE id>=?1 AND id<?2 AND state IN (" + waits + ") LIMIT 1"},
      {&message_, "DELETE FROM message WHERE id>=?1 AND id<?2"},
      {&deliveries_, "DELETE FROM delivery WHERE id>=?1 AND id<?2"},
      {&attempts_, "DELETE FROM attempt WHERE delivery>=?1 AND delivery<?2"},
      {&rendered_, "DELETE FROM rendered WHERE delivery>=?1 AND delivery<?2"},
      {&answers_, "DELETE FROM answer WHERE delivery>=?1 AND delivery<?2"},
      {&replies_, "DELETE FROM reply WHERE message>=?1 AND message<?2"},
      {&duplicate_, "DELETE FROM duplicate WHERE id>=?1 AND id<?2"},
      {&fingerprint_, "DELETE FROM fingerprint WHERE id>=?1 AND id<?2"},
      {&chunks_, "DELETE FROM chunk WHERE id>=?1 AND id<?2"},
      {&incidents_,
       "DELETE FROM incident WHERE id IN (SELECT id FROM incident WHERE at<?1 AND "
       "(instr(?2,char(10)||channel||char(10))>0)<>?3 ORDER BY id LIMIT 100)"},
  }};
  for (const auto& [statement, sql] : all) {
    auto prepared = database.prepare(sql);
    if (!prepared) return fail(prepared);
    *statement = std::move(*prepared);
  }
  return {};
}

Result<int> Removal::run(Statement& statement, std::int64_t from, std::int64_t to) {
  return statement.bind(1, from).bind(2, to).run();
}

Result<int> Removal::remove(const Doomed& doomed) {
  const auto id = doomed.id.value;
  const auto from = id * kDeliveriesPerMessage, to = (id + 1) * kDeliveriesPerMessage;
  {
    unfinished_.bind(1, from).bind(2, to);
    Rows rows(unfinished_);
    auto waits = rows.next();
    if (!waits) return fail(waits);
    if (*waits) return 0;
  }
  auto rows = run(message_, id, id + 1);
  if (!rows) return fail(rows);
  if (*rows == 0) return 0;
  auto replied = run(replies_, id, id + 1);
  if (!replied) return fail(replied);
  *rows += *replied;
  for (auto* table : {&deliveries_, &attempts_, &rendered_, &answers_}) {
    auto gone = run(*table, from, to);
    if (!gone) return fail(gone);
    *rows += *gone;
  }
  for (auto* table : {&duplicate_, &fingerprint_})
    if (auto gone = run(*table, id, id + 1); !gone) return fail(gone);
  const auto first = id * kPartsPerMessage;
  if (doomed.parts > 1) parts_.emplace_back(first, first + doomed.parts);
  if (doomed.parts != 1) return rows;
  auto half = run(chunks_, first, first + 1);  // of a halved body: as small as any other row
  if (!half) return fail(half);
  return *rows + *half;
}

Result<int> Removal::remove_incidents(const PurgeStep& step) {
  if (step.incidents_before == WallTime{}) return 0;
  const auto names = names_of(step);
  return incidents_.bind(1, step.incidents_before).bind_text(2, names).bind(3, step.of_others ? 1 : 0).run();
}

Result<bool> Removal::remove_parts() {
  if (parts_.empty()) return false;
  auto& [first, end] = parts_.front();
  const auto to = std::min(end, first + kPartsAtOnce);
  if (auto gone = run(chunks_, first, to); !gone) return fail(gone);
  first = to;
  if (first == end) parts_.pop_front();
  return true;
}

}  // namespace myelin::sqlite
