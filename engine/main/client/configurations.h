// What the verbs ask the daemon about configurations that went live.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine/main/client/link.h"

namespace myelin {

struct PastFiles {
  json::Value about;                         // as in the list, without the files
  std::map<std::string, std::string> texts;  // by the path below the directory
};

// `name`: a number, or "running".
Task<Result<PastFiles>> past_files(DaemonLink& link, std::string name);

// Where somebody rolled back: that the files are not what runs, and what to do; else empty.
std::string rolled_back_text(const json::Value& configuration);

}  // namespace myelin
