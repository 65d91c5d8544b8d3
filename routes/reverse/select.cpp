// Finding: paths from a node of FHIR, conditions on what they give.
#include <algorithm>

#include "routes/reverse/values.h"

namespace myelin::reverse {

void Values::add(const json::Value& value, Nodes& found) {
  if (const auto* items = value.array())
    for (const auto& item : *items) add(item, found);
  else if (!value.is_null() && !(value.text() && value.text()->empty())) found.push_back(&value);
}

void Values::follow_member(const Step& step, const json::Value& node, Nodes& found) {
  if (!node.object()) return wrong(FaultCode::bad_format, "an object is wanted here", bundle_.place(node));
  add(node[step.name], found);
}

Values::Nodes Values::follow(const Step& step, const Nodes& from, const Frame& frame) {
  using enum Step::Kind;
  Nodes found;
  if (step.kind == resources || step.kind == rest) {
    for (const auto* one : bundle_.resources(step.name))
      if (step.kind == resources || (!bundle_.is_taken(*one) && !bundle_.is_member(*one))) found.push_back(one);
    return found;
  }
  if (step.kind == around) {
    if (frame.around) found.push_back(frame.around->node);
    return found;
  }
  if (step.kind == index || step.kind == skip) {
    const auto begin = std::min(step.number, from.size());
    const auto end = step.kind == index ? std::min(begin + 1, from.size()) : from.size();
    return {from.begin() + static_cast<std::ptrdiff_t>(begin), from.begin() + static_cast<std::ptrdiff_t>(end)};
  }
  for (const auto* node : from) {
    if (step.kind == member) {
      follow_member(step, *node, found);
    } else if (step.kind == resolve) {
      const auto* resource = bundle_.resolve(*node);
      if (!resource) continue;
      bundle_.read((*node)["reference"]);
      found.push_back(resource);
    } else {
      Nodes all;
      add((*node)["extension"], all);
      for (const auto* one : all)
        if ((*one)["url"].text_or("") == step.name) {
          bundle_.read((*one)["url"]);
          found.push_back(one);
        }
    }
  }
  return found;
}

Values::Nodes Values::select(const std::vector<Step>& path, const json::Value* from, const Frame& frame) {
  Nodes found;
  if (from) found.push_back(from);
  const Frame* around = &frame;
  for (const auto& step : path) {
    found = follow(step, found, *around);
    if (step.kind == Step::Kind::around && around->around) around = around->around;
    if (step.key.empty()) continue;
    std::erase_if(found, [&](const json::Value* one) { return (*one)[step.key].text_or("") != step.value; });
    for (const auto* one : found) bundle_.read((*one)[step.key]);
  }
  return found;
}

std::vector<Item> Values::find(const Source& source, const Frame& frame, const json::Value* item) {
  using Kind = Source::Kind;
  if (source.kind == Kind::literal) return {{nullptr, source.text}};
  if (source.kind == Kind::fact) {
    const auto known = facts_.find(source.text);
    if (known == facts_.end() || known->second.empty()) return {};
    return {{nullptr, known->second}};
  }
  if (source.kind == Kind::count) return {{nullptr, std::to_string(counts_[{name_, source.text}] + 1)}};
  std::vector<Item> items;
  for (const auto* node : select(source.path, source.kind == Kind::item ? item : frame.node, frame))
    items.push_back({node, {}});
  return items;
}

bool Values::holds(const std::vector<Condition>& conditions, const Frame& frame, const json::Value* item) {
  return std::ranges::all_of(conditions, [&](const Condition& one) { return holds(one, frame, item); });
}

bool Values::holds(const Condition& condition, const Frame& frame, const json::Value* item) {
  using enum Condition::Test;
  std::vector<Item> found;
  for (const auto& source : condition.what)
    if (found = find(source, frame, item); !found.empty()) break;
  const auto leaf = [](const Item& one) -> std::string {
    if (!one.value) return one.text;
    if (const auto* text = one.value->text()) return *text;
    if (const auto* digits = one.value->digits()) return *digits;
    return one.value->truth() ? (*one.value->truth() ? "true" : "false") : "";
  };
  const auto listed = [&](const Item& one) {
    return std::ranges::find(condition.values, leaf(one)) != condition.values.end();
  };
  switch (condition.test) {
    case is: {
      const auto one = std::ranges::find_if(found, listed);
      if (one != found.end() && one->value) bundle_.read(*one->value);
      return one != found.end();
    }
    case is_not:
      return std::ranges::none_of(found, listed);
    case valued:
      return !found.empty();
    case empty:
      return found.empty();
    case lines:
      return std::ranges::any_of(found, [&](const Item& one) { return leaf(one).contains('\n'); });
    case day:  // a date without a time of day
      return !found.empty() && !leaf(found.front()).contains('T');
  }
  return false;
}

}  // namespace myelin::reverse
