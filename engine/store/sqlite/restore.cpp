#include "engine/store/sqlite/restore.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "engine/store/sqlite/backup_job.h"
#include "engine/store/sqlite/durable_file.h"
#include "engine/store/sqlite/open_file.h"
#include "engine/store/sqlite/schema.h"

namespace myelin {
namespace {

using namespace sqlite;

// The first word of SHA256SUMS.
Result<std::string> promised_sum(const std::string& directory) {
  std::ifstream file(directory + "/" + kBackupSums);
  std::string sum, name;
  if (file >> sum >> name && name == kBackupFile && sum.size() == 64) return sum;
  return fail(FaultCode::not_found,
              directory + " holds no whole backup: " + kBackupSums + ", which is written last, is not there");
}

Result<void> verify(const std::string& path) {
  auto database = Database::open(path, SQLITE_OPEN_READONLY);
  if (!database) return fail(database);
  auto ours = database->number("PRAGMA application_id");
  if (!ours) return fail(ours);
  if (*ours != kApplicationId) return fail(FaultCode::schema_invalid, path + " is not a myelin store");
  auto version = database->number("PRAGMA user_version");
  if (!version) return fail(version);
  if (*version > schema_version())
    return fail(FaultCode::schema_newer,
                fmt::format("{} has schema {}, this program knows {}", path, *version, schema_version()));
  auto verdict = database->text("PRAGMA quick_check(1)");
  if (!verdict) return fail(verdict);
  if (*verdict != "ok") return fail(FaultCode::corrupt_row, path + " is damaged: " + *verdict);
  return {};
}

// The store that stands there, with its log: its last commits may be in it.
Result<std::string> set_aside(const std::string& store) {
  std::error_code error;
  if (!std::filesystem::exists(store, error)) return std::string();
  const auto since = std::chrono::floor<seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
  auto aside = fmt::format("{}.before-restore-{}", store, since);
  for (const auto* suffix : {"-wal", ""}) {  // the log first: without its file it is nothing
    if (!std::filesystem::exists(store + suffix, error)) continue;
    if (auto renamed = rename_file(store + suffix, aside + suffix); !renamed) return fail(renamed);
  }
  std::filesystem::remove(store + "-shm", error);
  return aside;
}

}  // namespace

Result<Restored> restore_store(const std::string& backup_directory, const std::string& store) {
  const auto file = backup_directory + "/" + kBackupFile;
  auto promised = promised_sum(backup_directory);
  if (!promised) return fail(promised);
  auto lock = FileLock::take(store);
  if (!lock) return fail(lock);
  const auto incoming = store + ".restoring";
  if (auto copied = copy_file(file, incoming); !copied) return fail(copied);
  auto sum = checksum_of(incoming);
  if (sum && *sum != *promised) sum = fail(FaultCode::corrupt_row, file + " does not match " + kBackupSums);
  auto verified = sum ? verify(incoming) : Result<void>(fail(Fault(sum.error())));
  std::error_code error;
  if (!verified) {
    std::filesystem::remove(incoming, error);
    return fail(verified);
  }
  Restored restored;
  auto aside = set_aside(store);
  if (!aside) return fail(aside);
  restored.set_aside = *aside;
  if (auto renamed = rename_file(incoming, store); !renamed) return fail(renamed);
  // Derived from the store that was.
  for (const auto* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(std::filesystem::path(store).parent_path() / (std::string("search.db") + suffix), error);
  restored.backup = Backup{file, static_cast<std::int64_t>(std::filesystem::file_size(store, error)), *sum};
  return restored;
}

}  // namespace myelin
