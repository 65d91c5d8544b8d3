// What a fuzz target says that holds of every input.
#pragma once

#include <cstdlib>

namespace myelin::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace myelin::fuzz
