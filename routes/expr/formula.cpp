// Compiling formulas and conditions.
#include "routes/expr/formula.h"

#include "routes/expr/checker.h"
#include "routes/expr/compiled.h"
#include "routes/expr/functions.h"
#include "routes/expr/parser.h"

namespace myelin::expr {

namespace {

bool want_scalar(const config::Node& node, config::Diagnostics& diagnostics) {
  if (node.is_scalar()) return true;
  // A missing value was said by the reader of the file.
  if (node) diagnostics.add("C0003", node.place(), "a formula is text, not a list or a map", "quote it");
  return false;
}

}  // namespace

std::shared_ptr<CompiledFormula> compile_part(const config::Node& scalar, std::size_t offset, std::size_t length,
                                              const Scope& scope, config::Diagnostics& diagnostics, Use use) {
  Mistakes mistakes(scalar, offset, diagnostics);
  auto root = parse_formula(std::string_view(scalar.text()).substr(offset, length), mistakes,
                            {scope.body == BodyKind::json, scope.original_body == BodyKind::json});
  if (!root) return nullptr;
  std::vector<PathUse> paths;
  check_formula(*root, scope, use, paths, mistakes);
  if (!mistakes.none()) return nullptr;
  return std::make_shared<CompiledFormula>(std::move(*root), std::move(paths));
}

std::shared_ptr<const Formula> compile_formula(const config::Node& scalar, std::size_t offset, const Scope& scope,
                                               config::Diagnostics& diagnostics) {
  if (!want_scalar(scalar, diagnostics) || offset > scalar.text().size()) return nullptr;
  auto formula = compile_part(scalar, offset, std::string::npos, scope, diagnostics);
  if (!formula || formula->root().type != Type::segment) return formula;
  Mistakes(scalar, offset, diagnostics)
      .add("C0098", formula->root().offset, formula->root().length, "a whole segment is no value", "name a field");
  return nullptr;
}

std::shared_ptr<const Condition> compile_condition(const config::Node& scalar, const Scope& scope,
                                                   config::Diagnostics& diagnostics) {
  if (!want_scalar(scalar, diagnostics)) return nullptr;
  const std::size_t offset = scalar.text().starts_with('=') && !scalar.text().starts_with("==") ? 1 : 0;
  if (offset == 1)
    diagnostics.add("H0101", scalar.place_of(0, 1), "a condition is always a formula", "= is not needed");
  auto formula = compile_part(scalar, offset, std::string::npos, scope, diagnostics, Use::decides);
  if (!formula) return nullptr;
  const Expression& root = formula->root();
  if (root.type == Type::truth) return std::make_shared<FormulaCondition>(std::move(formula));
  const std::string shown = root.kind == Expression::Kind::path ? root.text : "…";
  std::string hint = "compare it, or say present(" + shown + ")";
  if (root.type == Type::list) hint = "say \"value\" in " + shown;
  if (root.type == Type::number) hint = "compare it, as in … > 0";
  Mistakes(scalar, offset, diagnostics)
      .add("C0099", root.offset, root.length,
           "a condition is true or false, and this is " + std::string(name_of(root.type)), std::move(hint));
  return nullptr;
}

std::vector<FunctionDoc> function_docs() {
  std::vector<FunctionDoc> docs;
  for (const auto& function : all_functions())
    docs.push_back({function.name, function.signature, function.doc, function.example, function.result});
  return docs;
}

bool is_function(std::string_view name) { return find_function(name) != nullptr; }

}  // namespace myelin::expr
