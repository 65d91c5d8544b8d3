// What a connection over MLLP is told, as plain values. spec.cpp fills them from the checked options; tests set them.
#pragma once

#include <bitset>
#include <memory>
#include <optional>

#include "engine/hl7/habit.h"
#include "engine/net/socket.h"
#include "engine/net/tls.h"

namespace myelin::mllp {

struct MllpSettings {
  // Exactly one of the two. A source mostly listens and a destination mostly connects, but both can do both.
  std::optional<net::Address> listen;
  std::optional<net::Address> connect;
  std::shared_ptr<net::TlsContext> tls;  // null: plain

  bool ack_as_msh_asks = false;  // a source obeys MSH-15 and 16 where a message has them

  // MLLP release 2: each frame is told committed (06) or not (15) before anything else is said of it.
  bool commit_blocks = false;

  // The sequence number protocol. A source of `hold` or `resynchronise` checks MSH-13; what a destination does where
  // the peer expects another number is what the two are called.
  enum class Sequence : std::uint8_t { off, hold, resynchronise } sequence = Sequence::off;

  std::bitset<hl7::kHabits> strict = strict_by_default();  // what is not borne
  bool bears(hl7::Habit habit) const { return !strict.test(static_cast<std::size_t>(habit)); }
  static std::bitset<hl7::kHabits> strict_by_default() {
    std::bitset<hl7::kHabits> strict;
    for (const auto& entry : hl7::habit_table()) strict.set(static_cast<std::size_t>(entry.habit), entry.refused);
    return strict;
  }

  std::size_t max_frame = std::size_t{64} * 1024 * 1024;
  std::size_t max_connections = 1000;
  Duration first_byte = seconds(30);      // of a new connection; zero: for ever
  Duration frame_timeout = seconds(120);  // from a frame's first byte to its last
  Duration idle = Duration::zero();       // between frames; zero: for ever
  Duration answer_timeout = seconds(30);
  Duration application_timeout =
      hours(1);  // after CA, for the application's answer where MSH-16 asks; zero: CA is enough
  Duration connect_timeout = seconds(10);
  Duration write_timeout = seconds(30);  // for each MiB
  Duration pause = milliseconds(500);    // this long nothing: FS without CR was the end, junk is complete
  Duration stop_grace = seconds(10);     // for frames and answers in flight when the source stops
};

}  // namespace myelin::mllp
