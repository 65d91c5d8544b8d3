// The groups of a message that a path leads through: the first half of select().
#pragma once

#include <cstdint>
#include <vector>

#include "engine/hl7/path.h"

namespace myelin::hl7 {

// In message order. For a path without group steps, the one group in which its segment is looked for.
std::vector<std::uint32_t> select_groups(const Tree& tree, const Grouped& groups, const Path& path,
                                         std::uint32_t current_segment);

// Whether the place fulfils all conditions. `at` is a segment (then each begins with a field) or a repetition.
bool fulfils(const Tree& tree, const std::vector<PickCondition>& conditions, Spot at);

}  // namespace myelin::hl7
