#include "routes/expr/filling.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/fhir/json.h"
#include "engine/hl7/charset_iconv.h"
#include "engine/model/xml_root.h"
#include "routes/expr/evaluate.h"
#include "routes/expr/template.h"

namespace myelin::expr {
namespace {

bool is_plain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

std::string percent(std::string_view value, bool (*stays)(char)) {
  std::string encoded;
  for (const char c : value) {
    if (stays(c)) encoded += c;
    else encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string for_xml(std::string_view value) {
  std::string encoded;
  for (const char c : value) {
    if (c == '&') encoded += "&amp;";
    else if (c == '<') encoded += "&lt;";
    else if (c == '>') encoded += "&gt;";
    else if (c == '"') encoded += "&quot;";
    else if (c == '\'') encoded += "&apos;";
    else if (static_cast<unsigned char>(c) >= ' ' || c == '\t' || c == '\n' || c == '\r') encoded += c;
  }
  return encoded;
}

class EncodedText final : public Filling {
 public:
  EncodedText(std::vector<TemplatePart> parts, Encoding encoding, std::string name, std::string place)
      : parts_(std::move(parts)), encoding_(encoding), name_(std::move(name)), place_(std::move(place)) {}

  Result<std::string> text(const Body& body, const Context& context) const override {
    std::string out;
    for (const auto& part : parts_) {
      if (!part.formula) {
        out += part.literal;
        continue;
      }
      const auto value = to_text(part.formula->evaluate(body, context));
      if (auto fits = check(value, out); !fits) return fail(fits);
      out += encode_for(encoding_, value);
    }
    return checked(std::move(out));
  }

 private:
  // In a path an empty part, `.` and `..` would make another path of it. JSON and XML are UTF-8, and nothing is
  // replaced.
  Result<void> check(std::string_view value, std::string_view before) const {
    if ((encoding_ == Encoding::json || encoding_ == Encoding::xml) && hl7::find_non_utf8(value))
      return fail(Fault{FaultCode::bad_charset, "a value in `" + name_ + "` is not UTF-8 in this message", {}, place_});
    const bool in_path = encoding_ == Encoding::url && before.find('?') == std::string_view::npos;
    if (!in_path || !(value.empty() || value == "." || value == "..")) return {};
    return fail(Fault{FaultCode::bad_value,
                      value.empty() ? "a part of the path in `" + name_ + "` is empty in this message"
                                    : "a part of the path in `" + name_ + "` is . or .. in this message",
                      {},
                      place_});
  }

  Result<std::string> checked(std::string text) const {
    if (encoding_ == Encoding::json) {
      const auto value = json::read(text);
      if (!value)
        return fail(Fault{FaultCode::not_json, "what `" + name_ + "` makes of this message: " + value.error().detail,
                          value.error().at, place_});
    }
    if (encoding_ == Encoding::xml && !xml_root(text))
      return fail(Fault{FaultCode::not_xml, "what `" + name_ + "` makes of this message", {}, place_});
    return text;
  }

  std::vector<TemplatePart> parts_;
  Encoding encoding_;
  std::string name_;
  std::string place_;
};

}  // namespace

std::string encode_for(Encoding encoding, std::string_view value) {
  switch (encoding) {
    case Encoding::plain:
      return std::string(value);
    case Encoding::url:
      return percent(value, [](char c) { return is_plain(c) || c == '~'; });
    case Encoding::header:
      return percent(value, [](char c) { return c >= ' ' && c < 0x7f; });
    case Encoding::file_name: {
      std::string name(value);
      std::ranges::replace_if(name, [](char c) { return !is_plain(c); }, '_');
      return name;
    }
    case Encoding::json: {
      const auto quoted = json::write(json::Value(value));
      return quoted.substr(1, quoted.size() - 2);
    }
    case Encoding::xml:
      return for_xml(value);
  }
  return {};
}

std::shared_ptr<const Filling> compile_filling(const Template& text, const Scope& scope,
                                               config::Diagnostics& diagnostics) {
  const auto& scalar = text.text;
  auto place = config::to_string(scalar.place());
  if (scalar.text().starts_with('=')) {
    auto formula = compile_part(scalar, 1, std::string::npos, scope, diagnostics);
    if (!formula || !is_value(scalar, 1, formula->root(), diagnostics)) return nullptr;
    std::vector<TemplatePart> whole;
    whole.push_back({{}, std::move(formula)});
    return std::make_shared<EncodedText>(std::move(whole), text.encoding, text.name, std::move(place));
  }
  std::string_view content = scalar.text();
  if (scalar.block())
    while (content.ends_with('\n')) content.remove_suffix(1);
  auto parts = split_template(scalar, content, Target::text, scope, diagnostics);
  if (!parts) return nullptr;
  return std::make_shared<EncodedText>(std::move(*parts), text.encoding, text.name, std::move(place));
}

}  // namespace myelin::expr
