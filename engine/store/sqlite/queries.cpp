#include "engine/store/sqlite/queries.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/base/crypto.h"
#include "engine/base/prompt.h"
#include "engine/base/sabotage.h"
#include "engine/store/rules.h"
#include "engine/store/sqlite/schema.h"
#include "engine/store/sqlite/snapshot.h"

namespace myelin::sqlite {
namespace {

constexpr std::int64_t kPatientLogPages = 2000;  // below this nobody is hurt by a slow reader
constexpr int kOperationsBetweenLooks = 20000;

constexpr std::size_t kSummedAtOnce = 256 * 1024;
constexpr std::int64_t kPartsAtOnce =
    8;  // of a large body, in one snapshot: a reader must not keep the log from beginning again

constexpr const char* kDelivery =
    "d.id,l.channel,l.route,d.keys,d.state,d.due,d.attempts,d.possible_duplicate,d.fault,d.detail,d.changed_at,"
    "d.part,d.parts,d.also,d.priority";

Delivery delivery_of(const Statement& row) {
  Delivery delivery;
  delivery.id = DeliveryId{row.number(0)};
  delivery.lane = LaneKey{row.text(1), row.text(2), row.text(3)};
  delivery.state = loaded(row.number(4));
  delivery.due = row.time(5);
  delivery.attempts = static_cast<int>(row.number(6));
  delivery.possible_duplicate = row.number(7) != 0;
  delivery.fault = row.text(8);
  delivery.detail = row.text(9);
  delivery.changed_at = row.time(10);
  const auto number = [&](int column) { return static_cast<int>(row.number(column)); };
  delivery.piece = {number(11), number(12), number(13)};
  delivery.priority = static_cast<Priority>(std::clamp(number(14), 0, static_cast<int>(kPriorities) - 1));
  return delivery;
}

}  // namespace

Result<void> intact(std::string_view bytes, std::string_view stored_digest, const std::string& what,
                    void (*between)()) {
  Sha256Sum sum;
  for (std::size_t at = 0; at < bytes.size(); at += kSummedAtOnce) {
    if (at > 0 && between) between();
    sum.add(bytes.substr(at, kSummedAtOnce));
  }
  const auto digest = sum.digest();
  const std::string_view computed(reinterpret_cast<const char*>(digest.data()), digest.size());
  if (computed == stored_digest || sabotaged(Bug::checksum_not_verified)) return {};
  return fail(FaultCode::corrupt_row, what + " does not match its checksum");
}

int Queries::give_up(void* self) {
  const auto* queries = static_cast<const Queries*>(self);
  const bool in_the_way = queries->published_->log_pages.load(std::memory_order_relaxed) > kPatientLogPages;
  return in_the_way && std::chrono::steady_clock::now() > queries->give_up_at_ ? 1 : 0;
}

Result<std::unique_ptr<Queries>> Queries::open(const std::string& path, const Published& published, Duration patience) {
  std::unique_ptr<Queries> queries(new Queries(published, patience));
  auto database = Database::open(path, SQLITE_OPEN_READONLY);
  if (!database) return fail(database);
  queries->database_ = std::move(*database);
  auto set = queries->database_.execute("PRAGMA query_only=1; PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=0;");
  if (!set) return fail(set);
  if (auto ready = queries->prepare(); !ready) return fail(ready);
  sqlite3_progress_handler(queries->database_.handle(), kOperationsBetweenLooks, &Queries::give_up, queries.get());
  return queries;
}

Result<void> Queries::prepare() {
  const std::string person = state_list(waits_for_person);
  const std::string peer = state_list(waits_for_peer);
  const std::string rows = std::string("SELECT ") + kDelivery + " FROM delivery d CROSS JOIN lane l ON l.id=d.lane ";
  const std::string named = " AND (?2='' OR l.channel=?2) AND (?3='' OR l.route=?3) ";
  const std::string page = " ORDER BY d.id LIMIT ?4";
  const std::string of_peer = rows + "WHERE d.id>max(?1,?5-1) AND d.state IN (" + peer + ")" + named;
  // The index has the state and the row's number, so one state at a time comes out in order.
  const std::string of_person = rows + "WHERE d.id>?1 AND d.state IN (" + person + ")" + named;
  const std::string counted = "SELECT lane,state,id FROM delivery WHERE ";
  const std::array<std::pair<Statement*, std::string>, 20> all = {{
      {&message_,
       "SELECT received_at,routed,parts,channel,peer,control_id,type,sha256,bytes,batch,facts FROM message WHERE "
       "id=?1"},
      {&parts_, "SELECT bytes FROM chunk WHERE id>=?1 AND id<?2 ORDER BY id"},
      {&rendered_, "SELECT sha256,bytes FROM rendered WHERE delivery=?1"},
      {&lane_id_, "SELECT id FROM lane WHERE channel=?1 AND route=?2"},
      {&waiting_,
       "SELECT * FROM (SELECT * FROM (" + rows +
           "WHERE d.id>max(?1,?2-1) AND d.id<=?5 AND d.lane=?3 AND d.state=" + std::to_string(stored(State::queued)) +
           page + ") UNION ALL SELECT * FROM (" + rows + "WHERE d.id>?1 AND d.id<=?5 AND d.lane=?3 AND d.state IN (" +
           person + ") AND d.state=" + std::to_string(stored(State::held)) + page + ")) ORDER BY 1 LIMIT ?4"},
      {&unfinished_page_, "SELECT * FROM (SELECT * FROM (" + of_peer + page + ") UNION ALL SELECT * FROM (" +
                              of_person + page + ")) ORDER BY 1 LIMIT ?4"},
      {&person_page_, of_person + "AND d.state=?6" + page},
      {&peer_page_, of_peer + "AND d.state=?6" + page},
      {&finished_page_, rows + "WHERE d.id>?1 AND d.state=?6" + named + page},
      {&deliveries_, rows + "WHERE d.id>=?1 AND d.id<?2 ORDER BY d.id"},
      {&attempts_,
       "SELECT delivery,number,at,fault,detail FROM attempt WHERE delivery>=?1 AND delivery<?2 ORDER BY "
       "delivery,entry"},
      {&stops_,
       "SELECT l.channel,l.route,s.key,s.since,s.reason,s.by FROM lane_stop s JOIN lane l ON l.id=s.lane "
       "ORDER BY l.channel,l.route,s.key"},
      {&lanes_of_peer_, counted + "id>max(?1,?2-1) AND id<=?3 AND state IN (" + peer + ")"},
      {&lanes_of_person_, counted + "state IN (" + person + ")"},
      {&newest_delivery_, "SELECT coalesce(max(id),0) FROM delivery"},
      {&lane_of_first_, "SELECT l.channel,l.route,m.received_at FROM lane l, message m WHERE l.id=?1 AND m.id=?2"},
      {&sequence_, "SELECT value FROM meta WHERE name=?1"},
      {&reply_, "SELECT at,sha256,bytes FROM reply WHERE message=?1 AND bytes IS NOT NULL"},
      {&answers_,
       "SELECT delivery,attempt,at,sha256,bytes FROM answer WHERE delivery>=?1 AND delivery<?2 ORDER BY delivery"},
      {&questions_,
       "SELECT r.message FROM reply r JOIN message m ON m.id=r.message WHERE r.bytes IS NULL AND m.channel=?1 ORDER BY "
       "r.message"},
  }};
  for (const auto& [statement, sql] : all) {
    auto prepared = database_.prepare(sql);
    if (!prepared) return fail(prepared);
    *statement = std::move(*prepared);
  }
  if (auto ready = prepare_kept(); !ready) return ready;
  if (auto ready = prepare_incidents(); !ready) return ready;
  if (auto ready = prepare_recent(); !ready) return ready;
  return prepare_search();
}

Result<Message> Queries::message(MessageId id) {
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  return read_message(id, nullptr);
}

Result<std::vector<Message>> Queries::messages(const std::vector<MessageId>& ids, std::size_t most_bytes) {
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  std::vector<Message> read;
  std::size_t bytes = 0;
  for (const auto id : ids) {
    auto message = read_message(id, nullptr);
    if (!message) break;  // who needs this one asks for it alone and is told why
    bytes += message->bytes.size();
    read.push_back(std::move(*message));
    if (bytes >= most_bytes) break;
  }
  return read;
}

Result<Message> Queries::read_message(MessageId id, bool* routed) {
  Message message;
  std::string bytes, digest;
  std::int64_t parts = 0;
  {
    message_.bind(1, id.value);
    Rows rows(message_);
    auto row = rows.next();
    if (!row) return fail(row);
    if (!*row) return fail(store_rules::no_message(id));
    message.id = id;
    message.received_at = rows->time(0);
    if (routed) *routed = rows->number(1) == 1;
    parts = rows->number(2);
    message.channel = rows->text(3);
    message.peer = rows->text(4);
    message.control_id = rows->text(5);
    message.type = rows->text(6);
    digest = rows->blob(7);
    bytes = rows->text(8);
    message.batch = rows->text(9);
    message.facts = rows->text(10);
  }
  const bool large = parts > kPartsAtOnce;
  auto all = whole(id, parts, std::move(bytes), large);
  if (!all) return fail(all);
  if (auto same = intact(*all, digest, "message " + to_string(id), large ? stand_back : nullptr); !same) {
    // The retention may have taken it, and its parts, between two looks.
    message_.bind(1, id.value);
    Rows rows(message_);
    const auto there = rows.next();
    if (large && there && !*there) return fail(store_rules::no_message(id));
    return fail(same);
  }
  message.bytes = Bytes(std::move(*all));
  return message;
}

// What stands in the row, and after it the parts. With `stepwise` the log may begin again between two steps; then no
// statement of the caller is open.
Result<std::string> Queries::whole(MessageId id, std::int64_t parts, std::string bytes, bool stepwise) {
  const auto step = stepwise ? kPartsAtOnce : parts;
  const auto first = id.value * kPartsPerMessage;
  for (std::int64_t part = 0; part < parts; part += step) {
    parts_.bind(1, first + part).bind(2, first + std::min(part + step, parts));
    auto read = each_row(parts_, [&](const Statement& row) {
      if (bytes.empty()) bytes.reserve(static_cast<std::size_t>(parts) * row.blob(0).size());  // none is larger
      bytes.append(row.blob(0));
    });
    if (!read) return fail(read);
    if (!stepwise) continue;
    if (auto anew = look_anew(); !anew) return fail(anew);
    stand_back();
  }
  return bytes;
}

// A snapshot of now in place of the one that is open; the log may begin again, and the time limit does.
Result<void> Queries::look_anew() {
  ++looked_anew_;
  if (auto ended = database_.execute("COMMIT"); !ended) return ended;
  give_up_at_ = std::chrono::steady_clock::now() + patience_;
  return database_.execute("BEGIN");
}

Result<std::optional<Bytes>> Queries::rendered(DeliveryId id) {
  rendered_.bind(1, id.value);
  Rows rows(rendered_);
  auto row = rows.next();
  if (!row) return fail(row);
  if (!*row) return std::optional<Bytes>();
  auto bytes = rows->text(1);
  if (auto same = intact(bytes, rows->blob(0), "the stored bytes of " + to_string(id)); !same) return fail(same);
  return std::optional<Bytes>(Bytes(std::move(bytes)));
}

Result<std::vector<Delivery>> Queries::deliveries(Statement& statement) { return rows_of(statement, delivery_of); }

Result<std::vector<Delivery>> Queries::list(const QueueFilter& filter) {
  const auto low_water = published_->low_water.load();
  auto* statement = &unfinished_page_;
  if (filter.state && waits_for_person(*filter.state)) statement = &person_page_;
  else if (filter.state && finished(*filter.state)) statement = &finished_page_;
  else if (filter.state) statement = &peer_page_;
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  statement->bind(1, filter.after.value).bind_text(2, filter.channel).bind_text(3, filter.route);
  statement->bind(4, store_rules::page_size(filter.limit)).bind(5, low_water);
  if (filter.state) statement->bind(6, stored(*filter.state));
  return deliveries(*statement);
}

Result<Trace> Queries::trace(MessageId id) {
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  Trace trace;
  auto message = read_message(id, &trace.routed);
  if (!message) return fail(message);
  trace.message = std::move(*message);
  auto first = duplicate_of(id);
  if (!first) return fail(first);
  trace.duplicate_of = *first;
  deliveries_.bind(1, DeliveryId::of(id, 0).value).bind(2, DeliveryId::of(MessageId{id.value + 1}, 0).value);
  auto rows = deliveries(deliveries_);
  if (!rows) return fail(rows);
  trace.deliveries = std::move(*rows);
  auto attempts_made = attempts(id);
  if (!attempts_made) return fail(attempts_made);
  trace.attempts = std::move(*attempts_made);
  auto replied = reply(id);
  if (!replied) return fail(replied);
  trace.reply = std::move(*replied);
  auto answered = answers(id);
  if (!answered) return fail(answered);
  trace.answers = std::move(*answered);
  auto refused_as = incident_of(id);
  if (!refused_as) return fail(refused_as);
  trace.incident = *refused_as;
  return trace;
}

Result<std::vector<PeerAnswer>> Queries::answers(MessageId id) {
  answers_.bind(1, DeliveryId::of(id, 0).value).bind(2, DeliveryId::of(MessageId{id.value + 1}, 0).value);
  std::vector<PeerAnswer> all;
  auto read = each_row(answers_, [&](const Statement& row) -> Result<void> {
    PeerAnswer answer;
    answer.id = DeliveryId{row.number(0)};
    answer.attempt = static_cast<int>(row.number(1));
    answer.at = row.time(2);
    auto bytes = row.text(4);
    if (auto same = intact(bytes, row.blob(3), "the answer to " + to_string(answer.id)); !same) return same;
    answer.bytes = Bytes(std::move(bytes));
    all.push_back(std::move(answer));
    return {};
  });
  if (!read) return fail(read);
  return all;
}

Result<std::optional<GivenReply>> Queries::reply(MessageId id) {
  reply_.bind(1, id.value);
  Rows rows(reply_);
  auto row = rows.next();
  if (!row) return fail(row);
  if (!*row) return std::optional<GivenReply>();
  auto bytes = rows->text(2);
  if (auto same = intact(bytes, rows->blob(1), "the reply to " + to_string(id)); !same) return fail(same);
  return std::optional<GivenReply>(GivenReply{rows->time(0), Bytes(std::move(bytes))});
}

Result<std::vector<MessageId>> Queries::questions(const std::string& channel) {
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  questions_.bind_text(1, channel);
  return rows_of(questions_, id_of);
}

Result<std::optional<std::int64_t>> Queries::sequence(const std::string& link) {
  const auto name = std::string(kSequence) + link;
  sequence_.bind_text(1, name);
  Rows rows(sequence_);
  auto row = rows.next();
  if (!row) return fail(row);
  return *row ? std::optional(rows->number(0)) : std::nullopt;
}

Result<std::vector<Attempt>> Queries::attempts(MessageId id) {
  attempts_.bind(1, DeliveryId::of(id, 0).value).bind(2, DeliveryId::of(MessageId{id.value + 1}, 0).value);
  return rows_of(attempts_, [](const Statement& row) {
    return Attempt{DeliveryId{row.number(0)}, static_cast<int>(row.number(1)), row.time(2), row.text(3), row.text(4)};
  });
}

}  // namespace myelin::sqlite
