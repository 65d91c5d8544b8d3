// The disk: what outlives a process. Two of them: tables in memory, whose commits are whole or not at all, and a SQLite
// file on a disk that loses and tears what was not synchronised. And SimStore, a process's way to it: group commit and
// reads that take virtual time, refusals, and a process that dies before, in, or after a commit.
#pragma once

#include <memory>
#include <vector>

#include "engine/store/store.h"
#include "tests/conformance/store/blocking_loop.h"
#include "tests/sim/witness.h"

namespace myelin::sim {

class Disk {
 public:
  virtual ~Disk() = default;
  // For a new process.
  virtual void open() = 0;
  virtual Store& store() = 0;
  // The process ended, in order or not.
  virtual void close() = 0;
  virtual void crash() = 0;
  // The process ends somewhere within this commit; what it says of it is heard by nobody.
  virtual void crash_within(const std::function<void()>& commit) = 0;

  testing::BlockingLoop gate;  // the disk answers in no virtual time

  // A commit of which nobody knows whether it is there, until the next process looks.
  struct Doubt {
    std::move_only_function<bool()> is_there;  // empty: it has nothing that could be looked for
    std::move_only_function<void()> durable;
  };
  std::vector<std::vector<Doubt>> doubts;
};

std::unique_ptr<Disk> make_memory_disk(std::uint64_t seed);
std::unique_ptr<Disk> make_losing_disk(std::uint64_t seed);

struct DiskMood {
  Duration slowest = milliseconds(3);
  bool full = false;
  std::uint64_t fail_one_in = 0;  // commits: the process hears of the failure and ends
};

class SimStore final : public Store {
 public:
  SimStore(WorldLoop& loop, std::uint64_t seed, std::uint64_t process, Disk& disk, Witness& witness, DiskMood& mood);
  ~SimStore() override;

  // Called where a commit has failed: the process has 300 ms to end.
  std::function<void()> on_failure;
  // Called where the process ends inside a commit.
  std::function<void()> on_crash;
  // The next commit is the last.
  void die_in_commit() { die_in_commit_ = true; }
  // Nothing of this process reaches the disk any more, and it hears nothing but faults.
  void kill();

  MessageId last_id() const override { return last_; }
  std::string key_of(std::string_view value) const override;
  Task<Result<void>> append(Loop& loop, NewMessage message) override;
  void settle(Loop& loop, Settlement settlement, Done done) override;
  Task<Result<void>> change(Loop& loop, DeliveryId id, State to, std::string reason, std::string by) override;
  Task<Result<void>> hurry(Loop& loop, DeliveryId id, std::string reason, std::string by) override;
  Task<Result<void>> replace(Loop& loop, DeliveryId id, int first_ordinal,
                             std::vector<NewDelivery> deliveries) override;
  Task<Result<int>> deliver(Loop& loop, MessageId id, std::vector<NewDelivery> deliveries, std::string reason,
                            std::string by) override;
  Task<Result<void>> answer(Loop& loop, MessageId id, std::optional<Bytes> reply) override;
  Task<Result<void>> stop_lane(Loop& loop, LaneStop stop) override;
  Task<Result<void>> start_lane(Loop& loop, LaneKey lane) override;
  Task<Result<void>> doubt(Loop& loop, std::vector<Doubtful> rows) override;
  Task<Result<void>> end_doubt(Loop& loop, LaneKey lane) override;
  Task<Result<void>> adopt(Loop& loop, LaneKey from, LaneKey to) override;
  void keep(MessageId id, std::string channel, WallTime at, Incident incident) override;
  Task<Result<void>> record_plan(Loop& loop, std::string channel, std::string hash, std::string text) override;
  Task<Result<Purged>> purge(Loop& loop, PurgeStep step) override;
  Task<Result<Space>> give_back(Loop& loop) override;
  void index_with(Indexer indexer, std::string fingerprint) override;
  Task<Result<SearchPage>> search(Loop& loop, SearchQuery query) override;
  Task<Result<Backup>> backup(Loop& loop, std::string directory) override;
  Task<Result<std::vector<MessageId>>> questions(Loop& loop, std::string channel) override;
  Task<Result<std::optional<std::int64_t>>> sequence(Loop& loop, std::string link) override;
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
  Task<Result<std::vector<DuplicateKey>>> received_since(Loop& loop,
                                                         std::map<std::string, DuplicateSpan> channels) override;
  Task<Result<std::vector<LaneDoubt>>> doubts(Loop& loop) override;
  bool unclean() const override { return unclean_; }
  Task<Result<void>> close(Loop& loop) override;

 private:
  struct Verb {
    std::move_only_function<void(Done)> begin;  // asks the disk
    WallTime at{};                              // when the engine asked, which a store writes down
    Disk::Doubt doubt;                          // `durable` tells the witness
    Done done;
    bool grows = false;  // refused when the disk is full
  };
  using Batch = std::vector<Verb>;

  Task<Result<void>> write(Verb verb);
  void submit(Verb verb, bool now);
  void start_commit();
  void commit(Batch batch);
  std::vector<Result<void>> apply(Batch& batch);
  void resolve_doubts();
  static void answer_all(Batch& batch, const Fault& fault);
  Fault gone() const;
  template <class T, class Ask>
  Task<Result<T>> read(Ask ask);

  WorldLoop& loop_;
  Draw draw_;
  Disk& disk_;
  Witness& witness_;
  DiskMood& mood_;
  MessageId last_;
  bool unclean_ = false;
  Batch waiting_;
  bool committing_ = false, timer_ = false;
  bool dead_ = false, failed_ = false, closed_ = false, die_in_commit_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // callbacks on the loop may outlive us
};

}  // namespace myelin::sim
