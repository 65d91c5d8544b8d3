// THE list of steps. A new step is one file, one row in catalog.cpp and one golden file; lint, docs, completion and
// the reference in routes/README.md follow from its row.
#pragma once

#include <span>

#include "routes/steps/step.h"

namespace myelin::routes {

std::span<const StepKind> step_catalog();
const StepKind* find_step(std::string_view name);

}  // namespace myelin::routes
