// Arbitrary JSON as FHIR that becomes HL7, by every map. Held: no crash; what is made is a message that begins with its
// MSH, has no line that is no segment, and is the same when it is made again.
#include <cstdint>

#include "routes/reverse/convert.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = json::read(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!document) return 0;
  const auto& overlay = *mapping::Overlay::none();
  const reverse::Systems systems(overlay);
  reverse::Circumstances circumstances;
  circumstances.version = size % 2 == 0 ? "2.5.1" : "2.8";
  circumstances.received = "20260101000000";
  circumstances.id = "1";
  circumstances.notes = true;
  const auto& rules = reverse::Rules::embedded();
  for (const auto name : rules.names()) {
    const auto made = reverse::convert(*document, *rules.message(name), overlay, systems, circumstances);
    if (!made) continue;
    const auto text = std::string(made->message.bytes().view());
    require(text.starts_with("MSH|^~\\&|") && text.ends_with('\r'));
    for (std::size_t segment = 0; segment < made->message.segment_count(); ++segment)
      require(made->message.segment_name(segment).size() == 3);
    const auto again = reverse::convert(*document, *rules.message(name), overlay, systems, circumstances);
    require(again && again->message.bytes().view() == text);
  }
  return 0;
}
