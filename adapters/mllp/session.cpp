#include "adapters/mllp/session.h"

#include <algorithm>

#include "engine/base/event.h"
#include "engine/base/last_hold.h"
#include "engine/base/sabotage.h"

namespace myelin::mllp {
namespace {

using hl7::Habit;

constexpr Duration kLinger = seconds(2);
constexpr int kByteByByte = 16;  // so many reads of one byte are no accident

}  // namespace

Session::Session(Loop& loop, std::unique_ptr<net::Stream> stream, const MllpSettings& settings, Intake& intake,
                 IdSource& ids)
    : loop_(loop),
      stream_(std::move(stream)),
      settings_(settings),
      intake_(intake),
      ids_(ids),
      framer_(settings.max_frame, settings.bears(hl7::Habit::no_start)),
      early_writes_(loop) {}

Task<void> Session::run() {
  emit(EventKind::peer_connected, {{Label::peer, stream_->peer()}});
  while (true) {
    const bool open = co_await answer_frames();
    if (!open) break;
    const bool more = co_await receive();
    if (!more) break;
  }
  // Bytes that we leave unread would turn our close into a reset, and that would destroy an answer under way.
  if (stopping_ || turned_away_ || framer_.state() == Framer::State::done)
    co_await net::linger_and_close(loop_, *stream_, kLinger);
  notice_end();
  stream_->close();
  emit(EventKind::peer_closed, {{Label::peer, stream_->peer()}, {Label::count, frames_}, {Label::reason, reason_}});
}

void Session::stop() {
  stopping_ = true;
  reason_ = "stopping";
  if (waiting_) stream_->close();
}

void Session::close() {
  stopping_ = true;
  stream_->close();
}

Task<bool> Session::answer_frames() {
  while (!stopping_ || framer_.begun()) {
    auto event = framer_.next();
    if (!event) co_return bears(framer_.take_noticed()) && framer_.state() != Framer::State::done;
    const bool open = co_await take(std::move(*event));
    if (!open) co_return false;
    if (sabotaged(Bug::pipelined_tail_dropped)) framer_ = Framer(settings_.max_frame);
  }
  co_return false;
}

Task<bool> Session::take(FrameEvent event) {
  frame_end_ = MonoTime::max();
  std::string detail;  // made before the bytes it counts are moved
  switch (event.kind) {
    case FrameEvent::Kind::frame: {
      auto taken = take_frame(std::move(event.bytes), habits_of_frame());
      co_return co_await taken;
    }
    case FrameEvent::Kind::too_large: {
      auto refused = refuse_too_large(std::move(event.bytes));
      co_return co_await refused;
    }
    case FrameEvent::Kind::unterminated:
      detail = "a new frame began after " + std::to_string(event.bytes.size()) + " bytes";
      report(FaultCode::frame_unterminated, std::move(detail), std::move(event.bytes));
      co_return bears({Habit::no_end});
    case FrameEvent::Kind::junk:
      break;
  }
  junk_ += event.bytes.size();
  const bool message = event.bytes.starts_with("MSH");
  if (message) bears({Habit::no_start});
  detail = std::to_string(event.bytes.size()) +
           (message ? " bytes that look like a message without its start byte" : " bytes that belong to no frame");
  report(FaultCode::junk_before_frame, std::move(detail), std::move(event.bytes));
  if (junk_ >= kMaxJunk) reason_ = "nothing but junk";
  co_return junk_ < kMaxJunk;
}

Task<bool> Session::take_frame(std::string content, std::vector<Habit> habits) {
  junk_ = 0;
  ++frames_;
  if (!bears(habits)) co_return false;
  LastHold last;
  const Bytes bytes(std::move(content));
  last.take(bytes);
  const auto refused = refusal_of(bytes.view(), habits);
  auto answering = refused ? refuse(bytes, *refused) : answer(bytes);
  const bool open = co_await answering;
  if (!open || !framer_.more()) co_return open;
  const std::vector<Habit> early(1, Habit::pipelined);
  co_return bears(early);
}

// Counts them for this peer. False: one is not borne, and the connection is over.
bool Session::bears(const std::vector<Habit>& habits) {
  if (habits.empty()) return true;
  intake_.noticed(stream_->peer(), habits);
  for (const auto habit : habits) {
    const auto& known = hl7::entry_of(habit);
    if (settings_.bears(habit) || (known.strict != hl7::Strict::close && known.strict != hl7::Strict::say)) continue;
    const auto reason = "`habits: { " + std::string(known.name) + ": strict }`";
    emit(EventKind::peer_refused,
         {{Label::peer, stream_->peer()}, {Label::fault, entry(FaultCode::habit_refused).id}, {Label::reason, reason}});
    if (known.strict == hl7::Strict::say) continue;
    turned_away_ = true;
    reason_ = "a habit that is not borne here";
    return false;
  }
  return true;
}

// The habit for which the message is not taken. What shows in its bytes is counted where it is taken, so here only
// where it is not.
std::optional<Habit> Session::refusal_of(std::string_view content, const std::vector<Habit>& habits) {
  const auto refuses = [this](Habit habit) {
    return hl7::entry_of(habit).strict == hl7::Strict::refuse && !settings_.bears(habit);
  };
  if (const auto found = std::ranges::find_if(habits, refuses); found != habits.end()) return *found;
  const auto all = hl7::habit_table();
  if (std::ranges::none_of(all, [&](const auto& each) { return refuses(each.habit); })) return std::nullopt;
  const auto shown = hl7::habits_of(content);
  const auto found = std::ranges::find_if(shown, refuses);
  if (found == shown.end()) return std::nullopt;
  intake_.noticed(stream_->peer(), shown);
  return *found;
}

std::vector<Habit> Session::habits_of_frame() {
  auto habits = framer_.take_noticed();
  if (reads_ > 1) habits.push_back(Habit::cut_frames);
  if (single_bytes_ >= kByteByByte) habits.push_back(Habit::byte_by_byte);
  reads_ = single_bytes_ = 0;
  return habits;
}

void Session::notice_end() {
  auto habits = framer_.take_noticed();
  if (!heard_ && !stopping_) habits.push_back(Habit::probes);
  if (frames_ == 1 && !stopping_) habits.push_back(Habit::reconnects);
  bears(habits);
}

// False: the connection is over, and all that is to be said about it was said.
Task<bool> Session::receive() {
  const auto span = limit();
  waiting_ = framer_.state() == Framer::State::between;
  const auto got = co_await stream_->read_some(framer_.space(), span);
  waiting_ = false;
  if (got) {
    heard_ = true;
    ++reads_;
    single_bytes_ = *got == 1 ? single_bytes_ + 1 : 0;
    framer_.filled(*got);
    co_return true;
  }
  if (got.error() != net::StreamError::timeout) {
    co_await read_the_end();
    co_return false;
  }
  if (auto event = framer_.pause()) {
    auto taken = take(std::move(*event));
    co_return co_await taken;
  }
  co_await end_of_limit();
  co_return false;
}

// What the framer waits for decides how long it may wait.
Duration Session::limit() {
  const auto state = framer_.state();
  if (state == Framer::State::between) {
    frame_end_ = MonoTime::max();
    const auto span = frames_ == 0 ? settings_.first_byte : settings_.idle;
    return span == Duration::zero() ? net::kNoLimit : span;
  }
  const auto now = loop_.mono();
  if (frame_end_ == MonoTime::max()) frame_end_ = now + settings_.frame_timeout;
  const auto left = std::max(frame_end_ - now, Duration::zero());
  return state == Framer::State::undecided ? std::min(left, settings_.pause) : left;
}

// The peer sends no more; it may still read, so a frame that is complete but for its last CR is answered.
Task<void> Session::read_the_end() {
  if (auto event = framer_.pause()) {
    if (!stopping_) {
      auto taken = take(std::move(*event));
      co_await taken;
    }
  }
  const auto rest = framer_.rest();
  if (!rest || stopping_) co_return;
  report(FaultCode::frame_incomplete,
         "the connection ended after " + std::to_string(rest->size()) + " bytes of a frame", *rest);
}

Task<void> Session::end_of_limit() {
  const auto rest = framer_.rest();
  reason_ = frames_ == 0 ? "no first byte in time" : "idle";
  if (!rest) co_return;
  reason_ = "frame not complete in time";
  report(FaultCode::frame_timeout, "the frame's end did not come after " + std::to_string(rest->size()) + " bytes",
         *rest);
}

MessageId Session::report(FaultCode code, std::string detail, std::string bytes) {
  Incident incident{Fault{code, std::move(detail), {}, {}}, stream_->peer(), Bytes(std::move(bytes))};
  incident.whole = code == FaultCode::habit_refused;
  if (incident.whole) incident.facts = facts();
  return intake_.report(std::move(incident));
}

}  // namespace myelin::mllp
