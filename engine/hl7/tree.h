// Tree: one HL7 v2 message, in place. One buffer holds the bytes as received, two flat arrays say where segments and
// fields begin; repetitions, components and subcomponents are found when asked for. There is no class per segment.
//
// Edits never move received bytes: new field text goes to a second, append-only buffer, and only a segment that was
// edited is written anew. So every byte that no edit touched leaves as it came, line ends and odd spacing included.
//
// Contract: views returned are valid until the next edit or the end of the Tree. All numbers of fields, repetitions,
// components and subcomponents are 1-based as in the standard; segments are 0-based positions in the message.
// Limits: kMaxSegments, kMaxFields; a segment name is three characters. LF and CRLF end a segment as CR does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/fault.h"
#include "engine/hl7/delimiters.h"

namespace myelin::hl7 {

inline constexpr std::size_t kMaxSegments = 1'000'000;
inline constexpr std::size_t kMaxFields = 16'000'000;

// One place in a message. 0 in field, component or subcomponent: not named, that is the whole above it.
// repetition 0 with a field means the field with all its repetitions.
struct Spot {
  std::uint32_t segment = 0;
  std::uint16_t field = 0;
  std::uint16_t repetition = 0;
  std::uint16_t component = 0;
  std::uint16_t subcomponent = 0;
  bool operator==(const Spot&) const = default;
};

enum class Presence : std::uint8_t { absent, empty, null, valued };

class Tree {
 public:
  // not_hl7, msh_too_short, bad_delimiters, too_many_segments. A bad segment name is no error: it is kept as it is.
  static Result<Tree> parse(Bytes raw);

  const Delimiters& delimiters() const { return delimiters_; }

  std::size_t segment_count() const { return segments_.size(); }
  std::string_view segment_name(std::size_t segment) const;  // "" for a blank line
  std::string_view segment_text(std::size_t segment) const;  // without its line end; as edited
  // Highest field number present (MSH counts MSH-1). 0 for a blank line.
  std::size_t field_count(std::size_t segment) const;
  std::size_t repetition_count(std::size_t segment, std::size_t field) const;  // 0 when absent, else >= 1

  // The raw bytes at the spot, escapes not decoded; empty when absent. MSH-1 is the field separator itself, MSH-2 the
  // encoding characters, never split further.
  std::string_view raw(const Spot& spot) const;
  Presence presence(const Spot& spot) const;  // "" (two quotes) is null
  // The first leaf at the spot, escapes decoded: what comparisons and functions read. `text` of a null is "".
  std::string text(const Spot& spot) const;

  // Replaces what stands at the spot by `raw`, which is already in this message's delimiters. Makes the field,
  // repetition and component where they are missing. cannot_write for MSH-1 and MSH-2, or for line ends in `raw`.
  Result<void> write_raw(const Spot& spot, std::string_view raw);
  // The same with plain text: delimiters in it are escaped.
  Result<void> write_text(const Spot& spot, std::string_view text);

  void erase_segment(std::size_t segment);                    // not MSH at 0
  // Inserts an empty segment before position `before` (segment_count() appends). Line end as the message's own.
  void insert_segment(std::size_t before, std::string_view name);

  bool edited() const { return edited_; }
  // The message as it is now. Without edits these are the received Bytes themselves.
  Bytes bytes() const;

 private:
  struct Span {
    std::uint32_t begin = 0;  // offsets from kEdits on lie in edits_
    std::uint32_t size = 0;
  };
  struct Segment {
    std::uint32_t first_field = 0;  // index into fields_
    std::uint32_t field_count = 0;
    Span text;                      // as received, line end not included
    Span line_end;
    bool dirty = false;
  };

  Delimiters delimiters_;
  Bytes received_;
  std::string edits_;
  std::vector<Segment> segments_;
  std::vector<Span> fields_;
  bool edited_ = false;
};

}  // namespace myelin::hl7
