// MLLP framing without I/O (HL7 v2 Transport Specification: MLLP): bytes in, events out. VT content FS CR.
// Source, destination, `myelin send` and `myelin sink` drive it; it knows no socket and no clock, and of HL7 no more
// than that a message begins with MSH.
//
// What peers do in the field and how it is read:
//   FS ends a frame when CR or VT follows, or when the caller says that nothing followed for a while (pause()); any
//   other byte after it makes it data. FS LF is an end under the same conditions, and at once for a peer that has ended
//   a frame so before. A VT after a CR inside a frame: the end was lost; what came is `unterminated`.
//   NUL, CR, LF, space and FS between frames are nobody's content and skipped. Other bytes there are `junk`, up to the
//   next VT, FS or pause.
//
// Limits: content up to `max_frame` bytes (one more is `too_large`, and the framer is done); junk events of at most
// kMaxJunk bytes. Memory is at most about twice max_frame, and a large frame is moved out, not copied. Each byte is
// searched once per delimiter, however it is cut. A large buffer that grows is copied bit by bit, with the reads that
// follow, so that nobody else on the loop waits for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/hl7/habit.h"

namespace myelin::mllp {

inline constexpr char kStart = '\x0B';
inline constexpr char kEnd = '\x1C';
inline constexpr char kReturn = '\r';
inline constexpr std::size_t kMaxJunk = 64 * 1024;
inline constexpr std::size_t kMaxHead = 4 * 1024;

// VT content FS CR, to be sent in one write.
std::string frame(std::string_view content);

// MLLP release 2: what says of a frame that it is stored, or is not. A frame itself, of one byte.
inline constexpr std::string_view kCommitted = "\x0B\x06\x1C\r";
inline constexpr std::string_view kNotCommitted = "\x0B\x15\x1C\r";
// Whether a frame's content is such a byte, and which.
constexpr std::optional<bool> commit_of(std::string_view content) {
  if (content == "\x06") return true;
  if (content == "\x15") return false;
  return std::nullopt;
}

struct FrameEvent {
  enum class Kind : std::uint8_t {
    frame,         // `bytes`: the content
    junk,          // bytes that belong to no frame
    unterminated,  // the content of a frame whose end never came before the next start
    too_large,     // the first kMaxHead bytes of the content; nothing comes after it
  };
  Kind kind = Kind::frame;
  std::string bytes;
  bool operator==(const FrameEvent&) const = default;
};

class Framer {
 public:
  // `bare`: what begins with MSH and has no VT before it is a frame as well.
  explicit Framer(std::size_t max_frame, bool bare = false) : max_frame_(max_frame), bare_(bare) {}

  // Where the next bytes go; at least 4 KiB, at most 64 KiB. Then say how many came. Views of it end with the next
  // call.
  std::span<char> space();
  void filled(std::size_t size);
  // The same by copy.
  void feed(std::string_view bytes);

  // The next event, until there is none.
  std::optional<FrameEvent> next();

  // Nothing came for a while: a pending FS is the end of its frame, pending junk is complete.
  std::optional<FrameEvent> pause();

  // What is left when the connection ends: the content of a frame that was begun. (Call pause() first.)
  std::optional<std::string> rest() const;

  // What was noticed of how the peer frames, each habit once, since the last call.
  std::vector<hl7::Habit> take_noticed() { return std::exchange(noticed_, {}); }

  enum class State : std::uint8_t {
    between,    // no frame has begun
    inside,     // a frame has begun and its end has not come
    undecided,  // a pause would decide what the last bytes are
    done,       // too large: no more is read
  };
  State state() const;  // once next() has given all
  bool begun() const { return inside_; }
  // Something that is no filler has come behind the last frame.
  bool more() const;

 private:
  // The first `byte` at or after a position, remembered, so that no byte is looked at twice.
  struct Finder {
    char byte;
    std::size_t known = 0;  // searched up to here
    std::size_t found = 0;  // position + 1; 0: none in [.., known)
    // Position, or `end` when there is none.
    std::size_t find(const char* data, std::size_t from, std::size_t end);
    void move_back(std::size_t by);
  };

  void note(hl7::Habit habit);
  void skip_filler();
  std::optional<FrameEvent> next_between();
  std::optional<FrameEvent> next_inside();
  FrameEvent take(FrameEvent::Kind kind, std::size_t size, std::size_t and_skip);
  FrameEvent give_up();
  std::string cut(std::size_t size, std::size_t and_skip);
  void compact();
  void grow();
  void copy_on(std::size_t most);

  std::size_t max_frame_;
  std::string data_;       // all of it is room: end_ says how much has come
  std::string smaller_;    // what data_ was before it grew, while its first bytes are still to be copied …
  std::size_t left_ = 0;   // … so many
  std::size_t begin_ = 0;  // first byte not yet in an event: of the content when inside
  std::size_t scan_ = 0;   // [begin_, scan_) is decided to be content (inside) or junk (between)
  std::size_t end_ = 0;
  Finder end_finder_{kEnd};
  Finder start_finder_{kStart};
  std::vector<hl7::Habit> noticed_;
  int frames_of_read_ = 0;
  bool ended_ = false;           // the byte before is the last of a frame
  bool line_feed_ends_ = false;  // FS LF has ended a frame
  bool bare_;
  bool inside_ = false;
  bool done_ = false;
};

}  // namespace myelin::mllp
