// Evaluator: computes a checked Expression over one message. It never fails: what cannot be had is absent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/model/plan.h"
#include "routes/expr/syntax.h"

namespace myelin::expr {

class Evaluator {
 public:
  Evaluator(const Body& body, const Context& context) : tree_(body.hl7()), context_(context), scope_{context.scope} {}

  Value value(const Expression& expression) const;

  // What functions need beside their arguments.
  const Context& context() const { return context_; }
  // The message that a path reads: the body's, or that of $original. nullptr: no HL7.
  const hl7::Tree* tree_of(const Expression& path) const;
  hl7::Scope scope_of(const Expression& path) const { return path.original ? hl7::Scope{} : scope_; }
  // The places a path names; a whole segment without a selector means each of its occurrences.
  std::vector<hl7::Spot> places(const Expression& path) const;

  // The same, inside one segment: for any, all and count.
  Evaluator within(std::uint32_t segment) const {
    Evaluator inner = *this;
    inner.scope_ = hl7::Scope{segment};
    return inner;
  }
  // The same, with `path` read as `leaf`: for text functions that act on every leaf.
  Evaluator with_leaf(const Expression& path, const std::string& leaf) const {
    Evaluator inner = *this;
    inner.leaf_path_ = &path;
    inner.leaf_ = &leaf;
    return inner;
  }

 private:
  Value path(const Expression& expression) const;
  Value fact(const Expression& expression) const;
  Value operation(const Expression& expression) const;
  bool compare(const Expression& expression) const;

  const hl7::Tree* tree_;
  const Context& context_;
  hl7::Scope scope_;
  const Expression* leaf_path_ = nullptr;
  const std::string* leaf_ = nullptr;
};

bool empty(const Value& value);             // absent, null or ""
bool same(const Value& a, const Value& b);  // == of the language
std::optional<Timestamp> as_time(const Value& value);

}  // namespace myelin::expr
