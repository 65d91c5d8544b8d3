// What `check`, `test` and `try` say about the mistakes of a configuration.
#pragma once

#include <cstdio>
#include <map>
#include <string>

#include "engine/base/counted.h"
#include "engine/config/diagnostic.h"
#include "engine/fhir/json.h"
#include "engine/main/console.h"
#include "routes/compile/compile.h"

namespace myelin {

// Channels, connections, tables and myelin.yaml of a directory, compiled with every adapter there is.
// io_failed when there is no such directory.
Result<routes::Compiled> compile_directory(const std::string& directory, const std::string& site = {});
// One that was live before, by the paths below the directory; its tests are passed over, as their samples may be gone.
Result<routes::Compiled> compile_texts(const std::string& directory, const std::map<std::string, std::string>& texts);
// The same once more, after an edit.
Result<routes::Compiled> compile_directory(routes::Compiler& compiler);

// not_found, with what was meant or why it is not there.
Result<std::shared_ptr<const Plan>> find_plan(const routes::Compiled& compiled, const std::string& channel);

// Each with file, line and caret. `least`: only what is at least so bad; hints are for `check`, which was asked for
// all.
void print_diagnostics(const Console& console, const config::Diagnostics& diagnostics, FILE* to,
                       config::Severity least = config::Severity::warning);

json::Value diagnostics_json(const config::Diagnostics& diagnostics);

// The same as SARIF 2.1.0, which code review and editors read.
json::Value sarif(const config::Diagnostics& diagnostics);

// "2 files checked, 3 errors, 1 warning. Nothing was changed; the running configuration stays."
std::string closing_line(const routes::Compiled& compiled);

}  // namespace myelin
