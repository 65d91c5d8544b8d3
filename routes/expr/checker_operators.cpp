// Checking operators: which kinds of values they compare and compute.
#include "routes/expr/checker.h"
#include "routes/expr/checking.h"
#include "routes/expr/functions.h"
#include "routes/expr/grammar.h"
#include "routes/expr/pattern.h"

namespace myelin::expr {

using Kind = Expression::Kind;

void Checker::operation(Expression& e) {
  for (auto& child : e.children) check(child);
  Expression& left = e.children[0];
  Expression& right = e.children[1];
  e.type = Type::truth;
  switch (e.op) {
    case Operator::logical_or:
    case Operator::logical_and:
      for (const auto& child : e.children) want(child, Type::truth, e.op == Operator::logical_or ? "or" : "and");
      return;
    case Operator::join:
      e.type = Type::text;
      for (const auto& child : e.children) want_single(child, "&");
      return;
    case Operator::add:
    case Operator::subtract:
    case Operator::multiply:
    case Operator::divide:
      e.type = Type::number;
      want(left, Type::number, "arithmetic");
      want(right, Type::number, "arithmetic");
      return;
    case Operator::equal:
    case Operator::unequal:
      return equality(e, left, right);
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal:
      return order(e, left, right);
    case Operator::in:
    case Operator::not_in:
      return membership(left, right);
    case Operator::matches:
      return pattern(e, left, right);
    case Operator::contains:
    case Operator::starts_with:
    case Operator::ends_with:
      want_single(left, "this comparison");
      want_single(right, "this comparison");
      return;
  }
}

bool Checker::dated(const Expression& e) {
  const std::string* text = written_out(e);
  if (!text || Timestamp::parse(*text)) return e.type == Type::time || e.type == Type::text;
  add("C0083", e, "this text is no date", "dates are written 20260131, or 20260131103000");
  return true;
}

void Checker::equality(const Expression& e, const Expression& left, const Expression& right) {
  if (left.type == Type::unknown || right.type == Type::unknown) return;
  if (left.type == Type::null || right.type == Type::null) {
    const Expression& other = left.type == Type::null ? right : left;
    const std::string shown = other.kind == Kind::path ? other.text : "p";
    return add("C0083", e, "null is not compared", "say null(" + shown + ")");
  }
  for (const Expression* side : {&left, &right}) {
    if (side->type == Type::segment) {
      want(*side, Type::text, "a comparison");
      return;
    }
    if (side->type == Type::list) {
      const Expression& other = side == &left ? right : left;
      const std::string value = other.kind == Kind::literal ? "\"" + to_text(other.literal) + "\"" : "value";
      return add("C0083", *side, "a list is not compared with one value",
                 "say " + value + " in " + (side->kind == Kind::path ? side->text : "[…]"));
    }
  }
  impossible(left, right);
  impossible(right, left);
  if (left.type == right.type) return;
  if ((left.type == Type::time && dated(right)) || (right.type == Type::time && dated(left))) return;
  const bool text_and_number = (left.type == Type::text && right.type == Type::number) ||
                               (left.type == Type::number && right.type == Type::text);
  if (!text_and_number)
    return add("C0083", e,
               "this compares " + std::string(name_of(left.type)) + " with " + std::string(name_of(right.type)));
  const Expression& text = left.type == Type::text ? left : right;
  const Expression& number = left.type == Type::text ? right : left;
  std::string hint = "say number(" + (text.kind == Kind::path ? text.text : std::string("…")) + ")";
  if (number.kind == Kind::literal) hint += ", or \"" + to_text(number.literal) + "\" to compare text";
  add("C0100", number, "a text is compared with a number", std::move(hint));
}

void Checker::read_by_dictionary(Expression& e) const {
  if (e.kind != Kind::path || e.type != Type::text || e.batch) return;
  const auto& grammar = e.original && scope_.original ? scope_.original : scope_.grammar;
  const auto type = grammar ? grammar->leaf_type(e.path) : std::string_view();
  const bool dated = type == "DT" || type == "DTM" || type == "TS";
  if (!dated && type != "NM" && type != "SI") return;
  Expression read;
  read.kind = Kind::call;
  read.text = dated ? "date" : "number";
  read.function = find_function(read.text);
  read.type = read.function->gives;
  read.depth = e.depth + 1;
  read.offset = e.offset;
  read.length = e.length;
  read.children.push_back(std::move(e));
  e = std::move(read);
}

void Checker::order(const Expression& e, Expression& left, Expression& right) {
  read_by_dictionary(left);
  read_by_dictionary(right);
  if (left.type == Type::unknown || right.type == Type::unknown) return;
  if (left.type == Type::number && right.type == Type::number) return;
  if ((left.type == Type::time && dated(right)) || (right.type == Type::time && dated(left))) return;
  for (const Expression* side : {&left, &right}) {
    if (side->type == Type::number || side->type == Type::time) continue;
    const std::string shown = side->kind == Kind::path ? side->text : "…";
    std::string advice = "say number(";
    advice.append(shown).append(") or date(").append(shown).append(")");
    return add("C0084", *side, "< and > need numbers or dates, and this is " + std::string(name_of(side->type)),
               std::move(advice));
  }
  add("C0084", e, "a number is compared with a date");
}

void Checker::membership(const Expression& left, const Expression& right) {
  want_single(left, "in");
  if (right.type == Type::unknown) return;
  if (right.type != Type::list) {
    const std::string shown = written_out(right) ? "[\"" + *written_out(right) + "\"]" : "[\"A\", \"B\"]";
    return add("C0083", right, "in needs a list", "write in " + shown);
  }
  if (right.kind != Kind::list) return;
  for (const auto& item : right.children) {
    const bool mixed = (left.type == Type::text && item.type == Type::number) ||
                       (left.type == Type::number && item.type == Type::text);
    impossible(left, item);
    if (mixed) add("C0100", item, "a text is compared with a number", "write \"" + to_text(item.literal) + "\"");
  }
}

void Checker::pattern(Expression& e, const Expression& left, const Expression& right) {
  want_single(left, "matches");
  compile_pattern(e, right);
}

void Checker::compile_pattern(Expression& e, const Expression& from) {
  if (from.type == Type::unknown && from.kind != Kind::literal) return;
  const std::string* text = written_out(from);
  if (!text) return add("C0089", from, "a regular expression is written out in quotes");
  auto compiled = read_pattern(*text);
  if (!compiled) return add("C0089", from, "this regular expression cannot be used: " + compiled.error());
  e.pattern = std::move(*compiled);
}

}  // namespace myelin::expr
