#include "engine/main/traffic/arrivals.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace myelin {
namespace {

std::string_view column(std::string_view line, std::size_t number) {
  for (; number > 0; --number) {
    const auto tab = line.find('\t');
    if (tab == std::string_view::npos) return {};
    line.remove_prefix(tab + 1);
  }
  return line.substr(0, line.find('\t'));
}

// The number that the load gave this message; nothing for a message of somebody else.
std::optional<std::size_t> number_of(std::string_view id, std::string_view run_id) {
  if (!id.starts_with(run_id)) return std::nullopt;
  id.remove_prefix(run_id.size());
  std::size_t number = 0;
  const auto read = std::from_chars(id.data(), id.data() + id.size(), number);
  if (id.size() != 9 || read.ec != std::errc() || read.ptr != id.data() + id.size()) return std::nullopt;
  return number;
}

}  // namespace

Arrivals check_arrivals(const LoadReport& report, std::string_view journal) {
  Arrivals result;
  for (const auto& sent : report.sent) result.accepted += sent.reply == Reply::accepted ? 1 : 0;
  std::vector<bool> seen(report.sent.size());
  std::vector<std::size_t> next_of_line;
  while (!journal.empty()) {
    const auto end = std::min(journal.find('\n'), journal.size());
    const auto number = number_of(column(journal.substr(0, end), 1), report.run_id);
    journal.remove_prefix(std::min(end + 1, journal.size()));
    if (!number || *number >= seen.size()) continue;
    if (seen[*number]) {
      ++result.doubled;
      continue;
    }
    seen[*number] = true;
    const auto& sent = report.sent[*number];
    if (sent.reply == Reply::accepted) ++result.arrived;
    else ++result.unanswered;
    if (next_of_line.size() <= sent.line) next_of_line.resize(sent.line + std::size_t(1));
    auto& next = next_of_line[sent.line];
    if (*number < next) ++result.out_of_order;
    else next = *number + 1;
  }
  return result;
}

}  // namespace myelin
