// Value: what a formula gives. Absent and HL7 null read as "" wherever text is asked for; only what is written to a
// message tells them apart.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "routes/expr/decimal.h"
#include "routes/expr/timestamp.h"

namespace myelin::expr {

struct Absent {
  bool operator==(const Absent&) const = default;
};
struct Null {  // HL7's "": delete what you have
  bool operator==(const Null&) const = default;
};

class Value {
 public:
  using List = std::vector<Value>;

  Value() = default;
  Value(Absent) {}
  Value(Null) : content_(Null{}) {}
  Value(std::string text) : content_(std::move(text)) {}
  Value(const char* text) : content_(std::string(text)) {}
  Value(Decimal number) : content_(number) {}
  Value(bool truth) : content_(truth) {}
  Value(Timestamp time) : content_(time) {}
  Value(List items) : content_(std::make_shared<const List>(std::move(items))) {}

  bool is_absent() const { return std::holds_alternative<Absent>(content_); }
  bool is_null() const { return std::holds_alternative<Null>(content_); }
  // nullptr when it is of another kind.
  const std::string* text() const { return std::get_if<std::string>(&content_); }
  const Decimal* number() const { return std::get_if<Decimal>(&content_); }
  const bool* truth() const { return std::get_if<bool>(&content_); }
  const Timestamp* time() const { return std::get_if<Timestamp>(&content_); }
  const List* list() const {
    const auto* items = std::get_if<std::shared_ptr<const List>>(&content_);
    return items ? items->get() : nullptr;
  }

 private:
  std::variant<Absent, Null, std::string, Decimal, bool, Timestamp, std::shared_ptr<const List>> content_;
};

// What `&` and `set` write: text as it is, numbers and dates in their own form, true and false as words, a list's
// first item, "" for absent and null.
std::string to_text(const Value& value);

}  // namespace myelin::expr
