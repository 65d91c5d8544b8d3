#include "engine/schema/version.h"

#include <algorithm>
#include <charconv>

namespace myelin::schema {
namespace {

// "2.5.1" as {2, 5, 1}; what is missing counts 0. Nothing when it does not begin with a number.
std::optional<std::array<unsigned, 3>> numbers(std::string_view text) {
  std::array<unsigned, 3> parts{};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto read = std::from_chars(at, end, parts[i]);
    if (read.ec != std::errc{}) return i == 0 ? std::nullopt : std::optional(parts);
    at = read.ptr;
    if (at == end || *at != '.') break;
    ++at;
  }
  return parts;
}

}  // namespace

std::optional<Version> exact_version(std::string_view text) {
  const auto found = std::ranges::find(kVersionNames, text);
  if (found == kVersionNames.end()) return std::nullopt;
  return static_cast<Version>(found - kVersionNames.begin());
}

Version nearest_version(std::string_view declared) {
  while (declared.starts_with(' ')) declared.remove_prefix(1);
  const auto wanted = numbers(declared);
  if (!wanted || (*wanted)[0] != 2) return Version::v2_5_1;
  auto nearest = Version::v2_1;
  for (std::size_t i = 0; i < kVersions; ++i) {
    if (*numbers(kVersionNames[i]) <= *wanted) nearest = static_cast<Version>(i);
  }
  return nearest;
}

}  // namespace myelin::schema
