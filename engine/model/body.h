// Body: the content of a message while it is worked on. A step says which kind it needs and the compiler knows the kind
// at each line. An HL7 message is a tree; JSON and XML are known to be such and are passed on as the bytes that came.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/base/bytes.h"
#include "engine/fhir/json.h"
#include "engine/hl7/charset.h"
#include "engine/hl7/tree.h"

namespace myelin::schema {
class XmlDocument;
}

namespace myelin {

enum class BodyKind : std::uint8_t { bytes, hl7, json, xml };

// "json"
std::string_view name_of(BodyKind kind);
std::optional<BodyKind> parse_body_kind(std::string_view name);

class Body {
 public:
  explicit Body(Bytes raw) : content_(std::move(raw)) {}
  explicit Body(hl7::Tree tree) : kind_(BodyKind::hl7), content_(std::move(tree)) {}
  // What a step made: text that is JSON or XML, or a value that is written as JSON.
  Body(BodyKind kind, Bytes content) : kind_(kind), content_(std::move(content)) {}
  explicit Body(json::Value value);
  // A message as it came, as text in UTF-8. bad_charset, and the faults of Tree::parse.
  static Result<Body> read(const Bytes& received, const hl7::CharsetChoice& charset);
  // The same for any kind. Also empty_message, not_json, not_xml.
  static Result<Body> read(BodyKind kind, const Bytes& received, const hl7::CharsetChoice& charset);

  BodyKind kind() const { return kind_; }
  // What JSON or XML says that it is: the resourceType of FHIR, the tag of the root, or "". HL7 has MSH-9 for that.
  const std::string& type() const { return type_; }
  // nullptr when the body is of another kind.
  hl7::Tree* hl7() { return std::get_if<hl7::Tree>(&content_); }
  const hl7::Tree* hl7() const { return std::get_if<hl7::Tree>(&content_); }
  // The same of JSON and of XML, read when first asked for and kept.
  const json::Value* json() const;
  const schema::XmlDocument* xml() const;
  // The content as it is worked on: an HL7 message as text in UTF-8.
  Bytes bytes() const {
    const auto* tree = hl7();
    return tree ? tree->bytes() : std::get<Bytes>(content_);
  }
  // What goes on the wire. `to` empty: the bytes that came, where nothing was changed, else in the set that MSH-18
  // says (or `from`, as it was read). `to` given: in that set, MSH-18 says so, and a byte order mark of UTF-8 is
  // left out. bad_charset where it does not fit.
  Result<Bytes> wire(const hl7::CharsetChoice& from, const std::string& to) const;

 private:
  struct Origin {  // where the text differs from what came
    Bytes received;
    hl7::DecodedMessage decoded;
  };

  BodyKind kind_ = BodyKind::bytes;
  std::string type_;
  std::variant<Bytes, hl7::Tree> content_;
  std::shared_ptr<const Origin> origin_;
  mutable std::shared_ptr<const json::Value> json_;
  mutable std::shared_ptr<const schema::XmlDocument> xml_;
};

}  // namespace myelin
