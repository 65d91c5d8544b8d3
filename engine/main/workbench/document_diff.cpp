#include "engine/main/workbench/document_diff.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/main/workbench/line_diff.h"

namespace myelin {
namespace {

using Leaves = std::vector<std::pair<std::string, std::string>>;  // path and text, in the order of the document

std::string member_path(const std::string& path, const std::string& key) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (key.empty() || !std::ranges::all_of(key, plain)) return path + "['" + key + "']";
  return path.empty() ? key : path + "." + key;
}

void add_leaves(const json::Value& value, const std::string& path, Leaves& leaves) {
  if (const auto* object = value.object(); object && !object->empty()) {
    for (const auto& [key, inner] : *object) add_leaves(inner, member_path(path, key), leaves);
  } else if (const auto* array = value.array(); array && !array->empty()) {
    for (std::size_t at = 0; at < array->size(); ++at)
      add_leaves((*array)[at], path + "[" + std::to_string(at + 1) + "]", leaves);
  } else {
    leaves.emplace_back(path.empty() ? "$body" : path, value.text() ? *value.text() : json::write(value));
  }
}

std::vector<FieldChange> json_differences(const json::Value& before, const json::Value& after) {
  Leaves old_leaves, new_leaves;
  add_leaves(before, {}, old_leaves);
  add_leaves(after, {}, new_leaves);
  const std::map<std::string, std::string> were(old_leaves.begin(), old_leaves.end());
  const std::map<std::string, std::string> are(new_leaves.begin(), new_leaves.end());
  std::vector<FieldChange> changes;
  for (const auto& [path, text] : old_leaves) {
    const auto now = are.find(path);
    if (now == are.end()) changes.push_back({path, text, {}});
    else if (now->second != text) changes.push_back({path, text, now->second});
  }
  for (const auto& [path, text] : new_leaves)
    if (!were.contains(path)) changes.push_back({path, {}, text});
  return changes;
}

std::string trimmed(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of("+- \t"), line.size()));
  return std::string(line);
}

}  // namespace

std::vector<FieldChange> document_differences(const Body& before, const Body& after) {
  if (before.json() && after.json()) return json_differences(*before.json(), *after.json());
  std::vector<std::string> removed, added;
  for (const auto& line : line_differences(before.bytes().view(), after.bytes().view())) {
    if (line.kind == DiffLine::Kind::removed) removed.push_back(trimmed(line.text));
    if (line.kind == DiffLine::Kind::added) added.push_back(trimmed(line.text));
  }
  std::vector<FieldChange> changes;
  for (std::size_t at = 0; at < std::max(removed.size(), added.size()); ++at)
    changes.push_back({"line", at < removed.size() ? removed[at] : "", at < added.size() ? added[at] : ""});
  return changes;
}

}  // namespace myelin
