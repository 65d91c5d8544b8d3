// Unheard: while one lives, nothing that happens on its thread is an event, neither a line of the log nor a count: for
// rehearsals inside the daemon.
#pragma once

namespace myelin {

class Unheard {
 public:
  Unheard();
  ~Unheard();
  Unheard(const Unheard&) = delete;
  Unheard& operator=(const Unheard&) = delete;
};

}  // namespace myelin
