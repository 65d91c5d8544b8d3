#include "engine/schema/finding.h"

#include <algorithm>

namespace myelin::schema {
namespace {

FaultCode code_of(Rule rule) {
  switch (rule) {
    case Rule::structure:
      return FaultCode::bad_structure;
    case Rule::usage:
      return FaultCode::required_missing;
    case Rule::repetition:
      return FaultCode::too_many;
    case Rule::length:
      return FaultCode::bad_length;
    case Rule::type:
    case Rule::extra:
    case Rule::withdrawn:
      return FaultCode::bad_format;
    case Rule::table:
    case Rule::user_table:
    case Rule::value:
      return FaultCode::not_in_table;
    case Rule::condition:
      return FaultCode::rule_broken;
  }
  return FaultCode::rule_broken;
}

}  // namespace

std::optional<Severity> severity_of(std::string_view name) {
  const auto* found = std::ranges::find(kSeverityNames, name);
  if (found == kSeverityNames.end()) return std::nullopt;
  return static_cast<Severity>(found - kSeverityNames.begin());
}

std::size_t Findings::count(Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count(all, severity, &Finding::severity));
}

bool Findings::ok(Severity worst_allowed) const {
  return std::ranges::all_of(all, [&](const Finding& each) { return each.severity <= worst_allowed; });
}

std::vector<Fault> to_faults(const Findings& findings, Severity least, std::size_t most) {
  std::vector<const Finding*> chosen;  // the gravest first, and in the order of the message
  for (const auto severity : {Severity::error, Severity::warning, Severity::info})
    for (const auto& each : findings.all)
      if (each.severity == severity && severity >= least && chosen.size() < most) chosen.push_back(&each);
  std::vector<Fault> faults;
  for (const auto* each : chosen) {
    Fault fault{code_of(each->rule), each->text, each->at, {}};
    fault.severity = each->severity == Severity::error ? 'E' : each->severity == Severity::warning ? 'W' : 'I';
    faults.push_back(std::move(fault));
  }
  return faults;
}

std::optional<Fault> to_fault(const Findings& findings, Severity least) {
  constexpr std::size_t kMost = 100;
  auto faults = to_faults(findings, least, kMost);
  if (faults.empty()) return std::nullopt;
  auto first = std::move(faults.front());
  faults.erase(faults.begin());
  first.more = std::move(faults);
  return first;
}

}  // namespace myelin::schema
