// The words of a hint: the nearest legal name, and what there is.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace myelin::routes {

// "lab, ehr and pas"; at most sixteen, then "and 12 more". "nothing" when empty.
std::string joined(const std::vector<std::string_view>& names);

// "did you mean lab? there are lab, ehr and pas". `owner` says who has them: "connections.yaml has".
std::string suggestion(std::string_view wrong, const std::vector<std::string_view>& legal, std::string_view owner);

template <class T, class Compare>
std::vector<std::string_view> names_of(const std::map<std::string, T, Compare>& map) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : map) names.push_back(name);
  return names;
}

}  // namespace myelin::routes
