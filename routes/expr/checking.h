// Checker, from the inside: one object for each formula. names in checker_names.cpp, operators in
// checker_operators.cpp, calls in checker_calls.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/config/diagnostic.h"
#include "routes/expr/formula.h"
#include "routes/expr/mistakes.h"
#include "routes/expr/syntax.h"

namespace myelin::expr {

class Checker {
 public:
  Checker(const Scope& scope, Use use, std::vector<PathUse>& paths, Mistakes& mistakes)
      : scope_(scope), use_(use), around_(scope.around), paths_(paths), mistakes_(mistakes) {}

  void check(Expression& e);

 private:
  void add(std::string_view code, const Expression& at, std::string message, std::string hint = {});
  void path(Expression& e);
  void data(Expression& e);
  // What the dictionary says of a path, and whether it takes the first of several where that decides.
  void check_place(Expression& e);
  void check_header(Expression& e);
  void warn_of_several(const Expression& e, const Grammar& grammar);
  void fact(Expression& e);
  // How the message came: kept as its source said it, when a formula names it.
  void circumstance(Expression& e, std::string_view head);
  // A value of the site does not change while the configuration stands, so it is a literal from here on.
  void site(Expression& e);
  void name(Expression& e);
  void list(Expression& e);
  // Says what is wrong when `e` is not of the type; a segment as a value has a code of its own.
  bool want(const Expression& e, Type type, std::string_view who);
  static std::string hint_for(const Expression& e, Type type);
  // A warning where no value of the place is that text.
  void impossible(const Expression& place, const Expression& literal);
  bool impossible_type(const Expression& place, const Expression& literal, const Grammar& grammar);
  bool want_single(const Expression& e, std::string_view who);
  void operation(Expression& e);
  // True when a date can be compared with `e`: a date, or text that is checked now or read when it runs.
  bool dated(const Expression& e);
  void equality(const Expression& e, const Expression& left, const Expression& right);
  void order(const Expression& e, Expression& left, Expression& right);
  // A bare place that the dictionary has as a date or a number is read as one: PID-7 < "2000".
  void read_by_dictionary(Expression& e) const;
  void membership(const Expression& left, const Expression& right);
  void pattern(Expression& e, const Expression& left, const Expression& right);
  void compile_pattern(Expression& e, const Expression& from);
  void call(Expression& e);
  // Letters of Function::takes, one by one with the arguments.
  bool arguments(Expression& e);
  void argument(Expression& call, std::size_t index, char letter);
  void condition(Expression& call, Expression& e);
  static std::string path_hint(const Expression& call, const Expression& e);
  // The `a` arguments are of one type, which is that of the call.
  void alike(Expression& call, std::size_t index);
  void special(Expression& e);
  void zone(Expression& e, const std::string* name);
  void xpath(Expression& e);
  void fhirpath(Expression& e);
  void table(Expression& e, const std::string* column);

  const Scope& scope_;
  Use use_;
  std::vector<std::string> around_;  // of the scope, and the segments of any(), all() and count()
  std::vector<PathUse>& paths_;
  Mistakes& mistakes_;
};

inline bool single(Type type) {
  return type == Type::unknown || type == Type::text || type == Type::number || type == Type::time ||
         type == Type::null;
}

// The text of a literal; nullptr of everything else.
inline const std::string* written_out(const Expression& expression) {
  return expression.kind == Expression::Kind::literal ? expression.literal.text() : nullptr;
}

template <class Names>
std::string did_you_mean(std::string_view wrong, const Names& legal) {
  std::vector<std::string_view> names;
  for (const auto& name : legal) names.push_back(name);
  if (const auto near = config::nearest(wrong, names); !near.empty()) return "did you mean " + std::string(near) + "?";
  std::string all;
  for (std::size_t at = 0; at < names.size() && at < 8; ++at)
    all += (at ? ", " : "there are ") + std::string(names[at]);
  return all;
}

}  // namespace myelin::expr
