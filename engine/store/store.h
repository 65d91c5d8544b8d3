// Store: the only owner of durable state. These are its verbs; store/sqlite keeps them on disk, store/memory is the
// fake that passes the same conformance suite (tests/conformance).
//
// Durability: a Task<Result<…>> of a writing verb resumes only when its commit is on the disk (fsync returned), on the
// Loop that awaited it, in the order in which the verbs were called on that Loop, but for the append of a body over
// 1 MiB: what was asked for after it may be answered before it. settle() may ride in the next commit, at most 5 ms
// later. One commit answers all in it. After a failed commit every verb answers store_failed. Threads: verbs may be
// called from any Loop; the store has its own writer thread. Reads see only what is committed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/crypto.h"
#include "engine/base/loop.h"
#include "engine/base/task.h"
#include "engine/model/adapter.h"
#include "engine/model/delivery.h"
#include "engine/model/message.h"

namespace myelin {

struct NewDelivery {
  LaneKey lane;
  State state = State::queued;  // or parked, held: a fault in the shared steps ("not yet routed")
  std::string fault;
  std::string detail;
  Piece piece = {};
  Priority priority = Priority::normal;
};

// The number that was taken last on a link of the sequence number protocol, written in the commit of what had it.
struct SequenceMark {
  std::string link;  // "out adt/lab"
  std::int64_t number = 0;
};

// What became of one attempt. `expected` is what the row must be (queued or awaiting_reply), else wrong_state.
struct Settlement {
  DeliveryId id;
  State to = State::delivered;
  WallTime due;                     // for queued: not before
  bool possible_duplicate = false;  // for queued: the attempt may have reached the peer
  std::string fault;
  std::string detail;
  std::optional<Bytes> rendered;  // for queued after an attempt that may have reached the peer: repeat exactly these
  std::string plan_hash;          // the configuration that rendered it
  int attempts = 0;               // how many there were, this one included
  std::optional<SequenceMark> sequence = std::nullopt;
  // Finished, the stored bytes (its own `rendered`, or those of an attempt before) stay: they are what was sent.
  bool keep = false;
  std::optional<Bytes> answer = std::nullopt;  // the peer's no, kept for a person until the message is purged
  bool now = false;                            // its lane is about to wait for it: it starts a commit and does not ride
};

// By what a message is known again.
struct Fingerprint {
  Sha256 content{};          // zero: by nothing
  std::uint64_t sender = 0;  // of what its sender calls it; zero: it has no name
};

struct NewMessage {
  Message message;
  std::vector<NewDelivery> deliveries;  // ordinals 0, 1, …; empty: no route wanted it, message.routed = 0
  // The delivery of another channel by which it came: settled in the same transaction, or nothing of it is stored.
  std::optional<Settlement> settles = std::nullopt;
  // Its sender waits for the answer of a route's peer: the question is open until answer().
  bool asks = false;
  std::optional<SequenceMark> sequence = std::nullopt;
  // It came a second time: kept and shown, with no deliveries of its own.
  std::optional<MessageId> duplicate_of = std::nullopt;
  // The incident whose bytes these are: marked in the same transaction, or nothing of it is stored.
  std::optional<GivenAgain> given_again = std::nullopt;
  std::optional<Fingerprint> fingerprint = std::nullopt;  // kept of a large body, so that a start need not read it
};

// What a message can be found by, beside its envelope. The values are kept as keyed hashes.
struct SearchKey {
  std::string name, value;
};
// The keys of a message, from its bytes; pure, called on the store's own thread.
using Indexer = std::function<std::vector<SearchKey>(const Message&)>;
inline constexpr std::string_view kControlId = "control_id";  // a key that each message has

struct SearchQuery {
  std::string channel;          // empty: all
  std::string type;             // "ADT^A01", "ADT^*"; empty: all
  std::optional<State> state;   // of one of its deliveries
  WallTime since, until;        // until {}: now
  std::vector<SearchKey> keys;  // all of them
  MessageId below;              // page: only older ones; {}: from the newest on
  int limit = 50;               // at most 1,000
};

struct Found {
  Message message;  // without its bytes
  std::int64_t size = 0;
  std::vector<Delivery> deliveries;
  std::optional<MessageId> duplicate_of;  // it came again and was answered as that one; known where it has no delivery
};

struct SearchPage {
  std::vector<Found> messages;  // the newest first
  MessageId next;               // `below` of the next page; {}: no more. A page may be short and have a next one
  bool complete = true;         // false: search.db is being filled, what is older may be missing
};

// Refused bytes that were kept. Ids are those of messages: one number finds either.
struct KeptIncident {
  MessageId id;
  std::string channel;
  WallTime at;
  std::string fault;          // "M0115"
  std::string detail, place;  // Fault::detail, Fault::at
  std::string peer;
  std::string control_id, type;  // MSH-10 and MSH-9, where they could be read
  bool whole = false;            // Incident::whole
  MessageId taken_as;            // the message it became when somebody gave it to the channel again; {}: nobody did
  std::string note;              // who that was, and why
  std::int64_t size = 0;         // of its bytes
  // Not in a list:
  Bytes bytes;
  std::string batch, facts;
};

struct IncidentFilter {
  std::string channel;          // empty: all
  WallTime since, until;        // until {}: now
  MessageId below;              // page: only older ones; {}: from the newest on
  int limit = 50;               // at most 1,000
  std::string control_id = {};  // MSH-10; empty: all
};

struct Backup {
  std::string file;
  std::int64_t bytes = 0;
  std::string sha256;
};

struct Attempt {  // kept for every attempt that was not simply delivered
  DeliveryId id;
  int number;
  WallTime at;
  std::string fault;
  std::string detail;
};

struct LaneStop {  // a route that stands, or one key of it: one durable row
  LaneKey lane;
  WallTime since;
  std::string reason;
  std::string by;
};

struct QueueFilter {
  std::string channel;         // empty: all
  std::string route;           // empty: all; "*" is no pattern
  std::optional<State> state;  // none: all unfinished
  DeliveryId after;            // page: only ids above
  int limit = 100;             // at most 1,000
};

struct LaneCount {
  LaneKey lane;  // of the whole route: key ""
  State state;
  std::int64_t count;
  WallTime oldest;  // received_at of the oldest of them
};

struct Kept {  // of one channel: what is in the store now
  std::string channel;
  std::int64_t messages = 0;
  std::int64_t bytes = 0;  // as they were received
};

struct Counts {  // since the store was made
  std::int64_t messages = 0;
  std::int64_t filtered = 0;     // messages that no route wanted
  std::int64_t refused = 0;      // incidents
  std::vector<LaneCount> lanes;  // unfinished only
};

// One small step of the retention. A message goes with all that belongs to it, and only when each of its deliveries is
// finished; whatever is asked for, nothing else ever goes.
struct PurgeStep {
  std::vector<std::string> channels;  // of these …
  bool of_others = false;             // … or of all but these
  MessageId after, before;            // ids between them, both excluded
  std::vector<MessageId> only;        // given: these alone, wherever they stand
  bool spare_decided = false;         // not those that a person decided about (replayed, released, discarded)
  std::int64_t enough = INT64_MAX;    // bytes: when so many have gone, no more
  WallTime incidents_before;          // refused bytes that were kept before
};

struct Purged {
  std::int64_t messages = 0;
  std::int64_t bytes = 0;
  std::int64_t incidents = 0;
  MessageId reached;                  // `after` of the next step
  bool end = false;                   // nothing is left to look at
  bool parts = false;                 // of large bodies whose messages have gone: the next steps take them
  std::vector<MessageId> unfinished;  // looked at and left
};

struct Space {
  std::int64_t used = 0, free = 0;  // bytes of the file
  std::int64_t returned = 0;        // to the file system, in this step
};

// Of the disk of the store. Below the reserve no message is admitted; what was is delivered.
struct DiskRoom {
  std::int64_t free = 0, reserve = 0;  // bytes
  bool refuses() const { return free < reserve; }
};

struct GivenReply {  // what the sender of a message was answered with: the peer's own answer, made fit for it
  WallTime at;
  Bytes bytes;
};

struct PeerAnswer {  // the last one that a delivery got and that was no yes
  DeliveryId id;
  int attempt = 0;
  WallTime at;
  Bytes bytes;  // at most kMostOfAnswer
};
inline constexpr std::size_t kMostOfAnswer = std::size_t{16} * 1024;

struct Trace {
  Message message;
  bool routed = false;  // some route wanted it
  std::optional<MessageId> duplicate_of;
  std::vector<Delivery> deliveries;
  std::vector<Attempt> attempts;
  std::optional<GivenReply> reply = std::nullopt;
  std::vector<PeerAnswer> answers = {};
  std::optional<MessageId> incident = std::nullopt;  // it was refused as that, and given to the channel again
};

struct DuplicateKey {  // rebuilt into the in-memory window at start
  std::string channel;
  MessageId id;
  WallTime received_at;
  Fingerprint fingerprint;
};
// Which messages of a channel are wanted for its window, and how one is read. `fingerprint` is pure, and called on a
// thread of the store.
struct DuplicateSpan {
  WallTime since;
  std::function<Fingerprint(const Bytes&)> fingerprint;
};

// A route whose queue a process that ended uncleanly left behind: of what waits up to `up_to` the first may have been
// sent, and nobody has said which.
struct LaneDoubt {
  LaneKey lane;  // key ""
  DeliveryId up_to;
};
// One of them. `rendered`: what the peer got, if it got anything.
struct Doubtful {
  DeliveryId id;
  std::optional<Bytes> rendered;
  std::string plan_hash;
};

class Store {
 public:
  virtual ~Store() = default;

