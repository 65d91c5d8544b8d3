// `myelin restore`: a backup becomes the store. Offline: the store's lock is held meanwhile.
#pragma once

#include <string>

#include "engine/store/store.h"

namespace myelin {

struct Restored {
  Backup backup;
  std::string set_aside;  // where the store is that stood there before; empty: there was none
};

// `store`: the file, "/var/lib/myelin/myelin.db". Nothing of it is touched before the backup has been verified.
// store_locked while an engine uses it, not_found where the backup is not whole, corrupt_row where it is damaged.
Result<Restored> restore_store(const std::string& backup_directory, const std::string& store);

}  // namespace myelin
