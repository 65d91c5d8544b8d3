// How long a lane waits before it tries again. Pure: no clock, no random source of its own.
#pragma once

#include "engine/model/policy.h"

namespace myelin::runtime {

// Full jitter: draw * min(longest, first * 2^failures), never under `least`. `failures` counts from 0, the attempts
// since the peer last answered; `draw` is in [0, 1].
Duration pause_before_retry(const RetryPolicy& policy, int failures, double draw);

}  // namespace myelin::runtime
