// The store's fake: the same verbs and answers, nothing on a disk. Rehearsals (`myelin test`) and the runtime's tests
// run on it; tests/conformance/store holds it equal to store/sqlite. What is called in one turn of a Loop is committed
// and answered together in a later turn, as a group commit would be, so no caller can rely on an answer inside the
// call.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "engine/store/store.h"

namespace myelin {

class MemoryStore : public Store {
 public:
  MemoryStore();
  ~MemoryStore() override;

  // ---- knobs for tests ---------------------------------------------------------------------------------------
  // Appends answer this fault (disk_reserve, overloaded, …) until it is taken away; everything else goes on.
  void refuse_appends(std::optional<Fault> fault);
  // Every verb answers store_failed from now on.
  void fail_for_good();
  void set_unclean(bool unclean);
  // Undoes close(), as a new process would.
  void reopen();
  std::vector<KeptIncident> incidents() const;

  MessageId last_id() const override;
  std::string key_of(std::string_view value) const override;
  Task<Result<void>> append(Loop& loop, NewMessage message) override;
  void settle(Loop& loop, Settlement settlement, Done done) override;
  Task<Result<void>> change(Loop& loop, DeliveryId id, State to, std::string reason, std::string by) override;
  Task<Result<void>> hurry(Loop& loop, DeliveryId id, std::string reason, std::string by) override;
  Task<Result<void>> replace(Loop& loop, DeliveryId id, int first_ordinal,
                             std::vector<NewDelivery> deliveries) override;
  Task<Result<void>> stop_lane(Loop& loop, LaneStop stop) override;
  Task<Result<void>> start_lane(Loop& loop, LaneKey lane) override;
  Task<Result<void>> answer(Loop& loop, MessageId id, std::optional<Bytes> reply) override;
  Task<Result<void>> doubt(Loop& loop, std::vector<Doubtful> rows) override;
  Task<Result<void>> end_doubt(Loop& loop, LaneKey lane) override;
  Task<Result<void>> adopt(Loop& loop, LaneKey from, LaneKey to) override;
  void keep(MessageId id, std::string channel, WallTime at, Incident incident) override;
  Task<Result<void>> record_plan(Loop& loop, std::string channel, std::string hash, std::string text) override;
  Task<Result<int>> deliver(Loop& loop, MessageId id, std::vector<NewDelivery> deliveries, std::string reason,
                            std::string by) override;
  void index_with(Indexer indexer, std::string fingerprint) override;
  Task<Result<SearchPage>> search(Loop& loop, SearchQuery query) override;
  Task<Result<Backup>> backup(Loop& loop, std::string directory) override;
  Task<Result<Purged>> purge(Loop& loop, PurgeStep step) override;
  Task<Result<Space>> give_back(Loop& loop) override;
  Task<Result<std::vector<Kept>>> kept(Loop& loop) override;
  Task<Result<Message>> message(Loop& loop, MessageId id) override;
  Task<Result<std::vector<Message>>> messages(Loop& loop, std::vector<MessageId> ids, std::size_t most_bytes) override;
  Task<Result<std::optional<Bytes>>> rendered(Loop& loop, DeliveryId id) override;
  Task<Result<std::vector<Delivery>>> waiting(Loop& loop, LaneKey lane, DeliveryId after, int limit) override;
  Task<Result<std::vector<Delivery>>> list(Loop& loop, QueueFilter filter) override;
  Task<Result<Trace>> trace(Loop& loop, MessageId id) override;
  Task<Result<std::vector<KeptIncident>>> incidents(Loop& loop, IncidentFilter filter) override;
  Task<Result<KeptIncident>> incident(Loop& loop, MessageId id) override;
  Task<Result<Counts>> counts(Loop& loop) override;
  Task<Result<std::vector<LaneStop>>> stopped_lanes(Loop& loop) override;
  Task<Result<std::vector<LaneCount>>> unfinished(Loop& loop) override;
  Task<Result<std::vector<MessageId>>> questions(Loop& loop, std::string channel) override;
  Task<Result<std::optional<std::int64_t>>> sequence(Loop& loop, std::string link) override;
  Task<Result<std::vector<DuplicateKey>>> received_since(Loop& loop,
                                                         std::map<std::string, DuplicateSpan> channels) override;
  Task<Result<std::vector<LaneDoubt>>> doubts(Loop& loop) override;
  bool unclean() const override;
  Task<Result<void>> close(Loop& loop) override;

  struct Tables;  // memory_tables.h

 private:
  using Change = std::move_only_function<Result<void>(Tables*)>;

  // Runs `change` with all else that `loop` asked for in this turn, then `done` on `loop`.
  void submit(Loop& loop, Change change, Done done);
  Task<Result<void>> commit(Loop& loop, Change change);
  template <class T>
  Task<Result<T>> read(Loop& loop, std::move_only_function<Result<T>(const Tables*)> query);

  std::shared_ptr<Tables> tables_;  // shared: a turn in flight may outlive the store
};

std::unique_ptr<Store> make_memory_store();

}  // namespace myelin
