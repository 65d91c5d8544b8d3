#include "engine/hl7/habit.h"

#include <algorithm>
#include <array>
#include <string>

#include "engine/hl7/ack.h"
#include "engine/hl7/charset.h"
#include "engine/hl7/charset_iconv.h"

namespace myelin::hl7 {
namespace {

constexpr std::size_t kLarge = std::size_t{1024} * 1024;
using enum Habit;
constexpr auto kTable = std::to_array<HabitEntry>({
    {byte_by_byte, "byte_by_byte", "Q1", "a frame comes in pieces of one byte", Strict::close},
    {cut_frames, "cut_frames", "Q2",
     "a frame comes in several reads; TCP cuts where it likes, so it is no peer's fault", Strict::none},
    {frames_together, "frames_together", "Q3", "several whole frames come in one write", Strict::close},
    {line_feed_after, "line_feed_after", "Q4", "a line feed follows the end of a frame (FS CR LF)", Strict::close},
    {blank_end, "blank_end", "Q5", "an extra CR, or CR LF, stands before FS", Strict::refuse},
    {lf_segments, "lf_segments", "Q6", "segments end with LF or CR LF, not with CR", Strict::refuse},
    {no_return, "no_return", "Q7",
     "FS is not followed by CR but by nothing or LF: a pause, or the next VT, ends the frame", Strict::refuse},
    {no_end, "no_end", "Q8",
     "a new VT comes before the FS of the frame; what came is an incident, the next frame is read", Strict::close},
    {no_start, "no_start", "Q9", "a message comes without VT; borne, it is taken as a frame", Strict::keep, true},
    {nul_between, "nul_between", "Q10", "NUL bytes stand between frames", Strict::close},
    {keep_alive_bytes, "keep_alive_bytes", "Q11", "CR, LF, blanks or FS stand between frames, to keep the line alive",
     Strict::close},
    {end_byte_inside, "end_byte_inside", "Q12",
     "the byte FS stands in the data; only CR, VT or a pause behind it ends a frame", Strict::refuse},
    {blank_lines, "blank_lines", "Q13", "blank lines stand in the message", Strict::refuse},
    {byte_order_mark, "byte_order_mark", "Q14", "a byte order mark stands before MSH", Strict::refuse},
    {charset_mismatch, "charset_mismatch", "Q15", "MSH-18 says one character set, and the bytes are of another",
     Strict::refuse},
    {large, "large", "Q16", "a message has more than 1 MiB (`max_frame` is the bound)", Strict::refuse},
    {answer_unread, "answer_unread", "Q17",
     "the sender does not read its answer; after the time to write it the connection is closed", Strict::none},
    {half_closed, "half_closed", "Q18", "the sender closes its side before the answer; it is answered all the same",
     Strict::none},
    {pipelined, "pipelined", "Q19", "the next frame comes before the answer to this one; they are answered in order",
     Strict::close},
    {probes, "probes", "Q20", "a connection says nothing and ends: a load balancer looks whether we are there",
     Strict::say},
    {answer_in_pieces, "answer_in_pieces", "Q21",
     "an answer comes in several packets; TCP cuts where it likes, and we write ours in one", Strict::none},
    {second_answer, "second_answer", "Q22",
     "an answer comes that nobody waits for: the second to one message, or one far too late", Strict::again},
    {wrong_answer_id, "wrong_answer_id", "Q23",
     "MSA-2 is another id; that of one of the last 16 messages is passed over, any other counts for nothing",
     Strict::again},
    {reconnects, "reconnects", "Q24", "the sender connects anew for each message", Strict::none},
    {no_answer_id, "no_answer_id", "Q23",
     "MSA-2 of the answer is empty; borne, it answers the message that is under way", Strict::again, true},
    {no_last_return, "no_last_return", "", "the last segment does not end with CR", Strict::refuse},
    {reused_ids, "reused_ids", "", "a control id (MSH-3, 4 and 10) comes again with another message, which is taken",
     Strict::none},
});

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i)
    if (static_cast<std::size_t>(kTable[i].habit) != i) return false;
  return kTable.size() == kHabits;
}
static_assert(in_enum_order(), "kTable must list every Habit once, in the order of the enum");

