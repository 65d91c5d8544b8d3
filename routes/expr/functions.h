// The functions of the formula language: THE table is in functions.cpp, one row each with its types, doc line and an
// example that a test runs. To add one: write its `run`, add its row.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "routes/expr/evaluate.h"

namespace myelin::expr {

// The arguments of one call, evaluated when asked for.
class Arguments {
 public:
  Arguments(const Evaluator& evaluator, const Expression& call) : evaluator_(evaluator), call_(call) {}

  std::size_t size() const { return call_.children.size(); }
  const Expression& expression(std::size_t index) const { return call_.children[index]; }
  const Expression& call() const { return call_; }
  const Evaluator& evaluator() const { return evaluator_; }

  Value value(std::size_t index) const { return index < size() ? evaluator_.value(call_.children[index]) : Value(); }
  std::string text(std::size_t index) const { return to_text(value(index)); }
  // A whole number in `least` … `most`; `otherwise` when it is absent or none.
  std::int64_t whole(std::size_t index, std::int64_t least, std::int64_t most, std::int64_t otherwise) const;
  std::optional<Timestamp> time(std::size_t index) const { return as_time(value(index)); }

 private:
  const Evaluator& evaluator_;
  const Expression& call_;
};

enum class Check : std::uint8_t { none, table, pattern, date_pattern, unit, zone, xpath, fhirpath };

struct Function {
  std::string_view name;
  // One letter per argument: t text, n number, b true/false, d date (or text of one), l list, L list or path that
  // repeats, s segment or list, p path or segment, c condition for each, x any single value, a values of one type;
  // capital T: text that is written out. `?` the following may be left out; `*` the last may be repeated.
  std::string_view takes;
  Type gives;      // unknown: the type of the `a` arguments
  bool each_leaf;  // a text function that acts on every leaf of its first argument and keeps the structure
  Check check;
  std::string_view signature, doc, example, result;
  Value (*run)(const Arguments&);
};

// 20 characters made of the message's id and a text: always the same for the same message.
std::string short_id(const Message* message, std::string_view text);

std::span<const Function> all_functions();
const Function* find_function(std::string_view name);

// functions_text.cpp
Value run_upper(const Arguments&);
Value run_lower(const Arguments&);
Value run_trim(const Arguments&);
Value run_pad(const Arguments&);
Value run_left(const Arguments&);
Value run_right(const Arguments&);
Value run_substring(const Arguments&);
Value run_replace(const Arguments&);
Value run_split(const Arguments&);
Value run_lines(const Arguments&);
Value run_join(const Arguments&);
Value run_length(const Arguments&);
Value run_digits(const Arguments&);
Value run_base64(const Arguments&);
Value run_unbase64(const Arguments&);
Value run_plain_text(const Arguments&);
Value run_markdown(const Arguments&);
Value run_html(const Arguments&);
// functions_value.cpp
Value run_number(const Arguments&);
Value run_round(const Arguments&);
Value run_date(const Arguments&);
Value run_format(const Arguments&);
Value run_add(const Arguments&);
Value run_in_zone(const Arguments&);
Value run_age(const Arguments&);
Value run_if(const Arguments&);
Value run_coalesce(const Arguments&);
Value run_lookup(const Arguments&);
Value run_sha256(const Arguments&);
Value run_uuid(const Arguments&);
Value run_short_id(const Arguments&);
// functions_message.cpp
Value run_missing(const Arguments&);
Value run_present(const Arguments&);
Value run_null(const Arguments&);
Value run_any(const Arguments&);
Value run_all(const Arguments&);
Value run_count(const Arguments&);
Value run_first(const Arguments&);
Value run_last(const Arguments&);
Value run_xpath(const Arguments&);
Value run_xpath_all(const Arguments&);
Value run_fhirpath(const Arguments&);
Value run_fhirpath_all(const Arguments&);
Value run_fhirpath_holds(const Arguments&);
Value run_segments(const Arguments&);

}  // namespace myelin::expr
