// Receipt: what Intake tells a Source about one message. The Source renders it in its own words: MSA, HTTP status, a
// moved file. By the time a `committed` receipt exists the message is on the disk.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/id.h"

namespace myelin {

struct Receipt {
  enum class Kind : std::uint8_t {
    committed,  // stored and ours (filtered messages too: no route wanted them)
    duplicate,  // the same content again inside the window: `id` and `received_at` are the first one's
    refused,    // not ours; the sender keeps it
  };
  Kind kind = Kind::refused;
  MessageId id;
  WallTime received_at;
  std::optional<Fault> fault;  // why it was refused, or why `code` is no AA
  MessageId incident = {};     // of what was refused and kept: an answer with this id leads a person to it
  std::string expected = {};   // MSA-4, where the source is `sequenced`
  std::string ticket = {};     // of what is stored: Intake::progress() knows it by this, and nobody can guess it

  // Of what is stored, where the channel says `reply`:
  std::string code = {};                   // MSA-1 to say instead of AA, or the HTTP status that a peer answered
  std::optional<Bytes> answer = {};        // a peer's own answer, made fit for this sender: to be sent as it is
  std::function<Bytes(Bytes)> shape = {};  // what the Source says in its own words goes through here
  // It was stored, its sender is told no, and it was discarded: the sender keeps it, so nothing may say "accepted".
  bool given_back = false;
  bool is_answer = false;  // to a message of ours, and taken as that: it gets no application acknowledgement

  // What an answer names it by; {}: nothing was kept.
  MessageId known_as() const { return id.value != 0 ? id : incident; }
  bool good() const { return kind != Kind::refused && (code.empty() || code == "AA" || code.starts_with('2')); }
};

}  // namespace myelin
