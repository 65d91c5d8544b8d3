// A number with its noun, for texts that people read: one rule, so that nothing says "1 deliveries".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace myelin {

// "message" for 1, else "messages"; "delivery", "deliveries"; "batch", "batches". `noun` in the singular, one with a
// regular plural.
inline std::string plural(std::int64_t count, std::string_view noun) {
  if (count == 1) return std::string(noun);
  const bool changes = noun.size() > 1 && noun.ends_with('y') &&
                       std::string_view("aeiou").find(noun[noun.size() - 2]) == std::string_view::npos;
  if (noun.ends_with("ch") || noun.ends_with("s")) return std::string(noun) + "es";
  return changes ? std::string(noun.substr(0, noun.size() - 1)) + "ies" : std::string(noun) + "s";
}

// "1 message", "0 messages", "2 deliveries".
template <class Count>
std::string counted(Count count, std::string_view noun) {
  return std::to_string(count) + " " + plural(static_cast<std::int64_t>(count), noun);
}

}  // namespace myelin
