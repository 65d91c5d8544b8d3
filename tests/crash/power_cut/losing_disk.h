// A disk that loses and tears what was not synchronised when the power went. It stands under SQLite as its VFS: all
// goes through to real files, and beside them is kept what a disk would hold after a cut at this very moment.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace myelin::testing {

class LosingDisk {
 public:
  using Image = std::map<std::string, std::string>;  // path -> bytes

  // Becomes SQLite's disk until it is destroyed; one at a time. `honest` false: it says "synchronised" and does
  // nothing.
  LosingDisk(std::uint32_t seed, bool honest);
  LosingDisk(const LosingDisk&) = delete;
  LosingDisk& operator=(const LosingDisk&) = delete;
  ~LosingDisk();

  // Called before each write, truncation and sync, with its number from 1, on the thread that does it, by one at a
  // time; it may cut(). What was called before is not called any more when this returns.
  void before_operation(std::function<void(std::int64_t)> call);
  // Asked before each sync of the file at the path, on the thread that does it, which it may keep. False: it says that
  // it failed.
  void may_sync(std::function<bool(const std::string&)> ask);
  // The operation with this number says that it failed (EIO), and has done nothing.
  std::int64_t fails_at = 0;
  std::int64_t operations() const;

  // What a disk would hold now: all that was synchronised; of each later write all, nothing, or some of its sectors.
  Image cut();
  // No file is open, and those that were will not be asked for again.
  void forget();

  // ---- for the VFS: the paths are whole, offsets in bytes
  void opened(const std::string& path);
  void removed(const std::string& path);
  void written(const std::string& path, std::size_t at, std::string_view bytes);
  void truncated(const std::string& path, std::size_t size);
  // A sync makes safe what was written before it began; how far that is.
  std::int64_t sync_begins() const;
  void synchronised(const std::string& path, std::int64_t began);
  bool operation();  // false: it fails
  bool may_sync(const std::string& path) const;

 private:
  struct Change {
    std::int64_t number;
    std::size_t at;
    std::string bytes;
    bool truncate;
  };
  struct File {
    std::string safe;
    std::vector<Change> pending;
  };

  void apply_some(const Change& change, std::string& to);

  std::mutex calling_;
  std::function<void(std::int64_t)> before_operation_;
  mutable std::mutex lock_;  // guards what follows
  std::function<bool(const std::string&)> may_sync_;
  std::map<std::string, File> files_;
  std::mt19937 random_;
  bool honest_;
  std::int64_t operations_ = 0, changes_ = 0;
};

}  // namespace myelin::testing
