#include "engine/model/body.h"

#include <algorithm>
#include <array>

#include "engine/fhir/json.h"
#include "engine/model/xml_root.h"
#include "engine/schema/xml_path.h"

namespace myelin {
namespace {

constexpr hl7::Spot kCharset{0, 18, 0, 0, 0};  // MSH-18 with all its repetitions

// MSH-18 as it is to be, in the message's own repetition character.
std::string declaration(const std::string& charset, char repetition) {
  auto name = hl7::msh_name_of(charset);
  for (char& c : name)
    if (c == '~') c = repetition;
  return name;
}

// The mark says UTF-8 of the bytes that came. A destination that names its own set is told by MSH-18.
Bytes without_mark(Bytes text) {
  if (!text.view().starts_with(hl7::kUtf8Mark)) return text;
  return Bytes(std::string(text.view().substr(hl7::kUtf8Mark.size())));
}

constexpr std::array<std::string_view, 4> kKinds = {"bytes", "hl7", "json", "xml"};
constexpr std::size_t kLongestType = 40;

// A name that may stand in a list and in a log: whatever else a sender writes there is none.
std::string plain_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto plain = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == ':';
  };
  const bool good =
      !name.empty() && name.size() <= kLongestType && letter(name.front()) && std::ranges::all_of(name, plain);
  return good ? std::string(name) : std::string();
}

}  // namespace

std::string_view name_of(BodyKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<BodyKind> parse_body_kind(std::string_view name) {
  const auto* found = std::ranges::find(kKinds, name);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<BodyKind>(found - kKinds.begin());
}

Body::Body(json::Value value)
    : kind_(BodyKind::json),
      content_(Bytes(json::write(value))),
      json_(std::make_shared<const json::Value>(std::move(value))) {}

const json::Value* Body::json() const {
  if (kind_ != BodyKind::json) return nullptr;
  if (!json_) {
    auto value = json::read(bytes().view());
    if (value) json_ = std::make_shared<const json::Value>(std::move(*value));
  }
  return json_.get();
}

const schema::XmlDocument* Body::xml() const {
  if (kind_ != BodyKind::xml) return nullptr;
  if (!xml_) {
    auto document = schema::XmlDocument::read(bytes().view());
    if (document) xml_ = std::move(*document);
  }
  return xml_.get();
}

Result<Body> Body::read(BodyKind kind, const Bytes& received, const hl7::CharsetChoice& charset) {
  if (kind == BodyKind::hl7) return read(received, charset);
  if (received.empty()) return fail(FaultCode::empty_message, {});
  Body body(received);
  body.kind_ = kind;
  if (kind == BodyKind::json) {
    auto value = json::read(received.view());
    if (!value) return fail(FaultCode::not_json, value.error().detail, value.error().at);
    if (const auto* name = (*value)["resourceType"].text()) body.type_ = plain_name(*name);
    body.json_ = std::make_shared<const json::Value>(std::move(*value));
  }
  if (kind == BodyKind::xml) {
    const auto root = xml_root(received.view());
    if (!root) return fail(FaultCode::not_xml, {});
    body.type_ = plain_name(*root);
  }
  return body;
}

Result<Body> Body::read(const Bytes& received, const hl7::CharsetChoice& charset) {
  auto decoded = hl7::decode_message(received, charset);
  if (!decoded) return fail(decoded);
  auto tree = hl7::Tree::parse(decoded->text);
  if (!tree) return fail(tree);
  Body body(std::move(*tree));
  if (decoded->form != hl7::WireForm{} || decoded->text.view().data() != received.view().data())
    body.origin_ = std::make_shared<const Origin>(received, std::move(*decoded));
  return body;
}

Result<Bytes> Body::wire(const hl7::CharsetChoice& from, const std::string& to) const {
  const auto* tree = hl7();
  if (!tree) return bytes();
  if (!to.empty()) {
    hl7::Tree declared(*tree);
    const auto name = declaration(to, declared.delimiters().repetition);
    if (auto written = declared.write_raw(kCharset, name); !written) return fail(written);
    return hl7::encode_message(without_mark(declared.bytes()), {}, {to, true});
  }
  const auto text = tree->bytes();
  if (!origin_) return hl7::encode_message(text, {}, from);
  // A step may have put another message here: only the very text that was read stands for what came.
  if (text.view().data() == origin_->decoded.text.view().data()) return origin_->received;
  return hl7::encode_message(text, origin_->decoded.form, from);
}

}  // namespace myelin
