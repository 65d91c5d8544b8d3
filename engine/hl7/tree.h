// Tree: one HL7 v2 message, in place. One buffer holds the bytes as received, two flat arrays say where segments and
// fields begin; repetitions, components and subcomponents are found when asked for. There is no class per segment.
//
// Edits never touch the received bytes: a segment that is edited gets a text of its own, every other leaves as it
// came, line ends and odd spacing included. A byte order mark or MLLP bytes around the message belong to no segment
// and are kept too.
//
// Contract: views returned are valid until the next edit or the end of the Tree. All numbers of fields, repetitions,
// components and subcomponents are 1-based as in the standard; segments are 0-based positions in the message.
// Limits: kMaxSegments, kMaxFields, kMaxFieldsOfSegment. LF and CRLF end a segment as CR does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/fault.h"
#include "engine/hl7/delimiters.h"

namespace myelin::hl7 {

inline constexpr std::size_t kMaxSegments = 1'000'000;
inline constexpr std::size_t kMaxFieldsOfSegment = 65'000;
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
  // What stands before the first field separator: three characters, unless the sender was careless; "" for a blank
  // line.
  std::string_view segment_name(std::size_t segment) const;
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
  // repetition and component where they are missing; writing nothing to what is absent makes nothing. A field number
  // of 0 replaces the whole segment. cannot_write for MSH-1 and MSH-2, for line ends and MLLP framing bytes in `raw`,
  // and for a delimiter in it that would reach beyond the spot (a repetition in a component, a separator in a field).
  Result<void> write_raw(const Spot& spot, std::string_view raw);
  // The same with plain text: delimiters in it are escaped.
  Result<void> write_text(const Spot& spot, std::string_view text);

  void erase_segment(std::size_t segment);  // not MSH at 0
  // The same for many; `segments` are rising positions. One pass, however many they are.
  void erase_segments(std::span<const std::uint32_t> segments);
  // Inserts an empty segment before position `before` (segment_count() appends, 0 is taken as 1: MSH stays first).
  // Line end as the message's own. A name that cannot be one (it holds a delimiter or a line end) does nothing.
  void insert_segment(std::size_t before, std::string_view name);

  bool edited() const { return edited_; }
  // Which segments there are and in what order, as a number: two trees of one layout have the same. It changes when a
  // segment is put in, taken out or replaced, so that what was computed of the segments is known to be stale.
  std::uint64_t layout() const { return layout_; }
  // The message as it is now. Without edits these are the received Bytes themselves.
  Bytes bytes() const;

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  struct Segment {
    std::uint32_t begin = 0;  // in received_; text as received, line end not included
    std::uint32_t size = 0;
    std::uint32_t first_mark = 0;  // its field separators in marks_
    std::uint32_t mark_count = 0;
    std::uint32_t edit = kNone;  // index into edits_: this text stands instead
    std::uint8_t line_end = 0;   // bytes of line end behind the received text
    bool inserted = false;       // nothing was received; ends as the message's lines do
  };
  // What an edited or inserted segment holds now.
  struct Edit {
    std::string text;
    std::vector<std::uint32_t> marks;
  };
  // A segment's text and separators, wherever they lie. Marks are offsets from `base`.
  struct View {
    const char* base = nullptr;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::span<const std::uint32_t> marks;
  };

  View view(std::size_t segment) const;
  // MSH, FHS and BHS: field 1 is the separator behind the name, so the others count one higher than their marks.
  static bool declares_delimiters(const View& view);
  static std::optional<std::string_view> field_of(const View& view, std::size_t field);
  // The bytes at the spot; nothing when absent.
  std::optional<std::string_view> find(const Spot& spot) const;
  void index_segments(std::uint32_t begin, const std::vector<std::uint32_t>& lines);
  Result<void> write_segment(std::size_t segment, std::string_view raw);
  Edit& edit(Segment& segment);
  void find_marks(Edit& edit) const;
  std::string_view own_line_end() const;
  static std::uint64_t next_layout();

  Delimiters delimiters_;
  Bytes received_;
  std::uint32_t end_ = 0;  // in received_: where segments end; MLLP end bytes may follow
  std::vector<Segment> segments_;
  std::vector<std::uint32_t> marks_;  // offsets of separators and line ends in received_: the fields lie between them
  std::vector<Edit> edits_;
  bool edited_ = false;
  std::uint64_t layout_ = next_layout();
};

}  // namespace myelin::hl7
