// Checker: names, types and arguments of a parsed formula. It completes the Expression (types, functions, tables,
// patterns) and says all mistakes, not only the first.
#pragma once

#include <vector>

#include "routes/expr/formula.h"
#include "routes/expr/mistakes.h"
#include "routes/expr/syntax.h"

namespace myelin::expr {

// Paths are added to `paths` as they are met.
void check_formula(Expression& formula, const Scope& scope, Use use, std::vector<PathUse>& paths, Mistakes& mistakes);

std::string_view name_of(Type type);  // "a text", "true or false"

}  // namespace myelin::expr
