// The characters that give an HL7 v2 message its structure, as MSH-1 and MSH-2 declare them (HL7 v2.8.2, 2.5.4).
#pragma once

#include <string_view>

#include "engine/base/fault.h"

namespace myelin::hl7 {

struct Delimiters {
  char field = '|';
  char component = '^';
  char repetition = '~';
  char escape = '\\';      // 0 when MSH-2 does not declare it
  char subcomponent = '&'; // 0 when MSH-2 does not declare it
  char truncation = 0;     // '#' from 2.7 on, when MSH-2 has a fifth character
  bool operator==(const Delimiters&) const = default;
};

// From the first bytes of a message: "MSH|^~\&|…". not_hl7, msh_too_short or bad_delimiters with the place.
Result<Delimiters> read_delimiters(std::string_view message);

}  // namespace myelin::hl7
