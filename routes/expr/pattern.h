// Regular expressions (RE2: no expression takes for ever), for the functions and for the step `replace`. The rest of
// the tree sees only this; RE2's own header stands in routes/expr alone.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

namespace re2 {
class RE2;
}

namespace myelin::expr {

using Pattern = std::shared_ptr<const re2::RE2>;

// The expression ready to use, or why it cannot be used.
std::expected<Pattern, std::string> read_pattern(const std::string& text);

// Empty when `by` can be used with the pattern: \1 names a group that the pattern has.
std::string replacement_mistake(const re2::RE2& pattern, const std::string& by);

// Every match replaced; nothing when the result would be too large for a field.
std::optional<std::string> replace_all(const re2::RE2& pattern, const std::string& text, const std::string& by);

}  // namespace myelin::expr
