// Layout: the lines of a file written anew from its tree, with its comments. What hangs on a spot goes with it: a
// comment above a key belongs to the key, one behind a value to the value, and both move where these move.
#pragma once

#include <string>

#include "routes/format/comments.h"
#include "routes/format/meaning.h"

namespace myelin::routes {

std::string laid_out(const config::SourceText& source, const config::Node& root);

}  // namespace myelin::routes
