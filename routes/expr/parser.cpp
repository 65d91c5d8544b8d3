// The Pratt parser of formulas.
#include "routes/expr/parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "routes/expr/formula.h"
#include "routes/expr/lexer.h"

namespace myelin::expr {

namespace {

struct Infix {
  std::string_view sign;
  Operator op;
  int power;
};

constexpr int kOr = 1, kAnd = 2, kNot = 3, kCompare = 4, kJoin = 5, kSum = 6, kProduct = 7, kMinus = 8;

constexpr auto kInfixes = std::to_array<Infix>({
    {"or", Operator::logical_or, kOr},
    {"and", Operator::logical_and, kAnd},
    {"==", Operator::equal, kCompare},
    {"!=", Operator::unequal, kCompare},
    {"<", Operator::less, kCompare},
    {"<=", Operator::less_equal, kCompare},
    {">", Operator::greater, kCompare},
    {">=", Operator::greater_equal, kCompare},
    {"in", Operator::in, kCompare},
    {"matches", Operator::matches, kCompare},
    {"contains", Operator::contains, kCompare},
    {"starts_with", Operator::starts_with, kCompare},
    {"ends_with", Operator::ends_with, kCompare},
    {"&", Operator::join, kJoin},
    {"+", Operator::add, kSum},
    {"-", Operator::subtract, kSum},
    {"*", Operator::multiply, kProduct},
    {"/", Operator::divide, kProduct},
});

bool chains_flat(Operator op) {
  return op == Operator::logical_or || op == Operator::logical_and || op == Operator::join;
}

class Parser {
 public:
  Parser(std::vector<Token> tokens, Mistakes& mistakes, DataScope data)
      : tokens_(std::move(tokens)), mistakes_(mistakes), data_(data) {}

  std::optional<Expression> run() {
    auto whole = expression(0);
    if (!whole) return std::nullopt;
    const Token& rest = here();
    if (rest.kind == Token::Kind::end) return whole;
    if (rest.is(")") || rest.is("]")) return stop(rest, "this bracket closes nothing");
    if (rest.kind == Token::Kind::sign && rest.text != "(" && rest.text != "[")
      return stop(rest, "'" + rest.text + "' cannot stand here");
    return stop(rest, "an operator is missing before this", "& joins texts, and joins conditions");
  }

 private:
  const Token& here() const { return tokens_[at_]; }
  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }

  std::nullopt_t stop(const Token& token, std::string message, std::string hint = {}, std::string_view code = "C0080") {
    mistakes_.add(code, token.offset, token.length, std::move(message), std::move(hint));
    return std::nullopt;
  }
  std::nullopt_t too_deep(std::size_t offset) {
    mistakes_.add("C0092", offset, 1, "the formula is nested deeper than 64 levels", "split it with let:");
    return std::nullopt;
  }

  std::optional<Infix> infix() const {
    const Token& token = here();
    if (token.kind != Token::Kind::sign && token.kind != Token::Kind::name) return std::nullopt;
    if (token.is_word("not") && ahead().is_word("in")) return Infix{"not in", Operator::not_in, kCompare};
    for (const auto& known : kInfixes)
      if (known.sign == token.text) return known;
    return std::nullopt;
  }

  std::optional<Expression> expression(int least) {
    if (++nested_ > kMaxFormulaDepth) return too_deep(here().offset);
    auto left = prefix();
    while (left) {
      const auto operation = infix();
      if (!operation || operation->power <= least) break;
      const Token sign = take();
      if (operation->op == Operator::not_in) take();
      auto right = expression(operation->power);
      if (!right) return std::nullopt;
      if (operation->power == kCompare) {
        if (const auto again = infix(); again && again->power == kCompare)
          return stop(here(), "comparisons do not chain", "join them with and");
      }
      left = combine(operation->op, sign, std::move(*left), std::move(*right));
      if (left && left->depth > kMaxFormulaDepth) return too_deep(sign.offset);
    }
    --nested_;
    return left;
  }

