// THE list of adapters. A new technology is one folder and one line in catalog.cpp (adapters/README.md).
#pragma once

#include "engine/model/adapter.h"

namespace myelin::adapters {

AdapterCatalog catalog();

}  // namespace myelin::adapters
