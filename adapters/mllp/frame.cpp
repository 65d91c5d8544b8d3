#include "adapters/mllp/frame.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/last_hold.h"

namespace myelin::mllp {
namespace {

constexpr std::size_t kSmall = 16 * 1024;  // room of an ordinary connection
constexpr std::size_t kKeep = 256 * 1024;  // more than this is given back after a large frame
constexpr std::size_t kLeastSpace = 4 * 1024;
constexpr std::size_t kMostSpace = 64 * 1024;    // of one read
constexpr std::size_t kCopyAtOnce = 256 * 1024;  // when a buffer grows; with each read after it as much again

// A large buffer grows seldom: room that is not used is no memory. The slack is for a message around a document of 8 or
// 64 MiB.
std::size_t larger_than(std::size_t size) {
  constexpr std::size_t kLarge = 1024 * 1024, kSlack = 64 * 1024;
  return size < kLarge ? std::max(kSmall, size * 2) : size / kLarge * kLarge * 8 + kSlack;
}

bool is_filler(char c) { return c == '\0' || c == '\r' || c == '\n' || c == ' ' || c == kEnd; }

}  // namespace

std::string frame(std::string_view content) {
  std::string framed;
  framed.reserve(content.size() + 3);
  framed.push_back(kStart);
  framed.append(content);
  framed.push_back(kEnd);
  framed.push_back(kReturn);
  return framed;
}

std::size_t Framer::Finder::find(const char* data, std::size_t from, std::size_t end) {
  if (found > from) return found - 1;
  const auto start = std::max(from, known);
  found = 0;
  known = std::max(known, end);
  if (start >= end) return end;
  const void* hit = std::memchr(data + start, byte, end - start);
  if (hit == nullptr) return end;
  const auto at = static_cast<std::size_t>(static_cast<const char*>(hit) - data);
  found = known = at + 1;
  return at;
}

void Framer::Finder::move_back(std::size_t by) {
  known -= std::min(known, by);
  found -= std::min(found, by);
}

std::span<char> Framer::space() {
  copy_on(kCopyAtOnce);
  compact();
  if (data_.size() - end_ < kLeastSpace) grow();
  return std::span(data_).subspan(end_, std::min(data_.size() - end_, kMostSpace));
}

// What it makes room for is not touched: of a large buffer only what has come is in memory. The last bytes are copied
// now, because what ends a frame may begin in them; nobody looks at those before them until the frame is cut.
void Framer::grow() {
  copy_on(left_);
  left_ = end_ > kCopyAtOnce && inside_ && begin_ == 0 ? end_ - kLeastSpace : 0;
  std::string larger;
  larger.resize_and_overwrite(larger_than(data_.size()), [this](char* room, std::size_t size) {
    std::copy(data_.begin() + static_cast<std::ptrdiff_t>(left_), data_.begin() + static_cast<std::ptrdiff_t>(end_),
              room + left_);
    return size;
  });
  if (left_ != 0) smaller_ = std::move(data_);
  data_ = std::move(larger);
}

// From behind, so that what is left is at the front.
void Framer::copy_on(std::size_t most) {
  if (left_ == 0) return;
  const auto size = std::min(left_, most);
  left_ -= size;
  std::memcpy(data_.data() + left_, smaller_.data() + left_, size);
  if (left_ == 0) let_go_elsewhere(std::exchange(smaller_, std::string()));
}

void Framer::filled(std::size_t size) {
  end_ += size;
  frames_of_read_ = 0;
}

void Framer::note(hl7::Habit habit) {
  if (std::ranges::find(noticed_, habit) == noticed_.end()) noticed_.push_back(habit);
}

void Framer::skip_filler() {
  for (; begin_ < end_ && is_filler(data_[begin_]); ++begin_) {
    const char byte = data_[begin_];
    if (std::exchange(ended_, false) && byte == '\n') note(hl7::Habit::line_feed_after);
    else note(byte == '\0' ? hl7::Habit::nul_between : hl7::Habit::keep_alive_bytes);
  }
}

void Framer::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto into = space();
    const auto size = std::min(into.size(), bytes.size());
    std::memcpy(into.data(), bytes.data(), size);
    filled(size);
    bytes.remove_prefix(size);
  }
}

// Moves what is left to the front when that is cheap (nothing is left) or needed (no room behind it).
void Framer::compact() {
  const auto left = end_ - begin_;
  if (left == 0 && data_.size() > kKeep) data_ = std::string();
  if (begin_ == 0 || (left > 0 && data_.size() - end_ >= kLeastSpace)) return;
  if (left > 0) std::memmove(data_.data(), data_.data() + begin_, left);
  end_finder_.move_back(begin_);
  start_finder_.move_back(begin_);
  scan_ -= begin_;
  end_ = left;
  begin_ = 0;
}

bool Framer::more() const {
  return std::ranges::any_of(std::string_view(data_).substr(begin_, end_ - begin_),
                             [](char c) { return !is_filler(c); });
}

