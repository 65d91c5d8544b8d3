#include "engine/model/plan.h"

#include <algorithm>

namespace myelin {

Verdict run_steps(const Steps& steps, Body& body, Context& context) {
  for (const auto& step : steps) {
    const bool skipped = step->when() && !step->when()->holds(body, context);
    if (context.observer) context.observer->before(*step, body);
    auto verdict = skipped ? Verdict{} : step->apply(body, context);
    if (context.observer) context.observer->after(*step, body, skipped);
    if (verdict.fault && verdict.fault->place.empty()) verdict.fault->place = step->place();
    if (context.observer) context.observer->concluded(*step, verdict);
    if (verdict.kind != Verdict::Kind::pass) return verdict;
  }
  return {};
}

const Route* Plan::find_route(std::string_view name) const {
  const auto found = std::ranges::find(routes, name, &Route::name);
  return found == routes.end() ? nullptr : &*found;
}

}  // namespace myelin
