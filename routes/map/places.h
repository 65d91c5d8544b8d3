// The words of a row of a map: where a value comes from, under which condition, and where in a resource it goes
// (schemas/README.md, the maps).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "routes/map/library.h"
#include "routes/map/words.h"

namespace myelin::mapping {

Source literal(const std::string& text);
// "PID-3|.4.1|@report"
Alternatives alternatives(std::string_view text);
// "name[].given[+]"; nothing for "."
std::vector<TargetStep> target(std::string_view text);
// "OBX-2 = NM and .1 valued", up to a word that is no condition; `mistake` says what is none.
std::vector<Condition> conditions(Words& words, std::string& mistake);

}  // namespace myelin::mapping
