// Cutting a formula into tokens, and recognising what other languages would have written.
#include "routes/expr/lexer.h"

#include <array>
#include <utility>

namespace myelin::expr {

namespace {

bool digit(char byte) { return byte >= '0' && byte <= '9'; }
bool upper(char byte) { return byte >= 'A' && byte <= 'Z'; }
bool lower(char byte) { return byte >= 'a' && byte <= 'z'; }
bool word(char byte) { return upper(byte) || lower(byte) || digit(byte) || byte == '_'; }
bool blank(char byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

struct Foreign {
  std::string_view sign, ours;
};
// Longest first.
constexpr auto kForeign =
    std::to_array<Foreign>({{"&&", "and"}, {"||", "or"}, {"<>", "!="}, {"===", "=="}, {"!==", "!="}});
constexpr auto kSigns = std::to_array<std::string_view>(
    {"==", "!=", "<=", ">=", "<", ">", "&", "+", "-", "*", "/", "(", ")", "[", "]", ","});

class Lexer {
 public:
  Lexer(std::string_view text, Mistakes& mistakes, bool data) : text_(text), mistakes_(mistakes), data_(data) {}

  std::optional<std::vector<Token>> run() {
    std::vector<Token> tokens;
    while (true) {
      while (at_ < text_.size() && blank(text_[at_])) ++at_;
      if (at_ >= text_.size()) break;
      auto token = next();
      if (!token) return std::nullopt;
      tokens.push_back(std::move(*token));
    }
    tokens.push_back(Token{Token::Kind::end, text_.size(), 1, {}});
    return tokens;
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  std::optional<Token> next() {
    const char first = peek();
    if (first == '"' || first == '\'') return quoted();
    if (digit(first) || (first == '.' && digit(peek(1)))) return number();
    if (first == '$') return fact();
    if (data_ && (upper(first) || lower(first) || first == '_') && !names_hl7()) return data_or_word();
    if (upper(first)) return path_or_word();
    if (lower(first) || first == '_') return plain_word();
    return sign();
  }

  Token taken(Token::Kind kind, std::size_t from) const {
    return Token{kind, from, at_ - from, std::string(text_.substr(from, at_ - from))};
  }

  std::optional<Token> quoted() {
    const std::size_t from = at_;
    const char quote = text_[at_++];
    std::string content;
    while (at_ < text_.size()) {
      if (text_[at_] != quote) {
        content += text_[at_++];
      } else if (peek(1) == quote) {
        content += quote;
        at_ += 2;
      } else {
        ++at_;
        return Token{Token::Kind::text, from, at_ - from, std::move(content)};
      }
    }
    mistakes_.add("C0095", from, 1, "this text is not closed",
                  std::string("end it with ") + quote + "; inside it a quote is doubled");
    return std::nullopt;
  }

  std::optional<Token> number() {
    const std::size_t from = at_;
    while (digit(peek())) ++at_;
    if (peek() == '.' && digit(peek(1))) {
      ++at_;
      while (digit(peek())) ++at_;
    }
    if (word(peek())) {
      while (word(peek()) || peek() == '.') ++at_;
      mistakes_.add("C0080", from, at_ - from, "this is no number", "a text stands in quotes");
      return std::nullopt;
    }
    return taken(Token::Kind::number, from);
  }

  // $id, $site.facility, $header.X-Ward, $original.PID-5.1
  std::optional<Token> fact() {
    const std::size_t from = at_++;
    while (word(peek())) ++at_;
    const auto name = text_.substr(from, at_ - from);
    if (name == "$body") {
      data_tail();
      return taken(Token::Kind::data, from);
    }
    const bool whole = name == "$original" || name == "$batch";
    if (whole && ((peek() == '.' && word(peek(1))) || peek() == '[')) {
      if (peek() == '.' && upper(peek(1))) ++at_;
      path_tail();
      data_tail();
    } else if ((name == "$site" || name == "$header" || name == "$query") && peek() == '.') {
      while (word(peek()) || peek() == '-' || peek() == '.') ++at_;
    } else {
      while (word(peek()) || (peek() == '.' && lower(peek(1)))) ++at_;
    }
    return taken(Token::Kind::fact, from);
  }

  std::optional<Token> plain_word() {
    const std::size_t from = at_;
    while (word(peek()) || (peek() == '-' && lower(peek(1)))) ++at_;  // a `let` may be called patient-class
    return taken(Token::Kind::name, from);
  }

  // Everything that belongs to a path: letters, -5, .1, [ … ], / before another name, (0) as Terser writes it.
  void path_tail() {
    while (at_ < text_.size()) {
      const char byte = peek();
      if (word(byte)) {
        ++at_;
      } else if ((byte == '-' || byte == '.') && digit(peek(1))) {
        ++at_;
      } else if (byte == '/' && upper(peek(1))) {
        ++at_;
      } else if (byte == '[') {
        const std::size_t close = text_.find(']', at_);
        if (close == std::string_view::npos) return;
        at_ = close + 1;
      } else if (byte == '(' && digit(peek(1))) {
        const std::size_t close = text_.find_first_not_of("0123456789", at_ + 1);
        if (close == std::string_view::npos || text_[close] != ')') return;
        at_ = close + 1;
      } else {
        return;
      }
    }
  }

  // PID-5: a place of HL7, which the checker refuses with words of its own.
  bool names_hl7() const {
    return upper(peek()) && upper(peek(1)) && word(peek(2)) && peek(3) == '-' && digit(peek(4));
  }

  // Names with points, [2], [code=GLU], ['odd key'].
  void data_tail() {
    while (at_ < text_.size()) {
      if (word(peek()) || (peek() == '-' && (lower(peek(1)) || upper(peek(1))))) {
        ++at_;
      } else if (peek() == '.' && word(peek(1))) {
        ++at_;
      } else if (peek() == '[') {
        const bool quoted = peek(1) == '\'' || peek(1) == '"';
        const auto close = quoted ? text_.find(std::string{peek(1), ']'}, at_ + 2) : text_.find(']', at_);
        if (close == std::string_view::npos) return;
        at_ = close + (quoted ? 2 : 1);
      } else {
        return;
      }
    }
  }

  std::optional<Token> data_or_word() {
    constexpr auto kWords = std::to_array<std::string_view>(
        {"and", "or", "not", "in", "true", "false", "null", "matches", "contains", "starts_with", "ends_with"});
    const std::size_t from = at_;
    while (word(peek())) ++at_;
    const auto name = text_.substr(from, at_ - from);
    for (const auto known : kWords)
      if (name == known) return taken(Token::Kind::name, from);
    if (peek() == '(') return taken(Token::Kind::name, from);
    data_tail();
    return taken(Token::Kind::data, from);
  }

  std::optional<Token> path_or_word() {
    const std::size_t from = at_;
    while (word(peek())) ++at_;
    const std::string_view name = text_.substr(from, at_ - from);
    for (const std::string_view operation : {"AND", "OR", "NOT", "IN"}) {
      if (name != operation || blank(peek()) == false) continue;
      std::string ours;
      for (const char letter : operation) ours += static_cast<char>(letter - 'A' + 'a');
      mistakes_.add("C0093", from, name.size(), "operators are written in lower case", "write " + ours);
      return std::nullopt;
    }
    const bool call = peek() == '(' && !(name.size() == 3 && digit(peek(1)));
    const bool mixed = name.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string_view::npos;
    if (call || mixed) return taken(Token::Kind::name, from);
    path_tail();
    return taken(Token::Kind::path, from);
  }

  std::optional<Token> sign() {
    const std::string_view rest = text_.substr(at_);
    for (const auto& foreign : kForeign) {
      if (!rest.starts_with(foreign.sign)) continue;
      mistakes_.add("C0093", at_, foreign.sign.size(), "there is no operator " + std::string(foreign.sign),
                    "write " + std::string(foreign.ours));
      return std::nullopt;
    }
    for (const auto sign : kSigns) {
      if (!rest.starts_with(sign)) continue;
      const std::size_t from = at_;
      at_ += sign.size();
      return taken(Token::Kind::sign, from);
    }
    const char byte = rest[0];
    const bool curly = rest.starts_with("\xE2\x80\x9C") || rest.starts_with("\xE2\x80\x9D") ||
                       rest.starts_with("\xE2\x80\x98") || rest.starts_with("\xE2\x80\x99");
    const std::string_view hint = byte == '='   ? "== compares"
                                  : byte == '!' ? "write not"
                                  : byte == '?' ? "write if(condition, this, that)"
                                  : byte == '%' ? "there is no remainder"
                                  : byte == '{' ? "inside a formula there is no {{ }}; a list stands in [ ]"
                                  : curly       ? "quotes are straight: \" or '"
                                                : "a text stands in quotes";
    std::size_t length = 1;
    while (length < rest.size() && (static_cast<unsigned char>(rest[length]) & 0xC0U) == 0x80U) ++length;
    const bool foreign = byte == '=' || byte == '!' || byte == '?' || byte == '%';
    mistakes_.add(foreign ? "C0093" : "C0080", at_, length,
                  foreign ? std::string("there is no operator ") + byte
                          : std::string("this character has no meaning in a formula"),
                  std::string(hint));
    return std::nullopt;
  }

  std::string_view text_;
  Mistakes& mistakes_;
  bool data_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::vector<Token>> tokenize(std::string_view formula, Mistakes& mistakes, bool data) {
  return Lexer(formula, mistakes, data).run();
}

}  // namespace myelin::expr
