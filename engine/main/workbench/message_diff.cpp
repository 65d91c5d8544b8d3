#include "engine/main/workbench/message_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace myelin {

namespace {

using hl7::Spot;
using hl7::Tree;

constexpr std::size_t kMostAligned = 2'000;

// "OBX[3]": the segment with its number among those of its name.
std::string segment_path(const Tree& tree, std::size_t segment) {
  const auto name = tree.segment_name(segment);
  std::size_t number = 0;
  for (std::size_t i = 0; i <= segment; ++i) number += tree.segment_name(i) == name ? 1 : 0;
  return fmt::format("{}[{}]", name, number);
}

std::vector<std::string_view> split(std::string_view text, char delimiter) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(delimiter);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string_view part(const std::vector<std::string_view>& parts, std::size_t index) {
  return index < parts.size() ? parts[index] : std::string_view();
}

// The field as a whole, or its one component that differs.
FieldChange field_change(const std::string& path, std::string_view before, std::string_view after, const Tree& from,
                         const Tree& to) {
  const auto repeats = [](std::string_view text, const Tree& tree) {
    return text.find(tree.delimiters().repetition) != std::string_view::npos;
  };
  FieldChange whole{path, std::string(before), std::string(after)};
  if (before.empty() || after.empty() || repeats(before, from) || repeats(after, to)) return whole;
  const auto old_parts = split(before, from.delimiters().component);
  const auto new_parts = split(after, to.delimiters().component);
  const auto count = std::max(old_parts.size(), new_parts.size());
  std::size_t changed = count;
  for (std::size_t i = 0; i < count; ++i) {
    if (part(old_parts, i) == part(new_parts, i)) continue;
    if (changed != count) return whole;
    changed = i;
  }
  if (count < 2 || changed == count) return whole;
  return {fmt::format("{}.{}", path, changed + 1), std::string(part(old_parts, changed)),
          std::string(part(new_parts, changed))};
}

void compare_segment(const Tree& before, std::size_t from, const Tree& after, std::size_t to,
                     std::vector<FieldChange>& changes) {
  if (before.segment_text(from) == after.segment_text(to)) return;
  const auto path = segment_path(after, to);
  const auto fields = std::max(before.field_count(from), after.field_count(to));
  for (std::size_t field = 1; field <= fields; ++field) {
    const auto number = static_cast<std::uint16_t>(field);
    const auto old_text = before.raw(Spot{static_cast<std::uint32_t>(from), number, 0, 0, 0});
    const auto new_text = after.raw(Spot{static_cast<std::uint32_t>(to), number, 0, 0, 0});
    if (old_text == new_text) continue;
    changes.push_back(field_change(fmt::format("{}-{}", path, field), old_text, new_text, before, after));
  }
}

// How alike two segments are: 0 of other names, 1 of one name, 2 when the set id (or whatever is first) agrees, 3
// equal.
int likeness(const Tree& before, std::size_t from, const Tree& after, std::size_t to) {
  if (before.segment_name(from) != after.segment_name(to)) return 0;
  if (before.segment_text(from) == after.segment_text(to)) return 3;
  const auto first = [](const Tree& tree, std::size_t segment) {
    return tree.raw(Spot{static_cast<std::uint32_t>(segment), 1, 0, 0, 0});
  };
  return first(before, from) == first(after, to) ? 2 : 1;
}

struct Window {
  std::size_t from, from_end, to, to_end;
};

void pair_in_order(const Tree& before, const Tree& after, Window window, std::vector<FieldChange>& changes) {
  while (window.from < window.from_end && window.to < window.to_end)
    compare_segment(before, window.from++, after, window.to++, changes);
  for (; window.from < window.from_end; ++window.from)
    changes.push_back({segment_path(before, window.from), std::string(before.segment_text(window.from)), {}});
  for (; window.to < window.to_end; ++window.to)
    changes.push_back({segment_path(after, window.to), {}, std::string(after.segment_text(window.to))});
}

// The alignment with the highest sum of likenesses (dynamic programming over the window).
void align(const Tree& before, const Tree& after, const Window& window, std::vector<FieldChange>& changes) {
  const auto rows = window.from_end - window.from, columns = window.to_end - window.to;
  std::vector<std::int32_t> best((rows + 1) * (columns + 1), 0);
  const auto at = [&](std::size_t row, std::size_t column) -> std::int32_t& {
    return best[row * (columns + 1) + column];
  };
  const auto paired = [&](std::size_t row, std::size_t column) {
    const int like = likeness(before, window.from + row, after, window.to + column);
    return like > 0 ? at(row + 1, column + 1) + like : -1;
  };
  for (std::size_t row = rows; row-- > 0;)
    for (std::size_t column = columns; column-- > 0;)
      at(row, column) = std::max({at(row + 1, column), at(row, column + 1), paired(row, column)});
  std::size_t row = 0, column = 0;
  while (row < rows || column < columns) {
    if (row < rows && column < columns && at(row, column) == paired(row, column)) {
      compare_segment(before, window.from + row++, after, window.to + column++, changes);
    } else if (row < rows && (column == columns || at(row, column) == at(row + 1, column))) {
      const auto segment = window.from + row++;
      changes.push_back({segment_path(before, segment), std::string(before.segment_text(segment)), {}});
    } else {
      const auto segment = window.to + column++;
      changes.push_back({segment_path(after, segment), {}, std::string(after.segment_text(segment))});
    }
  }
}

}  // namespace

std::vector<FieldChange> differences(const Tree& before, const Tree& after) {
  std::vector<FieldChange> changes;
  Window window{0, before.segment_count(), 0, after.segment_count()};
  const auto equal = [&](std::size_t from, std::size_t to) {
    return before.segment_text(from) == after.segment_text(to);
  };
  while (window.from < window.from_end && window.to < window.to_end && equal(window.from, window.to))
    ++window.from, ++window.to;
  while (window.from < window.from_end && window.to < window.to_end && equal(window.from_end - 1, window.to_end - 1))
    --window.from_end, --window.to_end;
  const bool few = window.from_end - window.from <= kMostAligned && window.to_end - window.to <= kMostAligned;
  if (few) align(before, after, window, changes);
  else pair_in_order(before, after, window, changes);
  return changes;
}

}  // namespace myelin
