// The leaves of raw HL7: what text functions and the step `replace` act on, so that structure is kept.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/hl7/delimiters.h"

namespace myelin::expr {

// Calls `change` for each leaf of raw HL7 and puts the pieces together again; empty and null leaves stay as they are.
std::string change_leaves(std::string_view raw, const hl7::Delimiters& delimiters,
                          const std::function<std::string(const std::string&)>& change);

}  // namespace myelin::expr
