// Text of others on a terminal: a file, a message or a peer's answer may hold bytes by which a terminal is cleared,
// renamed or made to type. Here they become signs that are seen.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace myelin {

// Bytes of the UTF-8 character at `at`; 0 where there is none (RFC 3629: no overlong forms, no surrogates).
std::size_t utf8_length(std::string_view text, std::size_t at);

// Each control character as its picture (ESC is ␛, a line end ␊), of one column as everything else; a byte that is no
// UTF-8, and the controls U+0080 to U+009F, as U+FFFD. The rest as it is.
std::string printable(std::string_view text);

// The same of lines that we painted: line ends, tabs and our own colours stay, and behind ␍ (which ends a segment of
// HL7) the line ends.
std::string printable_lines(std::string_view text);

}  // namespace myelin
