// The writer's way with the log: how long it has become, and when it goes to the file.
#include <chrono>
#include <utility>

#include "engine/base/sabotage.h"
#include "engine/store/sqlite/writer.h"

namespace myelin::sqlite {

int Writer::log_grew(void* self, sqlite3*, const char*, int pages) {
  auto* writer = static_cast<Writer*>(self);
  if (pages < writer->checkpointed_at_) writer->checkpointed_at_ = 0;  // it began again
  if (pages < kPagesToCheckpoint) writer->short_log_at_ = std::chrono::steady_clock::now();
  writer->log_pages_ = pages;
  writer->published_->log_pages = pages;
  return SQLITE_OK;
}

// While big bodies are written it goes to the file after a few parts: what waits for it to begin again is little.
bool Writer::log_is_due() const {
  if (failure() || beside_.busy()) return false;
  const int most = growing_.empty() ? kPagesToCheckpoint : kPagesOfParts;
  return log_pages_ - checkpointed_at_ >= most || held_up();
}

// Of parts beside us, so that small messages wait for none of it. A log that grows nevertheless is ours.
void Writer::checkpoint_log() {
  if (!growing_.empty() && !held_up() && beside_.begin(log_pages_ - checkpointed_at_)) return;
  checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  fault_site(FaultSite::mid_checkpoint);
  advance_low_water();
}

void Writer::advance_low_water() {
  if (auto moved = tables_->advance_low_water(); !moved) latch(moved.error());
  else published_->low_water = tables_->totals().low_water;
}

void Writer::checkpoint(int mode) { note(move_log(connection(), mode)); }

void Writer::note_what_was_moved_beside() {
  auto result = beside_.take();
  if (!result) return;
  note(std::move(*result));
  if (!failure()) advance_low_water();
}

// All moved, and nothing came since: it begins again. A reader may keep it from that; then the next so many pages are
// the next occasion.
void Writer::note(Result<Moved> result) {
  if (result && result->pages == result->moved && result->moved == log_pages_) log_pages_ = 0;
  checkpointed_at_ = log_pages_;
  if (result) return;
  if (result.error().code == FaultCode::disk_reserve) reserve_.full();
  else latch(std::move(result.error()));
}

}  // namespace myelin::sqlite
