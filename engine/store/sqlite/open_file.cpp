#include "engine/store/sqlite/open_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "engine/base/sabotage.h"
#include "engine/store/sqlite/schema.h"

namespace myelin::sqlite {
namespace {

constexpr std::size_t kLogBytes = 4U << 20;
constexpr std::size_t kHeaderBytes = 105;       // of the file, and of the first page as far as its number of cells
constexpr std::size_t kMostOfBeginning = 8192;  // what is written before there is a log
constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kVersionOffset = 60, kApplicationOffset = 68, kCellsOffset = 103;

class File {
 public:
  File(const std::string& path, int flags) : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  explicit operator bool() const { return descriptor_ >= 0; }
  int operator*() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

std::unexpected<Fault> unwritable(const std::string& path) {
  return fail(FaultCode::store_unwritable, fmt::format("{}: {}", path, std::strerror(errno)));
}

std::int64_t big_endian(const std::array<char, kHeaderBytes>& header, std::size_t at) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value * 256 + static_cast<unsigned char>(header[at + i]);
  return value;
}

Result<void> newer(const std::string& path, std::int64_t version) {
  return fail(FaultCode::schema_newer,
              fmt::format("{} has schema {}, this program knows {}", path, version, schema_version()));
}

// A process that ended while it made the file leaves a first page that no table is on; the log has the rest, or
// nothing.
bool half_made(const std::array<char, kHeaderBytes>& header) {
  return big_endian(header, kApplicationOffset) == 0 && big_endian(header, kVersionOffset) == 0 &&
         header[kCellsOffset] == 0 && header[kCellsOffset + 1] == 0;
}

// The power went while the file was made: it has a length, and nothing that was written. One that ever was a store has
// more than this, or a log.
bool never_written(const File& file, const std::string& path, std::int64_t size) {
  std::array<char, kMostOfBeginning> bytes{};
  if (size > std::ssize(bytes)) return false;
  std::error_code ignored;
  if (std::filesystem::exists(path + "-wal", ignored)) return false;
  const auto read = ::pread(*file, bytes.data(), bytes.size(), 0);
  return read == size && std::ranges::all_of(bytes, [](char each) { return each == 0; });
}

// Reads the header before SQLite sees the file. True: there is a store; false: there is nothing yet.
Result<bool> look(const std::string& path) {
  const File file(path, O_RDWR | O_CREAT);
  if (!file) return unwritable(path);
  struct stat about{};
  if (::fstat(*file, &about) != 0 || !S_ISREG(about.st_mode))
    return fail(FaultCode::schema_invalid, path + " is not a file");
  if (about.st_size == 0) return false;
  if (never_written(file, path, about.st_size))
    return ::ftruncate(*file, 0) == 0 ? Result<bool>(false) : Result<bool>(unwritable(path));
  std::array<char, kHeaderBytes> header{};
  const auto size = ::pread(*file, header.data(), header.size(), 0);
  const std::string_view start(header.data(), kMagic.size());
  const bool database = size == kHeaderBytes && start == kMagic;
  if (database && half_made(header)) return false;
  if (!database || big_endian(header, kApplicationOffset) != kApplicationId)
    return fail(FaultCode::schema_invalid, path + " is there and is not a myelin store");
  const auto version = big_endian(header, kVersionOffset);
  if (auto known = version <= schema_version() ? Result<void>() : newer(path, version); !known) return fail(known);
  return true;
}

// Sets what durability rests on and reads it back.
Result<void> set(Database& database) {
  struct Setting {
    const char* write;
    const char* read;
    const char* expected;
  };
  constexpr std::array<Setting, 9> kSettings = {{
      // auto_vacuum first: it cannot change once the file has its first page.
      {"PRAGMA auto_vacuum=INCREMENTAL", "PRAGMA auto_vacuum", "2"},
      {"PRAGMA journal_mode=WAL", "PRAGMA journal_mode", "wal"},
      {"PRAGMA synchronous=FULL", "PRAGMA synchronous", "2"},
      {"PRAGMA wal_autocheckpoint=0", "PRAGMA wal_autocheckpoint", "0"},
      {"PRAGMA journal_size_limit=-1", "PRAGMA journal_size_limit", "-1"},
      {"PRAGMA mmap_size=0", "PRAGMA mmap_size", "0"},
      {"PRAGMA cache_size=-8000", "PRAGMA cache_size", "-8000"},
      {"PRAGMA foreign_keys=ON", "PRAGMA foreign_keys", "1"},
      {"PRAGMA busy_timeout=5000", "PRAGMA busy_timeout", "5000"},
  }};
  for (const auto& setting : kSettings) {
    if (auto written = database.execute(setting.write); !written) return written;
    auto read = database.text(setting.read);
    if (!read) return fail(read);
    if (*read != setting.expected)
      return fail(FaultCode::store_setting,
                  fmt::format("{} reads back {}, not {}", setting.read, *read, setting.expected));
  }
  if (sabotaged(Bug::synchronous_normal)) return database.execute("PRAGMA synchronous=NORMAL");
  return {};
}

// In full: where quick_check reads every page too, this compares the few indexes with their tables besides (decision
// 79).
Result<void> verify(Database& database) {
  auto verdict = database.text("PRAGMA integrity_check(1)");
  if (verdict && *verdict == "ok") return {};
  return fail(FaultCode::store_failed,
              "integrity_check after an unclean stop: " + (verdict ? *verdict : verdict.error().detail));
}

// The schema as SQLite sees it: the log may hold a newer one than the header of the file.
Result<void> bring_up_to_date(Database& database, const std::string& path, bool existed) {
  auto version = database.number("PRAGMA user_version");
  if (!version) return fail(version);
  if (*version > schema_version()) {
    sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    return newer(path, *version);
  }
  auto tables = database.number("SELECT count(*) FROM sqlite_schema WHERE name IN ('message','delivery','meta')");
  if (!tables) return fail(tables);
  if (existed && *version > 0 && *tables != 3)
    return fail(FaultCode::schema_invalid, path + " does not have the tables of a myelin store");
  return migrate(database, static_cast<int>(*version));
}

Result<void> empty_log(Database& database) {
  int left = 0;
  int moved = 0;
  const int code = sqlite3_wal_checkpoint_v2(database.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, &left, &moved);
  if (code != SQLITE_OK) return fail(last_fault(database.handle()));
  return {};
}

// Fills the log with zeros to its working size, so that no commit changes the file's length. It must be empty: a page
// that waits in it would be lost.
Result<void> preallocate_log(const std::string& path) {
  const File file(path + "-wal", O_WRONLY);
  if (!file) return unwritable(path + "-wal");
  // Written, not reserved: the first write into reserved blocks is a change of the file's metadata too. SQLite takes
  // a log without its magic number for an empty one.
  const std::string zeros(1U << 16, '\0');
  for (std::size_t at = 0; at < kLogBytes; at += zeros.size())
    if (::pwrite(*file, zeros.data(), zeros.size(), static_cast<off_t>(at)) < 0) return {};  // no room: it will grow
  ::fdatasync(*file);
  return {};
}

// A new file is not on the disk before its name is.
Result<void> sync_directory(const std::string& path) {
  const auto folder = std::filesystem::absolute(path).parent_path();
  const File directory(folder, O_RDONLY | O_DIRECTORY);
  if (!directory || ::fsync(*directory) != 0) return unwritable(folder);
  return {};
}

Fault placed(Fault fault, const std::string& path) {
  if (fault.code == FaultCode::corrupt_row) fault.code = FaultCode::store_failed;  // the file, not a message
  if (!fault.detail.contains(path)) fault.detail = path + ": " + fault.detail;
  return fault;
}

Result<void> open_into(OpenedFile& opened, const std::string& path) {
  auto existed = look(path);
  if (!existed) return fail(existed);
  auto database = Database::open(path, SQLITE_OPEN_READWRITE);
  if (!database) return fail(database);
  opened.database = std::move(*database);
  if (auto ready = set(opened.database); !ready) return ready;
  if (auto ready = bring_up_to_date(opened.database, path, *existed); !ready) return ready;
  auto clean = opened.database.number("SELECT value FROM meta WHERE name='clean'");
  if (!clean) return fail(clean);
  auto used = opened.database.number("SELECT count(*) FROM meta");
  if (!used) return fail(used);
  opened.unclean = *used > 0 && *clean == 0;
  if (opened.unclean)
    if (auto whole = verify(opened.database); !whole) return whole;
  if (auto emptied = empty_log(opened.database); !emptied) return emptied;
  if (auto roomy = preallocate_log(path); !roomy) return roomy;
  return *existed ? Result<void>() : sync_directory(path);
}

}  // namespace

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<FileLock> FileLock::take(const std::string& path) {
  const auto name = path + ".lock";
  File file(name, O_RDWR | O_CREAT);
  if (!file) return unwritable(name);
  if (::flock(*file, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> holder{};
    const auto size = ::pread(*file, holder.data(), holder.size() - 1, 0);
    const std::string pid(holder.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    return fail(FaultCode::store_locked, fmt::format("{} is in use by process {}", path, pid));
  }
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(*file, 0) != 0 || ::pwrite(*file, pid.data(), pid.size(), 0) < 0) return unwritable(name);
  FileLock lock;
  lock.descriptor_ = file.release();
  return lock;
}

Result<OpenedFile> open_file(const std::string& path) {
  // Its mutex would be taken by every allocation of three threads; nobody asks SQLite how much memory it has.
  static std::once_flag configured;
  std::call_once(configured, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
  auto lock = FileLock::take(path);
  if (!lock) return fail(lock);
  OpenedFile opened;
  opened.lock = std::move(*lock);
  if (auto done = open_into(opened, path); !done) return fail(placed(done.error(), path));
  return opened;
}

}  // namespace myelin::sqlite
