// The writer's share of a backup: some pages of the copy between two batches.
#include <utility>

#include "engine/store/sqlite/writer.h"

namespace myelin::sqlite {

void Writer::back_up(Loop& loop, std::string path, Store::Done done) {
  {
    const std::scoped_lock hold(lock_);
    if (!backup_ && !closing_ && !stop_) {
      backup_.emplace(Copy{&loop, std::move(path), std::move(done)});
      changed_.notify_one();
      return;
    }
  }
  loop.post([done = std::move(done)]() mutable { done(fail(FaultCode::wrong_state, "another backup is under way")); });
}

bool Writer::backing_up() const {
  const std::scoped_lock hold(lock_);
  return backup_.has_value();
}

void Writer::copy_next_pages() {
  std::string path;
  bool ending = false;
  {
    const std::scoped_lock hold(lock_);
    if (!backup_) return;
    path = backup_->path;
    ending = closing_ || stop_;
  }
  if (ending) return end_backup(fail(FaultCode::stopping, "the engine stops; the backup is not whole"));
  if (const auto failed = failure()) return end_backup(fail(*failed));
  if (!copying_) {
    auto begun = BackupJob::begin(connection(), path);
    if (!begun) return end_backup(fail(Fault(begun.error())));
    copying_ = std::move(*begun);
  }
  auto copied = copying_->step();
  if (!copied) end_backup(fail(Fault(copied.error())));
  else if (*copied) end_backup({});
}

void Writer::end_backup(Result<void> result) {
  copying_.reset();
  std::optional<Copy> ended;
  {
    const std::scoped_lock hold(lock_);
    ended = std::exchange(backup_, std::nullopt);
  }
  ended->loop->post([done = std::move(ended->done), result = std::move(result)]() mutable { done(std::move(result)); });
}

}  // namespace myelin::sqlite
