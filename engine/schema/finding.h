// Findings: what is not as the standard, or a site's profile, says of a message. A finding names the place and what was
// expected there, never the content of a field, so that it may stand in logs, answers and incidents; who shows the
// message itself beside it takes the content from there.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/fault.h"
#include "engine/hl7/tree.h"

namespace myelin::schema {

enum class Rule : std::uint8_t {
  structure,   // segments missing, out of order, unknown
  usage,       // required and empty
  withdrawn,   // the version gave the place up, or the profile does not want it
  repetition,  // more or fewer than may be
  length,
  type,        // the format of a date, a number …
  extra,       // behind the last field or component that is documented
  table,       // a table of HL7 (data type ID)
  user_table,  // a table that sites fill (IS, coded elements)
  value,       // what a profile fixes
  condition    // a rule of a profile
};
inline constexpr std::size_t kRules = 11;
inline constexpr std::array<std::string_view, kRules> kRuleNames = {"structure",  "usage", "withdrawn", "repetition",
                                                                    "length",     "type",  "extra",     "table",
                                                                    "user_table", "value", "condition"};
constexpr std::string_view to_string(Rule rule) { return kRuleNames[static_cast<std::size_t>(rule)]; }

enum class Severity : std::uint8_t { off, info, warning, error };
inline constexpr std::array<std::string_view, 4> kSeverityNames = {"off", "info", "warning", "error"};
constexpr std::string_view to_string(Severity severity) { return kSeverityNames[static_cast<std::size_t>(severity)]; }
std::optional<Severity> severity_of(std::string_view name);

// One for each rule, in the order of the enum.
using Severities = std::array<Severity, kRules>;
// What the standard itself asks for. Tables that sites fill are theirs, and lengths were never kept: those only inform.
inline constexpr Severities kStandardSeverities = {Severity::error, Severity::error, Severity::info, Severity::warning,
                                                   Severity::info,  Severity::error, Severity::info, Severity::warning,
                                                   Severity::info,  Severity::error, Severity::error};

struct Finding {
  Rule rule = Rule::structure;
  Severity severity = Severity::error;
  std::optional<hl7::Spot> spot;  // none for what is missing from the message as a whole
  std::string at;                 // "PID[1]-8.1", "PV1"
  std::string text;               // "Administrative Sex is no code of table 0001"
};

inline constexpr std::size_t kMaxFindings = 1'000;

struct Findings {
  std::vector<Finding> all;    // in the order of the message; what is missing stands first
  std::size_t left_out = 0;    // beyond kMaxFindings
  std::string_view structure;  // "ORU_R01"; empty when none is known
  std::string_view version;    // of the dictionary: "2.5.1"

  std::size_t count(Severity severity) const;
  bool ok(Severity worst_allowed = Severity::warning) const;  // nothing is worse
};

// As the faults that ERR is made of, worst first: those at `least` or above, at most `most`.
std::vector<Fault> to_faults(const Findings& findings, Severity least, std::size_t most);
// One, with the others behind it in Fault::more. Nothing when all is below `least`.
std::optional<Fault> to_fault(const Findings& findings, Severity least);

}  // namespace myelin::schema
