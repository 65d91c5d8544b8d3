// Arbitrary bytes as a site's dictionary. Held: no crash; whatever could be read of it makes a dictionary of each end
// of the versions that answers, keeps what HL7 says of PID, and checks a message; every mistake can be printed.
#include <cstdint>
#include <string>

#include "engine/schema/dictionary.h"
#include "engine/schema/validate.h"
#include "routes/dictionary/dictionary.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;

constexpr std::string_view kMessage =
    "MSH|^~\\&|PAS|H|EHR|WARD|20260114||ADT^A01^ADT_A01|1|P|2.5.1\rEVN||20260114\rPID|1||4711^^^H^MR||A^B||1970|F\r"
    "PV1|1|I\rZPI|1|NS^x&y~VG|z\rZZZ|1\r";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto source =
      std::make_shared<const config::SourceText>("fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size));
  config::Diagnostics diagnostics;
  schema::SiteFacts facts;
  routes::read_dictionary(source, facts, diagnostics);
  for (const auto& diagnostic : diagnostics.sorted()) require(!render(diagnostic, config::Colour::never).empty());
  if (facts.empty()) return 0;
  const schema::Facts site{facts.segments, facts.types, facts.tables, facts.structures, facts.events};
  for (const auto version : {schema::Version::v2_1, schema::Version::v2_8_2}) {
    const auto dictionary = schema::Dictionary::read(version, schema::embedded_facts(), site);
    require(dictionary.segment("PID") != nullptr && dictionary.field("PID", 3) != nullptr);
    for (const auto& segment : dictionary.segments()) require(dictionary.segment(segment.name) == &segment);
    static const auto kTree = hl7::Tree::parse(Bytes(std::string(kMessage))).value();
    const schema::Rulebook rulebook(dictionary, {});
    for (const auto& each : schema::validate(kTree, rulebook).all)
      require(!each.spot || each.spot->segment < kTree.segment_count());
  }
  return 0;
}
