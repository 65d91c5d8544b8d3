// MessageNames: what the dictionary of a message's version calls its parts, and the groups its segments belong to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/hl7/group.h"
#include "engine/hl7/tree.h"
#include "engine/schema/dictionary.h"

namespace myelin {

// Of one message, which must stay as it is. Everything is "" where nothing is documented.
class MessageNames {
 public:
  explicit MessageNames(const hl7::Tree& tree);

  const hl7::Grouped* groups() const { return groups_ ? &*groups_ : nullptr; }
  std::string_view title(std::size_t segment) const;  // "Patient Identification"
  std::string_view name(const hl7::Spot& spot) const;
  // What the code there means, by its table: "Female".
  std::string_view meaning(const hl7::Spot& spot) const;
  // "PATIENT_RESULT/ORDER_OBSERVATION[2]"; "" at the top.
  std::string place(std::size_t segment) const;

 private:
  const schema::Element* element(const hl7::Spot& spot) const;

  const hl7::Tree& tree_;
  const schema::Dictionary* dictionary_;
  std::optional<hl7::Grouped> groups_;
};

}  // namespace myelin
