// Text in which escape sequences call further sets in (ISO 2022, as table 0211 uses it). Inner to charset.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/hl7/charset_table.h"

namespace myelin::hl7 {

struct SwitchStyle {
  char escape = '\\';  // HL7's escape character; 0: none
  bool hl7 = false;    // \C2842\ and \M2442\, else ESC ( B and ESC $ B
};

// Both append to `out` and give the offset of the first byte of `in` that does not fit. At a line's end the declared
// first set stands again; so it does before each ASCII character that is written, so that delimiters are delimiters.
// Reading notes in `style.hl7` whether the sequences were HL7's.
std::optional<std::size_t> read_switched(std::string_view in, const Charset& charset, SwitchStyle& style,
                                         std::string& out);
std::optional<std::size_t> write_switched(std::string_view in, const Charset& charset, const SwitchStyle& style,
                                          std::string& out);

}  // namespace myelin::hl7
