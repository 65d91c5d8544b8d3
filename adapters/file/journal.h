// What was last to be appended to a file, and where: one line beside it, always of one size, so that a later one
// replaces an earlier one whole. It ends with a digest of itself; a line that is damaged says nothing, and nothing is
// cut off.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace myelin::file {

struct Journal {
  std::string id;  // of the delivery
  std::int64_t offset = 0;
  std::int64_t size = 0;
  std::string digest;  // of what is appended, hex

  static constexpr std::size_t kBytes = 192;

  static std::optional<Journal> read(std::string_view line);
  std::string line() const;

  // What stands in a file of `bytes` now. Whole is to be told from others by the digest.
  enum class Tail : std::uint8_t { other, torn, whole };
  Tail tail(std::int64_t bytes) const;
};

}  // namespace myelin::file
