// Structure: which segments and groups a message of one type holds, in which order, as one version of the standard has
// it (the grammars of its chapters). Plain values: engine/schema makes them from the dictionary, group.h reads
// messages with them.
//
// The grammar as text: "MSH [{NTE}] {ORDER(ORC [OBR,RXO] [{OBSERVATION(OBX [{NTE}])}])}": [ ] may be absent, { } may
// repeat, A,B one of them, NAME(…) a group (a few have no name), ANY any segment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace myelin::hl7 {

struct StructureNode {
  enum class Kind : std::uint8_t { segment, group, choice } kind = Kind::segment;
  bool optional = false;
  bool repeats = false;
  bool may_be_empty = false;  // optional, or all that it holds is
  std::uint16_t parent = 0;
  std::uint16_t end = 0;   // its parts are the nodes behind it, up to here
  std::uint32_t code = 0;  // of a segment: segment_code(name)
  std::string_view name;   // of a segment or a group; "" for a choice
};

// Names are views into the text it was read from, which must live as long.
struct Structure {
  std::string_view name;             // "ORU_R01"
  std::vector<StructureNode> nodes;  // [0] is the message itself; then parents before their parts, in order
};

inline constexpr std::uint32_t kAnySegment = UINT32_MAX;
inline constexpr std::size_t kMaxStructureNodes = 4096;

// Three characters as a number; 0 for what is no segment's name. "ANY" is kAnySegment only in a grammar.
constexpr std::uint32_t segment_code(std::string_view name) {
  if (name.size() != 3) return 0;
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i])); };
  return at(0) << 16U | at(1) << 8U | at(2);
}

// Nothing when the text is no grammar.
std::optional<Structure> read_structure(std::string_view name, std::string_view grammar);

// Whether a message may hold the segment more than once: it repeats, a group around it does, or it has several places.
bool repeats(const Structure& structure, std::string_view segment);
bool holds(const Structure& structure, std::string_view segment_or_group);

}  // namespace myelin::hl7
