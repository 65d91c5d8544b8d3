// Shadow: the same messages through two versions of a channel, each a Rehearsal with the clock of then, and what the
// second would do otherwise. Nothing is sent.
#pragma once

#include <string>
#include <vector>

#include "engine/main/workbench/field_changes.h"
#include "engine/model/message.h"
#include "engine/model/plan.h"

namespace myelin {

// At one place: the answer to the sender, a route, a part of a message on a route.
struct ShadowChange {
  std::string place;          // "answer", "route lab", "route lab part 2 of 3", "filter"
  std::string before, after;  // in words, where they differ: "delivered", "parked: M0301 …", "not sent", "AA"
  std::vector<NamedChange> fields;
};

struct ShadowedMessage {
  Message message;
  std::vector<ShadowChange> changes;  // never empty
};

struct Shadowed {
  std::size_t compared = 0;
  std::vector<ShadowedMessage> differing;  // in the order of receipt
};

// `messages` in the order of receipt. Every peer answers AA and no `call` is answered, on both sides. Both begin with
// an empty store: what messages before the first left behind (duplicates, order, state) is not known to either.
Result<Shadowed> shadow(const Plan& running, const Plan& edited, const std::vector<Message>& messages);

// "route lab  PID-8": how often each place differs, the most frequent first.
std::vector<std::pair<std::string, std::size_t>> tally(const Shadowed& shadowed);

}  // namespace myelin
