// Waits: why a delivery does not go at this moment, as its lane knows it and not as somebody guesses from the row. What
// `trace` and `queue` say of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/id.h"
#include "engine/store/store.h"

namespace myelin::runtime {

enum class WaitsFor : std::uint8_t {
  turn,        // nothing stands before it
  sending,     // it is on its way to the peer
  collecting,  // into a batch that goes at `until`
  attempt,     // the next one, at `until`, after `fault`
  peer,        // it does not answer: one attempt at `until`, then the others
  delay,       // of the route, which ends at `until`
  rate,        // of the route: its next turn is at `until`
  hours,       // of the peer (`open`), which begin at `until`
  route,       // `after`, which has not finished this message
  lane,        // the route is held, by `stop`
  key,         // one of its keys is held, by `stop`
  release,     // it is held itself
  routing,     // no route, or no recipient, was decided yet
  no_route,    // the channel has no such route any more
  no_channel,  // it does not run any more
};

struct Waits {
  WaitsFor what = WaitsFor::turn;
  std::optional<DeliveryId> behind;  // all that is said here is said of this earlier delivery, which it must not pass
  std::optional<LaneStop> stop;
  std::optional<WallTime> until;
  std::string peer;           // where its route leads
  std::string after;          // the other route
  std::string fault, detail;  // of the last attempt, or why it is held
};

}  // namespace myelin::runtime
