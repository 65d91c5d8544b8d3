#include "engine/model/progress.h"

#include <algorithm>

namespace myelin {

std::string_view summary(const Progress& progress) {
  const auto any = [&](auto fits) {
    return std::ranges::any_of(progress.legs, [&](const Progress::Leg& leg) { return fits(leg.state); });
  };
  for (const auto state : {State::parked, State::held})
    if (any([state](State of) { return of == state; })) return name_of(state);
  if (any([](State state) { return !finished(state); })) return "accepted";
  for (const auto state : {State::delivered, State::discarded})
    if (any([state](State of) { return of == state; })) return name_of(state);
  return name_of(State::filtered);
}

}  // namespace myelin
