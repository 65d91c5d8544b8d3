#include "engine/main/workbench/line_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <span>

namespace myelin {

namespace {

using Kind = DiffLine::Kind;

constexpr std::size_t kAround = 3;
constexpr std::size_t kMostCells = std::size_t{16} << 20;  // beyond it, what differs is shown as one change

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

struct Step {
  Kind kind;
  std::string_view text;
};

using Lines = std::span<const std::string_view>;

void all(Lines lines, Kind kind, std::vector<Step>& steps) {
  for (const auto line : lines) steps.push_back({kind, line});
}

// By the longest common subsequence.
void align(Lines left, Lines right, std::vector<Step>& steps) {
  const auto rows = left.size() + 1, columns = right.size() + 1;
  if (rows * columns > kMostCells) {
    all(left, Kind::removed, steps);
    all(right, Kind::added, steps);
    return;
  }
  std::vector<std::uint32_t> common(rows * columns, 0);
  const auto cell = [&](std::size_t i, std::size_t j) -> std::uint32_t& { return common[i * columns + j]; };
  for (std::size_t i = left.size(); i-- > 0;)
    for (std::size_t j = right.size(); j-- > 0;)
      cell(i, j) = left[i] == right[j] ? cell(i + 1, j + 1) + 1 : std::max(cell(i + 1, j), cell(i, j + 1));
  std::size_t i = 0, j = 0;
  while (i < left.size() || j < right.size()) {
    if (i < left.size() && j < right.size() && left[i] == right[j]) {
      steps.push_back({Kind::same, left[i]});
      ++i, ++j;
    } else if (j == right.size() || (i < left.size() && cell(i + 1, j) >= cell(i, j + 1))) {
      steps.push_back({Kind::removed, left[i++]});
    } else {
      steps.push_back({Kind::added, right[j++]});
    }
  }
}

std::vector<Step> steps_between(Lines left, Lines right) {
  std::size_t head = 0, tail = 0;
  const auto shorter = std::min(left.size(), right.size());
  while (head < shorter && left[head] == right[head]) ++head;
  while (tail < shorter - head && left[left.size() - 1 - tail] == right[right.size() - 1 - tail]) ++tail;
  std::vector<Step> steps;
  all(left.first(head), Kind::same, steps);
  align(left.subspan(head, left.size() - head - tail), right.subspan(head, right.size() - head - tail), steps);
  all(left.last(tail), Kind::same, steps);
  return steps;
}

// The steps near a change, as pairs of begin and end.
std::vector<std::pair<std::size_t, std::size_t>> hunks_of(const std::vector<Step>& steps) {
  std::vector<std::pair<std::size_t, std::size_t>> hunks;
  for (std::size_t at = 0; at < steps.size(); ++at) {
    if (steps[at].kind == Kind::same) continue;
    const auto begin = at - std::min(at, kAround), end = std::min(at + kAround + 1, steps.size());
    if (!hunks.empty() && begin <= hunks.back().second) hunks.back().second = end;
    else hunks.emplace_back(begin, end);
  }
  return hunks;
}

std::size_t count(std::span<const Step> steps, Kind without) {
  return static_cast<std::size_t>(std::ranges::count_if(steps, [&](const Step& step) { return step.kind != without; }));
}

}  // namespace

std::vector<DiffLine> line_differences(std::string_view before, std::string_view after) {
  const auto left = lines_of(before), right = lines_of(after);
  const auto steps = steps_between(left, right);
  std::vector<DiffLine> shown;
  for (const auto& [begin, end] : hunks_of(steps)) {
    const std::span all_steps(steps);
    const auto above = all_steps.first(begin), inside = all_steps.subspan(begin, end - begin);
    shown.push_back(
        {Kind::heading, fmt::format("@@ -{},{} +{},{} @@", count(above, Kind::added) + 1, count(inside, Kind::added),
                                    count(above, Kind::removed) + 1, count(inside, Kind::removed))});
    for (const auto& step : inside) {
      const char sign = step.kind == Kind::removed ? '-' : step.kind == Kind::added ? '+' : ' ';
      shown.push_back({step.kind, sign + std::string(step.text)});
    }
  }
  return shown;
}

}  // namespace myelin