  // Ids rise from here: the highest of a message or an incident.
  virtual MessageId last_id() const = 0;

  // The key that a value stands for in LaneKey: 16 hex digits, the same for as long as the store lives, and not to be
  // turned back without it (SHA-256 over 32 random bytes of the store, and the value). Any thread.
  virtual std::string key_of(std::string_view value) const = 0;

  // Stores the message and its deliveries in one transaction, and settles `settles` in it. disk_reserve, store_failed,
  // overloaded; wrong_state, not_found: of `settles`, so that a hand-over that is repeated stores nothing twice.
  virtual Task<Result<void>> append(Loop& loop, NewMessage message) = 0;

  // Settles one attempt. `done` runs on `loop` when it is durable. From queued the edges of `sending` hold, from
  // awaiting_reply its own (rules.h); anything else is wrong_state and changes nothing. not_found.
  using Done = std::move_only_function<void(Result<void>)>;
  virtual void settle(Loop& loop, Settlement settlement, Done done) = 0;

  // Changes by a person: held/parked -> queued, queued/held -> parked, queued/held/parked -> discarded, queued -> held.
  // `reason` and `by` are kept as an attempt row. Queued, it is due now, its attempts begin again and stored bytes are
  // forgotten. wrong_state when the row is in another state, not_found.
  virtual Task<Result<void>> change(Loop& loop, DeliveryId id, State to, std::string reason, std::string by) = 0;

