#include "engine/store/sqlite/tables.h"

#include <array>

#include "engine/base/crypto.h"
#include "engine/base/sabotage.h"
#include "engine/store/rules.h"
#include "engine/store/sqlite/schema.h"

namespace myelin::sqlite {
namespace {

constexpr std::size_t kLanesCached = 65536;
constexpr std::int64_t kNoState = 0;  // matches no row

std::string_view view_of(const Sha256& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

// What nearly all are: nothing but its state changes.
bool is_plain(const Settlement& what) {
  return what.to == State::delivered && !what.possible_duplicate && what.fault.empty() && what.detail.empty() &&
         !what.rendered && !what.keep && !what.answer && !what.sequence && what.due == WallTime{};
}

// For statements that must change one row or none: how many is of no interest.
Result<void> done(Result<int> changed) {
  if (!changed) return fail(changed);
  return {};
}

// Of Bug::park_in_two_transactions: what the next transaction begins with.
std::string& second_half() {
  static std::string sql;
  return sql;
}

}  // namespace

int parts_of(std::size_t bytes) {
  return bytes <= kInOneRow ? 0 : static_cast<int>(1 + (bytes - 1) / part_bytes(bytes));
}

std::size_t Tables::LaneHash::operator()(const LaneKey& key) const {
  constexpr std::hash<std::string> hash;
  return hash(key.channel) * 31 + hash(key.route) * 17;
}

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
  const std::array<std::pair<Statement*, std::string>, 32> all = {{
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
      {&insert_incident_,
       "INSERT INTO incident(channel,at,fault,detail,place,peer,sha256,bytes) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)"},
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
  auto begun = done(begin_.run());
  if (!sabotaged(Bug::park_in_two_transactions) || !begun || second_half().empty()) return begun;
  return database_.execute(std::exchange(second_half(), {}));
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

Result<void> Tables::apply_one(const NewMessage& fresh) {
  const auto& message = fresh.message;
  if (auto fits = store_rules::check(fresh.deliveries, 0); !fits) return fits;
  if (fresh.settles)
    if (auto settled = settle_for(fresh); !settled) return settled;
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
  insert_message_.bind_blob(9, view_of(digest)).bind_blob(10, bytes.substr(0, in_row));
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

Result<std::int64_t> Tables::lane_id(const LaneKey& key) {
  if (const auto known = lanes_.find(key); known != lanes_.end()) return known->second;
  find_lane_.bind_text(1, key.channel).bind_text(2, key.route);
  Rows rows(find_lane_);
  auto row = rows.next();
  if (!row) return fail(row);
  std::int64_t id = *row ? rows->number(0) : 0;
  if (!*row) {
    insert_lane_.bind_text(1, key.channel).bind_text(2, key.route);
    if (auto inserted = insert_lane_.run(); !inserted) return fail(inserted);
    id = sqlite3_last_insert_rowid(database_.handle());
  }
  if (lanes_.size() >= kLanesCached) lanes_.clear();
  lanes_.emplace(key, id);
  return id;
}

Result<Tables::Row> Tables::find(DeliveryId id) {
  find_delivery_.bind(1, id.value);
  Rows rows(find_delivery_);
  auto row = rows.next();
  if (!row) return fail(row);
  if (!*row) return fail(store_rules::no_delivery(id));
  return Row{loaded(rows->number(0)), static_cast<int>(rows->number(1)), rows->text(2)};
}

Result<void> Tables::apply_one(const Settle& settle) {
  const auto& what = settle.settlement;
  if (is_plain(what)) {
    auto changed = delivered_.bind(1, what.id.value).bind(2, what.attempts).bind(3, settle.at).run();
    if (!changed) return fail(changed);
    if (*changed > 0) return forget_rendered(what.id);
  }
  const auto from = [&](State state) {
    return store_rules::may_settle(state, what.to) ? std::int64_t{stored(state)} : kNoState;
  };
  settle_.bind(1, what.id.value).bind(2, stored(what.to)).bind(3, what.due).bind(4, what.attempts);
  settle_.bind(5, what.possible_duplicate ? 1 : 0).bind_text(6, what.fault).bind_text(7, what.detail);
  settle_.bind(8, settle.at).bind(9, from(State::queued)).bind(10, from(State::awaiting_reply));
  if (what.to == State::parked && sabotaged(Bug::park_in_two_transactions)) {
    settle_.bind(2, stored(State::filtered));
    second_half() += "UPDATE delivery SET state=" + std::to_string(stored(State::parked)) +
                     " WHERE id=" + std::to_string(what.id.value) + ";";
  }
  auto changed = settle_.run();
  if (!changed) return fail(changed);
  if (*changed == 0) {
    auto row = find(what.id);
    if (!row) return fail(row);
    return fail(store_rules::wrong_state(what.id, row->state, what.to));
  }
  if (auto marked = mark(what.sequence); !marked) return marked;
  if (finished(what.to) && !what.keep)
    if (auto gone = forget_rendered(what.id); !gone) return gone;
  if (what.rendered) {
    const auto digest = sha256(what.rendered->view());
    put_rendered_.bind(1, what.id.value).bind_text(2, what.plan_hash).bind_blob(3, view_of(digest));
    if (auto put = put_rendered_.bind_blob(4, what.rendered->view()).run(); !put) return fail(put);
    has_rendered_ = true;
  }
  if (what.answer) {
    const auto digest = sha256(what.answer->view());
    put_answer_.bind(1, what.id.value).bind(2, what.attempts).bind(3, settle.at).bind_blob(4, view_of(digest));
    if (auto put = put_answer_.bind_blob(5, what.answer->view()).run(); !put) return fail(put);
  }
  if (what.fault.empty()) return {};
  return note(what.id, what.attempts, settle.at, what.fault, what.detail, what.plan_hash);
}

Result<void> Tables::apply_one(const Change& change) {
  auto row = find(change.id);
  if (!row) return fail(row);
  if (!store_rules::may_change(row->state, change.to))
    return fail(store_rules::wrong_state(change.id, row->state, change.to));
  const bool again = change.to == State::queued;
  change_.bind(1, change.id.value).bind(2, stored(change.to)).bind(3, again ? change.at : WallTime{});
  change_.bind(4, again ? 0 : row->attempts).bind_text(5, again ? std::string_view() : change.reason);
  if (auto changed = change_.bind(6, change.at).bind(7, stored(row->state)).run(); !changed) return fail(changed);
  if (again) waits_from(change.id);
  if (change.to != State::held)
    if (auto gone = forget_rendered(change.id); !gone) return gone;
  const auto sentence = store_rules::by_person(change.to, change.by, change.reason);
  return note(change.id, row->attempts, change.at, {}, sentence, {});
}

Result<void> Tables::note(DeliveryId id, int number, WallTime at, std::string_view fault, std::string_view detail,
                          std::string_view plan) {
  insert_attempt_.bind(1, id.value).bind(2, number).bind(3, at).bind_text(4, fault).bind_text(5, detail);
  if (auto inserted = insert_attempt_.bind_text(6, plan).run(); !inserted) return fail(inserted);
  return done(trim_attempts_.bind(1, id.value).bind(2, store_rules::kAttemptsKept).run());
}

Result<void> Tables::forget_rendered(DeliveryId id) {
  if (!has_rendered_) return {};
  return done(delete_rendered_.bind(1, id.value).run());
}

Result<void> Tables::apply_one(const LaneStop& stop) {
  auto lane = lane_id(stop.lane);
  if (!lane) return fail(lane);
  put_stop_.bind(1, *lane).bind_text(2, stop.lane.key).bind(3, stop.since);
  return done(put_stop_.bind_text(4, stop.reason).bind_text(5, stop.by).run());
}

Result<void> Tables::apply_one(const StartLane& start) {
  auto lane = lane_id(start.lane);
  if (!lane) return fail(lane);
  return done(delete_stop_.bind(1, *lane).bind_text(2, start.lane.key).run());
}

Result<void> Tables::apply_one(const AnswerSender& answer) {
  if (!answer.reply) return done(drop_reply_.bind(1, answer.id.value).run());
  const auto digest = sha256(answer.reply->view());
  put_reply_.bind(1, answer.id.value).bind(2, answer.at).bind_blob(3, view_of(digest));
  return done(put_reply_.bind_blob(4, answer.reply->view()).run());
}

// Rare, and never on the way of a message, so its statements are made when they are needed.
Result<void> Tables::apply_one(const Adopt& adopt) {
  auto from = lane_id(adopt.from);
  if (!from) return fail(from);
  auto to = lane_id(adopt.to);
  if (!to) return fail(to);
  const auto renamed = " SET lane=" + std::to_string(*to) + " WHERE lane=" + std::to_string(*from);
  const auto above = " AND id>=" + std::to_string(working_.low_water);
  auto done = database_.execute("UPDATE delivery" + renamed + above + " AND state IN (" + state_list(waits_for_peer) +
                                "); UPDATE delivery" + renamed + " AND state IN (" + state_list(waits_for_person) +
                                "); UPDATE OR REPLACE lane_stop" + renamed);
  return done;
}

Result<void> Tables::apply_one(const Keep& keep) {
  const auto& incident = keep.incident;
  const auto digest = sha256(incident.bytes.view());
  const auto fault = entry(incident.fault.code).id;
  insert_incident_.bind_text(1, keep.channel).bind(2, keep.at).bind_text(3, fault).bind_text(4, incident.fault.detail);
  insert_incident_.bind_text(5, incident.fault.at).bind_text(6, incident.peer).bind_blob(7, view_of(digest));
  if (auto inserted = insert_incident_.bind_blob(8, incident.bytes.view()).run(); !inserted) return fail(inserted);
  working_.last_incident = sqlite3_last_insert_rowid(database_.handle());
  working_.refused += 1;
  return {};
}

Result<void> Tables::apply_one(const RecordPlan& plan) {
  insert_plan_.bind_text(1, plan.channel).bind_text(2, plan.hash).bind(3, plan.at);
  return done(insert_plan_.bind_text(4, plan.text).run());
}

Result<void> Tables::append_part(MessageId id, int part, std::string_view bytes) {
  if (part == 0) sums_.insert_or_assign(id.value, Sha256Sum());
  if (const auto sum = sums_.find(id.value); sum != sums_.end()) sum->second.add(bytes);
  return done(insert_part_.bind(1, id.value * kPartsPerMessage + part).bind_blob(2, bytes).run());
}

Result<void> Tables::drop_parts(MessageId id) {
  sums_.erase(id.value);
  const auto first = id.value * kPartsPerMessage;
  return done(delete_parts_.bind(1, first).bind(2, first + kPartsPerMessage - 1).run());
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
