// Editing and writing back. An edited segment gets a text of its own; the received bytes are only ever read.
#include <algorithm>
#include <atomic>

#include "engine/hl7/escape.h"
#include "engine/hl7/path.h"
#include "engine/hl7/piece.h"
#include "engine/hl7/tree.h"

namespace myelin::hl7 {
namespace {

// A line end would begin a segment, a byte with which MLLP frames would end the message.
bool breaks_out(std::string_view text) { return text.find_first_of("\r\n\x0B\x1C") != std::string_view::npos; }

// `text` with its `number`-th piece replaced; pieces that are missing are made. The separator was declared, or
// `number` is 1.
std::string with_piece(std::string_view text, char separator, std::size_t number, std::string_view replacement) {
  if (separator == 0) return std::string(replacement);
  std::string result;
  const auto old = piece(text, separator, number);
  if (!old) {
    result.reserve(text.size() + number + replacement.size());
    return result.append(text).append(number - piece_count(text, separator), separator).append(replacement);
  }
  const auto before = static_cast<std::size_t>(old->data() - text.data());
  result.reserve(text.size() + replacement.size());
  result.append(text.substr(0, before)).append(replacement);
  return result.append(text.substr(before + old->size()));
}

// Which delimiter in `raw` would reach beyond the spot; 0 when none would.
char reaches_beyond(const Spot& spot, std::string_view raw, const Delimiters& delimiters) {
  const bool leaf = spot.subcomponent != 0;
  const bool component = leaf || spot.component != 0;
  const bool repetition = component || spot.repetition != 0;
  const auto holds = [&](char c) { return c != 0 && raw.find(c) != std::string_view::npos; };
  if (holds(delimiters.field)) return delimiters.field;
  if (repetition && holds(delimiters.repetition)) return delimiters.repetition;
  if (component && holds(delimiters.component)) return delimiters.component;
  if (leaf && holds(delimiters.subcomponent)) return delimiters.subcomponent;
  return 0;
}

// The parts the spot names that the message has no character for.
bool cannot_be_split(const Spot& spot, const Delimiters& delimiters) {
  return (spot.repetition > 1 && delimiters.repetition == 0) || (spot.subcomponent > 1 && delimiters.subcomponent == 0);
}

std::string with_part(std::string_view field, const Spot& spot, std::string_view raw, const Delimiters& delimiters) {
  if (spot.repetition == 0 && spot.component == 0 && spot.subcomponent == 0) return std::string(raw);
  const std::size_t repetition = std::max<std::size_t>(spot.repetition, 1);
  const std::size_t component = std::max<std::size_t>(spot.component, 1);
  std::string part(raw);
  if (spot.component != 0 || spot.subcomponent != 0) {
    const auto old_repetition = piece(field, delimiters.repetition, repetition).value_or(std::string_view());
    if (spot.subcomponent != 0) {
      const auto old = piece(old_repetition, delimiters.component, component).value_or(std::string_view());
      part = with_piece(old, delimiters.subcomponent, spot.subcomponent, part);
    }
    part = with_piece(old_repetition, delimiters.component, component, part);
  }
  return with_piece(field, delimiters.repetition, repetition, part);
}

}  // namespace

Tree::Edit& Tree::edit(Segment& segment) {
  edited_ = true;
  if (segment.edit == kNone) {
    Edit fresh;
    fresh.text = received_.view().substr(segment.begin, segment.size);
    segment.edit = static_cast<std::uint32_t>(edits_.size());
    edits_.push_back(std::move(fresh));
  }
  return edits_[segment.edit];
}

void Tree::find_marks(Edit& edit) const {
  edit.marks.clear();
  for (auto at = edit.text.find(delimiters_.field); at != std::string::npos;
       at = edit.text.find(delimiters_.field, at + 1)) {
    edit.marks.push_back(static_cast<std::uint32_t>(at));
  }
}

Result<void> Tree::write_raw(const Spot& spot, std::string_view raw) {
  const auto refuse = [&](std::string why) {
    return fail(FaultCode::cannot_write, std::move(why), to_string(*this, spot));
  };
  if (spot.segment >= segments_.size()) return refuse("the message has no such segment");
  if (breaks_out(raw)) return refuse("the value holds a line end or a framing byte");
  if (spot.field == 0) return write_segment(spot.segment, raw);
  const auto at = view(spot.segment);
  const bool declares = declares_delimiters(at);
  if (declares && spot.field <= 2) return refuse("this field says how to read the message");
  if (at.begin == at.end) return refuse("the segment is a blank line");
  const auto old = find(spot);
  if (old ? *old == raw : raw.empty()) return {};
  if (reaches_beyond(spot, raw, delimiters_) != 0) {
    return refuse("the value holds a delimiter that would reach beyond this place");
  }
  if (cannot_be_split(spot, delimiters_)) return refuse("MSH-2 declares no delimiter for this part");

  const std::size_t ordinal = spot.field - (declares ? 1U : 0U);  // among the segment's separators
  const auto field = field_of(at, spot.field);
  const auto replacement = with_part(field.value_or(std::string_view()), spot, raw, delimiters_);
  const std::size_t missing = field ? 0 : ordinal - at.marks.size();
  const std::size_t begin =
      field ? static_cast<std::size_t>(field->data() - at.base) - at.begin : std::size_t{at.end - at.begin};
  const std::size_t size = field ? field->size() : 0;
  if (at.end - at.begin + missing + replacement.size() >= kNone) return refuse("the segment would have 4 GiB");
  auto& edited = edit(segments_[spot.segment]);
  edited.text.insert(begin, missing, delimiters_.field);
  edited.text.replace(begin + missing, size, replacement);
  find_marks(edited);
  return {};
}

Result<void> Tree::write_segment(std::size_t segment, std::string_view raw) {
  if (raw == segment_text(segment)) return {};
  const auto name = raw.substr(0, raw.find(delimiters_.field));
  if (segment == 0 || name.size() != 3 || raw.size() >= kNone) {
    const Spot spot{static_cast<std::uint32_t>(segment), 0, 0, 0, 0};
    return fail(FaultCode::cannot_write,
                segment == 0 ? "MSH says how to read the message" : "the value does not begin with a segment's name",
                to_string(*this, spot));
  }
  std::string text(raw);  // `raw` may be a view into this tree
  auto& edited = edit(segments_[segment]);
  edited.text = std::move(text);
  find_marks(edited);
  layout_ = next_layout();
  return {};
}

Result<void> Tree::write_text(const Spot& spot, std::string_view text) {
  return write_raw(spot, encode(text, delimiters_));
}

void Tree::erase_segment(std::size_t segment) {
  const auto one = static_cast<std::uint32_t>(segment);
  if (segment < segments_.size()) erase_segments(std::span(&one, 1));
}

void Tree::erase_segments(std::span<const std::uint32_t> segments) {
  std::size_t kept = 0;
  auto next = segments.begin();
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    while (next != segments.end() && *next < i) ++next;
    const bool erased = next != segments.end() && *next == i && i != 0;
    if (!erased) segments_[kept++] = segments_[i];
  }
  edited_ = edited_ || kept != segments_.size();
  layout_ = next_layout();
  segments_.resize(kept);
}

