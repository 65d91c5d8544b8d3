// Segment: one segment of HL7 while it is made, in the delimiters |^~\&, within what a version of the standard has: a
// field, repetition or component that the version does not know is no place to write to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/schema/dictionary.h"

namespace myelin::reverse {

class Segment {
 public:
  struct Spot {
    std::uint16_t field = 0, component = 0, subcomponent = 0;  // 0: the first
    std::uint16_t repetition = 1;
  };

  Segment(std::string name, const schema::Dictionary& dictionary);

  const std::string& name() const { return name_; }
  // The data type of a place; "" where the version has none. Of OBX-5 what OBX-2 says.
  std::string_view type_at(const Spot& spot) const;
  bool may_repeat(std::uint16_t field) const;
  std::uint16_t repetitions(std::uint16_t field) const;
  bool has(const Spot& spot) const;
  // Whether another component of that repetition holds this text.
  bool stands(const Spot& spot, std::string_view text) const;
  // False: there is no such place. Delimiters in it are escaped; line feeds are \.br\ when `lines`, else a blank.
  bool write(const Spot& spot, std::string_view text, bool lines = false);
  // Something from FHIR stands in it.
  bool filled() const { return filled_; }
  void fill() { filled_ = true; }

  std::string text() const;  // with a carriage return

 private:
  using Component = std::vector<std::string>;  // subcomponents
  using Repetition = std::vector<Component>;   // components
  using Field = std::vector<Repetition>;       // repetitions
  const std::string* find(const Spot& spot) const;

  std::string name_;
  const schema::Dictionary& dictionary_;
  std::vector<Field> fields_;
  bool filled_ = false;
};

}  // namespace myelin::reverse
