// Arbitrary text as a path, followed in a fixed message. Held: no crash, errors lie inside the text, and what was read
// is read again from its canonical form.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/hl7/path.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;
using namespace myelin::hl7;

const Tree& message() {
  static const Tree tree = Tree::parse(Bytes("MSH|^~\\&|LIS|LAB|||2026||ORU^R01|1|P|2.5.1\r"
                                             "PID|1||4711^^^MR&1.2&ISO^MR~0815^^^NAT^NI||Muster^Anna^\"\"\r"
                                             "OBR|1|A1\rOBX|1|NM|1^a||5\rNTE|1||n\rOBX|2|NM|2^b||6\rOBR|2|A2\r"))
                               .value();
  return tree;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto built = parse_path(text);
  const auto path = parse_path_with_groups(text);
  if (!path) {
    require(!built && path.error().offset <= text.size() && !path.error().message.empty());
    return 0;
  }
  require(built.has_value() == path->groups.empty());
  const auto again = parse_path_with_groups(to_string(*path));
  require(again.has_value() && *again == *path);
  for (std::uint32_t segment = 0; segment <= message().segment_count(); ++segment) {
    for (const auto& spot : select(message(), *path, Scope{segment})) {
      require(spot.segment < message().segment_count());
      require(parse_path(to_string(message(), spot)).has_value());
    }
  }
  static_cast<void>(read_text(message(), *path));
  static_cast<void>(presence(message(), *path));
  return 0;
}
