// JSON Schema (draft 2020-12) of the files a person writes, made from the same declarations that read them, so that an
// editor (yaml-language-server) completes, explains and checks while one types. What only the compiler knows (names,
// paths, formulas) is text here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/model/adapter.h"

namespace myelin::routes {

// "channel", "connections", "block", "overlay": schemas/NAME.schema.json.
std::vector<std::string_view> schema_names();
// Empty for an unknown name.
std::string json_schema(std::string_view name, AdapterCatalog adapters);

}  // namespace myelin::routes
