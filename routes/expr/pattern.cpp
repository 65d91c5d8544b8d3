// RE2 within bounds: a megabyte for one expression, and no log of its own.
#include "routes/expr/pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "routes/expr/characters.h"

namespace myelin::expr {

std::expected<Pattern, std::string> read_pattern(const std::string& text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto pattern = std::make_shared<const re2::RE2>(text, options);
  if (!pattern->ok()) return std::unexpected(pattern->error());
  return pattern;
}

std::string replacement_mistake(const re2::RE2& pattern, const std::string& by) {
  std::string why;
  pattern.CheckRewriteString(by, &why);
  return why;
}

std::optional<std::string> replace_all(const re2::RE2& pattern, const std::string& text, const std::string& by) {
  std::array<re2::StringPiece, 10> groups;
  const int wanted = std::min(pattern.NumberOfCapturingGroups() + 1, static_cast<int>(groups.size()));
  std::string out;
  std::size_t at = 0;
  while (at <= text.size()) {
    if (!pattern.Match(text, at, text.size(), re2::RE2::UNANCHORED, groups.data(), wanted)) break;
    const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    out.append(text, at, begin - at);
    if (!pattern.Rewrite(&out, by, groups.data(), wanted) || out.size() > kMaxText) return std::nullopt;
    at = begin + groups[0].size();
    if (!groups[0].empty()) continue;
    if (at == text.size()) return out;
    const std::size_t step = character_at(text, at);  // an empty match moves on by one character
    out.append(text, at, step);
    at += step;
  }
  if (at < text.size()) out.append(text, at);
  return out;
}

}  // namespace myelin::expr
