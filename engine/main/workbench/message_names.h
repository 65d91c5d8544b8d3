// MessageNames: what the dictionary of a message's version calls its parts, and the groups its segments belong to.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hl7/group.h"
#include "engine/hl7/tree.h"
#include "engine/schema/dictionary.h"
#include "engine/schema/path_check.h"

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
  // Why the place cannot be there in a message of this version and structure: "PID-99 does not exist in HL7 2.5.1; …".
  // Nothing where it may be, whether it is filled or not.
  std::optional<schema::PathMistake> mistake(const hl7::Path& path) const;

 private:
  const schema::Element* element(const hl7::Spot& spot) const;

  const hl7::Tree& tree_;
  const schema::Dictionary* dictionary_;
  std::optional<hl7::Grouped> groups_;
};

// Names of paths, by whichever of several forms of a message has such a place.
class PathNames {
 public:
  void add(const hl7::Tree& tree) { forms_.push_back(std::make_unique<Form>(tree)); }
  void add(std::string_view message);  // nothing where it is no HL7
  // "Administrative Sex" for PID-8 and PID[1]-8; "" where nothing is documented.
  std::string of(const std::string& path) const;

 private:
  struct Form {
    explicit Form(hl7::Tree from) : tree(std::move(from)), names(tree) {}
    hl7::Tree tree;
    MessageNames names;
  };
  std::vector<std::unique_ptr<Form>> forms_;
};

}  // namespace myelin
