// The reading half of the tables: one snapshot a question (several while a large body is read), on a connection that
// cannot write. One thread at a time. A question that takes longer than a second while the log waits to be restarted is
// given up: overloaded.
#pragma once

#include <atomic>
#include <memory>

#include "engine/store/sqlite/database.h"
#include "engine/store/sqlite/removal.h"
#include "engine/store/store.h"

namespace myelin::sqlite {

// What the writer tells the readers.
struct Published {
  std::atomic<std::int64_t> low_water{0};  // Totals::low_water; lowered before the commit that needs it, raised after
  std::atomic<std::int64_t> log_pages{0};  // length of the write-ahead log
  std::atomic<std::int64_t> messages{0}, filtered{0}, refused{0};
  std::atomic<std::int64_t> last_id{0};  // of a message or an incident
};

// corrupt_row, with `what` it is, unless the bytes are those that were stored. `between` is called after each piece of
// a large body, by who has no statement open meanwhile; the log could not begin again.
Result<void> intact(std::string_view bytes, std::string_view stored_digest, const std::string& what,
                    void (*between)() = nullptr);

// Of a row that begins with it.
inline MessageId id_of(const Statement& row) { return MessageId{row.number(0)}; }

class Queries {
 public:
  static constexpr Duration kPatience = seconds(1);

  // `patience`: how long a snapshot may keep a long log from beginning again; then it is given up (overloaded).
  static Result<std::unique_ptr<Queries>> open(const std::string& path, const Published& published,
                                               Duration patience = kPatience);

  Result<Message> message(MessageId id);
  Result<std::vector<Message>> messages(const std::vector<MessageId>& ids, std::size_t most_bytes);
  Result<std::optional<Bytes>> rendered(DeliveryId id);
  Result<std::vector<Delivery>> waiting(const LaneKey& lane, DeliveryId after, int limit);
  Result<std::vector<Delivery>> list(const QueueFilter& filter);
  Result<Trace> trace(MessageId id);
  Result<Counts> counts();
  Result<std::vector<LaneStop>> stopped_lanes();
  Result<std::vector<LaneCount>> unfinished();
  Result<std::vector<MessageId>> questions(const std::string& channel);
  Result<std::optional<std::int64_t>> sequence(const std::string& link);
  Result<std::vector<DuplicateKey>> received_since(const std::map<std::string, DuplicateSpan>& channels);
  Result<std::vector<LaneDoubt>> doubts();
  Result<std::vector<Kept>> kept();
  Result<std::vector<KeptIncident>> incidents(const IncidentFilter& filter);
  Result<KeptIncident> incident(MessageId id);
  // Whole messages above `after`, at most `limit`, for the index; one at least, and no further when they have
  // `most_bytes`.
  Result<std::vector<Message>> messages_above(MessageId after, int limit, std::size_t most_bytes);
  Result<MessageId> oldest();
  Result<MessageId> newest();
  // Envelopes below `below` and from `from` on, the newest first: at most `limit`, whatever else is asked for.
  Result<std::vector<Found>> envelopes(MessageId below, MessageId from, int limit);
  Result<std::vector<Delivery>> deliveries_of(MessageId id);
  Result<std::optional<MessageId>> duplicate_of(MessageId id);
  // How often a snapshot was ended for the log's sake while a large body was read.
  int looked_anew() const { return looked_anew_; }
  // What a step of the retention may delete; the writer looks again (removal.h).
  Result<Candidates> candidates(const PurgeStep& step);

 private:
  Queries(const Published& published, Duration patience) : published_(&published), patience_(patience) {}
  Result<void> prepare();
  Result<void> prepare_kept();
  Result<void> prepare_recent();
  Result<std::optional<Fingerprint>> fingerprint(const DuplicateSpan& span, const Statement& row, std::size_t& large);
  Result<void> prepare_search();
  Result<void> prepare_incidents();
  Result<std::optional<MessageId>> incident_of(MessageId message);
  Result<int> look_at(const PurgeStep& step, MessageId after, MessageId before, Candidates& found);
  Result<Message> read_message(MessageId id, bool* routed);
  Result<std::string> whole(MessageId id, std::int64_t parts, std::string bytes, bool stepwise);
  Result<void> look_anew();
  Result<std::vector<Delivery>> deliveries(Statement& statement);
  Result<std::vector<Attempt>> attempts(MessageId id);
  Result<std::optional<GivenReply>> reply(MessageId id);
  Result<std::vector<PeerAnswer>> answers(MessageId id);
  static int give_up(void* self);
  template <class Read>
  Result<void> walk(std::int64_t after, const Read& read);
  Result<std::optional<std::int64_t>> one_number(Statement& statement);

  const Published* published_;
  const Duration patience_;
  MonoTime give_up_at_;
  int looked_anew_ = 0;
  Database database_;
  Statement message_, parts_, rendered_, lane_id_, waiting_, unfinished_page_, person_page_, peer_page_, finished_page_,
      deliveries_, attempts_, stops_, lanes_of_peer_, lanes_of_person_, newest_delivery_, lane_of_first_, recent_,
      kept_, candidates_, above_, envelopes_, duplicate_, reply_, questions_, sequence_, answers_, incidents_,
      incident_, incident_of_, doubts_;

  friend class Snapshot;
};

}  // namespace myelin::sqlite
