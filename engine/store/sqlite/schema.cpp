#include "engine/store/sqlite/schema.h"

#include <fmt/format.h>

#include <array>

namespace myelin::sqlite {
namespace {

// {all}: numbers of all states. {person}: of those that wait for a person. {names}: rows of table state.
// No index but the partial one: nothing on the way of a normal message touches a second tree (delivery.md).
constexpr const char* kFirst = R"sql(
CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

-- What the numbers in delivery.state mean, for people who look in here.
CREATE TABLE state(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO state VALUES {names};

-- What makes the hash of a value its key in delivery.keys. Whoever has it can test guesses, as who has the messages can.
CREATE TABLE secret(id INTEGER PRIMARY KEY CHECK(id = 1), bytes BLOB NOT NULL);
INSERT INTO secret VALUES(1, randomblob(32));

CREATE TABLE lane(
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL, route TEXT NOT NULL,
  UNIQUE(channel, route));

CREATE TABLE message(
  id INTEGER PRIMARY KEY,
  received_at INTEGER NOT NULL,      -- microseconds since 1970
  routed INTEGER NOT NULL,
  parts INTEGER NOT NULL,            -- rows of table chunk that hold the bytes; 0: they are here
  channel TEXT NOT NULL, peer TEXT NOT NULL, control_id TEXT NOT NULL, type TEXT NOT NULL,
  sha256 BLOB NOT NULL,
  bytes BLOB NOT NULL);

CREATE TABLE chunk(
  id INTEGER PRIMARY KEY,            -- message * 1024 + part
  bytes BLOB NOT NULL);

CREATE TABLE delivery(
  id INTEGER PRIMARY KEY,            -- message * 1024 + ordinal
  lane INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK(state IN ({all})),
  due INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  possible_duplicate INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  fault TEXT NOT NULL, detail TEXT NOT NULL,
  keys TEXT NOT NULL);               -- LaneKey::key: hashes, what it is ordered by
CREATE INDEX delivery_waits_for_person ON delivery(state) WHERE state IN ({person});

CREATE TABLE attempt(
  delivery INTEGER, entry INTEGER,
  number INTEGER NOT NULL, at INTEGER NOT NULL,
  fault TEXT NOT NULL, detail TEXT NOT NULL, plan TEXT NOT NULL,
  PRIMARY KEY(delivery, entry)) WITHOUT ROWID;

-- Bytes that may have reached the peer: exactly these are repeated.
CREATE TABLE rendered(
  delivery INTEGER PRIMARY KEY,
  plan TEXT NOT NULL, sha256 BLOB NOT NULL, bytes BLOB NOT NULL);

CREATE TABLE lane_stop(
  lane INTEGER, key TEXT,            -- key '': the whole route
  since INTEGER NOT NULL, reason TEXT NOT NULL, by TEXT NOT NULL,
  PRIMARY KEY(lane, key)) WITHOUT ROWID;

CREATE TABLE incident(
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL, at INTEGER NOT NULL, fault TEXT NOT NULL, detail TEXT NOT NULL, place TEXT NOT NULL,
  peer TEXT NOT NULL, sha256 BLOB NOT NULL, bytes BLOB NOT NULL);

CREATE TABLE plan(
  channel TEXT, hash TEXT, at INTEGER NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY(channel, hash)) WITHOUT ROWID;
)sql";

// What is kept of each channel, written with the totals: what the retention by bytes and `status` go by.
constexpr const char* kVolumes = R"sql(
CREATE TABLE volume(channel TEXT PRIMARY KEY, messages INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO volume SELECT m.channel,count(*),sum({size}) FROM message m
  WHERE m.id<=coalesce((SELECT value FROM meta WHERE name='last_message'),0) GROUP BY m.channel;
)sql";

// Deliveries of a part of a message.
constexpr const char* kParts = R"sql(
ALTER TABLE delivery ADD COLUMN part INTEGER NOT NULL DEFAULT 1;
ALTER TABLE delivery ADD COLUMN parts INTEGER NOT NULL DEFAULT 1;
)sql";

// What senders were answered with by `reply`.
constexpr const char* kReplies = R"sql(
CREATE TABLE reply(
  message INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  sha256 BLOB, bytes BLOB);          -- NULL: its sender still waits
CREATE INDEX reply_is_awaited ON reply(message) WHERE bytes IS NULL;
)sql";

