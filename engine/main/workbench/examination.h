// Examination: what can be wrong with the machine that the engine runs on, and what to do about it. Nothing is changed,
// but for one file in the store's folder that is written to time the disk, and removed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace myelin {

struct Finding {
  enum class Level : std::uint8_t { ok, warning, trouble } level = Level::ok;
  std::string subject;  // "disk"
  std::string said;     // what was seen
  std::string remedy;   // what to do; empty when ok
};

std::string_view name_of(Finding::Level level);

// Its owner, its mode, and whether this user may write there.
Finding examine_store(const std::string& directory);
// Free space against the reserve below which messages are refused; 0: the engine's own rule.
Finding examine_space(const std::string& directory, std::int64_t reserve);
// How long a small write takes to be on the disk: what each acknowledgement waits for.
Finding examine_sync(const std::string& directory);
// Of the running daemon, or, where none is seen, of this process.
Finding examine_descriptors();
Finding examine_clock();
Finding examine_unit();
// Files that others may write, and private keys that others may read.
Finding examine_files(const std::string& configuration);

}  // namespace myelin
