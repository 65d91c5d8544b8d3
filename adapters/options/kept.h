// What a source may tell a sender that asks "need I keep it?": yes, where nothing of it was kept here. A message that
// was refused for what it says is kept as an incident: to send it again changes nothing.
#pragma once

#include "engine/base/not_kept.h"
#include "engine/model/receipt.h"

namespace myelin {

inline bool is_kept(const Receipt& receipt) {
  return receipt.kind != Receipt::Kind::refused || !receipt.fault || !is_not_kept(receipt.fault->code);
}

}  // namespace myelin
