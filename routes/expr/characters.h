// Characters of texts: UTF-8 code points; a byte that is no UTF-8 counts as one, so that Latin-1 messages work too.
#pragma once

#include <cstddef>
#include <string_view>

namespace myelin::expr {

// What would grow over this is absent.
inline constexpr std::size_t kMaxText = std::size_t{16} << 20;

// Bytes of the character that begins at `at`.
inline std::size_t character_at(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1;
  if (at + length > text.size()) return 1;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[at + i]) & 0xC0U) != 0x80U) return 1;
  return length;
}

}  // namespace myelin::expr
