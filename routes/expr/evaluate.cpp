// Evaluation of formulas.
#include "routes/expr/evaluate.h"

#include <re2/re2.h>

#include <algorithm>

#include "engine/base/id.h"
#include "engine/model/batch.h"
#include "engine/model/facts.h"
#include "routes/expr/functions.h"
#include "routes/expr/grammar.h"

namespace myelin::expr {

bool empty(const Value& value) { return to_text(value).empty() && !value.list(); }

std::optional<Timestamp> as_time(const Value& value) {
  if (const auto* time = value.time()) return *time;
  if (const auto* text = value.text()) return Timestamp::parse(*text);
  return std::nullopt;
}

bool same(const Value& a, const Value& b) {
  if (a.number() || b.number()) return a.number() && b.number() && *a.number() == *b.number();
  if (a.time() || b.time()) {
    const auto left = as_time(a), right = as_time(b);
    return left && right && compare(*left, *right) == 0;
  }
  if (a.truth() || b.truth()) return a.truth() && b.truth() && *a.truth() == *b.truth();
  return to_text(a) == to_text(b);
}

namespace {

// Nothing when one of the two is no number and no date: then < and > are false.
std::optional<int> order(const Value& a, const Value& b) {
  if (a.number() && b.number()) {
    const auto ordering = *a.number() <=> *b.number();
    return ordering < 0 ? -1 : ordering > 0 ? 1 : 0;
  }
  if (!a.time() && !b.time()) return std::nullopt;
  const auto left = as_time(a), right = as_time(b);
  if (!left || !right) return std::nullopt;
  return compare(*left, *right);
}

bool is_in(const Value& item, const Value& list) {
  if (!list.list()) return false;
  return std::any_of(list.list()->begin(), list.list()->end(), [&](const Value& each) { return same(item, each); });
}

// An object or array is no value.
Value leaf_of(const json::Value& value) {
  if (const auto* text = value.text()) return Value(*text);
  if (const auto* digits = value.digits()) return Value(*digits);
  if (const auto truth = value.truth()) return Value(*truth ? "true" : "false");
  return value.is_null() ? Value(Null{}) : Value();
}

Value calculate(Operator op, const Value& a, const Value& b) {
  if (!a.number() || !b.number()) return {};
  std::optional<Decimal> result;
  switch (op) {
    case Operator::add:
      result = Decimal::add(*a.number(), *b.number());
      break;
    case Operator::subtract:
      result = Decimal::subtract(*a.number(), *b.number());
      break;
    case Operator::multiply:
      result = Decimal::multiply(*a.number(), *b.number());
      break;
    default:
      result = Decimal::divide(*a.number(), *b.number());
      break;
  }
  return result ? Value(*result) : Value();
}

}  // namespace

Value Evaluator::value(const Expression& expression) const {
  switch (expression.kind) {
    case Expression::Kind::literal:
      return expression.literal;
    case Expression::Kind::path:
      return path(expression);
    case Expression::Kind::data: {
      const auto found = data(expression);
      if (expression.type != Type::list) return found.empty() ? Value() : leaf_of(*found.front());
      Value::List items;
      for (const auto* each : found) items.push_back(leaf_of(*each));
      return Value(std::move(items));
    }
    case Expression::Kind::fact:
      return fact(expression);
    case Expression::Kind::name: {
      const auto found = context_.lets.find(expression.text);
      return found == context_.lets.end() ? Value() : Value(found->second);
    }
    case Expression::Kind::list: {
      Value::List items;
      for (const auto& child : expression.children) items.push_back(value(child));
      return Value(std::move(items));
    }
    case Expression::Kind::negation: {
      const Value operand = value(expression.children[0]);
      return Value(!(operand.truth() && *operand.truth()));
    }
    case Expression::Kind::minus:
      return calculate(Operator::subtract, Value(Decimal(0)), value(expression.children[0]));
    case Expression::Kind::operation:
      return operation(expression);
    case Expression::Kind::call:
      return expression.function->run(Arguments(*this, expression));
  }
  return {};
}

const json::Value* Evaluator::json_of(const Expression& path) const {
  if (!path.original) return body_.json();
  return context_.original ? context_.original->json() : nullptr;
}

std::vector<const json::Value*> Evaluator::data(const Expression& path, bool whole) const {
  const auto* root = json_of(path);
  return root ? select(*root, path.data, rows_, whole) : std::vector<const json::Value*>();
}

DataItems Evaluator::items(const Expression& path) const {
  const auto* root = json_of(path);
  return root ? items_of(*root, path.data, rows_) : DataItems();
}

const schema::XmlDocument* Evaluator::xml() const {
  if (const auto* own = body_.xml()) return own;
  return context_.original ? context_.original->xml() : nullptr;
}

const json::Value* Evaluator::json() const {
  if (const auto* own = body_.json()) return own;
  return context_.original ? context_.original->json() : nullptr;
}

const hl7::Tree* Evaluator::tree_of(const Expression& path) const {
  if (path.batch) return context_.batch ? context_.batch->tree(path.path.segment) : nullptr;
  if (!path.original) return tree_;
  return context_.original ? context_.original->hl7() : nullptr;
}

std::vector<hl7::Spot> Evaluator::places(const Expression& expression) const {
  const hl7::Tree* tree = tree_of(expression);
  if (!tree) return {};
  const auto scope = scope_of(expression);
  const auto* groups = groups_for(*tree, expression.path, scope.segment, expression.dictionary, context_);
  if (expression.path.field != 0 || expression.path.segment_pick.kind != hl7::Pick::Kind::implicit)
    return hl7::select(*tree, expression.path, scope, groups);
  hl7::Path every = expression.path;
  every.segment_pick.kind = hl7::Pick::Kind::all;
  return hl7::select(*tree, every, scope, groups);
}

Value Evaluator::path(const Expression& expression) const {
  if (&expression == leaf_path_) return Value(*leaf_);
  const hl7::Tree* tree = tree_of(expression);
  if (!tree) return {};
  if (expression.type != Type::list) {
    const auto scope = scope_of(expression);
    const auto* groups = groups_for(*tree, expression.path, scope.segment, expression.dictionary, context_);
    std::string text = hl7::read_text(*tree, expression.path, scope, groups);
    return text.empty() ? Value() : Value(std::move(text));
  }
  Value::List items;
  for (const auto& spot : places(expression)) items.emplace_back(tree->text(spot));
  return Value(std::move(items));
}

Value Evaluator::fact(const Expression& expression) const {
  const Message* message = context_.message;
  if (!message) return {};
  if (expression.text == "$id") return Value(to_string(message->id));
  if (expression.text == "$received_at") return Value(Timestamp::of(message->received_at));
  if (expression.text == "$peer") return Value(message->peer);
  if (expression.text == "$channel") return Value(message->channel);
  if (expression.text == "$part") return Value(Decimal(context_.piece.part));
  if (expression.text == "$parts") return Value(Decimal(context_.piece.parts));
  if (const auto found = fact_of(message->facts, std::string_view(expression.text).substr(1)))
    return Value(std::string(*found));
  return {};
}

Value Evaluator::operation(const Expression& expression) const {
  const auto holds = [&](const Expression& child) {
    const Value truth = value(child);
    return truth.truth() && *truth.truth();
  };
  const auto& children = expression.children;
  switch (expression.op) {
    case Operator::logical_or:
      return Value(std::any_of(children.begin(), children.end(), holds));
    case Operator::logical_and:
      return Value(std::all_of(children.begin(), children.end(), holds));
    case Operator::join: {
      std::string text;
      for (const auto& child : children) text += to_text(value(child));
      return Value(std::move(text));
    }
    case Operator::add:
    case Operator::subtract:
    case Operator::multiply:
    case Operator::divide:
      return calculate(expression.op, value(children[0]), value(children[1]));
    default:
      return Value(compare(expression));
  }
}

bool Evaluator::compare(const Expression& expression) const {
  const Value left = value(expression.children[0]);
  if (expression.op == Operator::matches) return re2::RE2::PartialMatch(to_text(left), *expression.pattern);
  const Value right = value(expression.children[1]);
  const auto ordered = [&](auto fits) {
    const auto result = order(left, right);
    return result && fits(*result);
  };
  switch (expression.op) {
    case Operator::equal:
      return same(left, right);
    case Operator::unequal:
      return !same(left, right);
    case Operator::less:
      return ordered([](int sign) { return sign < 0; });
    case Operator::less_equal:
      return ordered([](int sign) { return sign <= 0; });
    case Operator::greater:
      return ordered([](int sign) { return sign > 0; });
    case Operator::greater_equal:
      return ordered([](int sign) { return sign >= 0; });
    case Operator::in:
      return is_in(left, right);
    case Operator::not_in:
      return !is_in(left, right);
    case Operator::contains:
      return to_text(left).find(to_text(right)) != std::string::npos;
    case Operator::starts_with:
      return to_text(left).starts_with(to_text(right));
    case Operator::ends_with:
      return to_text(left).ends_with(to_text(right));
    default:
      return false;
  }
}

}  // namespace myelin::expr
