// The channels of a simulation, in the versions between which reloads go, and what each lane has to keep.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/plan.h"
#include "tests/sim/witness.h"

namespace myelin::sim {

using Plans = std::vector<std::shared_ptr<const Plan>>;

// Compiled once; plans hold nothing of a run.
const std::vector<Plans>& versions();
std::map<std::string, LaneRule> lanes();

}  // namespace myelin::sim
