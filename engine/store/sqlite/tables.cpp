#include "engine/store/sqlite/tables.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/sabotage.h"
#include "engine/store/sqlite/schema.h"

namespace myelin::sqlite {

Result<std::unique_ptr<Tables>> Tables::open(Database database) {
  std::unique_ptr<Tables> tables(new Tables(std::move(database)));
  if (auto ready = tables->prepare(); !ready) return fail(ready);
  if (auto read = tables->read_totals(); !read) return fail(read);
  return tables;
}

Result<void> Tables::prepare() {
  // SQLite would build a table of all states to look one up in it, at each insert and update: a third of what they
  // cost. What we write is a State; the constraint is for others who write into the file.
  if (auto set = database_.execute("PRAGMA ignore_check_constraints=1"); !set) return set;
  const std::string waits = state_list(waits_for_peer);
  const std::array<std::pair<Statement*, std::string>, 36> all = {{
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&insert_message_, "INSERT INTO message VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)"},
      {&insert_part_, "INSERT OR REPLACE INTO chunk VALUES(?1,?2)"},
      {&delete_parts_, "DELETE FROM chunk WHERE id BETWEEN ?1 AND ?2"},
      {&find_message_, "SELECT 1 FROM message WHERE id=?1"},
      {&insert_delivery_, "INSERT INTO delivery VALUES(?1,?2,?3,0,0,0,?4,?5,?6,?7,?8,?9,?10,?11)"},
      {&delete_delivery_, "DELETE FROM delivery WHERE id=?1"},
      {&count_deliveries_, "SELECT count(*) FROM delivery WHERE id BETWEEN ?1 AND ?2"},
      {&find_delivery_,
       "SELECT d.state,d.attempts,l.route FROM delivery d CROSS JOIN lane l ON l.id=d.lane WHERE d.id=?1"},
      {&settle_,
       "UPDATE delivery SET state=?2,due=?3,attempts=?4,possible_duplicate=max(possible_duplicate,?5),fault=?6,"
       "detail=?7,changed_at=?8 WHERE id=?1 AND (state=?9 OR state=?10)"},
      {&delivered_, "UPDATE delivery SET state=" + std::to_string(stored(State::delivered)) +
                        ",due=0,attempts=?2,fault='',detail='',changed_at=?3 WHERE id=?1 AND state=" +
                        std::to_string(stored(State::queued))},
      {&change_,
       "UPDATE delivery SET state=?2,due=?3,attempts=?4,fault='',detail=?5,changed_at=?6 WHERE id=?1 AND state=?7"},
      {&insert_attempt_,
       "INSERT INTO attempt VALUES(?1,(SELECT coalesce(max(entry),0)+1 FROM attempt WHERE "
       "delivery=?1),?2,?3,?4,?5,?6)"},
      {&trim_attempts_,
       "DELETE FROM attempt WHERE delivery=?1 AND entry<=(SELECT max(entry) FROM attempt WHERE delivery=?1)-?2"},
      {&put_rendered_, "INSERT OR REPLACE INTO rendered VALUES(?1,?2,?3,?4)"},
      {&delete_rendered_, "DELETE FROM rendered WHERE delivery=?1"},
      {&find_lane_, "SELECT id FROM lane WHERE channel=?1 AND route=?2"},
      {&insert_lane_, "INSERT INTO lane(channel,route) VALUES(?1,?2)"},
      {&put_stop_, "INSERT OR REPLACE INTO lane_stop VALUES(?1,?2,?3,?4,?5)"},
      {&delete_stop_, "DELETE FROM lane_stop WHERE lane=?1 AND key=?2"},
      {&insert_incident_, "INSERT INTO incident VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,0,'',?11,?12,?13,?14)"},
      {&take_incident_, "UPDATE incident SET taken=?2,note=?3 WHERE id=?1 AND taken=0"},
      {&insert_plan_, "INSERT OR IGNORE INTO plan VALUES(?1,?2,?3,?4)"},
      {&insert_duplicate_, "INSERT INTO duplicate VALUES(?1,?2)"},
      {&last_delivery_, "SELECT max(id) FROM delivery WHERE id>=?1 AND id<?2"},
      {&now_routed_, "UPDATE message SET routed=1 WHERE id=?1 AND routed=0"},
      {&put_meta_, "INSERT OR REPLACE INTO meta VALUES(?1,?2)"},
      {&first_waiting_, "SELECT id FROM delivery WHERE id>=?1 AND state IN (" + waits + ") ORDER BY id LIMIT 1"},
      {&ask_, "INSERT INTO reply VALUES(?1,?2,NULL,NULL)"},
      {&put_reply_, "INSERT OR REPLACE INTO reply VALUES(?1,?2,?3,?4)"},
      {&drop_reply_, "DELETE FROM reply WHERE message=?1"},
      {&put_answer_, "INSERT OR REPLACE INTO answer VALUES(?1,?2,?3,?4,?5)"},
      {&doubt_, "UPDATE delivery SET possible_duplicate=1 WHERE id=?1 AND state IN (" +
                    std::to_string(stored(State::queued)) + "," + std::to_string(stored(State::held)) + ")"},
      {&keep_rendered_, "INSERT OR IGNORE INTO rendered VALUES(?1,?2,?3,?4)"},
      {&put_fingerprint_, "INSERT INTO fingerprint VALUES(?1,?2,?3)"},
  }};
  for (const auto& [statement, sql] : all) {
    auto prepared = database_.prepare(sql);
    if (!prepared) return fail(prepared);
    *statement = std::move(*prepared);
  }
  return removal_.prepare(database_);
}

