// Purger: deletes what the retention gives up, in small steps beside the traffic, and returns the space. Each minute a
// pass: what has become too old, then what is too much. It remembers how far it has looked, so that a pass of a big
// store reads only what has come of age since the last; what was unfinished then is looked at again by its id.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <tuple>
#include <vector>

#include "engine/base/loop.h"
#include "engine/base/task.h"
#include "engine/model/policy.h"
#include "engine/store/store.h"

namespace myelin::runtime {

struct RetentionRules {
  Retention fallback;                         // of channels that say nothing; its `bytes` are those of the whole file
  std::map<std::string, Retention> channels;  // those that say something
};

struct PurgeView {  // since the process began
  std::int64_t messages = 0, bytes = 0, incidents = 0;
  std::int64_t returned = 0;  // bytes, to the file system
  std::optional<WallTime> last_pass;
  Space space;
  std::string fault;  // why the last pass ended early
};

class Purger {
 public:
  static constexpr Duration kBetweenPasses = minutes(1);
  static constexpr Duration kLookAgain = hours(1);  // at what was unfinished
  static constexpr Duration kBetweenSteps = milliseconds(5);
  static constexpr auto kNeverYounger = hours(1);  // what `bytes` never takes: the window of duplicates needs it

  // The store outlives it.
  Purger(Loop& loop, Store& store) : loop_(loop), store_(store) {}

  // From the next pass on.
  void use(RetentionRules rules) { coming_ = std::move(rules); }
  // A pass each minute, until it is stopped.
  Task<void> run(std::stop_token stop);
  Task<Result<void>> pass(std::stop_token stop);

  const PurgeView& view() const { return view_; }

 private:
  // Channels that are looked at together, because the same is too old for them.
  struct Group {
    std::vector<std::string> channels;
    bool of_others = false;
    MessageId looked_to;           // all before it was looked at
    std::vector<MessageId> waits;  // was unfinished then
    MonoTime looked_again;
  };
  using GroupKey = std::tuple<int, bool>;  // days, spare_decided

  static std::map<GroupKey, Group> groups_of(const RetentionRules& rules);
  static PurgeStep step_of(const GroupKey& key, const Group& group);
  Task<Result<void>> by_age(std::stop_token stop);
  Task<Result<void>> by_bytes(std::stop_token stop);
  Task<Result<void>> look_again(const GroupKey& key, Group& group, std::stop_token stop);
  // Until the end, or until enough bytes have gone; how far it came.
  Task<Result<MessageId>> walk(PurgeStep step, std::vector<MessageId>* waits, std::stop_token stop);
  Task<Result<void>> give_back(std::stop_token stop);
  Task<Result<void>> empty(PurgeStep step, std::int64_t too_much, std::string cursor, std::stop_token stop);

  Loop& loop_;
  Store& store_;
  std::optional<RetentionRules> coming_;
  RetentionRules rules_;
  std::map<GroupKey, Group> groups_;
  std::map<std::string, MessageId> emptied_to_;  // by channel: how far `bytes` has gone
  PurgeView view_;
};

}  // namespace myelin::runtime
