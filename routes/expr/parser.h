// Parser: tokens to an Expression, by operator precedence (Pratt). From weakest to strongest:
//   or · and · not · == != < <= > >= in matches contains starts_with ends_with · & · + - · * / · minus sign
// Comparisons do not chain. The first mistake ends it.
#pragma once

#include <optional>
#include <string_view>

#include "routes/expr/mistakes.h"
#include "routes/expr/syntax.h"

namespace myelin::expr {

std::optional<Expression> parse_formula(std::string_view formula, Mistakes& mistakes);

}  // namespace myelin::expr
