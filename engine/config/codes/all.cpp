// The rows of all subjects, as one table.
#include <algorithm>

#include "engine/config/codes/codes.h"

namespace myelin::config {
namespace {

std::vector<DiagnosticCode> put_together() {
  std::vector<DiagnosticCode> all;
  for (const auto rows : {reading_codes(), formulas_codes(), channels_codes(), advice_codes()})
    all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace

std::span<const DiagnosticCode> all_diagnostic_codes() {
  static const auto kAll = put_together();
  return kAll;
}

const DiagnosticCode* find_diagnostic(std::string_view id) {
  const auto all = all_diagnostic_codes();
  const auto found = std::ranges::find(all, id, &DiagnosticCode::id);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace myelin::config
