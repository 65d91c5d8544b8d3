// Outcome: what a Destination says of one attempt. It reports; the Lane's reply table decides what follows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/hl7/habit.h"

namespace myelin {

struct Outcome {
  enum class Kind : std::uint8_t {
    accepted,     // the peer said that it has it
    refused,      // the peer answered, and said no
    unknown,      // it may have reached the peer, no usable answer came
    unreachable,  // nothing reached the peer
  };
  Kind kind = Kind::unreachable;
  std::string code;                     // the peer's own word: "AA", "AE", "CR", "200", "503"; empty without an answer
  std::optional<Fault> fault;           // why it is not `accepted`
  Bytes response;                       // the answer as received; empty when none
  std::optional<Duration> retry_after;  // of `refused`: when the peer wants to be asked again
  std::vector<hl7::Habit> habits;       // of the peer, noticed since the last outcome
  // Of `accepted`: the peer has it safely, and its application's answer to `id` (the MSH-10 that was sent) follows
  // later. Should none come within that time, it is parked, or with `silence_is_good` delivered.
  struct Owed {
    std::string id;
    Duration within{};
    bool silence_is_good = false;
  };
  std::optional<Owed> owed = std::nullopt;
  std::int64_t sequence = 0;  // of `accepted`: its number in the sequence number protocol; 0: it has none
  bool settled = false;       // of `accepted`: the commit that took it wrote the delivery down as delivered
};

// Of an HTTP status: 408, 429 and 5xx speak of the peer, and not of the message.
bool asks_to_come_again(std::string_view code);

// What MSA-1 says of the message (table 0008): code, kind and fault. Of what is no acknowledgement code the kind stays
// as it is, and the word is not repeated: in a message with shifted fields anything may stand there, also a patient's
// name.
void judge_code(Outcome& outcome, std::string_view code);

}  // namespace myelin
