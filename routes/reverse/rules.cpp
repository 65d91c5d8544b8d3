#include "routes/reverse/rules.h"

#include <cstdlib>

#include "engine/schema/facts.h"
#include "routes/reverse/rules_read.h"

namespace myelin::reverse {

std::unique_ptr<const Rules> Rules::read(const std::vector<std::string_view>& texts, std::string& mistake) {
  auto rules = std::make_unique<Rules>();
  RulesReader reader(*rules);
  const bool good = reader.read(texts, rules->digest_);
  mistake = reader.mistake();
  if (!good) return nullptr;
  return rules;
}

const Rules& Rules::embedded() {
  static const auto kRules = [] {
    const auto maps = schema::embedded_maps();
    std::string mistake;
    auto rules = read({maps.back_types, maps.back_segments, maps.back_messages}, mistake);
    if (!rules) std::abort();  // a bug of the build: a unit test reads the same texts and says the line
    return rules;
  }();
  return *kRules;
}

const MessageRules* Rules::message(std::string_view name) const {
  const auto found = messages_.find(name);
  return found == messages_.end() ? nullptr : found->second.get();
}

std::vector<std::string_view> Rules::names() const {
  std::vector<std::string_view> all;
  for (const auto& [name, message] : messages_) all.push_back(name);
  return all;
}

const mapping::Codes* Rules::codes(std::string_view name) const {
  const auto found = codes_.find(name);
  return found == codes_.end() ? mapping::Library::embedded().codes(name) : found->second.get();
}

}  // namespace myelin::reverse
