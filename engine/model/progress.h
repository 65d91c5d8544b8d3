// Progress: what became of a message after it was taken, told to the peer that sent it. States only: nothing of the
// message, and no text that a step or a peer wrote.
#pragma once

#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/id.h"
#include "engine/model/delivery.h"

namespace myelin {

struct Progress {
  struct Leg {
    std::string route;  // empty: it is not yet decided which
    State state = State::queued;
    int attempts = 0;
    std::string fault;  // id of the last one, "M0402"; empty when none
  };
  MessageId id;
  WallTime received_at;
  std::vector<Leg> legs;  // none: no route wanted it
};

// All legs in one word: parked, held, accepted (something is still on its way), delivered, discarded, filtered.
std::string_view summary(const Progress& progress);

}  // namespace myelin
