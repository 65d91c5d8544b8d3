#include "engine/runtime/renamed.h"

#include <algorithm>

namespace myelin::runtime {

LaneKey name_now(const Plan& plan, const LaneKey& old) {
  LaneKey now = old;
  if (!plan.was.empty() && old.channel == plan.was) now.channel = plan.channel;
  if (now.channel != plan.channel || now.route.empty() || plan.find_route(now.route)) return now;
  for (const auto& route : plan.routes) {
    if (route.was.empty()) continue;
    if (route.was == now.route) now.route = route.name;
    else if (route.recipients && route.was == now.route + ":" + route.destination)
      now.route = route.recipients->route();
    else continue;
    break;
  }
  return now;
}

bool renames(const Plan& plan) {
  return !plan.was.empty() || !std::ranges::all_of(plan.routes, &std::string::empty, &Route::was);
}

}  // namespace myelin::runtime
