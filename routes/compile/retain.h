// `retain`: how long messages are kept, of a channel and, in conf/myelin.yaml, of the engine.
#pragma once

#include "engine/config/diagnostic.h"
#include "engine/config/spec.h"
#include "engine/model/policy.h"

namespace myelin::routes {

const config::Spec& retain_spec();
Retention read_retain(const config::Options& options, config::Diagnostics& diagnostics);

}  // namespace myelin::routes
