// The row of the catalogue for hand-over between channels of this engine.
#pragma once

#include "engine/model/adapter.h"

namespace myelin::channel {

AdapterKind kind();

}  // namespace myelin::channel
