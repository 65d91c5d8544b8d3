// Messages in files, as people keep them: one or several in a file, in a batch envelope or not, framed by MLLP or not,
// with CR, LF or CRLF, with a byte order mark. For the verbs that take messages by hand; the daemon never reads so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/fault.h"
#include "engine/hl7/tree.h"

namespace myelin {

// The messages of a file's content, in order: each begins at a line that begins with MSH. Envelope segments (FHS BHS
// BTS FTS), framing bytes and a byte order mark are left out; line ends stay as they are. Content without MSH is one
// "message" as it stands, so that whoever parses it says what is wrong.
std::vector<std::string> split_messages(std::string_view content);

// The first message of `path` ("-": standard input), parsed.
Result<hl7::Tree> read_message(const std::string& path);

// LF and CRLF become CR, as the wire wants it.
std::string with_carriage_returns(std::string_view message);

}  // namespace myelin
