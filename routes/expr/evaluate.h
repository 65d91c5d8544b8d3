// Evaluator: computes a checked Expression over one message. It never fails: what cannot be had is absent.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/model/plan.h"
#include "routes/expr/syntax.h"

namespace myelin::expr {

class Evaluator {
 public:
  Evaluator(const Body& body, const Context& context)
      : body_(body), tree_(body.hl7()), context_(context), scope_{context.scope}, rows_(context.rows) {}

  Value value(const Expression& expression) const;

  // What functions need beside their arguments.
  const Context& context() const { return context_; }
  // The message that a path reads: the body's, or that of $original or $batch. nullptr: no HL7.
  const hl7::Tree* tree_of(const Expression& path) const;
  hl7::Scope scope_of(const Expression& path) const { return path.original || path.batch ? hl7::Scope{} : scope_; }
  // The places a path names; a whole segment without a selector means each of its occurrences.
  std::vector<hl7::Spot> places(const Expression& path) const;

  // What a path into JSON names. The last array stays whole when `whole`.
  std::vector<const json::Value*> data(const Expression& path, bool whole = false) const;
  DataItems items(const Expression& path) const;
  // The XML that xpath() reads: the body, or what it was made of. nullptr: there is none.
  const schema::XmlDocument* xml() const;
  // The same of JSON, for fhirpath().
  const json::Value* json() const;

  // The same, with one item of JSON as the current one.
  Evaluator within(const std::string& path, std::size_t index) const {
    Evaluator inner = *this;
    auto rows = std::make_shared<std::vector<Context::Row>>(rows_.begin(), rows_.end());
    rows->push_back({path, index});
    inner.rows_ = *rows;
    inner.grown_ = std::move(rows);
    return inner;
  }
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

  const json::Value* json_of(const Expression& path) const;

  const Body& body_;
  const hl7::Tree* tree_;
  const Context& context_;
  hl7::Scope scope_;
  std::span<const Context::Row> rows_;
  std::shared_ptr<const std::vector<Context::Row>> grown_;  // what rows_ looks at, where it is not the context's
  const Expression* leaf_path_ = nullptr;
  const std::string* leaf_ = nullptr;
};

bool empty(const Value& value);             // absent, null or ""
bool same(const Value& a, const Value& b);  // == of the language
std::optional<Timestamp> as_time(const Value& value);

}  // namespace myelin::expr
