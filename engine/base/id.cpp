#include "engine/base/id.h"

#include <algorithm>
#include <charconv>

namespace myelin {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr int kDigits = 11;
constexpr std::int64_t kEpochMs = 1577836800000;  // 2020-01-01T00:00:00Z
constexpr std::int64_t kPerMs = 4096;
constexpr std::int64_t kLimit = std::int64_t{1} << 53;

int digit_value(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == 'I' || c == 'L') c = '1';
  if (c == 'O') c = '0';
  const auto at = kCrockford.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

std::string to_string(MessageId id) {
  std::string text(kDigits, '0');
  auto rest = static_cast<std::uint64_t>(id.value);
  for (int i = kDigits - 1; i >= 0; --i, rest >>= 5) text[static_cast<std::size_t>(i)] = kCrockford[rest & 31];
  return text;
}

std::string to_string(DeliveryId id) { return to_string(id.message()) + "." + std::to_string(id.ordinal()); }

WallTime time_of(MessageId id) { return WallTime(milliseconds(id.value / kPerMs + kEpochMs)); }

MessageId first_id_at(WallTime time) {
  const auto ms = std::chrono::floor<milliseconds>(time.time_since_epoch()).count() - kEpochMs;
  return MessageId{std::max<std::int64_t>(ms, 0) * kPerMs};
}

std::optional<MessageId> parse_message_id(std::string_view text) {
  if (text.size() != kDigits) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    const int digit = digit_value(c);
    if (digit < 0) return std::nullopt;
    value = value * 32 + digit;
    if (value >= kLimit) return std::nullopt;
  }
  return MessageId{value};
}

std::optional<DeliveryId> parse_delivery_id(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto message = parse_message_id(text.substr(0, dot));
  int ordinal = -1;
  const auto digits = text.substr(dot + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ordinal);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  if (!message || !whole || ordinal < 0 || ordinal >= kDeliveriesPerMessage) return std::nullopt;
  return DeliveryId::of(*message, ordinal);
}

MessageId IdSource::next(WallTime now) {
  const auto ms = std::chrono::duration_cast<milliseconds>(now.time_since_epoch()).count() - kEpochMs;
  const auto by_clock = ms * kPerMs;
  auto last = last_.load(std::memory_order_relaxed);
  std::int64_t next = 0;
  do {
    next = by_clock > last ? by_clock : last + 1;
  } while (!last_.compare_exchange_weak(last, next, std::memory_order_relaxed));
  return MessageId{next};
}

}  // namespace myelin
