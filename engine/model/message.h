// Message: what was received, once and for ever. The bytes and the envelope; nothing changes it after the commit.
#pragma once

#include <string>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/id.h"

namespace myelin {

struct Message {
  MessageId id;
  std::string channel;
  WallTime received_at;
  std::string peer;        // "10.1.2.3:40112", a path, a user: who sent it
  std::string control_id;  // MSH-10, as text
  std::string type;        // "ADT^A01"
  Bytes bytes;
  std::string batch = {};  // FHS and BHS of the batch it came in, as they came; empty: it came alone
  std::string facts = {};  // how it came: a file's name, header fields (engine/model/facts.h); empty: nothing is known
};

}  // namespace myelin
