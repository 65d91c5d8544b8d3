// Opening the store's file: lock, look, set, verify, migrate, checkpoint. Nothing of a file that is not ours or is
// newer than this program is written, and nothing is served before the log has been checkpointed.
#pragma once

#include <string>

#include "engine/store/sqlite/database.h"

namespace myelin::sqlite {

// Held for life on PATH.lock (not on PATH itself: closing a second descriptor there would drop SQLite's own locks).
class FileLock {
 public:
  FileLock() = default;
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileLock();
  // store_locked names the process that has it; store_unwritable.
  static Result<FileLock> take(const std::string& path);

 private:
  int descriptor_ = -1;
};

struct OpenedFile {
  FileLock lock;
  Database database;     // the one connection that writes and checkpoints
  bool unclean = false;  // the last process did not close it
};

// The log is empty and has its working size.
Result<OpenedFile> open_file(const std::string& path);

}  // namespace myelin::sqlite
