// Habits of other engines, rewritten where they stand: PID.5.1 and PID-5-1 as PID-5.1, 'text' as "text".
#pragma once

#include <string>

#include "routes/format/meaning.h"

namespace myelin::routes {

// The text of the file with these spots replaced; everything else is as it was.
std::string without_habits(std::string_view content, const config::Node& root);

}  // namespace myelin::routes
