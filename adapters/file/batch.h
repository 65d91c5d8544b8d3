// A file's content cut into messages, without I/O. A message begins with MSH at the beginning of a line (CR, LF or
// both end one). FHS, BHS, BTS and FTS are tolerated: they cut, and what BTS-1 and FTS-1 count must be so. A byte
// order mark, and the VT and FS of MLLP around messages, belong to no message. Everything else is left as it is.
#pragma once

#include <string_view>
#include <vector>

#include "engine/base/fault.h"

namespace myelin::file {

// Views into `content`. What holds no MSH at all is one piece: intake says what it is not. empty_message,
// batch_incomplete (counts, an end that is missing, bytes before the first message).
Result<std::vector<std::string_view>> split_batch(std::string_view content);

}  // namespace myelin::file
