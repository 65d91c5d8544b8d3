// Arbitrary bytes as a multipart body: the first line is the Content-Type, the rest the body. Held: no crash, every
// part lies in the body, and the boundary stands in none.
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/http/multipart.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace myelin::http;
  using myelin::fuzz::require;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(text.find('\n'), text.size());
  const auto type = text.substr(0, end);
  const auto body = text.substr(std::min(end + 1, text.size()));
  const auto parts = read_multipart(type, body);
  if (!parts) return 0;
  require(!parts->empty() && parts->size() <= kMostParts);
  for (const auto& part : *parts)
    require(part.content.data() >= body.data() &&
            part.content.data() + part.content.size() <= body.data() + body.size());
  for (const auto* name : {"", "message"})
    if (const auto found = message_part(*parts, name); found) require(name[0] == '\0' || found->name == name);
  return 0;
}
