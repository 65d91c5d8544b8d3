#include "engine/runtime/retry.h"

#include <algorithm>
#include <cmath>

namespace myelin::runtime {

Duration pause_before_retry(const RetryPolicy& policy, int failures, double draw) {
  const auto longest = static_cast<double>(policy.longest.count());
  // 2^40 s is beyond every `longest`, so the exponent is cut there and cannot overflow.
  const auto grown = static_cast<double>(policy.first.count()) * std::exp2(std::clamp(failures, 0, 40));
  const auto pause = std::min(longest, grown) * std::clamp(draw, 0.0, 1.0);
  return std::max(policy.least, Duration(static_cast<Duration::rep>(pause)));
}

}  // namespace myelin::runtime
