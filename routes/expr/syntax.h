// Expression: the tree of a formula, as the parser builds it and the checker completes it (types, tables, patterns).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hl7/path.h"
#include "engine/hl7/zone.h"
#include "routes/expr/data_path.h"
#include "routes/expr/value.h"

namespace re2 {
class RE2;
}

namespace myelin::schema {
class Dictionary;
class XPath;
}  // namespace myelin::schema

namespace myelin::fhir {
class FhirPath;
}

namespace myelin::expr {

class Table;
struct Function;

// What an expression gives. `segment`: a path that names a whole segment, legal only where segments are counted.
// `unknown`: a mistake was said already, or a value of whatever kind fits.
enum class Type : std::uint8_t { unknown, text, number, truth, time, list, segment, null };

enum class Operator : std::uint8_t {
  logical_or,
  logical_and,
  equal,
  unequal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  not_in,
  matches,
  contains,
  starts_with,
  ends_with,
  join,
  add,
  subtract,
  multiply,
  divide,
};

struct Expression {
  // `data`: a path into JSON, where a path of HL7 would stand in a message.
  enum class Kind : std::uint8_t { literal, path, data, fact, name, list, negation, minus, operation, call };

  Kind kind = Kind::literal;
  Type type = Type::unknown;
  Operator op = Operator::equal;
  int depth = 1;
  std::size_t offset = 0, length = 0;  // in the formula's text
  Value literal;
  std::string text;  // fact, name, call, and a path as typed
  hl7::Path path;
  DataPath data;
  bool original = false;                           // path, data: of $original
  bool batch = false;                              // path: of $batch
  const schema::Dictionary* dictionary = nullptr;  // path: whose grammars tell its groups; nullptr: none
  std::vector<Expression> children;                // and, or, & have as many as are written
  const Function* function = nullptr;
  std::shared_ptr<const re2::RE2> pattern;
  std::shared_ptr<const Table> table;
  std::shared_ptr<const schema::XPath> xpath;
  std::shared_ptr<const fhir::FhirPath> fhirpath;
  const hl7::Zone* zone = nullptr;  // in_zone: where to …
  const hl7::Zone* home = nullptr;  // … and of what has no offset
};

}  // namespace myelin::expr
