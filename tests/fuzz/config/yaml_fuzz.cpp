// Arbitrary bytes as a configuration file. Held: no crash, every place is inside the file, every mistake can be
// printed, and a file without a mistake gives a node.
#include <cstdint>
#include <string>

#include "engine/config/node.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin::config;
using myelin::fuzz::require;

void check_place(const Place& place) {
  require(place.source != nullptr);
  require(place.line >= 0 && place.line <= place.source->line_count());
  if (place.line == 0) return;
  const std::string_view line = place.source->line(place.line);
  require(place.column >= 1 && static_cast<std::size_t>(place.column) <= line.size() + 2);
  require(place.length >= 1);
}

void check_node(const Node& node) {
  if (node) check_place(node.place());
  if (node.is_scalar()) {
    for (std::size_t at = 0; at <= node.text().size() && at < 64; ++at) check_place(node.place_of(at, 3));
    check_place(node.place_of(node.text().size(), 1));
  }
  for (const auto& item : node.items()) check_node(item);
  for (const auto& entry : node.entries()) {
    check_place(entry.key_place);
    check_node(entry.value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto source = std::make_shared<const SourceText>("fuzz.yaml", text);
  Diagnostics diagnostics;
  const Node root = load_yaml(source, diagnostics);
  check_node(root);
  for (const auto& diagnostic : diagnostics.sorted()) {
    check_place(diagnostic.place);
    require(!render(diagnostic, Colour::never).empty());
  }
  require(static_cast<bool>(root) || !diagnostics.ok());
  return 0;
}
