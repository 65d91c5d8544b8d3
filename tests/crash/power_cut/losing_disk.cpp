#include "tests/crash/power_cut/losing_disk.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <new>

#include "engine/store/sqlite/database.h"

namespace myelin::testing {
namespace {

constexpr std::size_t kSector = 512;

LosingDisk* disk = nullptr;  // SQLite knows its VFS by a plain structure
sqlite3_vfs* below = nullptr;
sqlite3_vfs shim;

// SQLite allocates shim.szOsFile bytes for each file: this head, and behind it the file of the VFS below.
struct OpenFile {
  sqlite3_file head;
  const char* path;  // SQLite keeps it as long as the file is open; null for a temporary file
};

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<OpenFile*>(file) + 1);
}
const char* path_of(sqlite3_file* file) { return reinterpret_cast<OpenFile*>(file)->path; }

int close_file(sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); }
int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  return real(file)->pMethods->xRead(real(file), to, size, at);
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  if (!disk->operation()) return SQLITE_IOERR_WRITE;
  const int code = real(file)->pMethods->xWrite(real(file), from, size, at);
  if (code == SQLITE_OK && path_of(file) != nullptr)
    disk->written(path_of(file), static_cast<std::size_t>(at),
                  {static_cast<const char*>(from), static_cast<std::size_t>(size)});
  return code;
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (!disk->operation()) return SQLITE_IOERR_TRUNCATE;
  const int code = real(file)->pMethods->xTruncate(real(file), size);
  if (code == SQLITE_OK && path_of(file) != nullptr) disk->truncated(path_of(file), static_cast<std::size_t>(size));
  return code;
}
int sync_file(sqlite3_file* file, int flags) {
  if (!disk->operation()) return SQLITE_IOERR_FSYNC;
  if (path_of(file) == nullptr) return real(file)->pMethods->xSync(real(file), flags);
  if (!disk->may_sync(path_of(file))) return SQLITE_IOERR_FSYNC;
  const auto began = disk->sync_begins();
  const int code = real(file)->pMethods->xSync(real(file), flags);
  if (code == SQLITE_OK) disk->synchronised(path_of(file), began);
  return code;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) { return real(file)->pMethods->xFileSize(real(file), size); }
int lock_file(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int unlock_file(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int check_lock(sqlite3_file* file, int* held) { return real(file)->pMethods->xCheckReservedLock(real(file), held); }
int control(sqlite3_file* file, int what, void* value) {
  return real(file)->pMethods->xFileControl(real(file), what, value);
}
int sector_size(sqlite3_file* /*file*/) { return static_cast<int>(kSector); }
// No promise of atomic writes, of order, or that a write leaves its neighbours alone.
int characteristics(sqlite3_file* /*file*/) { return 0; }
int map_index(sqlite3_file* file, int page, int size, int extend, void volatile** to) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, to);
}
int lock_index(sqlite3_file* file, int at, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), at, count, flags);
}
void index_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int unmap_index(sqlite3_file* file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }

const sqlite3_io_methods kMethods = {.iVersion = 2,
                                     .xClose = close_file,
                                     .xRead = read_file,
                                     .xWrite = write_file,
                                     .xTruncate = truncate_file,
                                     .xSync = sync_file,
                                     .xFileSize = file_size,
                                     .xLock = lock_file,
                                     .xUnlock = unlock_file,
                                     .xCheckReservedLock = check_lock,
                                     .xFileControl = control,
                                     .xSectorSize = sector_size,
                                     .xDeviceCharacteristics = characteristics,
                                     .xShmMap = map_index,
                                     .xShmLock = lock_index,
                                     .xShmBarrier = index_barrier,
                                     .xShmUnmap = unmap_index,
                                     .xFetch = nullptr,
                                     .xUnfetch = nullptr};

int open_path(sqlite3_vfs* /*vfs*/, const char* path, sqlite3_file* file, int flags, int* out) {
  auto* opened = new (file) OpenFile{{nullptr}, path};
  const int code = below->xOpen(below, path, real(file), flags, out);
  if (code != SQLITE_OK) return code;
  opened->head.pMethods = &kMethods;
  if (path != nullptr) disk->opened(path);
  return SQLITE_OK;
}
int delete_path(sqlite3_vfs* /*vfs*/, const char* path, int sync_folder) {
  const int code = below->xDelete(below, path, sync_folder);
  if (code == SQLITE_OK) disk->removed(path);
  return code;
}

