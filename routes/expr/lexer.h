// Lexer: a formula's text as tokens. Paths are one token each, so that PID-3[5=MR].1 is not a subtraction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routes/expr/mistakes.h"

namespace myelin::expr {

struct Token {
  enum class Kind : std::uint8_t { end, text, number, path, data, name, fact, sign };
  Kind kind = Kind::end;
  std::size_t offset = 0, length = 0;
  std::string text;  // of a text: without quotes; else as typed

  bool is(std::string_view sign) const { return kind == Kind::sign && text == sign; }
  bool is_word(std::string_view word) const { return kind == Kind::name && text == word; }
};

// Ends with a token of Kind::end. Nothing after a mistake. `data`: names are paths into JSON.
std::optional<std::vector<Token>> tokenize(std::string_view formula, Mistakes& mistakes, bool data = false);

}  // namespace myelin::expr
