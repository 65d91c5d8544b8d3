// The writing half of the tables: what each verb does to the rows, inside the transaction that the writer holds open.
// tables.cpp has the statements, the transaction and the totals; the others what the verbs do, by what they concern:
// tables_messages, tables_settle (deliveries), tables_later (deliveries of old messages), tables_lanes, tables_purge.
// One connection, one thread (the writer's). A fault that concerns one verb alone (wrong_state, not_found,
// bad_request) leaves the transaction as it was; disk_reserve and store_failed mean that it must be rolled back.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "engine/base/crypto.h"
#include "engine/store/sqlite/database.h"
#include "engine/store/sqlite/removal.h"
#include "engine/store/sqlite/volumes.h"
#include "engine/store/store.h"

namespace myelin::sqlite {

// The verbs as values, so that a batch can be tried again.
struct Settle {
  Settlement settlement;
  WallTime at;
};
struct Change {
  DeliveryId id;
  State to;
  std::string reason, by;
  WallTime at;
};
struct Hurry {
  DeliveryId id;
  std::string reason, by;
  WallTime at;
};
struct Replace {
  DeliveryId id;
  int first_ordinal;
  std::vector<NewDelivery> deliveries;
  WallTime at;
};
struct StartLane {
  LaneKey lane;
};
struct AnswerSender {
  MessageId id;
  std::optional<Bytes> reply;
  WallTime at;
};
struct Doubt {
  std::vector<Doubtful> rows;
};
struct EndDoubt {
  LaneKey lane;
};
struct Adopt {
  LaneKey from, to;
};
struct Keep {
  MessageId id;
  std::string channel;
  WallTime at;
  Incident incident;
};
struct RecordPlan {
  std::string channel, hash, text;
  WallTime at;
};
struct Purge {
  PurgeStep step;
  Candidates candidates;
  std::shared_ptr<Purged> purged;  // filled in by apply(); counts when the commit succeeds
};
struct Deliver {
  MessageId id;
  std::vector<NewDelivery> deliveries;
  std::string reason, by;
  WallTime at;
  std::shared_ptr<int> first;  // filled in by apply(): the ordinal of the first
};
struct GiveBack {
  std::shared_ptr<Space> space;
};
using Operation = std::variant<NewMessage, Settle, Change, Replace, LaneStop, StartLane, AnswerSender, Adopt, Keep,
                               RecordPlan, Purge, GiveBack, Deliver, Doubt, EndDoubt, Hurry>;

// Numbers that are kept in memory and written now and then, never in each commit. What a crash leaves unwritten is
// counted again from the rows above `last_message` and `last_incident`.
struct Totals {
  std::int64_t messages = 0, filtered = 0, refused = 0;
  std::int64_t last_message = 0, last_incident = 0;  // all up to here is in the numbers above
  std::int64_t low_water = 0;  // no delivery below this id is queued or awaits a reply: a start looks from here on
};

class Tables {
 public:
  static Result<std::unique_ptr<Tables>> open(Database database);

  Result<void> begin();
  Result<void> commit();
  // Of commits from now on, outside of any: on the disk when commit() returns, as after open(); or with the next that
  // is.
  Result<void> sync_commits(bool each);
  void rollback();
  // Whether begin() was called and the transaction still stands.
  bool in_transaction() const;

  Result<void> apply(const Operation& operation);
  // One part of a big body; the message that makes it count is appended with `parts` set by parts_of().
  Result<void> append_part(MessageId id, int part, std::string_view bytes);
  Result<void> drop_parts(MessageId id);
  Result<bool> has_message(MessageId id);
  // Deletes parts that no message counts.
  Result<void> sweep_parts();
  // The last process ended uncleanly: each lane with queued rows is in doubt.
  Result<void> doubt_lanes();

  // Moves the low-water mark to the first delivery that waits for its peer; the next commit writes it.
  Result<void> advance_low_water();
  Result<void> mark_clean(bool clean);

  const Totals& totals() const { return working_; }
  const std::string& secret() const { return secret_; }
  const Database& database() const { return database_; }

 private:
  // By channel and route: the keys of a route are no rows of table lane.
  struct LaneHash {
    std::size_t operator()(const LaneKey& key) const;
  };
  struct SameRoute {
    bool operator()(const LaneKey& a, const LaneKey& b) const { return a.route == b.route && a.channel == b.channel; }
  };
  struct Row {
    State state;
    int attempts;
    std::string route;
  };

  explicit Tables(Database database) : database_(std::move(database)) {}
  Result<void> prepare();
  Result<void> read_totals();
  Result<void> write_totals();

  Result<void> apply_one(const NewMessage& fresh);
  Result<void> apply_one(const Settle& settle);
  Result<void> apply_one(const Change& change);
  Result<void> apply_one(const Hurry& hurry);
  Result<void> apply_one(const Replace& replace);
  Result<void> apply_one(const LaneStop& stop);
  Result<void> apply_one(const StartLane& start);
  Result<void> apply_one(const AnswerSender& answer);
  Result<void> apply_one(const Adopt& adopt);
  Result<void> apply_one(const Doubt& doubt);
  Result<void> apply_one(const EndDoubt& end);
  Result<void> apply_one(const Keep& keep);
  Result<void> apply_one(const RecordPlan& plan);
  Result<void> apply_one(const Purge& purge);
  Result<void> remove_some(const Purge& purge);
  Result<void> apply_one(const GiveBack& give_back);
  Result<void> apply_one(const Deliver& deliver);

  Result<void> mark(const std::optional<SequenceMark>& mark);
  Result<void> settle_for(const NewMessage& fresh);
  Result<void> take_incident(const NewMessage& fresh);
  Result<void> insert(MessageId message, int first_ordinal, const std::vector<NewDelivery>& fresh, WallTime at);
  Result<std::int64_t> lane_id(const LaneKey& key);
  Result<Row> find(DeliveryId id);
  Result<void> ordinals_free(DeliveryId first, std::size_t count);
  Result<void> note(DeliveryId id, int number, WallTime at, std::string_view fault, std::string_view detail,
                    std::string_view plan);
  Result<void> forget_rendered(DeliveryId id);
  void waits_from(DeliveryId id);

  std::string secret_;  // Store::key_of
  Database database_;   // before the statements: it goes after them
  Totals committed_, working_;
  Volumes volumes_;
  Removal removal_;
  std::string second_half_;    // of Bug::park_in_two_transactions: what the next transaction begins with
  bool totals_due_ = false;    // the next commit writes them
  bool has_rendered_ = false;  // table rendered may have rows
  std::unordered_map<LaneKey, std::int64_t, LaneHash, SameRoute> lanes_;
  std::unordered_map<std::int64_t, Sha256Sum> sums_;  // by message: of the parts that were appended

  Statement begin_, commit_, insert_message_, insert_part_, delete_parts_, find_message_, insert_delivery_,
      delete_delivery_, count_deliveries_, find_delivery_, settle_, delivered_, change_, insert_attempt_,
      trim_attempts_, put_rendered_, delete_rendered_, find_lane_, insert_lane_, put_stop_, delete_stop_,
      insert_incident_, insert_plan_, put_meta_, first_waiting_, insert_duplicate_, last_delivery_, now_routed_, ask_,
      put_reply_, drop_reply_, put_answer_, take_incident_, doubt_, keep_rendered_, put_fingerprint_;
};

int parts_of(std::size_t bytes);  // 0: in the message's own row

}  // namespace myelin::sqlite
