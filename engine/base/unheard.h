// Unheard: while an object of it exists, its thread writes no lines to the log and counts no metrics: for rehearsals
// inside the daemon.
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
