#include "engine/base/last_hold.h"

#include "engine/base/offload.h"

namespace myelin {

void let_go_elsewhere(std::string content) {
  Offload::large().run([kept = std::move(content)]() mutable { kept = std::string(); });
}

void LastHold::let_go() {
  if (bytes_.empty()) return;
  Offload::large().run([kept = std::exchange(bytes_, Bytes())]() mutable { kept = Bytes(); });
}

}  // namespace myelin
