// Arbitrary bytes as HL7 v2 XML, and as ER7 that becomes XML. Held: no crash; what was read is a message, and whatever
// was written as XML is read again as the same XML.
#include <cstdint>
#include <string>

#include "engine/schema/xml.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;

void round_trip(const std::string& er7) {
  const auto tree = hl7::Tree::parse(Bytes(er7));
  if (!tree) return;
  const auto xml = schema::write_xml(*tree);
  if (!xml) return;
  const auto again = schema::read_xml(*xml);
  require(again.has_value());
  require(hl7::Tree::parse(Bytes(*again)).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto read = schema::read_xml(bytes);
  if (read) {
    require(hl7::Tree::parse(Bytes(*read)).has_value());
    round_trip(*read);
  } else {
    round_trip(bytes);
  }
  return 0;
}
