// Arbitrary bytes as a result that becomes FHIR. Held: no crash; what is made is JSON, has an entry for each OBX, and
// is the same when it is made again.
#include <cstdint>
#include <set>

#include "routes/map/convert.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto tree = hl7::Tree::parse(Bytes(std::string(reinterpret_cast<const char*>(data), size)));
  if (!tree) return 0;
  mapping::Circumstances circumstances;
  circumstances.zone = hl7::Zone::find("Europe/Amsterdam");
  circumstances.version = "2.5.1";
  circumstances.bundle = size % 2 == 0 ? mapping::BundleKind::transaction : mapping::BundleKind::message;
  const auto& map = *mapping::Library::embedded().message("oru");
  const auto made = mapping::convert(*tree, map, *mapping::Overlay::none(), circumstances);
  if (!made) return 0;
  const auto text = json::write(made->bundle);
  require(json::read(text).has_value());
  require(json::write(mapping::convert(*tree, map, *mapping::Overlay::none(), circumstances)->bundle) == text);
  std::size_t wanted = 0, observations = 0;
  for (std::size_t segment = 1; segment < tree->segment_count(); ++segment)
    wanted += tree->segment_name(segment) == "OBX" ? 1 : 0;
  std::set<std::string> urls;
  for (const auto& entry : *made->bundle["entry"].array()) {
    observations += entry["resource"]["resourceType"].text_or("") == "Observation" ? 1 : 0;
    require(urls.insert(entry["fullUrl"].text_or("")).second);
  }
  require(observations == wanted);
  return 0;
}
