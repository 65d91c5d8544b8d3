// Literals of the language: what text may be written where, and how HL7 typed in ^~\& becomes a message's own.
#pragma once

#include <string>
#include <string_view>

#include "engine/hl7/delimiters.h"
#include "routes/expr/formula.h"
#include "routes/expr/mistakes.h"

namespace myelin::expr {

// C0090 and C0091, where the literal draws them.
void check_literal(std::string_view text, Target target, Mistakes& mistakes);

// HL7 in ^~\& in the delimiters `to`; a field separator or line end in it is escaped.
std::string in_delimiters(std::string_view literal, const hl7::Delimiters& to);

bool has_structure(std::string_view literal);  // ^ ~ & \ | or a line end

}  // namespace myelin::expr
