// Receipt: what Intake tells a Source about one message. The Source renders it in its own words: MSA, HTTP status, a
// moved file. By the time a `committed` receipt exists the message is on the disk.
#pragma once

#include <optional>
#include <string>

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
  std::optional<Fault> fault;  // why it was refused
  std::string ticket = {};     // of what is stored: Intake::progress() knows it by this, and nobody can guess it
};

}  // namespace myelin
