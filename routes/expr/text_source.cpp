// Values of the language: a literal, a formula, or text with {{ formulas }}.
#include <algorithm>
#include <utility>

#include "engine/hl7/escape.h"
#include "routes/expr/checker.h"
#include "routes/expr/compiled.h"
#include "routes/expr/formula.h"
#include "routes/expr/functions.h"
#include "routes/expr/leaves.h"
#include "routes/expr/literal.h"
#include "routes/expr/template.h"

namespace myelin::expr {

namespace {

using Kind = Expression::Kind;

bool structured(Target target) { return target == Target::field || target == Target::component; }

hl7::Delimiters delimiters_of(const Body& body) {
  const auto* tree = body.hl7();
  return tree ? tree->delimiters() : hl7::Delimiters{};
}

class LiteralSource final : public TextSource {
 public:
  LiteralSource(std::string text, Target target)
      : text_(std::move(text)), raw_(structured(target) && has_structure(text_)) {}

  Written write(const Body& body, const Context&) const override {
    if (!raw_) return {text_, false};
    return {in_delimiters(text_, delimiters_of(body)), true};
  }
  std::string text(const Body&, const Context&) const override { return text_; }
  bool copies_structure() const override { return false; }
  std::optional<std::string> constant() const override { return text_; }
  const std::vector<PathUse>& paths() const override { return none_; }

 private:
  std::string text_;
  bool raw_;
  std::vector<PathUse> none_;
};

// The path under a chain of text functions: replace(upper(PID-5), …) has PID-5.
Expression* path_under(Expression& expression) {
  Expression* inner = &expression;
  while (inner->kind == Kind::call && inner->function && inner->function->each_leaf && !inner->children.empty())
    inner = &inner->children[0];
  if (inner->kind != Kind::path || inner->path.field == 0) return nullptr;
  // MSH-1 and MSH-2 are delimiters themselves.
  if (inner->path.segment == "MSH" && inner->path.field <= 2) return nullptr;
  return inner;
}

class FormulaSource final : public TextSource {
 public:
  // `copied`: the path whose structure is kept; nullptr: the result is text.
  FormulaSource(std::shared_ptr<const CompiledFormula> formula, const Expression* copied)
      : formula_(std::move(formula)), copied_(copied) {}

  Written write(const Body& body, const Context& context) const override {
    const Evaluator evaluator(body, context);
    if (copied_) return {copy(evaluator, body), true};
    const Value value = evaluator.value(formula_->root());
    if (value.is_null()) return {"\"\"", true};
    return {to_text(value), false};
  }
  std::string text(const Body& body, const Context& context) const override {
    return to_text(formula_->evaluate(body, context));
  }
  bool copies_structure() const override { return copied_ != nullptr; }
  std::optional<std::string> constant() const override {
    const Expression& root = formula_->root();
    if (root.kind != Kind::literal || root.type == Type::null) return std::nullopt;
    return to_text(root.literal);
  }
  const std::vector<PathUse>& paths() const override { return formula_->paths(); }

 private:
  std::string copy(const Evaluator& evaluator, const Body& body) const {
    const hl7::Tree* tree = evaluator.tree_of(*copied_);
    if (!tree) return {};
    std::string raw;
    bool first = true;
    for (const auto& place : evaluator.places(*copied_)) {
      if (!first) raw += tree->delimiters().repetition;
      raw += tree->raw(place);
      first = false;
    }
    if (&formula_->root() != copied_) {
      raw = change_leaves(raw, tree->delimiters(), [&](const std::string& leaf) {
        return to_text(evaluator.with_leaf(*copied_, leaf).value(formula_->root()));
      });
    }
    const hl7::Delimiters to = delimiters_of(body);
    return tree->delimiters() == to ? raw : hl7::translate(raw, tree->delimiters(), to);
  }

  std::shared_ptr<const CompiledFormula> formula_;
  const Expression* copied_;  // inside *formula_
};

class TemplateSource final : public TextSource {
 public:
  TemplateSource(std::vector<TemplatePart> parts, Target target) : parts_(std::move(parts)), raw_(structured(target)) {
    for (const auto& part : parts_)
      if (part.formula) paths_.insert(paths_.end(), part.formula->paths().begin(), part.formula->paths().end());
  }

  // In a field the literal parts may be structure; what a formula gives never is.
  Written write(const Body& body, const Context& context) const override {
    if (!raw_) return {text(body, context), false};
    const hl7::Delimiters delimiters = delimiters_of(body);
    std::string out;
    for (const auto& part : parts_)
      out += part.formula ? hl7::encode(to_text(part.formula->evaluate(body, context)), delimiters)
                          : in_delimiters(part.literal, delimiters);
    return {std::move(out), true};
  }
  std::string text(const Body& body, const Context& context) const override {
    std::string out;
    for (const auto& part : parts_) out += part.formula ? to_text(part.formula->evaluate(body, context)) : part.literal;
    return out;
  }
  bool copies_structure() const override { return false; }
  std::optional<std::string> constant() const override { return std::nullopt; }
  const std::vector<PathUse>& paths() const override { return paths_; }

 private:
  std::vector<TemplatePart> parts_;
  std::vector<PathUse> paths_;
  bool raw_;
};

std::shared_ptr<const TextSource> compile_whole(const config::Node& scalar, Target target, const Scope& scope,
                                                config::Diagnostics& diagnostics) {
  auto formula = compile_part(scalar, 1, std::string::npos, scope, diagnostics);
  if (!formula) return nullptr;
  Expression& root = formula->root();
  if (!is_value(scalar, 1, root, diagnostics)) return nullptr;
  Expression* copied = structured(target) ? path_under(root) : nullptr;
  // A component takes the first component of a field, not its separators.
  if (copied && target == Target::component && copied->path.component == 0) copied->path.component = 1;
  return std::make_shared<FormulaSource>(std::move(formula), copied);
}

}  // namespace

std::shared_ptr<const TextSource> compile_value(const config::Node& scalar, Target target, const Scope& scope,
                                                config::Diagnostics& diagnostics) {
  if (!scalar.is_scalar()) {
    if (scalar) diagnostics.add("C0003", scalar.place(), "a value is text or a formula, not a list or a map");
    return nullptr;
  }
  std::string_view text = scalar.text();
  if (text.starts_with('=')) return compile_whole(scalar, target, scope, diagnostics);
  // The line end that closes a block of text is not meant for the message.
  if (scalar.block())
    while (text.ends_with('\n')) text.remove_suffix(1);
  if (text.find("{{") != std::string_view::npos) {
    auto parts = split_template(scalar, text, target, scope, diagnostics);
    return parts ? std::make_shared<TemplateSource>(std::move(*parts), target) : nullptr;
  }
  Mistakes mistakes(scalar, 0, diagnostics);
  check_literal(text, target, mistakes);
  if (!mistakes.none()) return nullptr;
  return std::make_shared<LiteralSource>(std::string(text), target);
}

}  // namespace myelin::expr
