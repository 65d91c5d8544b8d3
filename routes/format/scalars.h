// How a value is written: a scalar with the quotes that it needs where it stands, and { } and [ ] on one line.
#pragma once

#include <string>

#include "routes/format/meaning.h"

namespace myelin::routes {

std::size_t width_of(std::string_view text);  // in characters

// As typed, but a formula stands plain where YAML lets it, and a path with [ ] in double quotes. On one line.
std::string written(const config::Node& scalar, const Stands& stands, bool in_flow);
std::string written_key(const config::Node::Entry& entry, const Stands& around, std::string_view content);
// { a: b, c: [d] }
std::string in_one_line(const config::Node& node, const Stands& stands, std::string_view content);

// Whether a { } or [ ] must become lines of its own: it holds a formula, a path with [ ], or what always stands so.
bool must_open(const config::Node& node, const Stands& stands);

}  // namespace myelin::routes
