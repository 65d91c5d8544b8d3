// Rehearsal: one channel on the real intake and the real lanes, with a virtual clock, the memory store, and scripted
// peers in place of its destinations. `myelin test` and `myelin try` run through it; nothing is sent, nothing listens.
// Jitter is at its maximum, so that what a test sees is the slowest that can happen, and the same each time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/delivery.h"
#include "engine/model/plan.h"
#include "engine/model/receipt.h"
#include "routes/compile/test_case.h"

namespace myelin {

// What a scripted peer got, and how it answered.
struct Sent {
  std::string route;
  DeliveryId delivery;
  Bytes bytes;
  std::string answer;                                           // "AA", "503", "none"
  std::map<std::string, std::string, std::less<>> filled = {};  // Outbound::filled
  std::size_t together = 1;                                     // of a batch (`collect`): how many it has …
  bool follows = false;                                         // … and whether others of it stand before this one
};

struct Rehearsed {
  Bytes bytes;
  Receipt receipt;
  std::string ack;                   // MSA-1 as a source answers, original mode; an HTTP status where a peer gave one
  std::string ack_message;           // the whole acknowledgement
  std::string filtered;              // why no route got it; empty when one did, or when it was refused
  std::vector<Delivery> deliveries;  // as they are now; route "" is "not yet routed"
};

// Per route: how its peer answers, attempt by attempt; then AA for ever. A word, and text for MSA-3 after it:
//   AA AE AR CA CE CR    an acknowledgement          200 … 599   an HTTP status
//   MSH|…                this very message, with MSA-2 made to fit
//   none, lost           no answer, connection broke down        cannot be reached
//   garbage, wrong-id    an answer that is none, or for another message
using Replies = std::map<std::string, std::vector<std::string>>;

// Per connection that a `call` asks: what it answers, in turn; the last for ever.
using CallAnswers = std::map<std::string, std::vector<routes::TestCase::Answer>>;

// Whether `word` is one of those.
bool is_reply(std::string_view word);

class Rehearsal {
 public:
  // `observer`, if any, outlives the Rehearsal. The clock begins at `start`.
  Rehearsal(const Plan& plan, Replies replies, WallTime start, StepObserver* observer = nullptr,
            const CallAnswers& answers = {});
  ~Rehearsal();

  // Opens the store and starts the channel.
  Result<void> begin();
  // Hands over one message as the source would, and lets 10 ms pass, in which what is due at once is done.
  // `facts`: Message::facts.
  void accept(std::string message, std::string facts = {}, const std::string& peer = "rehearsal");
  void run_for(Duration span);

  // All messages handed over so far, with their deliveries as they are now.
  Result<std::vector<Rehearsed>> messages();
  const std::vector<Sent>& sent() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// When the sample says it was made (MSH-7, UTC where it has no offset); 2026-01-01 where it does not say.
WallTime time_of_sample(std::string_view message);

}  // namespace myelin
