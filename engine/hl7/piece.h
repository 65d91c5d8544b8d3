// Text between separators: what repetitions, components and subcomponents are. A separator of 0 was not declared by
// the message, so the whole text is the first and only piece.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace myelin::hl7 {

// The `number`-th piece, from 1. Nothing when there are fewer.
inline std::optional<std::string_view> piece(std::string_view text, char separator, std::size_t number) {
  if (separator == 0) return number == 1 ? std::optional(text) : std::nullopt;
  std::size_t begin = 0;
  for (std::size_t i = 1; i < number; ++i) {
    const auto next = text.find(separator, begin);
    if (next == std::string_view::npos) return std::nullopt;
    begin = next + 1;
  }
  return text.substr(begin, std::min(text.find(separator, begin), text.size()) - begin);
}

// At least 1.
inline std::size_t piece_count(std::string_view text, char separator) {
  return separator == 0 ? 1 : 1 + static_cast<std::size_t>(std::ranges::count(text, separator));
}

inline std::string_view first_piece(std::string_view text, char separator) {
  return separator == 0 ? text : text.substr(0, text.find(separator));
}

}  // namespace myelin::hl7
