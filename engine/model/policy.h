// Policies of a route: plain values that the compiler fills and the lane obeys (delivery.md, "What a peer's answer
// means").
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"

namespace myelin {

class Condition;  // plan.h

// Full jitter: pause n is rand(0, min(longest, first * 2^n)), never under `least`.
struct RetryPolicy {
  Duration first = seconds(1);
  Duration longest = seconds(60);
  Duration least = milliseconds(100);
};

enum class ReplyAction : std::uint8_t { delivered, retry, park, hold };

// One row of `on_reply`. Rows are tried in order; the first whose code and condition fit decides.
struct ReplyRule {
  std::string code;                       // "AE", "CR", "409"
  std::shared_ptr<const Condition> when;  // over the answer; null: always
  ReplyAction action = ReplyAction::park;
  int retries = 0;                       // for retry: how many answered refusals; 0: all, at the pace of RetryPolicy
  Duration every = seconds(20);          // of so many: how far apart, unless the peer says when to come again …
  ReplyAction then = ReplyAction::park;  // … and what follows them
  bool strictly = false;                 // whatever the peer says: `every` is written
};

// Which of the lanes of a route goes first when not all can; decided at the commit. Nothing starves.
enum class Priority : std::uint8_t { critical, high, normal, low };
inline constexpr std::size_t kPriorities = 4;
inline constexpr std::array<std::string_view, kPriorities> kPriorityNames = {"critical", "high", "normal", "low"};
constexpr std::string_view name_of(Priority priority) { return kPriorityNames[static_cast<std::size_t>(priority)]; }
constexpr std::optional<Priority> parse_priority(std::string_view name) {
  for (std::size_t each = 0; each < kPriorities; ++each)
    if (kPriorityNames[each] == name) return static_cast<Priority>(each);
  return std::nullopt;
}

enum class OrderKind : std::uint8_t { fifo, keyed, none };

struct LanePolicy {
  OrderKind order = OrderKind::fifo;
  int parallel = 1;  // deliveries in flight, each in a session of its own; 1 for fifo
  RetryPolicy retry;
  std::vector<ReplyRule> on_reply;  // before the defaults
  int refused_in_a_row = 3;         // then the lane is held
  int in_doubt = 10;                // then the message is parked, if the peer answers others
  int per_minute = 0;               // attempts; 0: as fast as the peer answers
  int burst = 1;                    // of them at once after a quiet time
  Duration delay{};                 // from the receipt on, before the first attempt
  bool numbered = false;            // by the sequence number protocol: fifo, and settle_each
  bool settle_each = false;         // `settle: each`: every settle durable before the next message
};

enum class Severity : std::uint8_t { info, warning, critical };
constexpr std::string_view name_of(Severity severity) {
  return severity == Severity::info ? "info" : severity == Severity::warning ? "warning" : "critical";
}

// When a person is told of a route: its oldest message is older than `oldest`, or something is parked, or held.
struct AlertRule {
  enum class Kind : std::uint8_t { oldest, parked, held } kind = Kind::oldest;
  Duration oldest = minutes(15);
  Severity severity = Severity::warning;
  std::string notify = {};  // a connection that is told, beside log, metric and status; empty: none
};

// How long what is finished is kept; 0: for ever, no bound.
struct Retention {
  int days = 0;
  int parked = 0;          // days, for what a person had to decide about; no less than `days`
  std::int64_t bytes = 0;  // as received; the oldest go first
};

// Settles of a route that may be behind: so many, and what is in flight, may be sent again after a crash; of one key no
// more than so many.
inline constexpr int kUnsettled = 32;
inline constexpr int kLaneWindow = 256;    // ids in memory of a fifo route
inline constexpr int kKeyedWindow = 4096;  // of one with keys or without order: so many may wait behind blocked keys
inline constexpr int kPriorityWindow = 65536;  // of one with priorities: among so many is chosen
inline constexpr int kMostCollected = 10000;   // messages of one batch (`collect`)
inline constexpr int kParallel = 16;           // sessions of such a route unless it says …
inline constexpr int kMostParallel = 64;       // … up to so many
inline constexpr int kMostKeys = 16;           // keys of one message; one that names more waits for all, and all for it

}  // namespace myelin
