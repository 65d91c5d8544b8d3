// The writer's thread: group commit. The one thread, and the one connection, that writes and checkpoints.
//
//  1 loops hand over what they were asked for, once a turn (handover.h)
//  2 an append starts a commit at once; what arrives while its fsync runs is the next batch; settlements ride along
//  3 one transaction, one fsync; but a big body is written first, part by part, a commit each, with the batches of the
//    others in between: nobody waits for it but its sender, and what is asked for later may be answered earlier
//  4 the answers leave: one post a loop, in the order of the verbs
//  5 then, every 250 pages, and after each part, the log is checkpointed, so that it starts again at its beginning and
//    never grows
//
// Full disk: the batch is undone, its appends answer disk_reserve, the rest is tried again until it is written.
// Failed commit: after it nobody knows what is on the disk, so the writer is latched and answers store_failed for ever.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/store/sqlite/backup_job.h"
#include "engine/store/sqlite/checkpointer.h"
#include "engine/store/sqlite/disk_reserve.h"
#include "engine/store/sqlite/open_file.h"
#include "engine/store/sqlite/queries.h"
#include "engine/store/sqlite/recent_messages.h"
#include "engine/store/sqlite/schema.h"
#include "engine/store/sqlite/search.h"
#include "engine/store/sqlite/sqlite_store.h"
#include "engine/store/sqlite/tables.h"

namespace myelin::sqlite {

struct Request {
  Operation operation;
  Loop* loop = nullptr;  // where `done` runs
  Store::Done done;      // may be empty
  std::size_t bytes = 0;
  bool in_parts = false;  // of a big body all parts are on the disk

  bool is_append() const { return std::holds_alternative<NewMessage>(operation); }
};

// How soon a hand-over wants to be written.
enum class Haste : std::uint8_t {
  now,          // somebody waits for it
  rides,        // with the next commit; who hands it over pokes the writer within 5 ms
  rides_alone,  // with the next commit, or by itself after 5 ms without any poke
};

class Writer {
 public:
  // The file is open, its schema current, its log empty. Threads start with start().
  Writer(const StoreSettings& settings, FileLock lock, std::unique_ptr<Tables> tables, Published& published,
         RecentMessages& recent, Search& search);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  // Ends without marking the file clean, unless close() did.
  ~Writer();

  Result<void> start();
  void hand_over(std::vector<Request> requests, Haste haste);
  // Writes what rides, if anything does.
  void poke();
  // Writes what was handed over, then calls `before_last` (readers end there), checkpoints, marks the file clean and
  // closes it. Nothing may be handed over after it.
  void close(Loop& loop, Callback before_last, Store::Done done);
  // Copies the file to `path` between the batches of others; one backup at a time (wrong_state).
  void back_up(Loop& loop, std::string path, Store::Done done);
  // For the end without close().
  void stop();

  // Whether an append of `bytes` must be refused because too much waits: from the bound on until no more than three
  // fifths of it wait, so that senders are not told yes and no in turns. Big bodies wait beside the others, each kind
  // up to the bound: none keeps the others out. The caller counts itself in with count_in().
  bool overloaded(std::size_t bytes);
  void count_in(std::size_t bytes);
  std::optional<Fault> failure() const;
  DiskRoom disk_room() const { return reserve_.room(); }

 private:
  struct Answer {
    Store::Done done;
    Result<void> result;
  };
  struct Item {
    Request request;
    Result<void> answer;
    bool refused = false;  // answered before it came to the transaction
    bool aside = false;    // its parts are written first
  };
  using Batch = std::vector<Item>;
  struct Waiting {  // for the disk
    std::atomic<std::size_t> bytes{0};
    std::atomic<bool> full{false};
  };
  enum class Commit : std::uint8_t { done, full, failed };

  static constexpr int kPagesToCheckpoint = 250, kPagesOfParts = 4 * kPartBytes / 4096;

  Waiting& waiting_with(std::size_t bytes) { return parts_of(bytes) == 0 ? small_ : big_; }
  sqlite3* connection() const { return tables_->database().handle(); }
  void run();
  Batch next_batch();
  void wait_for_work(std::unique_lock<std::mutex>& held);
  bool due(MonoTime time) const;
  bool ready_to_write(std::unique_lock<std::mutex>& held);
  void process(Batch batch);
  void refuse_growth(Batch& batch);
  void set_big_bodies_aside(Batch& batch);
  bool held_up() const;
  void write_next_part();
  Commit write_part(const Message& message, int part);
  void claim_no_more(const Batch& batch);
  void drop_unclaimed_parts();
  Commit transaction(Batch& batch);
  Commit commit();
  Commit undo(Fault fault);
  Fault at_reserve() const;
  void latch(Fault fault);
  void publish();
  void remember(const Batch& batch);
  // Writes later what was not refused; false: there is no later.
  bool put_back(Batch& batch);
  void answer(Batch batch);
  void answer_all(Batch batch, const Fault& fault);
  bool backing_up() const;
  void copy_next_pages();
  void end_backup(Result<void> result);
  bool log_is_due() const;
  void checkpoint_log();
  void checkpoint(int mode);
  void advance_low_water();
  void note_what_was_moved_beside();
  void note(Result<Moved> result);
  void finish();
  static int log_grew(void* self, sqlite3* connection, const char* name, int pages);

  FileLock lock_file_;
  std::unique_ptr<Tables> tables_;
  Published* published_;
  RecentMessages* recent_;
  Search* search_;
  std::unique_ptr<BackupJob> copying_;
  DiskReserve reserve_;
  std::shared_ptr<StorePulse> pulse_;
  std::function<void(Fault)> on_failure_;
  std::function<void(std::int64_t)> before_sync_, after_sync_;
  std::size_t most_bytes_, most_rows_;
  std::string path_;
  std::int64_t commits_ = 0;
  int log_pages_ = 0, checkpointed_at_ = 0;
  MonoTime short_log_at_;
  std::deque<Request> growing_;       // appends whose parts are being written, the first just now
  int next_part_ = 0;                 // of the first
  std::vector<MessageId> unclaimed_;  // refused, and their parts may still be there

  mutable std::mutex lock_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Request> queue_;
  bool hasty_ = false;                     // something in the queue wants to be written now
  std::optional<MonoTime> rides_until_;    // something rides alone: written then at the latest
  std::optional<MonoTime> stalled_until_;  // the disk was full: not tried before
  bool closing_ = false, stop_ = false;
  struct Copy {
    Loop* loop;
    std::string path;
    Store::Done done;
  };
  std::optional<Copy> backup_;
  Loop* close_loop_ = nullptr;
  Callback before_last_;
  Store::Done closed_;
  std::optional<Fault> failure_;

  Checkpointer beside_;
  Waiting small_, big_;
  std::atomic<std::size_t> waiting_rows_{0};
  std::thread thread_;
};

}  // namespace myelin::sqlite
