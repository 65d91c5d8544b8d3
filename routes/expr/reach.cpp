#include "routes/expr/reach.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "routes/expr/compiled.h"
#include "routes/expr/functions.h"

namespace myelin::expr {
namespace {

using Kind = Expression::Kind;

Reach opposite(Reach reach) {
  return reach == Reach::maybe ? reach : reach == Reach::never ? Reach::always : Reach::never;
}

Reach sure(bool truth) { return truth ? Reach::always : Reach::never; }

class Judge {
 public:
  explicit Judge(const Known& known) : known_(known) {}

  Reach truth(const Expression& e) const {
    switch (e.kind) {
      case Kind::literal:
        return e.literal.truth() ? sure(*e.literal.truth()) : Reach::maybe;
      case Kind::negation:
        return opposite(truth(e.children[0]));
      case Kind::operation:
        return operation(e);
      case Kind::call:
        return call(e);
      default:
        return Reach::maybe;
    }
  }

 private:
  bool absent(const Expression& e) const {
    return known_.segments && e.kind == Kind::path && !e.original && !e.batch &&
           !known_.grammar.may_have(known_.type, e.path.segment);
  }

  // What a leaf reads, where that is known.
  std::optional<Value> value(const Expression& e) const {
    if (e.kind == Kind::literal) return e.literal;
    if (e.kind != Kind::path || e.original || e.batch || e.type == Type::list) return std::nullopt;
    if (e.path.segment == "MSH" && e.path.field == 9) return type_part(e.path.component);
    return absent(e) ? std::optional(Value()) : std::nullopt;
  }

  std::optional<Value> type_part(std::size_t component) const {
    if (!known_.header || component > 2) return std::nullopt;
    const auto caret = known_.type.find('^');
    if (component < 2) return Value(std::string(known_.type.substr(0, caret)));
    const auto event = caret == known_.type.npos ? std::string_view() : known_.type.substr(caret + 1);
    return event == "*" ? std::nullopt : std::optional(Value(std::string(event)));
  }

  Reach operation(const Expression& e) const {
    if (e.op == Operator::logical_and || e.op == Operator::logical_or) return joined(e);
    if (e.children.size() < 2) return Reach::maybe;
    const auto left = value(e.children[0]);
    if (e.op == Operator::in || e.op == Operator::not_in) return membership(e, left);
    if (e.op == Operator::matches)
      return left && e.pattern ? sure(re2::RE2::PartialMatch(to_text(*left), *e.pattern)) : Reach::maybe;
    const auto right = value(e.children[1]);
    if (!left || !right) return Reach::maybe;
    const auto a = to_text(*left), b = to_text(*right);
    switch (e.op) {
      case Operator::equal:
        return sure(same(*left, *right));
      case Operator::unequal:
        return sure(!same(*left, *right));
      case Operator::contains:
        return sure(a.find(b) != std::string::npos);
      case Operator::starts_with:
        return sure(a.starts_with(b));
      case Operator::ends_with:
        return sure(a.ends_with(b));
      default:
        return Reach::maybe;
    }
  }

  Reach joined(const Expression& e) const {
    const bool both = e.op == Operator::logical_and;
    auto all = both ? Reach::always : Reach::never;
    for (const auto& child : e.children) {
      const auto one = truth(child);
      all = both ? std::min(all, one) : std::max(all, one);
    }
    return all;
  }

  static Reach membership(const Expression& e, const std::optional<Value>& left) {
    const auto& list = e.children[1];
    const auto literal = [](const Expression& item) { return item.kind == Kind::literal; };
    if (!left || list.kind != Kind::list || !std::ranges::all_of(list.children, literal)) return Reach::maybe;
    const bool found =
        std::ranges::any_of(list.children, [&](const Expression& item) { return same(*left, item.literal); });
    return sure(found == (e.op == Operator::in));
  }

  Reach call(const Expression& e) const {
    if (!e.function || e.children.empty() || !absent(e.children[0])) return Reach::maybe;
    const auto name = e.function->name;
    if (name == "present" || name == "null" || name == "any") return Reach::never;
    return name == "missing" || name == "all" ? Reach::always : Reach::maybe;
  }

  const Known& known_;
};

}  // namespace

Reach reach(const Condition& condition, const Known& known) {
  const auto* formula = dynamic_cast<const FormulaCondition*>(&condition);
  return formula ? Judge(known).truth(formula->formula().root()) : Reach::maybe;
}

}  // namespace myelin::expr
