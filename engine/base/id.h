// MessageId: the one number a message is known by in store, log, trace, ACK text and console. It sorts by time of
// receipt and is written in eleven Crockford base32 characters, short enough to read out over the telephone.
//   id = milliseconds since 2020-01-01 UTC (41 bits) * 4096 + counter (12 bits);  0 < id < 2^53, so JSON keeps it.
// DeliveryId = id * 1024 + ordinal: a row number, so the store needs no index to find the deliveries of a message.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"

namespace myelin {

struct MessageId {
  std::int64_t value = 0;
  auto operator<=>(const MessageId&) const = default;
};

inline constexpr std::int64_t kDeliveriesPerMessage = 1024;

struct DeliveryId {
  std::int64_t value = 0;
  auto operator<=>(const DeliveryId&) const = default;

  static DeliveryId of(MessageId message, int ordinal) {
    return DeliveryId{message.value * kDeliveriesPerMessage + ordinal};
  }
  MessageId message() const { return MessageId{value / kDeliveriesPerMessage}; }
  int ordinal() const { return static_cast<int>(value % kDeliveriesPerMessage); }
};

// "01K2Z9Q7M4X". A delivery is written "01K2Z9Q7M4X.2" (ordinal after the dot).
std::string to_string(MessageId id);
std::string to_string(DeliveryId id);

// When it was given, to the millisecond: the time of receipt, unless the wall clock had jumped back.
WallTime time_of(MessageId id);
// The first id that may be given at `time`: all of before are smaller.
MessageId first_id_at(WallTime time);

// Case-insensitive; I and L read as 1, O as 0 (Crockford). Nothing when it is no id.
std::optional<MessageId> parse_message_id(std::string_view text);
std::optional<DeliveryId> parse_delivery_id(std::string_view text);

// Gives ids that only rise, whatever the wall clock does. Thread-safe. `floor` is the highest id in the store.
class IdSource {
 public:
  explicit IdSource(MessageId floor = {}) : last_(floor.value) {}
  MessageId next(WallTime now);

 private:
  std::atomic<std::int64_t> last_;
};

}  // namespace myelin
