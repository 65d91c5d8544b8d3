// Where the text of a YAML scalar stands in its file. yaml-cpp says only where a scalar begins (in bytes); a formula
// inside it wants the place of each of its own characters, across quotes, escapes and the lines of a block.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/config/node.h"

namespace myelin::config {

enum class ScalarStyle : std::uint8_t { plain, single_quoted, double_quoted, block };

struct ScalarTrace {
  std::vector<TextPiece> pieces;
  std::size_t end = 0;  // byte of the file just behind the scalar (behind its closing quote)
  bool closed = true;   // false: the closing quote is missing, which yaml-cpp does not mind
};

// The style, from the byte at which the scalar begins.
ScalarStyle style_at(std::string_view content, std::size_t begin, bool in_flow);

// `begin`: the byte of the file where yaml-cpp says the scalar begins; `text`: what it read there.
ScalarTrace trace_scalar(const SourceText& source, std::size_t begin, std::string_view text, ScalarStyle style);

// 1-based line and 0-based byte in it.
struct LineByte {
  int line = 1;
  int byte = 0;
};
LineByte line_byte(const SourceText& source, std::size_t position);
Place place_at(const std::shared_ptr<const SourceText>& source, std::size_t begin, std::size_t end);

}  // namespace myelin::config
