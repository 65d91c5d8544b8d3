// The differences between two HL7 messages, field by field, as `test` and `try` show them: a path and what stood
// there before and after. Line ends do not count.
#pragma once

#include <string>
#include <vector>

#include "engine/hl7/tree.h"

namespace myelin {

struct FieldChange {
  std::string path;    // "PID[1]-8", "OBX[3]-5.1", or "ZPI[1]" for a whole segment
  std::string before;  // raw, in the message's own delimiters; empty when there was nothing
  std::string after;
  bool operator==(const FieldChange&) const = default;
};

// In message order. Segments that were inserted or deleted are one change each; in the others each field that
// differs, down to the component where only one of them does.
// Limits: beyond 2,000 changed segments on one side they are compared one by one in their order.
std::vector<FieldChange> differences(const hl7::Tree& before, const hl7::Tree& after);

}  // namespace myelin