struct Lines {
  bool blank = false;  // between two segments
  bool blank_end = false;
  bool ended = false;  // the last segment has its line end
};

bool ends_line(char c) { return c == '\r' || c == '\n'; }

// `end` ends the segments; LF behind CR belongs to it.
Lines look_at_lines(std::string_view message, char end) {
  Lines lines;
  lines.ended = message.empty() || ends_line(message.back());
  for (auto at = message.find(end); at != std::string_view::npos; at = message.find(end, at)) {
    ++at;
    if (end == '\r' && at < message.size() && message[at] == '\n') ++at;
    const auto next = message.find_first_not_of("\r\n", at);
    if (next == at || at == message.size()) continue;
    (next == std::string_view::npos ? lines.blank_end : lines.blank) = true;
    if (next == std::string_view::npos) break;
    at = next;
  }
  return lines;
}

// MSH-18 as a text of letters and digits: "UNICODE UTF-8" is UNICODEUTF8.
std::string plain(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    const bool lower = c >= 'a' && c <= 'z';
    if (lower || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
      letters.push_back(lower ? static_cast<char>(c - 32) : c);
  }
  return letters;
}

bool is_of_another_set(std::string_view message) {
  if (is_ascii(message)) return false;
  if (message.starts_with(kUtf8Mark)) return find_non_utf8(message).has_value();  // the mark says which
  const auto header = read_header(message);
  if (!header) return false;
  const auto set = plain(header->charset);
  if (set.empty() || set == "ASCII" || set == "USASCII" || set == "ISOIR6") return true;
  return (set == "UNICODEUTF8" || set == "UTF8" || set == "UNICODE") && find_non_utf8(message).has_value();
}

}  // namespace

std::span<const HabitEntry> habit_table() { return kTable; }

std::string_view sentence(Strict strict) {
  switch (strict) {
    case Strict::refuse:
      return "the message is answered AR (M0107) and kept as an incident";
    case Strict::close:
      return "the connection is closed; what was not answered is the sender's to repeat";
    case Strict::keep:
      return "it is kept as an incident and not answered";
    case Strict::say:
      return "each time is a line of the log";
    case Strict::again:
      return "the answer counts for nothing: the connection is closed, the same bytes are sent again";
    case Strict::none:
      break;
  }
  return {};
}

const HabitEntry& entry_of(Habit habit) { return kTable[static_cast<std::size_t>(habit)]; }

std::optional<Habit> find_habit(std::string_view name) {
  const auto* found = std::ranges::find(kTable, name, &HabitEntry::name);
  return found == kTable.end() ? std::nullopt : std::optional(found->habit);
}

std::vector<Habit> habits_of(std::string_view message) {
  std::vector<Habit> found;
  const auto note = [&](bool shows, Habit habit) {
    if (shows) found.push_back(habit);
  };
  const bool odd =
      message.size() > 1 && (message[0] == '\0' || message[1] == '\0' || message[0] == '\xFF' || message[0] == '\xFE');
  // UTF-16 and UTF-32 are known by their zeros too; of what is neither, and no message, nothing can be said.
  if (odd) return begins_wide(message) ? std::vector{byte_order_mark} : std::vector<Habit>();
  const bool returns = message.find('\r') != std::string_view::npos;
  const auto lines = look_at_lines(message, returns ? '\r' : '\n');
  note(lines.blank_end, blank_end);
  note(message.find('\n') != std::string_view::npos, lf_segments);
  note(lines.blank, blank_lines);
  note(message.starts_with(kUtf8Mark), byte_order_mark);
  note(is_of_another_set(message), charset_mismatch);
  note(message.size() > kLarge, large);
  note(!lines.ended, no_last_return);
  return found;
}

}  // namespace myelin::hl7
