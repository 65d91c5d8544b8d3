// What two bodies of JSON, XML or text differ in: JSON by its paths, as formulas name them; everything else line by
// line.
#pragma once

#include <vector>

#include "engine/main/workbench/message_diff.h"
#include "engine/model/body.h"

namespace myelin {

std::vector<FieldChange> document_differences(const Body& before, const Body& after);

}  // namespace myelin
