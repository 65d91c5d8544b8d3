// Body: the content of a message while it is worked on. Each kind is one alternative; a step says which it needs and
// the compiler knows the kind at each line. HL7 trees and bytes are here; JSON (FHIR) and XML join with their rooms.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "engine/base/bytes.h"
#include "engine/hl7/charset.h"
#include "engine/hl7/tree.h"

namespace myelin {

enum class BodyKind : std::uint8_t { bytes, hl7 };

class Body {
 public:
  explicit Body(Bytes raw) : content_(std::move(raw)) {}
  explicit Body(hl7::Tree tree) : content_(std::move(tree)) {}
  // A message as it came, as text in UTF-8. bad_charset, and the faults of Tree::parse.
  static Result<Body> read(const Bytes& received, const hl7::CharsetChoice& charset);

  BodyKind kind() const { return static_cast<BodyKind>(content_.index()); }
  // nullptr when the body is of another kind.
  hl7::Tree* hl7() { return std::get_if<hl7::Tree>(&content_); }
  const hl7::Tree* hl7() const { return std::get_if<hl7::Tree>(&content_); }
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

  std::variant<Bytes, hl7::Tree> content_;  // in the order of BodyKind
  std::shared_ptr<const Origin> origin_;
};

}  // namespace myelin
