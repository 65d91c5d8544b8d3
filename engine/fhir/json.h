// JSON (RFC 8259) for FHIR and for the engine's own API: one small ordered tree, a reader and a writer.
// What is read is written back as it was: keys keep their order and numbers their digits (FHIR's 1.50 is not 1.5).
// Limits: depth 64; a key that stands twice in an object is refused; strings are UTF-8.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/fault.h"

namespace myelin::json {

inline constexpr int kMaxDepth = 64;  // objects and arrays inside each other

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

class Value;
struct Member;
using Array = std::vector<Value>;
using Object = std::vector<Member>;  // in the order of the text; keys are unique

class Value {
 public:
  Value();  // null
  Value(std::same_as<bool> auto truth);
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Value(T number);
  Value(std::string_view text);
  Value(std::string text);
  Value(const char* text);
  Value(Array items);
  Value(Object members);
  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();

  // The digits are kept as they stand; nothing when `digits` is no JSON number.
  static std::optional<Value> number(std::string_view digits);

  Kind kind() const { return static_cast<Kind>(content_.index()); }
  bool is_null() const { return kind() == Kind::null; }

  // nullptr (or nothing) when the value is of another kind.
  const std::string* text() const { return std::get_if<std::string>(&content_); }
  const std::string* digits() const;  // "1.50"
  std::optional<bool> truth() const;
  std::optional<std::int64_t> integer() const;  // a number without fraction or exponent that fits
  const Array* array() const { return std::get_if<Array>(&content_); }
  const Object* object() const { return std::get_if<Object>(&content_); }
  Array* array() { return std::get_if<Array>(&content_); }
  Object* object() { return std::get_if<Object>(&content_); }

  // The member's value; null's kind when this is no object or has no such key, so that look-ups can be chained:
  // answer["error"]["code"].text_or("").
  const Value& operator[](std::string_view key) const;
  bool has(std::string_view key) const;
  std::string text_or(std::string_view otherwise) const;
  std::int64_t integer_or(std::int64_t otherwise) const;
  bool truth_or(bool otherwise) const;

  // Sets or replaces; a null value becomes an object first. For building: REQUIRES null or object.
  Value& set(std::string_view key, Value value);
  // Appends; a null value becomes an array first. REQUIRES null or array.
  Value& push(Value value);

  // Numbers are equal when their digits are.
  friend bool operator==(const Value& a, const Value& b);

 private:
  struct Digits {
    std::string text;
    bool operator==(const Digits&) const = default;
  };
  std::variant<std::monostate, bool, Digits, std::string, Array, Object> content_;  // in the order of Kind
};

struct Member {
  std::string key;
  Value value;
  bool operator==(const Member&) const = default;
};

// Here, because a Value can only be made where Member is complete.
inline Value::Value() = default;
inline Value::Value(std::same_as<bool> auto truth) : content_(truth) {}
template <std::integral T>
  requires(!std::same_as<T, bool>)
Value::Value(T number) : content_(Digits{std::to_string(number)}) {}
inline Value::Value(std::string_view text) : content_(std::string(text)) {}
inline Value::Value(std::string text) : content_(std::move(text)) {}
inline Value::Value(const char* text) : content_(std::string(text)) {}
inline Value::Value(Array items) : content_(std::move(items)) {}
inline Value::Value(Object members) : content_(std::move(members)) {}
inline Value::Value(const Value&) = default;
inline Value::Value(Value&&) noexcept = default;
inline Value& Value::operator=(const Value&) = default;
inline Value& Value::operator=(Value&&) noexcept = default;
inline Value::~Value() = default;

// bad_request; its `at` is "byte 17". The detail never repeats content.
Result<Value> read(std::string_view text);

enum class Layout : std::uint8_t { compact, pretty };
// Always valid JSON: bytes that are no UTF-8 become U+FFFD. Pretty is two spaces a level and ends in a line feed.
std::string write(const Value& value, Layout layout = Layout::compact);

}  // namespace myelin::json
