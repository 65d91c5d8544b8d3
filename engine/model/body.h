// Body: the content of a message while it is worked on. Each kind is one alternative; a step says which it needs and
// the compiler knows the kind at each line. HL7 trees and bytes are here; JSON (FHIR) and XML join with their rooms.
#pragma once

#include <utility>
#include <variant>

#include "engine/base/bytes.h"
#include "engine/hl7/tree.h"

namespace myelin {

enum class BodyKind : std::uint8_t { bytes, hl7 };

class Body {
 public:
  explicit Body(Bytes raw) : content_(std::move(raw)) {}
  explicit Body(hl7::Tree tree) : content_(std::move(tree)) {}

  BodyKind kind() const { return static_cast<BodyKind>(content_.index()); }
  // nullptr when the body is of another kind.
  hl7::Tree* hl7() { return std::get_if<hl7::Tree>(&content_); }
  const hl7::Tree* hl7() const { return std::get_if<hl7::Tree>(&content_); }
  // What goes on the wire.
  Bytes bytes() const {
    const auto* tree = hl7();
    return tree ? tree->bytes() : std::get<Bytes>(content_);
  }

 private:
  std::variant<Bytes, hl7::Tree> content_;  // in the order of BodyKind
};

}  // namespace myelin
