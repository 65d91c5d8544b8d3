// The characters that give an HL7 v2 message its structure, as MSH-1 and MSH-2 declare them (HL7 v2.8.2, 2.5.4).
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/base/fault.h"

namespace myelin::hl7 {

struct Delimiters {
  char field = '|';
  char component = '^';
  char repetition = '~';    // 0 when MSH-2 does not declare it
  char escape = '\\';       // 0 when MSH-2 does not declare it
  char subcomponent = '&';  // 0 when MSH-2 does not declare it
  char truncation = 0;      // '#' from 2.7 on, when MSH-2 has a fifth character
  bool operator==(const Delimiters&) const = default;
};

// Where MSH begins: behind a byte order mark, an MLLP start byte and blank lines, which are kept but belong to no
// segment. A message may begin with any of them.
std::size_t message_begin(std::string_view bytes);

// From the first bytes of a message: "MSH|^~\&|…". not_hl7, msh_too_short or bad_delimiters with the place.
Result<Delimiters> read_delimiters(std::string_view message);

}  // namespace myelin::hl7
