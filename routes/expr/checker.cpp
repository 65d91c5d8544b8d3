// Checking formulas. Type::unknown means that something was said already: nothing more is said of it.
#include "routes/expr/checker.h"

#include "routes/expr/checking.h"

namespace myelin::expr {

using Kind = Expression::Kind;

void Checker::check(Expression& e) {
  switch (e.kind) {
    case Kind::literal:
      return;
    case Kind::path:
      return path(e);
    case Kind::data:
      return data(e);
    case Kind::fact:
      return fact(e);
    case Kind::name:
      return name(e);
    case Kind::list:
      return list(e);
    case Kind::call:
      return call(e);
    case Kind::operation:
      return operation(e);
    case Kind::negation:
      check(e.children[0]);
      want(e.children[0], Type::truth, "not");
      e.type = Type::truth;
      return;
    case Kind::minus:
      check(e.children[0]);
      want(e.children[0], Type::number, "the minus sign");
      e.type = Type::number;
      return;
  }
}

void Checker::add(std::string_view code, const Expression& at, std::string message, std::string hint) {
  mistakes_.add(code, at.offset, at.length, std::move(message), std::move(hint));
}

bool Checker::want(const Expression& e, Type type, std::string_view who) {
  if (e.type == type || e.type == Type::unknown) return true;
  const std::string wanted = std::string(who) + " needs " + std::string(name_of(type));
  if (e.type == Type::segment) {
    add("C0098", e, wanted + ", and " + e.text + " is a whole segment",
        type == Type::truth ? "say present(" + e.text + ")" : "name a field, or as text write \"" + e.text + "\"");
  } else {
    add("C0083", e, wanted + ", and this is " + std::string(name_of(e.type)), hint_for(e, type));
  }
  return false;
}

std::string Checker::hint_for(const Expression& e, Type type) {
  const std::string shown = e.kind == Kind::path ? e.text : "…";
  if (type == Type::number && e.type == Type::text) return "say number(" + shown + ")";
  if (type == Type::truth && e.type == Type::text) return "say present(" + shown + "), or compare it";
  if (type == Type::text && e.type == Type::list) return "say join(" + shown + ", \",\") or first(" + shown + ")";
  if (type == Type::text && e.type == Type::truth) return "say if(…, \"Y\", \"N\")";
  return {};
}

bool Checker::want_single(const Expression& e, std::string_view who) {
  return single(e.type) || want(e, Type::text, who);
}

std::string_view name_of(Type type) {
  switch (type) {
    case Type::unknown:
      return "a value";
    case Type::text:
      return "a text";
    case Type::number:
      return "a number";
    case Type::truth:
      return "true or false";
    case Type::time:
      return "a date";
    case Type::list:
      return "a list";
    case Type::segment:
      return "a whole segment";
    case Type::null:
      return "null";
  }
  return "a value";
}

void check_formula(Expression& formula, const Scope& scope, Use use, std::vector<PathUse>& paths, Mistakes& mistakes) {
  Checker(scope, use, paths, mistakes).check(formula);
}

}  // namespace myelin::expr
