// A copy of the store while it works: SQLite's backup API over the writer's own connection, a few pages between two
// batches. Through that one connection each later write goes into the copy too, so it never begins again, and there is no
// second connection that could be in the way of the log (delivery.md, The store).
#pragma once

#include <memory>
#include <string>

#include "engine/store/sqlite/database.h"
#include "engine/store/store.h"

namespace myelin::sqlite {

class BackupJob {
 public:
  // `to`: a file that is not there yet.
  static Result<std::unique_ptr<BackupJob>> begin(sqlite3* source, const std::string& to);
  // True: the copy is whole.
  Result<bool> step();

 private:
  struct Finish {
    void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
  };
  Database copy_;  // before the backup: it ends after it
  std::unique_ptr<sqlite3_backup, Finish> backup_;
};

// Checks the copy, makes it one file that is on the disk, and says what its checksum is. Takes as long as the disk needs.
Result<Backup> seal_backup(const std::string& directory);

inline constexpr const char* kBackupFile = "myelin.db";
inline constexpr const char* kBackupPart = "myelin.db.part";
inline constexpr const char* kBackupSums = "SHA256SUMS";  // as sha256sum(1) writes and checks it

}  // namespace myelin::sqlite
