// The work list of codes without a row: which table and which code a parked or held message waits for, and adding the
// row. Pure, but for the one file that is written.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/plan.h"

namespace myelin {

struct UnmappedCode {
  std::string table, code;
};

// What the steps of the plan and of the route (empty: none yet) find no row for in this message; nothing when they all
// find one, as they do once the row was added.
std::optional<UnmappedCode> unmapped_code(const Plan& plan, std::string_view route, const Message& message);

// The CSV with one more row: `code` in its first column, the values in the columns they name. bad_request when the
// table has no such column, or has a row for the code.
Result<std::string> with_row(std::string_view csv, std::string_view code,
                             const std::vector<std::pair<std::string, std::string>>& values);

}  // namespace myelin
