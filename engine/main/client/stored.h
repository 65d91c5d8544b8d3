// Messages of the daemon's store, with their content: patient data, so that each is read for a person who asked, and
// the log has who read which.
#pragma once

#include <string>

#include "engine/main/client/link.h"
#include "engine/model/message.h"

namespace myelin {

// Of an answer of /api/v1/messages/{id}?bytes=1.
Message message_of(const json::Value& trace);

Task<Result<Message>> read_message(DaemonLink& link, std::string id);

}  // namespace myelin
