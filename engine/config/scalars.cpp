// The scalar forms that options are typed in: durations, sizes and addresses.
#include <charconv>
#include <limits>

#include "engine/config/spec.h"

namespace myelin::config {

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// The whole number at the front of `text`, which is shortened by it.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || text.starts_with('-')) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

struct Unit {
  std::string_view name;
  std::int64_t worth;
};

// The unit at the front of `text`, the longest that fits; the units stand longest first.
const Unit* take_unit(std::string_view& text, std::span<const Unit> units) {
  for (const auto& unit : units) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return &unit;
  }
  return nullptr;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  static constexpr Unit kUnits[] = {{"ms", 1'000'000},
                                    {"s", 1'000'000'000},
                                    {"m", 60'000'000'000},
                                    {"h", 3'600'000'000'000},
                                    {"d", 86'400'000'000'000}};
  if (text == "0") return Duration::zero();
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  std::int64_t last = kMost;  // 1h30m, never 30m1h or 5m5m
  while (!text.empty()) {
    const auto number = take_number(text);
    const Unit* unit = number ? take_unit(text, kUnits) : nullptr;
    if (!unit || unit->worth >= last || *number > (kMost - total) / unit->worth) return std::nullopt;
    total += *number * unit->worth;
    last = unit->worth;
  }
  return Duration(total);
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  static constexpr Unit kUnits[] = {{"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}, {"B", 1}};
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  if (text.empty()) return number;
  const Unit* unit = take_unit(text, kUnits);
  if (!unit || !text.empty() || *number > kMost / unit->worth) return std::nullopt;
  return *number * unit->worth;
}

std::optional<HostPort> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  std::string_view digits = text.substr(colon + 1);
  const auto port = take_number(digits);
  if (!port || !digits.empty() || *port > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  if (host.starts_with('[')) {
    if (!host.ends_with(']') || host.size() < 4) return std::nullopt;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // an IPv6 address without [ ]: where would the port begin?
  }
  if (host.find_first_of(" \t/@[]") != std::string_view::npos) return std::nullopt;
  return HostPort{std::string(host), static_cast<std::uint16_t>(*port)};
}

std::string port_mistake(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto digits = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  const bool number = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (!number || parse_address("x:" + std::string(digits))) return {};
  return "the port " + std::string(digits) + " is out of range: 1 to 65535";
}

}  // namespace myelin::config
