// Habits: what peers do that the standard does not say, or that another receiver stumbles over. One table; the option
// `habits` of a connection, the counters, `myelin status` and the documentation are made from it.
//
// Each is borne unless its row says otherwise, and counted for the peer that has it. `strict` is what is done instead
// where a connection says so; with `none` there is nothing to choose.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace myelin::hl7 {

enum class Habit : std::uint8_t {
  byte_by_byte,
  cut_frames,
  frames_together,
  line_feed_after,
  blank_end,
  lf_segments,
  no_return,
  no_end,
  no_start,
  nul_between,
  keep_alive_bytes,
  end_byte_inside,
  blank_lines,
  byte_order_mark,
  charset_mismatch,
  large,
  answer_unread,
  half_closed,
  pipelined,
  probes,
  answer_in_pieces,
  second_answer,
  wrong_answer_id,
  reconnects,
  no_answer_id,
  no_last_return,
  reused_ids,
};
inline constexpr std::size_t kHabits = static_cast<std::size_t>(Habit::reused_ids) + 1;

// What is done where a habit is not borne.
enum class Strict : std::uint8_t {
  none,
  refuse,  // the message is answered AR (M0107) and kept as an incident
  close,   // the connection is closed; what was not answered is the sender's to repeat
  keep,    // it is kept as an incident and not answered
  say,     // each time is a line of the log
  again,   // the answer counts for nothing: the connection is closed, the same bytes are sent again
};
// The sentence above.
std::string_view sentence(Strict strict);

struct HabitEntry {
  Habit habit;
  std::string_view name;   // "lf_segments"
  std::string_view quirk;  // "Q6" of the quirk matrix; empty for what was met beside it
  std::string_view doc;    // what the peer does
  Strict strict;           // of a source; a destination that does not bear it does `again`
  bool refused = false;    // strict unless the connection says `tolerant`
};

// In the order of the enum.
std::span<const HabitEntry> habit_table();
const HabitEntry& entry_of(Habit habit);
std::optional<Habit> find_habit(std::string_view name);

// What shows in the bytes of one message, each habit once. One look at each byte.
std::vector<Habit> habits_of(std::string_view message);

}  // namespace myelin::hl7