  // A person has a queued delivery tried now: that, `reason` and `by` are kept as an attempt row, and the delivery
  // stays as it is. wrong_state when it is not queued, not_found.
  virtual Task<Result<void>> hurry(Loop& loop, DeliveryId id, std::string reason, std::string by) = 0;

  // A released delivery "not yet routed", or one without a recipient, gives way to the real ones in one transaction.
  // Their ordinals begin with `first_ordinal`, above its own and free. None: it becomes filtered. wrong_state unless it
  // is queued, not_found, bad_request.
  virtual Task<Result<void>> replace(Loop& loop, DeliveryId id, int first_ordinal,
                                     std::vector<NewDelivery> deliveries) = 0;

  // Further deliveries of a stored message, behind those that it has: a person sends it again, or sends what was taken
  // for a duplicate. The ordinal of the first. not_found, bad_request.
  virtual Task<Result<int>> deliver(Loop& loop, MessageId id, std::vector<NewDelivery> deliveries, std::string reason,
                                    std::string by) = 0;

  // One row for a route (key "") and one for each of its keys: the newest wins. Starting what does not stand changes
  // nothing.
  virtual Task<Result<void>> stop_lane(Loop& loop, LaneStop stop) = 0;
  virtual Task<Result<void>> start_lane(Loop& loop, LaneKey lane) = 0;

  // These may have reached their peer: marked, those that still wait, and exactly `rendered` is repeated. Bytes that a
  // row has already stay.
  virtual Task<Result<void>> doubt(Loop& loop, std::vector<Doubtful> rows) = 0;
  // All of this lane that may have been sent is marked.
  virtual Task<Result<void>> end_doubt(Loop& loop, LaneKey lane) = 0;

  // A route or channel was renamed: what is not finished under the lane `from`, its stops and its doubt belong to `to`
  // from now on. The keys of both are empty. What is finished keeps the name under which it was.
  virtual Task<Result<void>> adopt(Loop& loop, LaneKey from, LaneKey to) = 0;

  // Closes the question of a message that asks: `reply` is what its sender gets, so that a repeated question is
  // answered alike; without one it was told no, or has gone. Of a message that did not ask, nothing is kept without a
  // reply.
  virtual Task<Result<void>> answer(Loop& loop, MessageId id, std::optional<Bytes> reply) = 0;

