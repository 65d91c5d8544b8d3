// The composition root: builds the daemon from its configuration directory as a straight list, and takes it down again.
// It is the only place that sees everything; what it wires does not know each other.
#pragma once

#include <string>

#include "engine/main/console.h"

namespace myelin {

struct RunOptions {
  std::string directory = "conf";
  std::string store;   // overrides myelin.yaml's `store: path:`
  std::string socket;  // overrides `admin: socket:`
};

// Until SIGTERM or SIGINT. Exit status: 0 stopped in order, 1 configuration or start failed, 74 the store failed.
int run_daemon(const RunOptions& options, Console& console);

}  // namespace myelin
