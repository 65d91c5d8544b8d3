// The tables of routes/README.md, made from the declarations that read the files, so that they cannot drift.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace myelin::routes {

// Markdown, by the name of the marker in routes/README.md: `<!-- generated: steps -->`.
std::vector<std::pair<std::string, std::string>> reference_tables();

}  // namespace myelin::routes
