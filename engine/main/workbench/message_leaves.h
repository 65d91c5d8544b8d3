// What stands in a message, leaf by leaf, with what was found there: what `parse` prints, as text, JSON and a page.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/hl7/tree.h"
#include "engine/schema/finding.h"

namespace myelin {

// One place that has a value, with how deep it stands: field 0, component 1, subcomponent 2.
struct Leaf {
  std::string path;
  std::string_view raw;
  int depth;
  hl7::Spot spot;
};

// The leaves of a segment, called `shown` in their paths.
std::vector<Leaf> leaves_of(const hl7::Tree& tree, std::size_t segment, std::string_view shown);

// "OBX[2]" where there are several of the name, else "PID".
std::string shown_name(const hl7::Tree& tree, std::size_t segment);

// The findings of a message by where they are shown.
class Marks {
 public:
  Marks(const hl7::Tree& tree, const schema::Findings& findings);
  // At a leaf.
  std::vector<const schema::Finding*> at(const hl7::Spot& spot) const;
  // Of a segment: on itself, and on places in it where nothing stands.
  std::span<const schema::Finding* const> of(std::size_t segment) const;
  // Of the message: what is missing from it.
  std::span<const schema::Finding* const> missing() const { return missing_; }

 private:
  using Key = std::tuple<std::uint32_t, std::uint16_t, std::uint16_t, std::uint16_t, std::uint16_t>;
  std::multimap<Key, const schema::Finding*> leaves_;
  std::map<std::size_t, std::vector<const schema::Finding*>> segments_;
  std::vector<const schema::Finding*> missing_;
};

}  // namespace myelin
