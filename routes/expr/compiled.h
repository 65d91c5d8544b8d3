// CompiledFormula: a formula whose tree the files of this room may look into (a bare path copies structure).
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "routes/expr/evaluate.h"
#include "routes/expr/formula.h"
#include "routes/expr/syntax.h"

namespace myelin::expr {

class CompiledFormula final : public Formula {
 public:
  CompiledFormula(Expression root, std::vector<PathUse> paths) : root_(std::move(root)), paths_(std::move(paths)) {}

  Value evaluate(const Body& body, const Context& context) const override {
    return Evaluator(body, context).value(root_);
  }
  const std::vector<PathUse>& paths() const override { return paths_; }
  const json::Value* data(const Body& body, const Context& context) const override {
    if (root_.kind != Expression::Kind::data || root_.type == Type::list) return nullptr;
    const auto found = Evaluator(body, context).data(root_, true);
    return found.empty() ? nullptr : found.front();
  }
  const Expression& root() const { return root_; }
  Expression& root() { return root_; }  // until it is handed out as const

 private:
  Expression root_;
  std::vector<PathUse> paths_;
};

class FormulaCondition final : public Condition {
 public:
  explicit FormulaCondition(std::shared_ptr<const CompiledFormula> formula) : formula_(std::move(formula)) {}
  bool holds(const Body& body, const Context& context) const override {
    const Value truth = formula_->evaluate(body, context);
    return truth.truth() && *truth.truth();
  }
  const CompiledFormula& formula() const { return *formula_; }

 private:
  std::shared_ptr<const CompiledFormula> formula_;
};

// The formula in bytes [offset, offset + length) of the scalar.
std::shared_ptr<CompiledFormula> compile_part(const config::Node& scalar, std::size_t offset, std::size_t length,
                                              const Scope& scope, config::Diagnostics& diagnostics,
                                              Use use = Use::computes);

}  // namespace myelin::expr