Result<void> Tables::read_totals() {
  const std::array<std::pair<const char*, std::int64_t*>, 6> all = {{
      {"messages", &working_.messages},
      {"filtered", &working_.filtered},
      {"refused", &working_.refused},
      {"last_message", &working_.last_message},
      {"last_incident", &working_.last_incident},
      {"low_water", &working_.low_water},
  }};
  for (const auto& [name, number] : all) {
    auto value = database_.number(std::string("SELECT value FROM meta WHERE name='") + name + "'");
    if (!value) return fail(value);
    *number = *value;
  }
  // What the last process stored after it last wrote them.
  const auto message = std::to_string(working_.last_message);
  const auto incident = std::to_string(working_.last_incident);
  auto messages = database_.number("SELECT count(*) FROM message WHERE id>" + message);
  auto filtered = database_.number("SELECT count(*) FROM message WHERE routed=0 AND id>" + message);
  auto last = database_.number("SELECT max(id) FROM message");
  auto refused = database_.number("SELECT count(*) FROM incident WHERE id>" + incident);
  auto last_incident = database_.number("SELECT max(id) FROM incident");
  auto rendered = database_.number("SELECT EXISTS(SELECT 1 FROM rendered)");
  for (auto* each : {&messages, &filtered, &last, &refused, &last_incident, &rendered})
    if (!*each) return fail(*each);
  if (auto read = volumes_.read(database_, working_.last_message); !read) return read;
  working_.messages += *messages;
  working_.filtered += *filtered;
  working_.refused += *refused;
  working_.last_message = std::max(working_.last_message, *last);
  working_.last_incident = std::max(working_.last_incident, *last_incident);
  has_rendered_ = *rendered != 0;
  committed_ = working_;
  totals_due_ = true;
  auto secret = database_.text("SELECT bytes FROM secret");
  if (!secret) return fail(secret);
  secret_ = std::move(*secret);
  return {};
}

Result<void> Tables::write_totals() {
  const std::array<std::pair<std::string_view, std::int64_t>, 6> all = {{
      {"messages", working_.messages},
      {"filtered", working_.filtered},
      {"refused", working_.refused},
      {"last_message", working_.last_message},
      {"last_incident", working_.last_incident},
      {"low_water", working_.low_water},
  }};
  for (const auto& [name, number] : all)
    if (auto put = put_meta_.bind_text(1, name).bind(2, number).run(); !put) return fail(put);
  return volumes_.write();
}

Result<void> Tables::begin() {
  working_ = committed_;
  auto begun = begin_.execute();
  if (!sabotaged(Bug::park_in_two_transactions) || !begun || second_half_.empty()) return begun;
  return database_.execute(std::exchange(second_half_, {}));
}

Result<void> Tables::commit() {
  if (totals_due_)
    if (auto written = write_totals(); !written) return written;
  if (auto committed = commit_.run(); !committed) return fail(committed);
  committed_ = working_;
  volumes_.committed();
  totals_due_ = false;
  return {};
}

Result<void> Tables::sync_commits(bool each) {
  const bool full = each && !sabotaged(Bug::synchronous_normal);
  return database_.execute(full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
}

void Tables::rollback() {
  if (in_transaction()) (void)database_.execute("ROLLBACK");  // the fault that led here is the one to report
  working_ = committed_;
  volumes_.rolled_back();
  lanes_.clear();  // some may have been made in this transaction
}

bool Tables::in_transaction() const { return sqlite3_get_autocommit(database_.handle()) == 0; }

Result<void> Tables::apply(const Operation& operation) {
  return std::visit([this](const auto& one) { return apply_one(one); }, operation);
}

Result<void> Tables::advance_low_water() {
  first_waiting_.bind(1, committed_.low_water);
  Rows rows(first_waiting_);
  auto row = rows.next();
  if (!row) return fail(row);
  committed_.low_water = *row ? rows->number(0) : DeliveryId::of(MessageId{committed_.last_message + 1}, 0).value;
  working_ = committed_;
  totals_due_ = true;
  return {};
}

}  // namespace myelin::sqlite
