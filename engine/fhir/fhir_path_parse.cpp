// Reading FHIRPath: operator precedence, from weakest to strongest:
//   implies · or xor · and · in contains · = != · < <= > >= · | · &
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "engine/fhir/fhir_path_syntax.h"

namespace myelin::fhir {
namespace {

constexpr int kMaxNesting = 32;
constexpr int kAnd = 3;

struct Infix {
  std::string_view sign;
  int power;
};
constexpr auto kInfixes = std::to_array<Infix>({{"implies", 1},
                                                {"or", 2},
                                                {"xor", 2},
                                                {"and", kAnd},
                                                {"in", 4},
                                                {"contains", 4},
                                                {"!=", 5},
                                                {"=", 5},
                                                {"<=", 6},
                                                {">=", 6},
                                                {"<", 6},
                                                {">", 6},
                                                {"|", 7},
                                                {"&", 8}});

struct Known {
  std::string_view name;
  std::size_t least, most;
};
constexpr auto kFunctions = std::to_array<Known>(
    {{"where", 1, 1},    {"select", 1, 1},  {"all", 1, 1},        {"exists", 0, 1},   {"empty", 0, 0},
     {"not", 0, 0},      {"first", 0, 0},   {"last", 0, 0},       {"tail", 0, 0},     {"skip", 1, 1},
     {"take", 1, 1},     {"single", 0, 0},  {"count", 0, 0},      {"distinct", 0, 0}, {"ofType", 1, 1},
     {"hasValue", 0, 0}, {"iif", 2, 3},     {"startsWith", 1, 1}, {"endsWith", 1, 1}, {"contains", 1, 1},
     {"upper", 0, 0},    {"lower", 0, 0},   {"trim", 0, 0},       {"length", 0, 0},   {"substring", 1, 2},
     {"replace", 2, 2},  {"toString", 0, 0}});

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::expected<PathNode, FhirPathError> run() {
    PathNode whole = expression(0);
    blanks();
    if (!error_ && at_ < text_.size()) wrong("this cannot stand here");
    if (error_) return std::unexpected(std::move(*error_));
    return whole;
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void blanks() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r') ++at_;
  }
  PathNode wrong(std::string message) {
    if (!error_) error_ = FhirPathError{std::min(at_, text_.empty() ? 0 : text_.size() - 1), std::move(message)};
    return {};
  }
  bool take(char sign) {
    blanks();
    if (error_ || peek() != sign) return false;
    ++at_;
    return true;
  }
  void expect(char sign) {
    if (!take(sign)) wrong(std::string("'") + sign + "' is missing here");
  }

  std::string word() {
    const auto from = at_;
    while (is_letter(peek()) || is_digit(peek())) ++at_;
    return std::string(text_.substr(from, at_ - from));
  }

  std::optional<Infix> infix() {
    blanks();
    const auto rest = text_.substr(std::min(at_, text_.size()));
    for (const auto& known : kInfixes) {
      if (!rest.starts_with(known.sign)) continue;
      const bool whole_word = !is_letter(known.sign.front()) || rest.size() == known.sign.size() ||
                              !(is_letter(rest[known.sign.size()]) || is_digit(rest[known.sign.size()]));
      if (whole_word) return known;
    }
    return std::nullopt;
  }

  PathNode expression(int least) {
    if (++nesting_ > kMaxNesting) return wrong("it is nested too deep");
    PathNode left = postfix();
    while (!error_) {
      const auto sign = infix();
      if (!sign || sign->power <= least) break;
      at_ += sign->sign.size();
      PathNode right = expression(sign->power);
      PathNode whole;
      whole.kind = PathNode::Kind::operation;
      whole.text = std::string(sign->sign);
      whole.children.push_back(std::move(left));
      whole.children.push_back(std::move(right));
      left = std::move(whole);
    }
    --nesting_;
    return left;
  }

