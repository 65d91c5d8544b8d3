// Moves the log into the file beside the writer, on a connection and a thread of its own. While a big body is written
// that is done after every few parts, and what is small would wait for it in between; a checkpoint keeps nobody from
// a commit.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/base/loop.h"
#include "engine/store/sqlite/database.h"

namespace myelin::sqlite {

// Of the log: how many pages it had, and how many of them stand in the file now. Fewer: somebody still reads the
// others.
struct Moved {
  int pages = 0;
  int moved = 0;
};

// `mode`: SQLITE_CHECKPOINT_…; a log that somebody else moves or keeps is no fault, and nothing was moved then.
Result<Moved> move_log(sqlite3* connection, int mode);

class Checkpointer {
 public:
  Checkpointer() = default;
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;
  ~Checkpointer() { stop(); }

  // `ended` runs on the thread whenever take() has something.
  Result<void> start(const std::string& path, Callback ended);
  // What the log holds now is to be moved; `unmoved` pages of it are not in the file yet, and nobody but this moves any
  // before it has ended. Not while busy(). False, and nothing is done, where there is none to move: a checkpoint of a
  // log that is all in the file, while another connection writes, is where SQLite before 3.51.3 loses a commit
  // (decision 69).
  bool begin(int unmoved);
  // It is at it.
  bool busy() const;
  // What came of the last begin(), once, and not before it has ended.
  std::optional<Result<Moved>> take();
  // Ends what is under way, and the thread; its connection leaves the log as it is.
  void stop();

 private:
  enum class Work : std::uint8_t { none, asked, under_way, done };

  void run();

  mutable std::mutex lock_;
  std::condition_variable changed_;
  Work work_ = Work::none;
  bool stop_ = false;
  Result<Moved> result_;
  Database database_;
  Callback ended_;
  std::thread thread_;
};

}  // namespace myelin::sqlite