  // Refused bytes, kept so that a person can find them. `id` is a new one, as for a message. Rides like a settlement;
  // nobody waits for it.
  virtual void keep(MessageId id, std::string channel, WallTime at, Incident incident) = 0;

  // The history of plans: once per hash.
  virtual Task<Result<void>> record_plan(Loop& loop, std::string channel, std::string hash, std::string text) = 0;

  // Deletes for good, at most 1,000 rows and some 5 ms of the writer's time; in one transaction, so that a crash leaves
  // a message whole or nothing of it.
  virtual Task<Result<Purged>> purge(Loop& loop, PurgeStep step) = 0;
  // Returns at most 64 free pages to the file system, while more than a twentieth of the file is free.
  virtual Task<Result<Space>> give_back(Loop& loop) = 0;

  // What messages are found by from now on. Another `fingerprint` than before: all messages are read again for it.
  virtual void index_with(Indexer indexer, std::string fingerprint) = 0;
  virtual Task<Result<SearchPage>> search(Loop& loop, SearchQuery query) = 0;

  // A copy of the store into an empty directory while all goes on: myelin.db and SHA256SUMS, which is written last.
  // bad_request where there is a backup already, io_failed.
  virtual Task<Result<Backup>> backup(Loop& loop, std::string directory) = 0;

  // ---- reads -------------------------------------------------------------------------------------------------
  // Checksum verified: corrupt_row. not_found.
  virtual Task<Result<Message>> message(Loop& loop, MessageId id) = 0;
  // The same for several, in one read: in the order of `ids`, up to the first that is damaged or not there, or until
  // `most_bytes` are reached (one is always read). A lane reads ahead with it.
  virtual Task<Result<std::vector<Message>>> messages(Loop& loop, std::vector<MessageId> ids,
                                                      std::size_t most_bytes) = 0;
  // The bytes stored with a retry, or kept of what was delivered (Settlement::keep), if any.
  virtual Task<Result<std::optional<Bytes>>> rendered(Loop& loop, DeliveryId id) = 0;
  // Queued and held deliveries of a route above `after`, whatever their keys, in order, at most `limit`.
  virtual Task<Result<std::vector<Delivery>>> waiting(Loop& loop, LaneKey lane, DeliveryId after, int limit) = 0;
  virtual Task<Result<std::vector<Delivery>>> list(Loop& loop, QueueFilter filter) = 0;
  virtual Task<Result<Trace>> trace(Loop& loop, MessageId id) = 0;
  // The newest first, without their bytes.
  virtual Task<Result<std::vector<KeptIncident>>> incidents(Loop& loop, IncidentFilter filter) = 0;
  // Checksum verified: corrupt_row. not_found.
  virtual Task<Result<KeptIncident>> incident(Loop& loop, MessageId id) = 0;
  virtual Task<Result<Counts>> counts(Loop& loop) = 0;
  virtual Task<Result<std::vector<Kept>>> kept(Loop& loop) = 0;
  virtual Task<Result<std::vector<LaneStop>>> stopped_lanes(Loop& loop) = 0;
  // Lanes that have unfinished deliveries, with their numbers: what a start begins with.
  virtual Task<Result<std::vector<LaneCount>>> unfinished(Loop& loop) = 0;
  // Messages of a channel whose question is open: after a start, those whose sender has gone.
  virtual Task<Result<std::vector<MessageId>>> questions(Loop& loop, std::string channel) = 0;
  // The last mark of this link; none: it never had one.
  virtual Task<Result<std::optional<std::int64_t>>> sequence(Loop& loop, std::string link) = 0;
  // Messages of these channels, oldest first, for their duplicate windows: of each the newest, at most
  // store_rules::kDuplicateKeys, among the newest kDuplicatesLookedAt of all.
  virtual Task<Result<std::vector<DuplicateKey>>> received_since(Loop& loop,
                                                                 std::map<std::string, DuplicateSpan> channels) = 0;
  // Since the last unclean end, or one before: until end_doubt().
  virtual Task<Result<std::vector<LaneDoubt>>> doubts(Loop& loop) = 0;

  // As it is now. Any thread.
  virtual DiskRoom disk_room() const { return {}; }

  // Whether the last process ended without closing: then the first kUnsettled rows of each key may have been sent, and
  // doubts() has each lane with queued rows.
  virtual bool unclean() const = 0;

  // Writes what rides, checkpoints, closes. After it every verb answers stopping.
  virtual Task<Result<void>> close(Loop& loop) = 0;
};

}  // namespace myelin
