// The row of the catalogue for MLLP: the options of a connection, and what is made from them.
#pragma once

#include "engine/model/adapter.h"

namespace myelin::mllp {

AdapterKind kind();

}  // namespace myelin::mllp
