// The elements of FHIR R4 as schemas/fhir/r4.txt has them, linked into the program and read once.
#pragma once

#include <map>
#include <set>
#include <string_view>
#include <vector>

namespace myelin::fhir {

struct Element {
  std::string_view path;  // "Observation.value[x]"
  std::string_view name;  // "value[x]"
  bool required = false;
  bool repeats = false;
  std::vector<std::string_view> types;  // "code"; "@Observation.referenceRange": as that element
  const std::set<std::string_view>* codes = nullptr;
  std::string_view codes_name;
};

class Definitions {
 public:
  static const Definitions& r4();
  // nullptr: not a type, resource or element with parts of its own.
  const std::vector<Element>* parts_of(std::string_view path) const;

 private:
  explicit Definitions(std::string_view text);
  void add_element(std::string_view line);
  std::map<std::string_view, std::vector<Element>> parts_;
  std::map<std::string_view, std::set<std::string_view>> codes_;
};

}  // namespace myelin::fhir
