// The writer's way with big bodies: part by part, a commit each, with the batches of the others in between.
#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/store/sqlite/writer.h"

namespace myelin::sqlite {
namespace {

constexpr Duration kPatience = seconds(1);

}  // namespace

void Writer::set_big_bodies_aside(Batch& batch) {
  for (auto& item : batch) {
    const auto* fresh = std::get_if<NewMessage>(&item.request.operation);
    if (item.refused || item.request.in_parts || !fresh || parts_of(fresh->message.bytes.size()) == 0) continue;
    growing_.push_back(std::move(item.request));
    item.request = Request();
    item.aside = true;
  }
  std::erase_if(batch, [](const Item& item) { return item.aside; });
}

// A reader keeps the log from beginning again, so it would grow by all that is written now: 64 MiB of it would have to
// be moved at once, and everybody would wait for that. A reader that does not end is waited for no longer.
bool Writer::held_up() const {
  return !growing_.empty() && log_pages_ >= kPagesToCheckpoint &&
         std::chrono::steady_clock::now() < short_log_at_ + kPatience;
}

// In a commit of its own, so that a body of 64 MiB never makes a log of 64 MiB. After the last the message itself is
// the next that is written.
void Writer::write_next_part() {
  if (growing_.empty() || held_up()) return;
  const auto& message = std::get<NewMessage>(growing_.front().operation).message;
  auto outcome = failure() ? Commit::failed : Commit::done;
  bool known = false;  // then the append itself will be refused
  if (outcome == Commit::done && next_part_ == 0) {
    const auto found = tables_->has_message(message.id);
    if (!found) outcome = undo(found.error());
    known = found && *found;
  }
  if (outcome == Commit::done && !known) outcome = write_part(message, next_part_++);
  if (outcome == Commit::done && !known && next_part_ < parts_of(message.bytes.size())) return;
  next_part_ = 0;
  auto request = std::move(growing_.front());
  growing_.pop_front();
  if (outcome == Commit::done) {
    request.in_parts = true;
    const std::scoped_lock hold(lock_);
    queue_.push_front(std::move(request));
    hasty_ = true;
    return;
  }
  if (outcome == Commit::full) {
    reserve_.full();
    unclaimed_.push_back(std::get<NewMessage>(request.operation).message.id);
    drop_unclaimed_parts();
    if (failure()) outcome = Commit::failed;
  }
  Batch batch(1);
  batch.front().request = std::move(request);
  answer_all(std::move(batch), outcome == Commit::full ? at_reserve() : *failure());
}

// It reaches the disk at the latest with the commit of its message, which is the first that somebody is told of: the
// log is one file, and synchronised whole.
Writer::Commit Writer::write_part(const Message& message, int part) {
  auto written = tables_->sync_commits(false);
  if (written) written = tables_->begin();
  if (written) {
    const auto size = part_bytes(message.bytes.size());
    const auto bytes = message.bytes.view().substr(static_cast<std::size_t>(part) * size, size);
    written = tables_->append_part(message.id, part, bytes);
  }
  auto outcome = written ? commit() : undo(written.error());
  if (auto again = tables_->sync_commits(true); !again) {  // whatever the reason: no commit is to be trusted any more
    tables_->rollback();
    latch(std::move(again.error()));
    outcome = Commit::failed;
  }
  return outcome;
}

// Of a message that is refused when all its parts are written: at the reserve, or for what it asked.
void Writer::claim_no_more(const Batch& batch) {
  const auto before = unclaimed_.size();
  for (const auto& item : batch)
    if (item.request.in_parts && !item.answer)
      unclaimed_.push_back(std::get<NewMessage>(item.request.operation).message.id);
  if (unclaimed_.size() > before || (before > 0 && reserve_.admits(0))) drop_unclaimed_parts();
}

// Parts that no message will count. On a disk too full even for that they are dropped when there is room, at the
// latest by the start after this.
void Writer::drop_unclaimed_parts() {
  if (unclaimed_.empty() || failure()) return;
  auto dropped = tables_->begin();
  for (const auto id : unclaimed_) {
    auto known = dropped ? tables_->has_message(id) : Result<bool>(true);
    if (!known) dropped = fail(known);
    else if (!*known) dropped = tables_->drop_parts(id);  // of a message of that id they are its own
  }
  const auto outcome = dropped ? commit() : undo(dropped.error());
  if (outcome == Commit::done) unclaimed_.clear();
}

}  // namespace myelin::sqlite
