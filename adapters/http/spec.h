// The row of the catalogue for HTTP: the options of a connection, and what is made from them.
#pragma once

#include "engine/model/adapter.h"

namespace myelin::http {

AdapterKind kind();

}  // namespace myelin::http
