// The configurations that went live, each a folder of plain files that a person can read and `diff -r`:
//     000012/went-live.json, 000012/connections.yaml, 000012/channels/adt.yaml …
// What two of them have alike is one file on the disk (a hard link). They hold no secrets, which a configuration only
// names, no samples, and not myelin.yaml. Limits: the last kMostConfigurations.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/fault.h"

namespace myelin::admin {

inline constexpr std::size_t kMostConfigurations = 50;

struct LiveConfiguration {
  int number = 0;
  std::string hash;                                                   // of all its files
  WallTime at{};                                                      // when it went live
  std::string by;                                                     // who: "uid:1000 anna", or "engine"
  std::string how;                                                    // "start", "reload" or "rollback"
  int of = 0;                                                         // of a rollback: which one it is again
  std::string reason = {};                                            // of a rollback
  std::vector<std::string> started = {}, changed = {}, removed = {};  // channels
  std::vector<std::string> failed = {};  // channels that could not be opened when it went live

  bool rolled_back() const { return how == "rollback"; }
};

// By the path below the directory of the configuration.
using ConfigurationTexts = std::map<std::string, std::string>;

// Thread-safe, but for add(): one at a time.
class History {
 public:
  // The folder is made with the first. What is there and cannot be understood is passed over.
  static std::unique_ptr<History> open(std::string folder);

  std::vector<LiveConfiguration> all() const;  // the oldest first
  std::optional<LiveConfiguration> running() const;
  std::optional<LiveConfiguration> find(int number) const;
  // What `rollback` goes back to when no number is said: what ran before what runs (or before what was rolled back to),
  // says something else, and had no channel that failed.
  std::optional<LiveConfiguration> before_running() const;
  // not_found, io_failed.
  Result<ConfigurationTexts> texts(int number) const;

  // It runs now: gets the next number, and the time is the caller's. What says the same as the running one is no new
  // one, unless one of both is a rollback. Its number, or that of the running one. io_failed.
  Result<int> add(LiveConfiguration one, const ConfigurationTexts& texts);
  // It runs, and these channels failed: known only when it runs. not_found, io_failed.
  Result<void> mark_failed(int number, std::vector<std::string> channels);

 private:
  explicit History(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_of(int number) const;
  Result<void> write(const LiveConfiguration& one, const ConfigurationTexts& texts, int before) const;

  std::string folder_;
  mutable std::mutex mutex_;
  std::vector<LiveConfiguration> all_;
  ConfigurationTexts last_;  // of the newest; empty after a restart, so that the next shares nothing with it
};

std::string hash_of(const ConfigurationTexts& texts);

}  // namespace myelin::admin
