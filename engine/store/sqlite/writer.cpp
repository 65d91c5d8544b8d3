#include "engine/store/sqlite/writer.h"

#include <algorithm>
#include <chrono>
#include <ranges>

#include "engine/base/event.h"
#include "engine/base/prompt.h"
#include "engine/store/rules.h"

namespace myelin::sqlite {
namespace {

constexpr std::size_t kBatchRows = 2048;
constexpr std::size_t kBatchBytes = 8U << 20;
constexpr Duration kRide = milliseconds(5);
constexpr Duration kBetweenTries = milliseconds(100);
constexpr Duration kLookAgain = milliseconds(1);
constexpr Duration kBetweenLooksAtReserve = seconds(1);  // while nothing comes

MonoTime now() { return std::chrono::steady_clock::now(); }

bool concerns_one_verb(const Fault& fault) {
  return fault.code == FaultCode::wrong_state || fault.code == FaultCode::not_found ||
         fault.code == FaultCode::bad_request;
}

}  // namespace

Writer::Writer(const StoreSettings& settings, FileLock lock, std::unique_ptr<Tables> tables, Published& published,
               RecentMessages& recent, Search& search)
    : lock_file_(std::move(lock)),
      tables_(std::move(tables)),
      published_(&published),
      recent_(&recent),
      search_(&search),
      reserve_(settings.path, settings.reserve_bytes),
      pulse_(settings.pulse),
      on_failure_(settings.on_failure),
      before_sync_(settings.before_sync),
      after_sync_(settings.after_sync),
      most_bytes_(settings.waiting_bytes),
      most_rows_(settings.waiting_rows),
      path_(settings.path) {
  publish();
  sqlite3_wal_hook(connection(), &Writer::log_grew, this);
}

Writer::~Writer() { stop(); }

Result<void> Writer::start() {
  // Under the lock, so that it is not missed by a writer that is about to sleep.
  Callback ended = [this] {
    const std::scoped_lock hold(lock_);
    changed_.notify_one();
  };
  if (auto started = beside_.start(path_, std::move(ended)); !started) return started;
  thread_ = std::thread([this] { run(); });
  return {};
}

void Writer::stop() {
  {
    const std::scoped_lock hold(lock_);
    stop_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Writer::hand_over(std::vector<Request> requests, Haste haste) {
  {
    const std::scoped_lock hold(lock_);
    std::ranges::move(requests, std::back_inserter(queue_));
    if (haste == Haste::now) hasty_ = true;
    if (haste == Haste::rides_alone && !rides_until_) rides_until_ = now() + kRide;
    pulse_->waiting = true;
  }
  if (haste != Haste::rides) changed_.notify_one();
}

void Writer::poke() {
  {
    const std::scoped_lock hold(lock_);
    if (queue_.empty()) return;
    hasty_ = true;
  }
  changed_.notify_one();
}

void Writer::close(Loop& loop, Callback before_last, Store::Done done) {
  {
    const std::scoped_lock hold(lock_);
    closing_ = true;
    close_loop_ = &loop;
    before_last_ = std::move(before_last);
    closed_ = std::move(done);
  }
  changed_.notify_one();
}

bool Writer::overloaded(std::size_t bytes) {
  auto& kind = waiting_with(bytes);
  const bool was = kind.full;
  const bool too_large = store_rules::is_full(was, kind.bytes.load(), most_bytes_ + 1);
  const bool full = too_large || store_rules::is_full(was, waiting_rows_.load(), most_rows_);
  kind.full = full;
  return full;
}

void Writer::count_in(std::size_t bytes) {
  waiting_with(bytes).bytes += bytes;
  waiting_rows_ += 1;
}

std::optional<Fault> Writer::failure() const {
  const std::scoped_lock hold(lock_);
  return failure_;
}

void Writer::run() {
  be_prompt();
  for (;;) {
    auto batch = next_batch();
    if (batch.empty() && growing_.empty() && !backing_up()) break;
    ++pulse_->turns;
    note_what_was_moved_beside();
    if (!batch.empty()) process(std::move(batch));
    copy_next_pages();
    if (log_is_due()) checkpoint_log();
    else if (!beside_.busy()) write_next_part();
  }
  finish();
}

bool Writer::due(MonoTime time) const {
  if (stalled_until_ && time < *stalled_until_) return false;
  return hasty_ || closing_ || (rides_until_ && time >= *rides_until_);
}

bool Writer::ready_to_write(std::unique_lock<std::mutex>& held) {
  const auto time = now();
  if (due(time)) return true;
  if (stalled_until_ && time < *stalled_until_) {
    changed_.wait_until(held, *stalled_until_);
    return false;
  }
  if (rides_until_) changed_.wait_until(held, *rides_until_);
  else changed_.wait(held);
  return false;
}

// Empty: the next part of a big body, or the log, is to be written, or this is the end.
Writer::Batch Writer::next_batch() {
  std::unique_lock held(lock_);
  for (;;) {
    if (stop_ && !closing_) growing_.clear();
    if ((held_up() || beside_.busy()) && (queue_.empty() || !due(now())))
      changed_.wait_for(held, kLookAgain);  // what rides is no reason to look without end
    if (closing_ ? queue_.empty() : stop_) return {};
    if ((!growing_.empty() || backup_) && (queue_.empty() || !due(now()))) return {};
    if (queue_.empty()) {
      hasty_ = false;
      rides_until_.reset();
      wait_for_work(held);
    } else if (ready_to_write(held)) {
      break;
    }
  }
  Batch batch;
  std::size_t bytes = 0;
  while (!queue_.empty() && batch.size() < kBatchRows && bytes < kBatchBytes) {
    bytes += queue_.front().bytes;
    batch.push_back({std::move(queue_.front()), {}});
    queue_.pop_front();
  }
  hasty_ = !queue_.empty();
  rides_until_.reset();
  stalled_until_.reset();
  return batch;
}

// Space goes and comes while nobody sends anything, and whoever asks before sending must hear of it.
void Writer::wait_for_work(std::unique_lock<std::mutex>& held) {
  pulse_->waiting = false;
  changed_.wait_for(held, kBetweenLooksAtReserve);
  if (!queue_.empty() || failure_) return;
  held.unlock();
  pulse_->at_reserve = !reserve_.admits(0);
  held.lock();
}

void Writer::process(Batch batch) {
  if (const auto failed = failure()) return answer_all(std::move(batch), *failed);
  std::size_t bytes = 0;
  for (const auto& item : batch) bytes += item.request.in_parts ? 0 : item.request.bytes;
  const bool admits = reserve_.admits(bytes);
  pulse_->at_reserve = !admits;
  if (!admits) refuse_growth(batch);
  set_big_bodies_aside(batch);
  auto outcome = transaction(batch);
  if (outcome == Commit::full) {
    reserve_.full();
    refuse_growth(batch);
    outcome = transaction(batch);
    if (outcome == Commit::full && !put_back(batch))
      for (auto& item : batch) item.answer = fail(at_reserve());
  }
  if (outcome == Commit::failed) return answer_all(std::move(batch), *failure());
  claim_no_more(batch);
  if (outcome == Commit::done) publish();
  if (outcome == Commit::done) remember(batch);
  answer(std::move(batch));
}

// Refuses what would take new space for good; what only changes rows goes on.
void Writer::refuse_growth(Batch& batch) {
  for (auto& item : batch) {
    if (!item.request.is_append() && !std::holds_alternative<Keep>(item.request.operation)) continue;
    item.refused = true;
    item.answer = fail(at_reserve());
  }
}

Writer::Commit Writer::transaction(Batch& batch) {
  if (std::ranges::all_of(batch, &Item::refused)) return Commit::done;
  if (auto begun = tables_->begin(); !begun) return undo(begun.error());
  for (auto& item : batch) {
    if (item.refused) continue;
    item.answer = tables_->apply(item.request.operation);
    if (!item.answer && !concerns_one_verb(item.answer.error())) return undo(item.answer.error());
  }
  // Readers must look from the lower mark before they can see the rows that need it.
  published_->low_water = std::min(published_->low_water.load(), tables_->totals().low_water);
  return commit();
}

Writer::Commit Writer::commit() {
  ++commits_;
  if (before_sync_) before_sync_(commits_);
  if (auto committed = tables_->commit(); !committed) return undo(committed.error());
  if (after_sync_) after_sync_(commits_);
  return Commit::done;
}

Writer::Commit Writer::undo(Fault fault) {
  tables_->rollback();
  if (fault.code == FaultCode::disk_reserve) return Commit::full;
  latch(std::move(fault));
  return Commit::failed;
}

Fault Writer::at_reserve() const {
  return {FaultCode::disk_reserve, "the disk of " + path_ + " has reached its reserve", {}, {}};
}

void Writer::latch(Fault fault) {
  fault.code = FaultCode::store_failed;
  fault.detail = path_ + ": " + fault.detail;
  {
    const std::scoped_lock hold(lock_);
    if (failure_) return;
    failure_ = fault;
    pulse_->failed = true;
  }
  emit(EventKind::store_failed,
       {{Label::file, std::string_view(path_)}, {Label::reason, std::string_view(fault.detail)}});
  if (on_failure_) on_failure_(std::move(fault));
}

void Writer::publish() {
  const auto& totals = tables_->totals();
  published_->low_water = totals.low_water;
  published_->messages = totals.messages;
  published_->filtered = totals.filtered;
  published_->refused = totals.refused;
  published_->last_id = std::max(totals.last_message, totals.last_incident);
}

void Writer::remember(const Batch& batch) {
  for (const auto& item : batch) {
    const auto* fresh = std::get_if<NewMessage>(&item.request.operation);
    if (!fresh || !item.answer) continue;
    search_->offer(fresh->message);
    if (!fresh->deliveries.empty()) recent_->put(fresh->message);
  }
}

bool Writer::put_back(Batch& batch) {
  const std::scoped_lock hold(lock_);
  if (closing_) return false;
  Batch refused;
  for (auto& item : batch | std::views::reverse) {
    if (item.refused) refused.push_back(std::move(item));
    else queue_.push_front(std::move(item.request));
  }
  std::ranges::reverse(refused);
  batch = std::move(refused);
  hasty_ = true;
  stalled_until_ = now() + kBetweenTries;
  return true;
}

void Writer::answer(Batch batch) {
  std::vector<std::pair<Loop*, std::vector<Answer>>> loops;
  for (auto& item : batch) {
    auto& request = item.request;
    if (request.is_append()) {
      waiting_with(request.bytes).bytes -= request.bytes;
      waiting_rows_ -= 1;
    }
    if (!request.done) continue;
    auto at = std::ranges::find(loops, request.loop, [](const auto& each) { return each.first; });
    if (at == loops.end()) at = loops.emplace(loops.end(), request.loop, std::vector<Answer>());
    at->second.push_back({std::move(request.done), std::move(item.answer)});
  }
  for (auto& [loop, all] : loops)
    loop->post([all = std::move(all)]() mutable {
      for (auto& each : all) each.done(std::move(each.result));
    });
}

void Writer::answer_all(Batch batch, const Fault& fault) {
  for (auto& item : batch) item.answer = fail(fault);
  answer(std::move(batch));
}

void Writer::finish() {
  beside_.stop();
  note_what_was_moved_beside();
  Result<void> result;
  if (closing_) {
    before_last_();
    drop_unclaimed_parts();
    if (!failure()) {
      auto done = tables_->advance_low_water();
      if (done) done = tables_->begin();
      if (done) done = tables_->mark_clean(unclaimed_.empty());
      if (done && commit() != Commit::done) done = fail(FaultCode::store_failed, path_ + ": the last commit failed");
      if (!done) (void)undo(done.error());
      if (done) checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
      result = std::move(done);
    }
  }
  if (const auto failed = failure()) result = fail(*failed);
  // Without close() the file is left as a crash would leave it.
  if (!closing_) sqlite3_db_config(connection(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  tables_.reset();
  lock_file_ = FileLock();
  if (closing_ && closed_)
    close_loop_->post([done = std::move(closed_), result = std::move(result)]() mutable { done(std::move(result)); });
}

}  // namespace myelin::sqlite
