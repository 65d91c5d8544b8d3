// Changes of fields with the names of the dictionary, as `diff` and `shadow` show them.
#pragma once

#include <string>
#include <vector>

#include "engine/fhir/json.h"
#include "engine/main/console.h"
#include "engine/main/workbench/message_diff.h"

namespace myelin {

struct NamedChange {
  FieldChange change;
  std::string name;  // "Administrative Sex"
};

// A line each, in columns, indented by two: path, name, before -> after.
void print_changes(const Console& console, const std::vector<NamedChange>& changes);

json::Value changes_json(const std::vector<NamedChange>& changes);

// "PID-8" of "PID[1]-8".
std::string plain_path(std::string_view path);

}  // namespace myelin
