// Delimited text (CSV, RFC 4180) as JSON: { "rows": [ { column: value, … } ] }, every value a text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/fault.h"
#include "engine/fhir/json.h"

namespace myelin::routes {

inline constexpr std::size_t kMostRows = 100'000;

struct DelimitedForm {
  char separator = ',';
  std::vector<std::string> columns = {};  // empty: the first line names them
};

// bad_value, with the line in `at`, where a quote is not closed, or a line has more values than there are columns. A
// shorter line has its last values empty; an empty line is none. A byte order mark is left out.
Result<json::Value> read_delimited(std::string_view text, const DelimitedForm& form);

}  // namespace myelin::routes
