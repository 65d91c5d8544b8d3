// Formatted text (data type FT; HL7 v2.8.2, 2.7.3 and 2.7.6): what the formatting commands mean, for whoever does not
// know them. \.br\ \.sp n\ end lines, \.in n\ and \.ti n\ indent, \.sk n\ skips, \.ce\ centres a line, \H\ … \N\ is
// highlighted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace myelin::hl7 {

enum class TextForm : std::uint8_t {
  plain,     // lines; highlighting is left out
  markdown,  // lines that end hard, **highlighted**; its own characters are escaped
  html,      // a fragment: <br>, <strong>, non-breaking spaces; everything else is escaped
};

// `text` as read of a field: delimiters are decoded, the commands stand in it between backslashes. What is no command
// stays as it is.
std::string render_formatted(std::string_view text, TextForm form);

}  // namespace myelin::hl7
