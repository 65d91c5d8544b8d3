// Escape sequences (HL7 v2.8.2, 2.7): decoded when text is read, encoded when text is written.
// \F\ \S\ \T\ \R\ \E\ \P\ stand for the delimiters, \Xhh..\ for bytes. Formatting (\.br\ …), highlighting, local
// (\Z..\) and unknown sequences of up to three letters and digits are left as they stand, in both directions, so that
// reading and writing back changes nothing. Other escape characters are plain text, and are escaped when written.
#pragma once

#include <string>
#include <string_view>

#include "engine/hl7/delimiters.h"

namespace myelin::hl7 {

std::string decode(std::string_view raw, const Delimiters& delimiters);
// CR, LF and the MLLP framing bytes become \X0D\ and so on. Without an escape character they, and delimiters, become
// a space. decode(encode(text)) is text.
std::string encode(std::string_view text, const Delimiters& delimiters);
// HL7 in the delimiters `from` said in the delimiters `to` (a structured copy between messages, a literal in ^~\&).
std::string translate(std::string_view raw, const Delimiters& from, const Delimiters& to);

}  // namespace myelin::hl7
