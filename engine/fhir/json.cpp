// The tree and the writer. The reader is json_read.cpp.
#include "engine/fhir/json.h"

#include <algorithm>
#include <charconv>

namespace myelin::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits from `at` on; false when there is none.
bool skip_digits(std::string_view text, std::size_t& at) {
  const auto first = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  return at > first;
}

// number = [ "-" ] ( "0" / digit1-9 *digit ) [ "." 1*digit ] [ ("e" / "E") [ "+" / "-" ] 1*digit ]   (RFC 8259, 6)
bool is_number(std::string_view text) {
  std::size_t at = 0;
  if (at < text.size() && text[at] == '-') ++at;
  const auto first = at;
  if (!skip_digits(text, at)) return false;
  if (text[first] == '0' && at > first + 1) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!skip_digits(text, at)) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!skip_digits(text, at)) return false;
  }
  return at == text.size();
}

bool is_continuation(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

// Length of the well-formed UTF-8 sequence at `at` (Unicode 15, table 3-7); 0 when there is none.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return 1;
  if (!is_continuation(text, at + 1)) return 0;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (!is_continuation(text, at + 2)) return 0;
  const bool overlong3 = lead == 0xE0 && second < 0xA0;
  const bool surrogate = lead == 0xED && second > 0x9F;
  if (lead >= 0xE0 && lead <= 0xEF) return overlong3 || surrogate ? 0 : 3;
  if (!is_continuation(text, at + 3)) return 0;
  const bool overlong4 = lead == 0xF0 && second < 0x90;
  const bool too_high = lead == 0xF4 && second > 0x8F;
  if (lead >= 0xF0 && lead <= 0xF4) return overlong4 || too_high ? 0 : 4;
  return 0;
}

void write_escape(unsigned char c, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  out += "\\u00";
  out += kHex[c >> 4];
  out += kHex[c & 15];
}

void write_text(std::string_view text, std::string& out) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 || c == '"' || c == '\\') {
      write_escape(c, out);
      ++at;
      continue;
    }
    const auto length = utf8_length(text, at);
    if (length == 0) out += "\xEF\xBF\xBD";
    else out.append(text.substr(at, length));
    at += std::max<std::size_t>(length, 1);
  }
  out += '"';
}

class Writer {
 public:
  explicit Writer(Layout layout) : pretty_(layout == Layout::pretty) {}

  void value(const Value& value, std::size_t depth) {
    switch (value.kind()) {
      case Kind::null:
        out_ += "null";
        break;
      case Kind::boolean:
        out_ += value.truth_or(false) ? "true" : "false";
        break;
      case Kind::number:
        out_ += *value.digits();
        break;
      case Kind::string:
        write_text(*value.text(), out_);
        break;
      case Kind::array:
        array(*value.array(), depth);
        break;
      case Kind::object:
        object(*value.object(), depth);
        break;
    }
  }
  std::string take() {
    if (pretty_) out_ += '\n';
    return std::move(out_);
  }

 private:
  void array(const Array& items, std::size_t depth) {
    out_ += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ',';
      line(depth + 1);
      value(items[i], depth + 1);
    }
    if (!items.empty()) line(depth);
    out_ += ']';
  }
  void object(const Object& members, std::size_t depth) {
    out_ += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out_ += ',';
      line(depth + 1);
      write_text(members[i].key, out_);
      out_ += pretty_ ? ": " : ":";
      value(members[i].value, depth + 1);
    }
    if (!members.empty()) line(depth);
    out_ += '}';
  }
  void line(std::size_t depth) {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(depth * 2, ' ');
  }

  bool pretty_;
  std::string out_;
};

}  // namespace

std::optional<Value> Value::number(std::string_view digits) {
  if (!is_number(digits)) return std::nullopt;
  Value made;
  made.content_ = Digits{std::string(digits)};
  return made;
}

const std::string* Value::digits() const {
  const auto* number = std::get_if<Digits>(&content_);
  return number ? &number->text : nullptr;
}

std::optional<bool> Value::truth() const {
  const auto* truth = std::get_if<bool>(&content_);
  return truth ? std::optional(*truth) : std::nullopt;
}

std::optional<std::int64_t> Value::integer() const {
  const auto* number = digits();
  if (!number) return std::nullopt;
  std::int64_t value = 0;
  const auto* last = number->data() + number->size();
  const auto [end, error] = std::from_chars(number->data(), last, value);
  if (error != std::errc{} || end != last) return std::nullopt;
  return value;
}

const Value& Value::operator[](std::string_view key) const {
  static const Value absent;
  const auto* members = object();
  if (!members) return absent;
  const auto found = std::ranges::find(*members, key, &Member::key);
  return found == members->end() ? absent : found->value;
}

bool Value::has(std::string_view key) const {
  const auto* members = object();
  return members && std::ranges::find(*members, key, &Member::key) != members->end();
}

std::string Value::text_or(std::string_view otherwise) const { return text() ? *text() : std::string(otherwise); }
std::int64_t Value::integer_or(std::int64_t otherwise) const { return integer().value_or(otherwise); }
bool Value::truth_or(bool otherwise) const { return truth().value_or(otherwise); }

Value& Value::set(std::string_view key, Value value) {
  if (is_null()) content_ = Object{};
  auto& members = std::get<Object>(content_);
  const auto found = std::ranges::find(members, key, &Member::key);
  if (found != members.end()) found->value = std::move(value);
  else members.push_back(Member{std::string(key), std::move(value)});
  return *this;
}

Value& Value::push(Value value) {
  if (is_null()) content_ = Array{};
  std::get<Array>(content_).push_back(std::move(value));
  return *this;
}

bool operator==(const Value& a, const Value& b) { return a.content_ == b.content_; }

std::string write(const Value& value, Layout layout) {
  Writer writer(layout);
  writer.value(value, 0);
  return writer.take();
}

}  // namespace myelin::json