  static Expression combine(Operator op, const Token&, Expression left, Expression right) {
    const std::size_t end = right.offset + right.length;
    if (chains_flat(op) && left.kind == Expression::Kind::operation && left.op == op && !left.text.empty()) {
      left.depth = std::max(left.depth, right.depth + 1);
      left.length = end - left.offset;
      left.children.push_back(std::move(right));
      return left;
    }
    Expression whole;
    whole.kind = Expression::Kind::operation;
    whole.op = op;
    whole.text = "open";  // not in brackets: more of the same may join
    whole.offset = left.offset;
    whole.length = end - left.offset;
    whole.depth = std::max(left.depth, right.depth) + 1;
    whole.children.push_back(std::move(left));
    whole.children.push_back(std::move(right));
    return whole;
  }

  std::optional<Expression> prefix() {
    const Token token = take();
    switch (token.kind) {
      case Token::Kind::text:
        return literal(token, Value(token.text), Type::text);
      case Token::Kind::number:
        return number(token);
      case Token::Kind::path:
        return path(token, token.text, 0);
      case Token::Kind::data:
        return data(token, token.text.starts_with("$body") ? 5 : 0);
      case Token::Kind::fact:
        return fact(token);
      case Token::Kind::name:
        return name(token);
      case Token::Kind::end:
        return stop(token, "the formula breaks off here", "a value is missing");
      case Token::Kind::sign:
        break;
    }
    if (token.is("(")) return bracketed(token);
    if (token.is("[")) return list(token);
    if (token.is("-")) return unary(token, Expression::Kind::minus, kMinus);
    if (token.is("+")) return expression(kMinus);
    return stop(token, "a value is missing before '" + token.text + "'");
  }

  static Expression literal(const Token& token, Value value, Type type) {
    Expression made;
    made.kind = Expression::Kind::literal;
    made.type = type;
    made.offset = token.offset;
    made.length = token.length;
    made.literal = std::move(value);
    return made;
  }

  std::optional<Expression> number(const Token& token) {
    const auto value = Decimal::parse(token.text);
    if (!value) return stop(token, "this number has more than 34 digits");
    return literal(token, Value(*value), Type::number);
  }

  std::optional<Expression> path(const Token& token, std::string_view text, std::size_t skipped) {
    auto parsed = hl7::parse_path_with_groups(text);
    if (!parsed) {
      const hl7::PathError& error = parsed.error();
      const bool from_zero = text.find('(') != std::string_view::npos || text.find("[0]") != std::string_view::npos;
      std::string hint = error.hint;
      if (hint.empty() && text.find_first_of("-[.(/") == std::string_view::npos)
        hint = "as text, write \"" + std::string(text) + "\"";
      mistakes_.add(from_zero ? "C0011" : "C0010", token.offset + skipped + error.offset, error.length, error.message,
                    std::move(hint));
      return std::nullopt;
    }
    Expression made;
    made.kind = Expression::Kind::path;
    made.offset = token.offset;
    made.length = token.length;
    made.text = std::string(text);
    made.path = std::move(*parsed);
    return made;
  }

  std::optional<Expression> data(const Token& token, std::size_t skipped) {
    auto parsed = parse_data_path(std::string_view(token.text).substr(skipped));
    if (!parsed) {
      const auto& error = parsed.error();
      mistakes_.add(error.message.contains("from 1") ? "C0011" : "C0010", token.offset + skipped + error.offset,
                    error.length, error.message, error.hint);
      return std::nullopt;
    }
    auto made = literal(token, Value(), Type::unknown);
    made.kind = Expression::Kind::data;
    made.text = token.text;
    made.data = std::move(*parsed);
    return made;
  }

  std::optional<Expression> fact(const Token& token) {
    constexpr std::string_view kOriginal = "$original.";
    if (data_.original && token.text.size() >= kOriginal.size() && token.text.starts_with("$original")) {
      auto made = data(token, kOriginal.size() - 1);
      if (made) made->original = true;
      return made;
    }
    constexpr std::string_view kBatch = "$batch.";
    if (token.text.starts_with(kBatch)) {
      auto made = path(token, std::string_view(token.text).substr(kBatch.size()), kBatch.size());
      if (made) made->batch = true;
      return made;
    }
    if (token.text.starts_with(kOriginal)) {
      auto made = path(token, std::string_view(token.text).substr(kOriginal.size()), kOriginal.size());
      if (made) made->original = true;
      return made;
    }
    Expression made;
    made.kind = Expression::Kind::fact;
    made.offset = token.offset;
    made.length = token.length;
    made.text = token.text;
    return made;
  }

