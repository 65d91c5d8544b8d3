// Names of before: what a plan says that its channel and its routes were called (`was`).
#pragma once

#include "engine/model/delivery.h"
#include "engine/model/plan.h"

namespace myelin::runtime {

// Under which name a lane goes on; its own, where nothing was renamed. What has no recipient yet stands under the name
// of the route.
LaneKey name_now(const Plan& plan, const LaneKey& old);

// Whether anything was called otherwise.
bool renames(const Plan& plan);

}  // namespace myelin::runtime
