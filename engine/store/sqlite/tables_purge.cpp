// What the retention asks of the tables: rows that go, and pages that go back to the file system.
#include <algorithm>
#include <chrono>

#include "engine/store/rules.h"
#include "engine/store/sqlite/tables.h"

namespace myelin::sqlite {
namespace {

constexpr Duration kLongest = milliseconds(5);  // of the writer's time; an append waits at most for that and the sync
constexpr std::int64_t kKeptFree = 20;          // one page in so many may stay free: the next messages use it
constexpr std::int64_t kFreeUnseen = 256;       // so many pages are not worth moving others

MonoTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

Result<void> Tables::apply_one(const Purge& purge) {
  auto& purged = *purge.purged = Purged{};
  purged.unfinished = purge.candidates.unfinished;
  purged.reached = purge.step.after;
  totals_due_ = true;
  if (auto parts = removal_.remove_parts(); !parts) return fail(parts);
  auto removed = remove_some(purge);
  purged.parts = removal_.has_parts();
  purged.end = purged.end && !purged.parts;
  return removed;
}

// As many as one step may.
Result<void> Tables::remove_some(const Purge& purge) {
  const auto until = now() + kLongest;
  auto& purged = *purge.purged;
  auto incidents = removal_.remove_incidents(purge.step);
  if (!incidents) return fail(incidents);
  purged.incidents = *incidents;
  int rows = 0;
  for (const auto& doomed : purge.candidates.messages) {
    if (rows >= store_rules::kPurgeRows || purged.bytes >= purge.step.enough || now() >= until) return {};
    auto gone = removal_.remove(doomed);
    if (!gone) return fail(gone);
    rows += *gone;
    purged.reached = doomed.id;
    if (*gone == 0) {
      purged.unfinished.push_back(doomed.id);
      continue;
    }
    volumes_.add(doomed.channel, -1, -doomed.bytes);
    purged.messages += 1;
    purged.bytes += doomed.bytes;
  }
  purged.reached = purge.candidates.reached;
  purged.end = purge.candidates.end && *incidents == 0;
  return {};
}

Result<void> Tables::apply_one(const GiveBack& give_back) {
  auto size = database_.number("PRAGMA page_size");
  auto pages = database_.number("PRAGMA page_count");
  auto free = database_.number("PRAGMA freelist_count");
  for (auto* each : {&size, &pages, &free})
    if (!*each) return fail(*each);
  *give_back.space = Space{(*pages - *free) * *size, *free * *size, 0};
  if (*free <= std::max(*pages / kKeptFree, kFreeUnseen)) return {};
  if (auto returned = database_.execute("PRAGMA incremental_vacuum(64)"); !returned) return returned;
  auto left = database_.number("PRAGMA freelist_count");
  if (!left) return fail(left);
  give_back.space->free = *left * *size;
  give_back.space->returned = (*free - *left) * *size;
  return {};
}

// A body of many parts whose message has gone must not outlive a clean stop: nothing would look for it.
Result<void> Tables::mark_clean(bool clean) {
  if (clean && removal_.has_parts())
    if (auto swept = sweep_parts(); !swept) return swept;
  auto put = put_meta_.bind_text(1, "clean").bind(2, clean ? 1 : 0).run();
  if (!put) return fail(put);
  return {};
}

}  // namespace myelin::sqlite
