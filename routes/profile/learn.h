// Learning a profile from traffic: what was always there is required, what was coded had these codes, and so on. The
// result is a draft for a person, as YAML. It holds no content of messages but codes of coded fields (ID, IS, the
// first component of CE, CWE and CNE, where the dictionary names a table), so it holds nothing about patients.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "engine/hl7/tree.h"
#include "engine/schema/dictionary.h"

namespace myelin::routes {

class ProfileLearner {
 public:
  static constexpr std::size_t kMostCodes = 20;  // a field with more different codes is no short list

  void add(const hl7::Tree& tree);
  std::size_t messages() const { return messages_; }
  // A profile that all the messages keep to.
  std::string yaml(std::string_view name) const;

 private:
  using Key = std::tuple<std::string, std::uint16_t, std::uint16_t, std::uint16_t>;  // segment, field, component, sub
  struct Place {
    std::size_t owners = 0;  // segments or values in which it could have been
    std::size_t filled = 0;
    std::size_t most = 0;  // repetitions
    bool coded = false;
    std::set<std::string, std::less<>> codes;
  };
  struct Segment {
    std::size_t messages = 0;  // that have it
    std::size_t instances = 0;
    std::size_t least = SIZE_MAX, most = 0;
  };
  struct Count {
    std::size_t least = SIZE_MAX, most = 0;
    void add(std::size_t count);
  };
  struct Group {
    Count own;  // in each group around it
    std::map<std::string, Count, std::less<>> segments;
    std::size_t seen = 0;
  };
  void add_groups(const hl7::Tree& tree, const schema::Dictionary& dictionary);
  std::string groups() const;
  void add_segment(const hl7::Tree& tree, std::uint32_t index, const schema::Dictionary& dictionary);
  void add_value(const hl7::Tree& tree, hl7::Spot spot, const schema::Dictionary& dictionary,
                 const schema::Element* element);
  std::string usage(const Key& key, const Place& place) const;

  std::size_t messages_ = 0;
  std::set<std::string, std::less<>> types_, versions_;
  std::map<std::string, Segment, std::less<>> segments_;
  std::map<Key, Place> places_;
  std::map<std::string, Group, std::less<>> groups_;
};

}  // namespace myelin::routes
