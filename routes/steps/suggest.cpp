#include "routes/steps/suggest.h"

#include "engine/config/diagnostic.h"

namespace myelin::routes {

std::string joined(const std::vector<std::string_view>& names) {
  constexpr std::size_t kShown = 16;
  if (names.empty()) return "nothing";
  std::string text;
  const auto shown = names.size() > kShown ? kShown : names.size();
  for (std::size_t index = 0; index < shown; ++index) {
    if (index > 0) text += index + 1 == names.size() ? " and " : ", ";
    text += names[index];
  }
  if (names.size() > shown) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

std::string suggestion(std::string_view wrong, const std::vector<std::string_view>& legal, std::string_view owner) {
  const auto near = config::nearest(wrong, legal);
  const auto all = std::string(owner) + " " + joined(legal);
  return near.empty() ? all : "did you mean " + std::string(near) + "? " + all;
}

}  // namespace myelin::routes