  // A value and what follows it: .name, .function(…), [0].
  PathNode postfix() {
    PathNode made = primary();
    while (!error_) {
      if (take('.')) {
        blanks();
        PathNode next = name();
        next.on_focus = false;
        next.children.insert(next.children.begin(), std::move(made));
        made = std::move(next);
      } else if (take('[')) {
        PathNode index;
        index.kind = PathNode::Kind::index;
        index.children.push_back(std::move(made));
        index.children.push_back(expression(0));
        expect(']');
        made = std::move(index);
      } else {
        break;
      }
    }
    return made;
  }

  PathNode primary() {
    blanks();
    PathNode made;
    if (take('(')) {
      made = expression(0);
      expect(')');
      return made;
    }
    if (take('{')) {
      expect('}');
      return made;  // nothing
    }
    made.kind = PathNode::Kind::literal;
    if (peek() == '\'') {
      made.literal = quoted('\'');
      return made;
    }
    if (is_digit(peek()) || (peek() == '-' && is_digit(peek(1)))) return number();
    if (take('@')) {  // a date or time is compared as it is written
      const auto from = at_;
      while (is_digit(peek()) || is_letter(peek()) || peek() == '-' || peek() == ':' || peek() == '+' || peek() == '.')
        ++at_;
      made.literal = std::string(text_.substr(from, at_ - from));
      return made;
    }
    if (take('$')) return special("this", PathNode::Kind::self);
    if (take('%')) return special(peek() == 'c' ? "context" : "resource", PathNode::Kind::root);
    return name();
  }

  PathNode special(std::string_view expected, PathNode::Kind kind) {
    PathNode made;
    made.kind = kind;
    return word() == expected ? made : wrong("there is $this, %resource and %context");
  }

  PathNode number() {
    const auto from = at_;
    if (peek() == '-') ++at_;
    while (is_digit(peek())) ++at_;
    if (peek() == '.' && is_digit(peek(1))) {
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    PathNode made;
    made.kind = PathNode::Kind::literal;
    auto value = json::Value::number(text_.substr(from, at_ - from));
    if (!value) return wrong("this is no number");
    made.literal = std::move(*value);
    return made;
  }

  std::string quoted(char quote) {
    std::string text;
    for (++at_; peek() != quote; ++at_) {
      if (at_ >= text_.size()) {
        wrong("this text is not closed");
        return text;
      }
      if (peek() == '\\') ++at_;
      text += peek();
    }
    ++at_;
    return text;
  }

  PathNode name() {
    PathNode made;
    made.kind = PathNode::Kind::member;
    if (peek() == '`') {
      made.text = quoted('`');
      return made;
    }
    if (!is_letter(peek())) return wrong(at_ < text_.size() ? "a name is missing here" : "it breaks off here");
    const auto from = at_;
    made.text = word();
    if (made.text == "true" || made.text == "false") {
      made.kind = PathNode::Kind::literal;
      made.literal = made.text == "true";
      return made;
    }
    if (!take('(')) return made;
    made.kind = PathNode::Kind::call;
    if (!take(')')) {
      do made.children.push_back(expression(0));
      while (take(','));
      expect(')');
    }
    return checked(std::move(made), from);
  }

  PathNode checked(PathNode call, std::size_t from) {
    if (error_) return call;
    const auto* known = std::ranges::find(kFunctions, call.text, &Known::name);
    const bool fits =
        known != kFunctions.end() && call.children.size() >= known->least && call.children.size() <= known->most;
    if (fits) return call;
    at_ = from;
    return wrong(known == kFunctions.end() ? "there is no function " + call.text + "() here"
                                           : call.text + "() has another number of arguments");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  std::optional<FhirPathError> error_;
};

}  // namespace

std::expected<PathNode, FhirPathError> parse_fhir_path(std::string_view text) {
  if (text.size() > kMaxFhirPathBytes) return std::unexpected(FhirPathError{0, "it is longer than 1 KiB"});
  return Parser(text).run();
}

}  // namespace myelin::fhir
