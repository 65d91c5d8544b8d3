#include "engine/main/workbench/field_changes.h"

#include <fmt/format.h>

#include <algorithm>

namespace myelin {

void print_changes(const Console& console, const std::vector<NamedChange>& changes) {
  std::size_t path_width = 0, name_width = 0;
  for (const auto& [change, name] : changes) {
    path_width = std::max(path_width, columns(change.path));
    name_width = std::max(name_width, columns(name));
  }
  name_width = std::min<std::size_t>(name_width, 28);
  const auto taken = path_width + name_width + 10;
  const auto width = static_cast<std::size_t>(std::max(console.width(), 60));
  const auto room = console.colour() ? std::max<std::size_t>((width - std::min(taken, width)) / 2, 12) : 0;
  for (const auto& [change, name] : changes) {
    const auto shown = cut(name, name_width);
    const auto value = [&](const std::string& text) { return text.empty() ? "(nothing)" : cut(text, room); };
    console.line(fmt::format("  {}{}  {}{}  {} -> {}", change.path, std::string(path_width - columns(change.path), ' '),
                             console.paint(Ink::grey, shown), std::string(name_width - columns(shown), ' '),
                             console.paint(Ink::red, value(change.before)),
                             console.paint(Ink::green, value(change.after))));
  }
}

json::Value changes_json(const std::vector<NamedChange>& changes) {
  json::Value all{json::Array{}};
  for (const auto& [change, name] : changes) {
    json::Value one;
    one.set("path", change.path).set("name", name).set("before", change.before).set("after", change.after);
    all.push(std::move(one));
  }
  return all;
}

std::string plain_path(std::string_view path) {
  std::string plain;
  bool inside = false;
  for (const char c : path) {
    inside = c == '[' || (inside && c != ']');
    if (!inside && c != ']') plain += c;
  }
  return plain;
}

}  // namespace myelin
