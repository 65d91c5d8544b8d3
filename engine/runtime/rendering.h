// Steps 8 and 9 of a message's way as a pure function: the stored original goes through the shared steps and those of
// one route, and becomes the bytes for the wire. A lane calls it for what is sent now; also for what went before a
// crash (lane_doubt.cpp) and what was sent within the window of `duplicates` (lane_repeat.cpp). No loop, no store, no
// event.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "engine/base/crypto.h"
#include "engine/model/plan.h"
#include "engine/store/store.h"

namespace myelin::runtime {

// Who renders: the plan of now, or the one that ran before a crash.
struct RenderedBy {
  const Plan& plan;
  const Route& route;
};

// Of which delivery. `attempts` so far; they are written down with what a step decides.
struct RenderedFor {
  DeliveryId id;
  Piece piece;
  int attempts = 0;
};

struct Rendering {
  Bytes bytes;  // never empty, where neither `settled` nor `question` is there
  std::map<std::string, std::string, std::less<>> filled;
  std::string facts;                  // Outbound::facts
  Sha256 print{};                     // what `duplicates` of the route compares; zero: it does not
  std::optional<Settlement> settled;  // a step decided, or it cannot be rendered: nothing is sent
  std::optional<Question> question;   // a step wants to know something first
};

// The route's steps are shown to `observer`, unless it is null.
Rendering render(RenderedBy by, const RenderedFor& delivery, const Message& message, const Answers& answers,
                 StepObserver* observer);

}  // namespace myelin::runtime
