// The store on disk: one SQLite file. open_sqlite_store() verifies it, checkpoints it and starts its threads; the
// composition root is the only caller. What a commit promises is in store.h; how it is kept is in writer.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/store/pulse.h"
#include "engine/store/store.h"

namespace myelin {

struct StoreSettings {
  std::string path;                 // the file; its directory must exist. PATH.lock, PATH-wal, PATH-shm stand beside
  std::int64_t reserve_bytes = -1;  // admission stops below this much free space; -1: min(max(5 %, 1 GiB), 10 GiB)
  std::size_t waiting_bytes = 64U << 20;  // appends waiting for the disk; beyond these they answer overloaded
  std::size_t waiting_rows = 65536;
  // Called once, on the store's thread, when a commit has failed: the process must end with status 74.
  std::function<void(Fault)> on_failure;
  // Called on the store's thread before and after the nth commit of this process: crash tests end the process there.
  std::function<void(std::int64_t)> before_sync, after_sync;
  std::shared_ptr<StorePulse> pulse = std::make_shared<StorePulse>();  // how its writer does
};

// store_locked (names the other's pid), schema_newer, schema_invalid, store_unwritable, store_setting, store_failed.
// A file that is newer or not ours is not touched.
Result<std::unique_ptr<Store>> open_sqlite_store(const StoreSettings& settings);

}  // namespace myelin