  std::optional<Expression> name(const Token& token) {
    if (here().is("(") && !token.is_word("not") && !token.is_word("in")) return call(token);
    if (token.is_word("not")) return unary(token, Expression::Kind::negation, kNot);
    if (token.is_word("true") || token.is_word("false"))
      return literal(token, Value(token.text == "true"), Type::truth);
    if (token.is_word("null")) return literal(token, Value(Null{}), Type::null);
    for (const auto& known : kInfixes)
      if (known.sign == token.text) return stop(token, "a value is missing before '" + token.text + "'");
    Expression made;
    made.kind = Expression::Kind::name;
    made.offset = token.offset;
    made.length = token.length;
    made.text = token.text;
    return made;
  }

  std::optional<Expression> unary(const Token& token, Expression::Kind kind, int power) {
    auto operand = expression(power);
    if (!operand) return std::nullopt;
    Expression made;
    made.kind = kind;
    made.offset = token.offset;
    made.length = operand->offset + operand->length - token.offset;
    made.depth = operand->depth + 1;
    made.children.push_back(std::move(*operand));
    return made;
  }

  std::optional<Expression> bracketed(const Token& open) {
    auto inner = expression(0);
    if (!inner) return std::nullopt;
    if (!here().is(")")) return stop(open, "this bracket is not closed");
    take();
    if (inner->kind == Expression::Kind::operation) inner->text.clear();
    return inner;
  }

  // Values up to `close`; the opening bracket is taken.
  bool values(const Token& open, std::string_view close, std::vector<Expression>& into) {
    if (here().is(close)) {
      take();
      return true;
    }
    while (true) {
      auto value = expression(0);
      if (!value) return false;
      into.push_back(std::move(*value));
      const Token& next = here();
      if (next.is(close)) break;
      if (!next.is(",")) {
        if (next.kind == Token::Kind::end) stop(open, "this bracket is not closed");
        else stop(next, "a comma or " + std::string(close) + " is missing before this");
        return false;
      }
      take();
    }
    take();
    return true;
  }

  std::optional<Expression> sequence(Expression::Kind kind, const Token& first, const Token& open,
                                     std::string_view close) {
    Expression made;
    made.kind = kind;
    made.offset = first.offset;
    if (!values(open, close, made.children)) return std::nullopt;
    const Token& last = tokens_[at_ - 1];
    made.length = (last.is(close) ? last.offset + last.length : first.offset + first.length) - first.offset;
    for (const auto& child : made.children) made.depth = std::max(made.depth, child.depth + 1);
    return made;
  }

  std::optional<Expression> list(const Token& open) { return sequence(Expression::Kind::list, open, open, "]"); }

  std::optional<Expression> call(const Token& name) {
    const Token open = take();
    auto made = sequence(Expression::Kind::call, name, open, ")");
    if (made) made->text = name.text;
    return made;
  }

  std::vector<Token> tokens_;
  Mistakes& mistakes_;
  DataScope data_;
  std::size_t at_ = 0;
  int nested_ = 0;
};

}  // namespace

std::optional<Expression> parse_formula(std::string_view formula, Mistakes& mistakes, DataScope data) {
  if (formula.size() > kMaxFormulaBytes) {
    mistakes.add("C0092", 0, 1, "the formula is longer than 4 KiB", "split it with let:, or use a table");
    return std::nullopt;
  }
  if (formula.find_first_not_of(" \r\n\t") == std::string_view::npos) {
    mistakes.add("C0094", 0, 1, "there is no formula here");
    return std::nullopt;
  }
  auto tokens = tokenize(formula, mistakes, data.body);
  if (!tokens) return std::nullopt;
  return Parser(std::move(*tokens), mistakes, data).run();
}

}  // namespace myelin::expr
