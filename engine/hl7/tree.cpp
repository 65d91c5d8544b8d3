// Parsing and reading. The marks of the structural scan are the index: a field lies between two of them.
#include "engine/hl7/tree.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "engine/hl7/escape.h"
#include "engine/hl7/piece.h"
#include "engine/hl7/scan.h"

namespace myelin::hl7 {
namespace {

constexpr std::string_view kNull = "\"\"";

// Where the message ends: before an MLLP end byte and what follows it, when there is one at the end.
std::size_t message_end(std::string_view bytes) {
  std::size_t end = bytes.size();
  while (end > 0 && (bytes[end - 1] == '\r' || bytes[end - 1] == '\n')) --end;
  return end > 0 && bytes[end - 1] == '\x1C' ? end - 1 : bytes.size();
}

}  // namespace

Result<Tree> Tree::parse(Bytes raw) {
  const auto bytes = raw.view();
  if (bytes.size() >= std::numeric_limits<std::uint32_t>::max()) {
    return fail(FaultCode::too_many_segments, "the message has 4 GiB or more");
  }
  auto delimiters = read_delimiters(bytes);
  if (!delimiters) return fail(delimiters);
  const auto end = message_end(bytes);
  ScanMarks found;
  const bool fits = scan(best_twin(), bytes.substr(0, end), delimiters->field, kMaxFields + 2 * kMaxSegments, found);
  if (!fits || found.marks.size() - found.lines.size() > kMaxFields) {
    return fail(FaultCode::too_many_segments, "the message has more than 16,000,000 fields");
  }
  if (found.lines.size() > 2 * kMaxSegments) {
    return fail(FaultCode::too_many_segments, "the message has more than 1,000,000 segments");
  }
  Tree tree;
  tree.delimiters_ = *delimiters;
  tree.received_ = std::move(raw);
  tree.end_ = static_cast<std::uint32_t>(end);
  tree.marks_ = std::move(found.marks);
  tree.index_segments(static_cast<std::uint32_t>(message_begin(bytes)), found.lines);
  if (tree.segments_.size() > kMaxSegments) {
    return fail(FaultCode::too_many_segments, "the message has more than 1,000,000 segments");
  }
  if (std::ranges::any_of(tree.segments_, [](const Segment& each) { return each.mark_count > kMaxFieldsOfSegment; }))
    return fail(FaultCode::too_many_segments, "a segment has more than 65,000 fields");
  return tree;
}

void Tree::index_segments(std::uint32_t begin, const std::vector<std::uint32_t>& lines) {
  const auto bytes = received_.view();
  segments_.reserve(lines.size() + 1);
  std::uint32_t first_mark = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::uint32_t line = lines[i];
    const std::uint32_t stop = marks_[line];
    if (stop < begin) {  // a blank line before MSH
      first_mark = line + 1;
      continue;
    }
    const bool pair = bytes[stop] == '\r' && stop + 1 < end_ && bytes[stop + 1] == '\n';
    const std::uint8_t line_end = pair ? 2 : 1;  // in bytes, and in marks, since CR and LF are marks both
    segments_.push_back(Segment{begin, stop - begin, first_mark, line - first_mark, kNone, line_end, false});
    first_mark = line + line_end;
    begin = stop + line_end;
    if (pair) ++i;
  }
  if (begin < end_) {
    const auto count = static_cast<std::uint32_t>(marks_.size()) - first_mark;
    segments_.push_back(Segment{begin, end_ - begin, first_mark, count, kNone, 0, false});
  }
}

Tree::View Tree::view(std::size_t segment) const {
  if (segment >= segments_.size()) return View{"", 0, 0, {}};
  const auto& at = segments_[segment];
  if (at.edit != kNone) {
    const auto& edit = edits_[at.edit];
    return View{std::to_address(edit.text.begin()), 0, static_cast<std::uint32_t>(edit.text.size()), edit.marks};
  }
  return View{std::to_address(received_.view().begin()), at.begin, at.begin + at.size,
              std::span(marks_).subspan(at.first_mark, at.mark_count)};
}