// What came a second time, and as which. message.routed: 0 no route wanted it, 1 some did, 2 it is in here.
constexpr const char* kDuplicates = R"sql(
CREATE TABLE duplicate(id INTEGER PRIMARY KEY, first INTEGER NOT NULL);
)sql";

// Deliveries of a further message: `also`.
constexpr const char* kAlso = "ALTER TABLE delivery ADD COLUMN also INTEGER NOT NULL DEFAULT 0";

constexpr const char* kPriority = "ALTER TABLE delivery ADD COLUMN priority INTEGER NOT NULL DEFAULT 2";

// Of messages that came in a batch: its headers.
constexpr const char* kBatch = "ALTER TABLE message ADD COLUMN batch BLOB NOT NULL DEFAULT x''";

// How a message came (engine/model/facts.h).
constexpr const char* kFacts = "ALTER TABLE message ADD COLUMN facts BLOB NOT NULL DEFAULT x''";

// What a peer answered that was no yes, the last of each delivery.
constexpr const char* kAnswers = R"sql(
CREATE TABLE answer(
  delivery INTEGER PRIMARY KEY,
  attempt INTEGER NOT NULL, at INTEGER NOT NULL,
  sha256 BLOB NOT NULL, bytes BLOB NOT NULL);
)sql";

// Incidents with the ids of messages, with what a list of them shows before the bytes, which it need not read.
constexpr const char* kIncidents = R"sql(
CREATE TABLE incident_now(
  id INTEGER PRIMARY KEY,
  channel TEXT NOT NULL, at INTEGER NOT NULL, fault TEXT NOT NULL, detail TEXT NOT NULL, place TEXT NOT NULL,
  peer TEXT NOT NULL, control_id TEXT NOT NULL, type TEXT NOT NULL,
  whole INTEGER NOT NULL,            -- the bytes are one message, all of it
  taken INTEGER NOT NULL,            -- the message it became; 0: none
  note TEXT NOT NULL,
  batch BLOB NOT NULL, facts BLOB NOT NULL, sha256 BLOB NOT NULL, bytes BLOB NOT NULL);
INSERT INTO incident_now SELECT id,channel,at,fault,detail,place,peer,'','',0,0,'',x'',x'',sha256,bytes FROM incident;
DROP TABLE incident;
ALTER TABLE incident_now RENAME TO incident;
CREATE INDEX incident_was_taken ON incident(taken) WHERE taken>0;
)sql";

// Lanes of which some may have been sent by a process that ended uncleanly: until somebody has said which.
constexpr const char* kDoubts = "CREATE TABLE lane_doubt(lane INTEGER PRIMARY KEY, up_to INTEGER NOT NULL)";

// Of large bodies: by what they are known when they come again.
constexpr const char* kFingerprints = R"sql(
CREATE TABLE fingerprint(id INTEGER PRIMARY KEY, content BLOB NOT NULL, sender INTEGER NOT NULL);
)sql";

constexpr std::array kMigrations = {kFirst, kVolumes, kParts,   kReplies,   kDuplicates, kAlso,        kPriority,
                                    kBatch, kFacts,   kAnswers, kIncidents, kDoubts,     kFingerprints};

std::string filled_in(const char* migration) {
  std::string names;
  for (const auto& entry : kStates)
    names += fmt::format("{}({}, '{}')", names.empty() ? "" : ", ", stored(entry.state), entry.name);
  return fmt::format(fmt::runtime(migration), fmt::arg("names", names), fmt::arg("size", kMessageBytes),
                     fmt::arg("all", state_list([](State) { return true; })),
                     fmt::arg("person", state_list(waits_for_person)));
}

}  // namespace

int schema_version() { return static_cast<int>(kMigrations.size()); }

Result<void> migrate(Database& database, int from) {
  for (auto next = static_cast<std::size_t>(from); next < kMigrations.size(); ++next) {
    auto sql = fmt::format("BEGIN IMMEDIATE; {}; PRAGMA application_id={}; PRAGMA user_version={}; COMMIT;",
                           filled_in(kMigrations[next]), kApplicationId, next + 1);
    if (auto done = database.execute(sql); !done) return done;
  }
  return {};
}

}  // namespace myelin::sqlite
