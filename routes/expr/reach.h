// Reach: what is known of a condition before any message comes, from the type of the message alone: MSH-9 says the
// type, and a segment that its structure does not have is not there.
#pragma once

#include <string_view>

#include "engine/model/plan.h"
#include "routes/expr/grammar.h"

namespace myelin::expr {

enum class Reach : std::uint8_t { never, maybe, always };

struct Known {
  const Grammar& grammar;
  std::string_view type;  // "ADT^A40"
  bool header = true;     // MSH-9 counts as known …
  bool segments = true;   // … and which segments there may be
};

// `maybe` of a condition that is no formula.
Reach reach(const Condition& condition, const Known& known);

}  // namespace myelin::expr
