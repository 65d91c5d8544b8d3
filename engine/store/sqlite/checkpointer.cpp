#include "engine/store/sqlite/checkpointer.h"

#include <utility>

namespace myelin::sqlite {

Result<Moved> move_log(sqlite3* connection, int mode) {
  Moved moved;
  const int code = sqlite3_wal_checkpoint_v2(connection, nullptr, mode, &moved.pages, &moved.moved);
  if (code == SQLITE_OK) return moved;
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) return Moved{};
  return fail(last_fault(connection));
}

Result<void> Checkpointer::start(const std::string& path, Callback ended) {
  auto opened = Database::open(path, SQLITE_OPEN_READWRITE);
  if (!opened) return fail(opened);
  // What is moved is synchronised first in the log, then in the file.
  auto set = opened->execute("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0");
  if (!set) return set;
  auto synchronous = opened->number("PRAGMA synchronous");
  if (!synchronous) return fail(synchronous);
  if (*synchronous != 2)
    return fail(FaultCode::store_setting, path + ": PRAGMA synchronous of the checkpointer reads back another value");
  sqlite3_db_config(opened->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  database_ = std::move(*opened);
  ended_ = std::move(ended);
  thread_ = std::thread([this] { run(); });
  return {};
}

bool Checkpointer::begin(int unmoved) {
  if (unmoved <= 0) return false;
  {
    const std::scoped_lock hold(lock_);
    work_ = Work::asked;
  }
  changed_.notify_one();
  return true;
}

bool Checkpointer::busy() const {
  const std::scoped_lock hold(lock_);
  return work_ == Work::asked || work_ == Work::under_way;
}

std::optional<Result<Moved>> Checkpointer::take() {
  const std::scoped_lock hold(lock_);
  if (work_ != Work::done) return std::nullopt;
  work_ = Work::none;
  return std::move(result_);
}

void Checkpointer::stop() {
  {
    const std::scoped_lock hold(lock_);
    stop_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  database_ = Database();
}

void Checkpointer::run() {
  std::unique_lock held(lock_);
  for (;;) {
    changed_.wait(held, [this] { return stop_ || work_ == Work::asked; });
    if (stop_) return;
    work_ = Work::under_way;
    held.unlock();
    auto result = move_log(database_.handle(), SQLITE_CHECKPOINT_PASSIVE);
    held.lock();
    result_ = std::move(result);
    work_ = Work::done;
    held.unlock();
    ended_();
    held.lock();
  }
}

}  // namespace myelin::sqlite