void Tree::insert_segment(std::size_t before, std::string_view name) {
  const bool delimited = std::ranges::any_of(name, [this](char c) {
    return c == delimiters_.field || c == delimiters_.component || c == delimiters_.repetition;
  });
  if (name.empty() || delimited || breaks_out(name)) return;
  Edit fresh;
  fresh.text = name;
  Segment segment;
  segment.inserted = true;
  segment.edit = static_cast<std::uint32_t>(edits_.size());
  edits_.push_back(std::move(fresh));
  const auto at = std::clamp<std::size_t>(before, 1, segments_.size());
  segments_.insert(segments_.begin() + static_cast<std::ptrdiff_t>(at), segment);
  edited_ = true;
  layout_ = next_layout();
}

std::uint64_t Tree::next_layout() {
  static std::atomic<std::uint64_t> next = 0;
  return next.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::string_view Tree::own_line_end() const {
  const auto& first = segments_.front();
  if (first.line_end == 0) return "\r";
  return received_.view().substr(first.begin + first.size, first.line_end);
}

Bytes Tree::bytes() const {
  if (!edited_) return received_;
  const auto received = received_.view();
  std::size_t size = received.size() + 2 * segments_.size();
  for (const auto& edit : edits_) size += edit.text.size();
  std::string out;
  out.reserve(size);
  out.append(received.substr(0, segments_.front().begin));
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const auto& segment = segments_[i];
    out.append(segment_text(i));
    const bool ends_bare = segment.inserted || (segment.line_end == 0 && i + 1 < segments_.size());
    out.append(ends_bare ? own_line_end() : received.substr(segment.begin + segment.size, segment.line_end));
  }
  out.append(received.substr(end_));
  return Bytes(std::move(out));
}

}  // namespace myelin::hl7
