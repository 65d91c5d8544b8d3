// A message against a profile: first what the dictionary and the profile say place by place, then its conditions.
#include <algorithm>

#include "engine/model/body.h"
#include "engine/schema/validate.h"
#include "routes/profile/profile.h"

namespace myelin::routes {
namespace {

using hl7::Spot;

std::string header(const hl7::Tree& tree, std::uint16_t field, std::uint16_t component) {
  return tree.text({0, field, 1, component, 0});
}

}  // namespace

// What stays the same while the rules of one message are gone through.
struct Profile::Checking {
  const Body& body;
  const hl7::Tree& tree;
  Context context;
  schema::FindingSink sink;
};

schema::Findings Profile::validate(const Body& body, const Context& context) const {
  const auto* tree = body.hl7();
  if (tree == nullptr) return {};
  const auto version = version_.value_or(schema::nearest_version(header(*tree, 12, 1)));
  const auto& rulebook = rulebooks_->of(version);
  auto findings = schema::validate(*tree, rulebook);
  if (messages_.empty() && rules_.empty()) return findings;
  Checking checking{body, *tree, context, {*tree, rulebook, findings}};
  check_type(checking);
  for (const auto& rule : rules_) check(rule, checking);
  return findings;
}

void Profile::check_type(Checking& checking) const {
  if (messages_.empty()) return;
  const auto code = header(checking.tree, 9, 1), event = header(checking.tree, 9, 2);
  const bool meant = std::ranges::any_of(messages_, [&](std::string_view type) {
    const auto caret = std::min(type.find('^'), type.size());
    if (type.substr(0, caret) != code) return false;
    return caret == type.size() || type.substr(caret + 1) == "*" || type.substr(caret + 1) == event;
  });
  if (!meant) checking.sink.add(schema::Rule::structure, Spot{0, 9, 0, 0, 0}, "the profile is for other messages");
}

void Profile::check(const Rule& rule, Checking& checking) const {
  const auto& tree = checking.tree;
  const auto once = [&](std::uint32_t scope) {
    checking.context.scope = scope;
    if (rule.when && !rule.when->holds(checking.body, checking.context)) return;
    if (rule.check && rule.check->holds(checking.body, checking.context)) return;
    std::vector<Spot> spots;
    if (rule.path) spots = hl7::select(tree, *rule.path, hl7::Scope{scope});
    if (!rule.check) {
      const bool there =
          std::ranges::any_of(spots, [&](const Spot& spot) { return tree.presence(spot) == hl7::Presence::valued; });
      if (there == rule.wanted) return;
    }
    if (spots.empty()) checking.sink.add(schema::Rule::condition, rule.at, rule.text, rule.severity);
    else checking.sink.add(schema::Rule::condition, spots.front(), rule.text, rule.severity);
  };
  if (rule.each.empty()) return once(hl7::Scope::kAnywhere);
  for (std::uint32_t i = 0; i < tree.segment_count(); ++i)
    if (tree.segment_name(i) == rule.each) once(i);
}

}  // namespace myelin::routes
