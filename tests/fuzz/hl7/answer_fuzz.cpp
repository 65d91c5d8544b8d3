// Arbitrary bytes as a received message and as a peer's answer. Held: an acknowledgement is always made, can be read
// as an answer, holds no byte that frames, and names the message that it answers.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/hl7/ack.h"
#include "engine/hl7/timestamp.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;
using namespace myelin::hl7;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(read_answer(bytes));
  if (const auto time = parse_timestamp(bytes)) {
    require(parse_timestamp(to_string(*time)) == time);
    static_cast<void>(instant(*time));
  }
  // The place and the detail come from elsewhere in the engine; here they are as hostile as the message.
  const Fault fault{
      FaultCode::required_missing, std::string(bytes.substr(0, 40)), std::string(bytes.substr(0, 20)), {}};
  for (const Fault* told : {static_cast<const Fault*>(nullptr), &fault}) {
    const auto ack = make_ack(bytes, AckFacts{"AE", "01K2Z9Q7M4X", WallTime{}, told});
    require(ack.find_first_of("\x0B\x1C\n") == std::string::npos);
    const auto answer = read_answer(ack);
    require(answer.has_value() && answer->code == "AE");
    const auto header = read_header(bytes);
    if (header && header->control_id.find_first_of(std::string_view("\x0B\x1C\0", 3)) == std::string_view::npos) {
      require(answer->message_id == header->control_id);
    }
    const auto own = read_header(ack);
    require(own.has_value() && own->control_id == "01K2Z9Q7M4X");
  }
  return 0;
}
