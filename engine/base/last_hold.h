// LastHold: whoever lets go of 64 MiB last waits some 10 ms for the kernel to take the pages back, and that is mostly a
// loop, which has no 10 ms. So it keeps them a little longer than anybody else around, and lets go of them on the pool:
//     LastHold last;                    // before all that has the bytes, so it ends after them
//     auto read = co_await …;
//     last.take(read->bytes);
#pragma once

#include <string>

#include "engine/base/bytes.h"

namespace myelin {

// Of a buffer that only its owner has.
void let_go_elsewhere(std::string content);

class LastHold {
 public:
  LastHold() = default;
  LastHold(const LastHold&) = delete;
  LastHold& operator=(const LastHold&) = delete;
  ~LastHold() { let_go(); }

  void take(const Bytes& bytes) {
    let_go();
    if (bytes.size() > kLarge) bytes_ = bytes;
  }

 private:
  static constexpr std::size_t kLarge = 1024 * 1024;
  void let_go();

  Bytes bytes_;
};

}  // namespace myelin
