// Text with {{ formulas }} in it, cut into its parts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routes/expr/compiled.h"

namespace myelin::expr {

struct TemplatePart {
  std::string literal;
  std::shared_ptr<const CompiledFormula> formula;  // null: the literal
};

// `text` is of `scalar`, from its beginning. Nothing after reporting the mistakes.
std::optional<std::vector<TemplatePart>> split_template(const config::Node& scalar, std::string_view text,
                                                        Target target, const Scope& scope,
                                                        config::Diagnostics& diagnostics);

// A value is one text: no list, no segment, nothing that is only true or false. Otherwise that is reported.
bool is_value(const config::Node& scalar, std::size_t offset, const Expression& root, config::Diagnostics& diagnostics);

}  // namespace myelin::expr
