// ValueTree: JSON as it stands in a channel file: a tree of YAML whose leaves are values. A number of a formula is a
// number, true and false are themselves, what is absent is null; `each` and `do` make the items of an array.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/fhir/json.h"
#include "routes/steps/each.h"

namespace myelin::routes {

class ValueTree {
 public:
  // Nothing after reporting what is wrong.
  static std::optional<ValueTree> read(const config::Node& node, Workshop& workshop);

  // JSON, each member on its own line. bad_charset where a value is no UTF-8.
  Result<std::string> text(const Body& body, Context& context) const;
  Result<json::Value> value(const Body& body, Context& context) const;

 private:
  // A leaf: a formula with its own kind of value, or text.
  struct Leaf {
    std::shared_ptr<const expr::Formula> formula;
    std::shared_ptr<const expr::TextSource> text;
  };
  enum class Kind : std::uint8_t { leaf, object, array, rows };

  static std::optional<ValueTree> read(const config::Node& node, Workshop& workshop, int depth);
  static std::optional<ValueTree> read_rows(const config::Node& node, Workshop& workshop, int depth);
  static std::optional<Leaf> read_leaf(const config::Node& node, Workshop& workshop);
  void append(const Body& body, Context& context, int depth, std::string& out) const;
  void append_items(const Body& body, Context& context, int depth, std::string& out) const;

  Kind kind_ = Kind::leaf;
  Leaf leaf_;
  std::vector<std::string> names_;   // of an object's children
  std::vector<ValueTree> children_;  // of rows the one thing that is repeated
  std::shared_ptr<const Each> each_;
};

}  // namespace myelin::routes
