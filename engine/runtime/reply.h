// What follows an Outcome: the reply table of delivery.md ("What a peer's answer means") as a pure function.
// The lane calls it after each attempt and writes down what it says.
#pragma once

#include <optional>
#include <string>

#include "engine/model/delivery.h"
#include "engine/model/outcome.h"
#include "engine/model/plan.h"

namespace myelin::runtime {

// What a lane remembers between attempts. All of it may be lost at a restart: it only makes pauses and limits start
// over.
struct LaneMemory {
  int failures = 0;          // attempts in a row without an answer: grows the pause
  int refusals = 0;          // answered refusals of the message at the head
  int in_doubt = 0;          // attempts of the head that may have reached the peer
  int refused_in_a_row = 0;  // different messages refused one after another
  int garbage_in_a_row = 0;
  bool peer_answers_others = false;  // another lane had an answer from this peer since the head's first doubt
};

struct Next {
  State to = State::delivered;      // delivered, queued, parked or held
  Duration pause{};                 // for queued
  bool possible_duplicate = false;  // for queued: keep the bytes and repeat exactly these
  std::optional<Fault> fault;       // why it is not delivered
  // It is the peer, not this message. Queued: the session waits with it, and does not try the next one on the peer;
  // held: the whole route stands, not only this message's key.
  bool of_peer = false;
  bool by_row = false;                         // of what is delivered: a row of `on_reply` said so
  std::optional<Bytes> answer = std::nullopt;  // of what is not: what the peer said, as much of it as is kept
};

// `draw` in [0, 1] is the jitter. `relayed`: somebody waits for this very answer and gets it, so that a no which no row
// of the analyst speaks of ends the delivery as a yes does. Updates `memory`.
Next judge(const Outcome& outcome, const LanePolicy& policy, LaneMemory& memory, double draw, bool relayed = false);

}  // namespace myelin::runtime
