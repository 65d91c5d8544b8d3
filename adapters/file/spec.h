// The row of the catalogue for folders: the options of a connection, and what is made from them.
#pragma once

#include "engine/model/adapter.h"

namespace myelin::file {

AdapterKind kind();

}  // namespace myelin::file
