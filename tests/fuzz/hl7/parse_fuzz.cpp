// Arbitrary bytes as a message, and edits at arbitrary places. Held: no crash, the received bytes come back, and the
// message that an edited tree writes is that tree. Input: a count of edits, five bytes and a text for each, the
// message.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hl7/escape.h"
#include "engine/hl7/tree.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;
using namespace myelin::hl7;

struct Edit {
  unsigned verb = 0;
  Spot spot;
  std::string_view text;
};

std::vector<Edit> take_edits(std::string_view& input) {
  std::vector<Edit> edits;
  if (input.empty()) return edits;
  const std::size_t count = static_cast<unsigned char>(input[0]) % 8;
  input.remove_prefix(1);
  for (std::size_t i = 0; i < count && input.size() >= 6; ++i) {
    const auto at = [&](std::size_t n) { return static_cast<std::uint16_t>(static_cast<unsigned char>(input[n])); };
    Edit edit;
    edit.verb = at(0) % 4;
    edit.spot = Spot{static_cast<std::uint32_t>(at(0) / 4), at(1), static_cast<std::uint16_t>(at(2) % 8),
                     static_cast<std::uint16_t>(at(3) % 16), static_cast<std::uint16_t>(at(4) % 8)};
    const std::size_t size = at(5) % 32;
    input.remove_prefix(6);
    edit.text = input.substr(0, size);
    input.remove_prefix(edit.text.size());
    edits.push_back(edit);
  }
  return edits;
}

void apply(Tree& tree, const Edit& edit) {
  const std::string before(tree.raw(edit.spot));
  switch (edit.verb) {
    case 0:
      if (tree.write_raw(edit.spot, edit.text)) require(tree.raw(edit.spot) == edit.text);
      else require(tree.raw(edit.spot) == before);
      return;
    case 1:
      if (tree.write_text(edit.spot, edit.text) && edit.spot.field != 0 && edit.text != "\"\"" &&
          tree.delimiters().escape != 0) {
        require(tree.text(edit.spot) == edit.text);
      }
      return;
    case 2:
      tree.erase_segment(edit.spot.segment);
      return;
    default:
      tree.insert_segment(edit.spot.segment, edit.text.substr(0, 3));
  }
}

void read_all(const Tree& tree) {
  for (std::uint32_t segment = 0; segment < tree.segment_count(); ++segment) {
    const auto fields = std::min<std::size_t>(tree.field_count(segment), 40);
    for (std::uint16_t field = 0; field <= fields; ++field) {
      for (std::uint16_t part = 0; part < 3; ++part) {
        const Spot spot{segment, field, part, part, part};
        const auto presence = tree.presence(spot);
        require(presence != Presence::absent || tree.raw(spot).empty());
        require(presence != Presence::null || tree.text(spot).empty());
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto edits = take_edits(input);
  const std::string message(input);
  auto tree = Tree::parse(Bytes(message));
  if (!tree) return 0;
  require(tree->bytes().view() == message);
  read_all(*tree);
  for (const auto& edit : edits) apply(*tree, edit);
  const std::string written(tree->bytes().view());
  if (!tree->edited()) require(written == message);
  const auto again = Tree::parse(Bytes(written));
  require(again.has_value() && again->delimiters() == tree->delimiters());
  read_all(*again);
  // The end byte of a frame that an edit left last is no part of the message.
  if (written.contains('\x1C')) return 0;
  require(again->raw(Spot{0, 0, 0, 0, 0}) == tree->raw(Spot{0, 0, 0, 0, 0}));
  return 0;
}