std::optional<FrameEvent> Framer::next() {
  if (done_) {
    begin_ = scan_ = end_;
    return std::nullopt;
  }
  if (!inside_) {
    auto event = next_between();
    if (event || !inside_) return event;
  }
  return next_inside();
}

std::optional<FrameEvent> Framer::next_between() {
  if (begin_ == scan_) {
    skip_filler();
    scan_ = begin_;
  }
  if (bare_ && std::string_view(data_).substr(begin_, end_ - begin_).starts_with("MSH")) {
    note(hl7::Habit::no_start);
    scan_ = begin_;
    inside_ = true;
    return std::nullopt;
  }
  const auto start = start_finder_.find(data_.data(), scan_, end_);
  const auto stop = std::min(start, end_finder_.find(data_.data(), scan_, end_));
  if (stop - begin_ >= kMaxJunk) return take(FrameEvent::Kind::junk, kMaxJunk, 0);
  scan_ = stop;
  if (stop == end_) return std::nullopt;
  if (stop > begin_) return take(FrameEvent::Kind::junk, stop - begin_, 0);
  // Filler was skipped, so this is a VT: a frame begins.
  begin_ = scan_ = start + 1;
  inside_ = true;
  return std::nullopt;
}

std::optional<FrameEvent> Framer::next_inside() {
  while (true) {
    const auto stop = end_finder_.find(data_.data(), scan_, end_);
    const auto start = start_finder_.find(data_.data(), scan_, stop);
    if (start < stop) {
      const bool first = start == begin_;
      if (first || data_[start - 1] == kReturn) {
        if (start - begin_ > max_frame_) return give_up();
        if (!first) {
          auto event = take(FrameEvent::Kind::unterminated, start - begin_, 1);
          inside_ = true;
          return event;
        }
        begin_ = start + 1;  // VT VT: a start byte sent twice
      }
      scan_ = start + 1;
      continue;
    }
    scan_ = stop;
    if (stop - begin_ > max_frame_) return give_up();
    if (stop + 1 >= end_) return std::nullopt;
    const char after = data_[stop + 1];
    if (after == kReturn) return take(FrameEvent::Kind::frame, stop - begin_, 2);
    if (after == kStart) return take(FrameEvent::Kind::frame, stop - begin_, 1);
    if (after == '\n') {
      if (!line_feed_ends_ && stop + 2 >= end_) return std::nullopt;
      line_feed_ends_ = line_feed_ends_ || data_[stop + 2] == kStart;
      if (line_feed_ends_) return take(FrameEvent::Kind::frame, stop - begin_, 2);
    }
    note(hl7::Habit::end_byte_inside);
    scan_ = stop + 1;  // FS as data
  }
}

FrameEvent Framer::take(FrameEvent::Kind kind, std::size_t size, std::size_t and_skip) {
  if (kind == FrameEvent::Kind::frame) {
    if (and_skip < 2 || data_[begin_ + size + 1] != kReturn) note(hl7::Habit::no_return);
    if (++frames_of_read_ == 2) note(hl7::Habit::frames_together);
  }
  FrameEvent event{kind, cut(size, and_skip)};
  ended_ = kind == FrameEvent::Kind::frame;
  inside_ = false;
  return event;
}

// A large one stands at the front, since its buffer had to grow: it takes the buffer along, and what came behind it
// begins a new one.
std::string Framer::cut(std::size_t size, std::size_t and_skip) {
  copy_on(left_);
  const auto next = begin_ + size + and_skip;
  if (begin_ != 0 || size <= kKeep) {
    std::string content(data_.data() + begin_, size);
    begin_ = scan_ = next;
    return content;
  }
  std::string behind(data_.data() + next, end_ - next);
  std::string content = std::exchange(data_, std::string());
  content.resize(size);
  end_finder_.move_back(next);
  start_finder_.move_back(next);
  begin_ = scan_ = 0;
  end_ = behind.size();
  data_ = std::move(behind);
  return content;
}

FrameEvent Framer::give_up() {
  done_ = true;
  auto event = take(FrameEvent::Kind::too_large, std::min(kMaxHead, max_frame_), 0);
  begin_ = scan_ = end_;
  return event;
}

std::optional<FrameEvent> Framer::pause() {
  if (state() != State::undecided) return std::nullopt;
  if (inside_) {
    line_feed_ends_ = line_feed_ends_ || scan_ + 1 < end_;  // else it would not be undecided
    return take(FrameEvent::Kind::frame, scan_ - begin_, end_ - scan_);
  }
  return take(FrameEvent::Kind::junk, end_ - begin_, 0);
}

std::optional<std::string> Framer::rest() const {
  if (!inside_) return std::nullopt;
  auto content = std::string(data_.data() + begin_, end_ - begin_);
  if (begin_ == 0 && left_ != 0) content.replace(0, left_, smaller_, 0, left_);
  return content;
}

Framer::State Framer::state() const {
  if (done_) return State::done;
  if (!inside_) return begin_ == end_ ? State::between : State::undecided;
  return scan_ < end_ ? State::undecided : State::inside;
}

}  // namespace myelin::mllp
