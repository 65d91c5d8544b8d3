// A quote that was forgotten at the end of a value. YAML takes the lines below it for text, up to the next quote, which
// is where the parser stumbles: in a line that has nothing wrong. This finds where it began.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace myelin::config {

// The byte of the first quote in front of `stopped` that ends in another line, has a key in between, and is followed by
// what cannot follow a quote. Only of a file that the parser refused: in one that it read there is none.
std::optional<std::size_t> quote_left_open(std::string_view content, std::size_t stopped);

}  // namespace myelin::config