bool Tree::declares_delimiters(const View& view) {
  if ((view.marks.empty() ? view.end : view.marks.front()) != view.begin + 3) return false;
  const std::string_view name(view.base + view.begin, 3);
  return name == "MSH" || name == "FHS" || name == "BHS";
}

std::optional<std::string_view> Tree::field_of(const View& view, std::size_t field) {
  if (declares_delimiters(view)) {
    if (field == 1 && !view.marks.empty()) return std::string_view(view.base + view.marks.front(), 1);
    --field;
  }
  if (field == 0 || field > view.marks.size()) return std::nullopt;
  const std::uint32_t begin = view.marks[field - 1] + 1;
  const std::uint32_t end = field < view.marks.size() ? view.marks[field] : view.end;
  return std::string_view(view.base + begin, end - begin);
}

std::string_view Tree::segment_text(std::size_t segment) const {
  const auto at = view(segment);
  return {at.base + at.begin, at.end - at.begin};
}

std::string_view Tree::segment_name(std::size_t segment) const {
  const auto at = view(segment);
  return {at.base + at.begin, (at.marks.empty() ? at.end : at.marks.front()) - at.begin};
}

std::size_t Tree::field_count(std::size_t segment) const {
  const auto at = view(segment);
  return at.marks.size() + (declares_delimiters(at) && !at.marks.empty() ? 1 : 0);
}

std::size_t Tree::repetition_count(std::size_t segment, std::size_t field) const {
  const auto at = view(segment);
  const auto found = field_of(at, field);
  if (!found) return 0;
  return field <= 2 && declares_delimiters(at) ? 1 : piece_count(*found, delimiters_.repetition);
}

std::optional<std::string_view> Tree::find(const Spot& spot) const {
  if (spot.segment >= segments_.size()) return std::nullopt;
  if (spot.field == 0) return segment_text(spot.segment);
  const auto at = view(spot.segment);
  auto found = field_of(at, spot.field);
  const bool whole = spot.repetition == 0 && spot.component == 0 && spot.subcomponent == 0;
  if (!found || whole) return found;
  if (spot.field <= 2 && declares_delimiters(at)) {
    return spot.repetition <= 1 && spot.component <= 1 && spot.subcomponent <= 1 ? found : std::nullopt;
  }
  found = piece(*found, delimiters_.repetition, std::max<std::size_t>(spot.repetition, 1));
  if (!found || (spot.component == 0 && spot.subcomponent == 0)) return found;
  found = piece(*found, delimiters_.component, std::max<std::size_t>(spot.component, 1));
  if (!found || spot.subcomponent == 0) return found;
  return piece(*found, delimiters_.subcomponent, spot.subcomponent);
}

std::string_view Tree::raw(const Spot& spot) const { return find(spot).value_or(std::string_view()); }

Presence Tree::presence(const Spot& spot) const {
  const auto found = find(spot);
  if (!found) return Presence::absent;
  if (spot.field == 0 || (spot.field <= 2 && declares_delimiters(view(spot.segment)))) {
    return found->empty() ? Presence::empty : Presence::valued;
  }
  if (*found == kNull) return Presence::null;
  const auto separates = [this](char c) {
    return c != 0 && (c == delimiters_.component || c == delimiters_.repetition || c == delimiters_.subcomponent);
  };
  return std::ranges::all_of(*found, separates) ? Presence::empty : Presence::valued;
}

std::string Tree::text(const Spot& spot) const {
  const auto found = find(spot);
  if (!found) return {};
  if (spot.field == 0 || (spot.field <= 2 && declares_delimiters(view(spot.segment)))) return std::string(*found);
  auto leaf = first_piece(*found, delimiters_.repetition);
  leaf = first_piece(leaf, delimiters_.component);
  leaf = first_piece(leaf, delimiters_.subcomponent);
  return leaf == kNull ? std::string() : decode(leaf, delimiters_);
}

}  // namespace myelin::hl7
