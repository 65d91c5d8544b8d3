#include "routes/expr/template.h"

#include "routes/expr/checker.h"
#include "routes/expr/literal.h"
#include "routes/expr/mistakes.h"

namespace myelin::expr {
namespace {

using Kind = Expression::Kind;

// The end of the formula that begins at `at`: its }}, not one inside a quoted text.
std::size_t closing(std::string_view text, std::size_t at) {
  char quote = 0;
  for (; at < text.size(); ++at) {
    if (quote) {
      if (text[at] == quote) quote = 0;
    } else if (text[at] == '"' || text[at] == '\'') {
      quote = text[at];
    } else if (text.substr(at).starts_with("}}")) {
      return at;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<std::vector<TemplatePart>> split_template(const config::Node& scalar, std::string_view text,
                                                        Target target, const Scope& scope,
                                                        config::Diagnostics& diagnostics) {
  std::vector<TemplatePart> parts;
  bool good = true;
  const auto literal = [&](std::size_t from, std::size_t to) {
    if (from == to) return;
    Mistakes mistakes(scalar, from, diagnostics);
    const std::string_view part = text.substr(from, to - from);
    if (target == Target::leaf || target == Target::component) check_literal(part, target, mistakes);
    good = good && mistakes.none();
    parts.push_back({std::string(part), nullptr});
  };
  std::size_t from = 0;
  for (std::size_t open = text.find("{{"); open != std::string_view::npos; open = text.find("{{", from)) {
    literal(from, open);
    const std::size_t close = closing(text, open + 2);
    if (close == std::string_view::npos) {
      diagnostics.add("C0096", scalar.place_of(open, 2), "{{ without }}", "a formula ends with }}");
      return std::nullopt;
    }
    auto formula = compile_part(scalar, open + 2, close - open - 2, scope, diagnostics);
    good = formula && is_value(scalar, open + 2, formula->root(), diagnostics) && good;
    if (formula) parts.push_back({{}, std::move(formula)});
    from = close + 2;
  }
  literal(from, text.size());
  if (!good) return std::nullopt;
  return parts;
}

bool is_value(const config::Node& scalar, std::size_t offset, const Expression& root,
              config::Diagnostics& diagnostics) {
  const bool copied_list = root.kind == Kind::path && root.type == Type::list;
  if (root.type != Type::truth && root.type != Type::segment && (root.type != Type::list || copied_list)) return true;
  const char* hint = root.type == Type::truth  ? "say if(…, \"Y\", \"N\")"
                     : root.type == Type::list ? "say join(…, \",\") or first(…)"
                                               : "name a field";
  Mistakes(scalar, offset, diagnostics)
      .add(root.type == Type::segment ? "C0098" : "C0083", root.offset, root.length,
           "a value is one text, and this is " + std::string(name_of(root.type)), hint);
  return false;
}

}  // namespace myelin::expr