void put(std::string& file, std::size_t at, std::string_view bytes) {
  if (file.size() < at + bytes.size()) file.resize(at + bytes.size(), '\0');
  std::memcpy(file.data() + at, bytes.data(), bytes.size());
}

}  // namespace

LosingDisk::LosingDisk(std::uint32_t seed, bool honest) : random_(seed), honest_(honest) {
  sqlite3_initialize();
  below = sqlite3_vfs_find(nullptr);
  disk = this;
  shim = *below;
  shim.zName = "losing";
  shim.szOsFile = static_cast<int>(sizeof(OpenFile)) + below->szOsFile;
  shim.xOpen = open_path;
  shim.xDelete = delete_path;
  sqlite3_vfs_register(&shim, 1);
}

LosingDisk::~LosingDisk() {
  sqlite3_vfs_unregister(&shim);
  sqlite3_vfs_register(below, 1);
  disk = nullptr;
}

std::int64_t LosingDisk::operations() const {
  const std::scoped_lock hold(lock_);
  return operations_;
}

bool LosingDisk::operation() {
  const auto number = [this] {
    const std::scoped_lock hold(lock_);
    return ++operations_;
  }();
  const std::scoped_lock hold(calling_);
  if (before_operation_) before_operation_(number);
  return number != fails_at;
}

void LosingDisk::before_operation(std::function<void(std::int64_t)> call) {
  const std::scoped_lock hold(calling_);
  before_operation_ = std::move(call);
}

void LosingDisk::may_sync(std::function<bool(const std::string&)> ask) {
  const std::scoped_lock hold(lock_);
  may_sync_ = std::move(ask);
}

bool LosingDisk::may_sync(const std::string& path) const {
  const auto ask = [this] {
    const std::scoped_lock hold(lock_);
    return may_sync_;
  }();
  return !ask || ask(path);
}

void LosingDisk::opened(const std::string& path) {
  const std::scoped_lock hold(lock_);
  if (files_.contains(path)) return;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  auto& safe = files_[path].safe;
  if (!file) return;
  safe.resize(static_cast<std::size_t>(file.tellg()));
  file.seekg(0).read(safe.data(), static_cast<std::streamsize>(safe.size()));
}

void LosingDisk::forget() {
  const std::scoped_lock hold(lock_);
  files_.clear();
}

void LosingDisk::removed(const std::string& path) {
  const std::scoped_lock hold(lock_);
  files_.erase(path);
}

void LosingDisk::written(const std::string& path, std::size_t at, std::string_view bytes) {
  const std::scoped_lock hold(lock_);
  files_[path].pending.push_back({++changes_, at, std::string(bytes), false});
}

void LosingDisk::truncated(const std::string& path, std::size_t size) {
  const std::scoped_lock hold(lock_);
  files_[path].pending.push_back({++changes_, size, {}, true});
}

std::int64_t LosingDisk::sync_begins() const {
  const std::scoped_lock hold(lock_);
  return changes_;
}

void LosingDisk::synchronised(const std::string& path, std::int64_t began) {
  const std::scoped_lock hold(lock_);
  if (!honest_) return;
  auto& file = files_[path];
  const auto later = std::ranges::find_if(file.pending, [&](const Change& each) { return each.number > began; });
  for (auto change = file.pending.begin(); change != later; ++change) {
    if (change->truncate) file.safe.resize(change->at, '\0');
    else put(file.safe, change->at, change->bytes);
  }
  file.pending.erase(file.pending.begin(), later);
}

// Whole, lost, or torn at the borders of sectors.
void LosingDisk::apply_some(const Change& change, std::string& to) {
  const auto fate = random_() % 4;
  if (fate == 0) return;
  if (change.truncate) {
    to.resize(change.at, '\0');
    return;
  }
  for (std::size_t done = 0; done < change.bytes.size();) {
    const auto size = std::min(kSector - (change.at + done) % kSector, change.bytes.size() - done);
    if (fate != 1 || random_() % 2 == 0) put(to, change.at + done, std::string_view(change.bytes).substr(done, size));
    done += size;
  }
}

LosingDisk::Image LosingDisk::cut() {
  const std::scoped_lock hold(lock_);
  Image image;
  for (const auto& [path, file] : files_) {
    auto& left = image[path] = file.safe;
    for (const auto& change : file.pending) apply_some(change, left);
  }
  return image;
}

}  // namespace myelin::testing
