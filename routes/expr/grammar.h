// Grammar: what the dictionary says of the messages at a line of a channel: which places there are, and whether a name
// means one of them or several. Knows nothing (and then finds no mistake) until it is given a version and types.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hl7/path.h"
#include "engine/model/plan.h"
#include "engine/schema/dictionary.h"

namespace myelin::expr {

struct PathFinding {
  std::string_view code;  // C0012, C0013, W0106
  std::string message, hint;
};

class Grammar {
 public:
  Grammar() = default;
  // `types` as `accept: types:` has them; of ADT^*, and of none at all, nothing is known about structures.
  Grammar(std::string_view version, const std::vector<std::string>& types);

  const schema::Dictionary* dictionary() const { return dictionary_; }

  // What is wrong with naming this place at all.
  std::optional<PathFinding> check(const hl7::Path& path) const;
  // The data type of the first leaf at this place: "DTM", "NM"; "" where it is not known, or varies.
  std::string_view leaf_type(const hl7::Path& path) const;
  // The first accepted type in which the path, without a selector, names one of several; "" when there is none.
  // `around`: the names of `each` around it, outermost first. `reading`: less strict, as the
  // message is thought to be of one patient.
  std::string repeats_in(const hl7::Path& path, std::span<const std::string> around, bool reading) const;
  // Where one value is read and the message may have several: W0105.
  std::optional<PathFinding> takes_first(const hl7::Path& path, std::span<const std::string> around) const;
  // The accepted types as they were listed, those without a known structure too.
  const std::vector<std::string>& types() const { return types_; }
  // Whether a message of this type may have the segment; true where its structure is not known.
  bool may_have(std::string_view type, std::string_view segment) const;
  // Whether every accepted type is known, and has a place for the segment.
  bool places(std::string_view segment) const;
  // Whether a name means a group of some accepted type (of any type, where none is known).
  bool is_group(std::string_view name) const;

 private:
  struct Accepted {
    std::string type;
    const hl7::Structure* structure = nullptr;
  };
  bool holds(std::string_view name) const;

  const schema::Dictionary* dictionary_ = nullptr;
  std::vector<std::string> types_;
  std::vector<Accepted> accepted_;
  bool all_known_ = false;  // the structure of every accepted type is documented
};

// The groups of the message as it is now, for paths that lead through groups or stand inside `each`; nullptr when no
// grammar is known for it, or none is needed.
const hl7::Grouped* groups_for(const hl7::Tree& tree, const hl7::Path& path, std::uint32_t scope,
                               const schema::Dictionary* dictionary, const Context& context);
const hl7::Grouped* groups_of(const hl7::Tree& tree, const schema::Dictionary* dictionary, const Context& context);

}  // namespace myelin::expr
