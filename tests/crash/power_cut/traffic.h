// The traffic of a store on a disk that loses, tears or fails: messages small, halved and in parts are stored, settled,
// parked and removed by a retention, beside each other. What was answered is noted with every cut; losses() judges what
// a disk holds by it.
#pragma once

#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/conformance/store/store_fixture.h"
#include "tests/crash/power_cut/losing_disk.h"

namespace myelin::testing {

// Every sixtieth of more than a mebibyte, many of a size that is halved; each differs from all others.
std::string body_of(std::int64_t id);

struct Answered {
  std::set<std::int64_t> stored, delivered, parked;
  std::set<std::int64_t> finishing;  // delivery was asked for: a retention may find them finished
  std::int64_t doomed_below = 0;     // what is finished below this was given to a retention
};

struct Cut {
  LosingDisk::Image image;
  Answered answered;  // by then
};

class Traffic : public Driver {
 public:
  struct Load {
    std::int64_t messages = 240;
    int cuts = 24;
    int operations = 3000;  // the cuts fall within the first so many
    bool honest = true;     // false: the disk says that it has synchronised, and has not
  };

  Traffic(std::uint32_t seed, const Load& load);
  ~Traffic();

  // All of it, as far as the disk goes along; the store is gone afterwards.
  void run(const std::string& path);
  std::vector<Cut> take_cuts() { return std::move(cuts_); }
  Cut cut();  // at this moment

  LosingDisk& disk() { return disk_; }
  int checkpoints() const { return checkpoints_; }
  std::int64_t removed() const { return removed_; }
  bool failed() const { return failed_; }  // the store said that it is not to be trusted
  bool trusted_again() const { return trusted_again_; }

 private:
  void begin(std::int64_t id);
  Task<void> append_one(std::int64_t id);
  Task<void> remove_below(std::int64_t id);

  Load load_;
  std::mt19937 random_;
  std::set<std::int64_t> at_, stored_here_, settled_;
  int waiting_ = 0, checkpoints_ = 0;
  std::int64_t removed_ = 0;
  MessageId reached_;
  std::atomic<bool> failed_ = false;
  bool trusted_again_ = false;
  std::mutex lock_;
  Answered answered_;
  std::vector<Cut> cuts_;
  LosingDisk disk_;
};

// What is missing or damaged after the cut, in words; empty: nothing. `from` is the store that was written, `to` where
// what is left of it is opened.
std::string losses(const Cut& cut, const std::string& from, const std::string& to, std::int64_t messages = 240);

}  // namespace myelin::testing
