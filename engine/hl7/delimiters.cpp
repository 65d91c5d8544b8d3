// Reads MSH-1 and MSH-2. Positions count, as in the standard: "MSH|^~|" has no escape and no subcomponent character.
#include "engine/hl7/delimiters.h"

#include <array>
#include <cstddef>

namespace myelin::hl7 {
namespace {

// Printing ASCII that is no letter, no digit and no quote (two quotes are HL7's null).
constexpr bool usable(char c) {
  if (c <= ' ' || c > '~' || c == '"') return false;
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return !letter && !(c >= '0' && c <= '9');
}

constexpr bool ends_line(char c) { return c == '\r' || c == '\n'; }

}  // namespace

std::size_t message_begin(std::string_view bytes) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (bytes.substr(at).starts_with(kByteOrderMark)) {
      at += kByteOrderMark.size();
    } else if (bytes[at] == '\x0B' || ends_line(bytes[at])) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

Result<Delimiters> read_delimiters(std::string_view message) {
  message.remove_prefix(message_begin(message));
  if (!message.starts_with("MSH")) return fail(FaultCode::not_hl7, "the first segment is not MSH");
  if (message.size() == 3 || ends_line(message[3])) {
    return fail(FaultCode::msh_too_short, "MSH ends before its field separator", "MSH-1");
  }
  Delimiters found{message[3], 0, 0, 0, 0, 0};
  if (!usable(found.field)) {
    return fail(FaultCode::bad_delimiters, "MSH-1 is a letter, a digit, a space or a control character", "MSH-1");
  }
  std::size_t end = 4;
  while (end < message.size() && message[end] != found.field && !ends_line(message[end])) ++end;
  const auto encoding = message.substr(4, end - 4);
  // Cut off inside MSH-2: how to read the rest was never said.
  if (end == message.size() && encoding.size() < 4) {
    return fail(FaultCode::msh_too_short, "the message ends inside MSH-2", "MSH-2");
  }
  if (encoding.empty()) return fail(FaultCode::bad_delimiters, "MSH-2 is empty", "MSH-2");
  const std::array<char*, 5> places{&found.component, &found.repetition, &found.escape, &found.subcomponent,
                                    &found.truncation};
  if (encoding.size() > places.size()) {
    return fail(FaultCode::bad_delimiters, "MSH-2 has more than five characters", "MSH-2");
  }
  for (std::size_t i = 0; i < encoding.size(); ++i) {
    const char c = encoding[i];
    if (!usable(c)) {
      return fail(FaultCode::bad_delimiters, "MSH-2 holds a letter, a digit, a space or a control character", "MSH-2");
    }
    if (encoding.substr(0, i).find(c) != std::string_view::npos) {
      return fail(FaultCode::bad_delimiters,
                  c == '\\' ? "MSH-2 holds the backslash twice (text escaped for a programming language?)"
                            : "MSH-2 holds the same character twice",
                  "MSH-2");
    }
    *places[i] = c;
  }
  return found;
}

}  // namespace myelin::hl7
