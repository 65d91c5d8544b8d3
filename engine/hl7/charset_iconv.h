// One conversion of glibc's iconv, and the check for UTF-8: the only place that knows the library. Strict both ways:
// what has no meaning, or no place, is told with its offset and never replaced.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace myelin::hl7 {

// "ISO-8859-1", "EUC-JP": names of iconv. False when this machine cannot.
bool can_convert(const std::string& from, const std::string& to);

// Appends `in`, converted. The offset in `in` of the first byte that does not fit; `out` then holds what came before.
std::optional<std::size_t> convert(const std::string& from, const std::string& to, std::string_view in,
                                   std::string& out);

bool is_ascii(std::string_view bytes);
// The offset of the first byte that is not UTF-8.
std::optional<std::size_t> find_non_utf8(std::string_view bytes);
// The length of the UTF-8 character that begins `text`, which is valid and not empty.
std::size_t utf8_length(std::string_view text);

}  // namespace myelin::hl7
