// Arbitrary bytes as a message of each kind. Held: no crash, what is taken is kept byte for byte, and a type is a plain
// name, whatever the message says.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/model/body.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace myelin;
  using fuzz::require;
  const Bytes bytes(std::string(reinterpret_cast<const char*>(data), size));
  for (const auto kind : {BodyKind::bytes, BodyKind::json, BodyKind::xml}) {
    const auto body = Body::read(kind, bytes, {});
    if (!body) continue;
    require(body->kind() == kind && body->bytes().view() == bytes.view());
    require(body->type().size() <= 40);
    for (const char c : body->type()) require(c > ' ' && c < 0x7f && c != '<' && c != '>');
  }
  return 0;
}
