#include "engine/base/last_hold.h"

#include "engine/base/offload.h"

namespace myelin {

void LastHold::let_go() {
  if (bytes_.empty()) return;
  Offload::shared().run([kept = std::exchange(bytes_, Bytes())]() mutable { kept = Bytes(); });
}

}  // namespace myelin
