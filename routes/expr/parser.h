// Parser: tokens to an Expression, by operator precedence (Pratt). From weakest to strongest:
//   or · and · not · == != < <= > >= in matches contains starts_with ends_with · & · + - · * / · minus sign
// Comparisons do not chain. The first mistake ends it.
#pragma once

#include <optional>
#include <string_view>

#include "routes/expr/mistakes.h"
#include "routes/expr/syntax.h"

namespace myelin::expr {

// Whose places are paths into JSON.
struct DataScope {
  bool body = false;
  bool original = false;
};

std::optional<Expression> parse_formula(std::string_view formula, Mistakes& mistakes, DataScope data = {});

}  // namespace myelin::expr
