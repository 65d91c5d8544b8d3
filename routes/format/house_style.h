// House style: what `myelin fmt` makes of a file of the configuration. Comments and meaning stay: the result is read
// again and compared with what was typed, and a file that would come out different in either is left alone.
//   keys      of a channel, a route, a step and a test in the order of the language: what decides stands above `steps`
//   paths     PID.5.1 and PID-5-1 become PID-5.1, also inside formulas; a path with [ ] is quoted
//   { } [ ]   hold plain words only: a formula, or a path with [ ], goes on a line of its own
//   layout    two columns a level, lists below their key, at most one blank line, 120 columns
#pragma once

#include <memory>
#include <string>

#include "engine/config/diagnostic.h"
#include "engine/config/source_text.h"

namespace myelin::routes {

// The whole file in house style. What is no YAML of ours comes back as diagnostics and fails; so does a bug of the
// formatter's own, which is caught before it costs a comment.
Result<std::string> in_house_style(const std::shared_ptr<const config::SourceText>& source,
                                   config::Diagnostics& diagnostics);

}  // namespace myelin::routes
