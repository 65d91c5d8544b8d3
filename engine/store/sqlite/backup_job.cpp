#include "engine/store/sqlite/backup_job.h"

#include <fmt/format.h>

#include <filesystem>

#include "engine/store/sqlite/durable_file.h"

namespace myelin::sqlite {
namespace {

constexpr int kPagesAtOnce = 64;

}  // namespace

Result<std::unique_ptr<BackupJob>> BackupJob::begin(sqlite3* source, const std::string& to) {
  auto job = std::make_unique<BackupJob>();
  auto copy = Database::open(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!copy) return fail(copy);
  job->copy_ = std::move(*copy);
  if (auto set = job->copy_.execute("PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF"); !set) return fail(set);
  job->backup_.reset(sqlite3_backup_init(job->copy_.handle(), "main", source, "main"));
  if (!job->backup_) return fail(last_fault(job->copy_.handle()));
  return job;
}

Result<bool> BackupJob::step() {
  const int code = sqlite3_backup_step(backup_.get(), kPagesAtOnce);
  if (code == SQLITE_DONE) {
    backup_.reset();
    return true;
  }
  if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) return false;
  return fail(FaultCode::io_failed, fmt::format("SQLite {}: {}", code, sqlite3_errstr(code)));
}

Result<Backup> seal_backup(const std::string& directory) {
  const auto part = directory + "/" + kBackupPart, whole = directory + "/" + kBackupFile;
  {
    auto copy = Database::open(part, SQLITE_OPEN_READWRITE);
    if (!copy) return fail(copy);
    auto verdict = copy->text("PRAGMA quick_check(1)");
    if (!verdict) return fail(verdict);
    if (*verdict != "ok") return fail(FaultCode::corrupt_row, "the copy is damaged: " + *verdict);
    // One file without a log beside it; opening it as a store makes it one with a log again.
    if (auto set = copy->execute("PRAGMA journal_mode=DELETE"); !set) return fail(set);
  }
  auto sum = checksum_of(part);
  if (!sum) return fail(sum);
  Backup backup;
  backup.file = whole;
  backup.sha256 = *sum;
  std::error_code error;
  backup.bytes = static_cast<std::int64_t>(std::filesystem::file_size(part, error));
  if (auto synced = sync_file(part); !synced) return fail(synced);
  if (auto renamed = rename_file(part, whole); !renamed) return fail(renamed);
  const auto sums = directory + "/" + kBackupSums;
  if (auto written = write_file(sums, fmt::format("{}  {}\n", *sum, kBackupFile)); !written) return fail(written);
  return backup;
}

}  // namespace myelin::sqlite
