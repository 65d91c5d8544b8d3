#include "adapters/mllp/session.h"

#include <algorithm>
#include <array>

#include "engine/base/event.h"
#include "engine/base/last_hold.h"
#include "engine/base/sabotage.h"
#include "engine/hl7/ack.h"
#include "engine/hl7/batch.h"
#include "engine/model/facts.h"

namespace myelin::mllp {
namespace {

using hl7::Habit;

constexpr Duration kLinger = seconds(2);
constexpr int kByteByByte = 16;  // so many reads of one byte are no accident

// Faults with which nothing was kept: the peer should send the same again.
bool is_not_committed(const Receipt& receipt) {
  if (receipt.kind != Receipt::Kind::refused || !receipt.fault) return false;
  constexpr std::array kNotKept = {FaultCode::store_failed, FaultCode::disk_reserve, FaultCode::overloaded,
                                   FaultCode::stopping, FaultCode::store_unwritable};
  return std::ranges::find(kNotKept, receipt.fault->code) != kNotKept.end();
}

// HL7 table 0155.
bool is_wanted(std::string_view condition, bool good) {
  return condition == "AL" || (condition == "ER" && !good) || (condition == "SU" && good);
}

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
      report(FaultCode::frame_unterminated, "a new frame began after " + std::to_string(event.bytes.size()) + " bytes",
             std::move(event.bytes));
      co_return bears({Habit::no_end});
    case FrameEvent::Kind::junk:
      break;
  }
  junk_ += event.bytes.size();
  const bool message = event.bytes.starts_with("MSH");
  if (message) bears({Habit::no_start});
  report(FaultCode::junk_before_frame,
         std::to_string(event.bytes.size()) +
             (message ? " bytes that look like a message without its start byte" : " bytes that belong to no frame"),
         std::move(event.bytes));
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

Task<bool> Session::answer(Bytes bytes) {
  // The peer has our answer. What it has not, it asks for by sending its message again.
  if (settings_.commit_blocks && commit_of(bytes.view())) co_return true;
  if (hl7::begins_batch(bytes.view())) {
    auto answering = answer_batch(bytes);
    co_return co_await answering;
  }
  Received received{bytes, stream_->peer()};
  received.facts = facts();
  received.asks = true;
  received.sequenced = settings_.sequence != MllpSettings::Sequence::off;
  early_ = false;
  if (settings_.ack_as_msh_asks || settings_.commit_blocks)
    received.committed = [this, bytes](const Receipt& stored) { say_early(bytes, stored); };
  const auto receipt = co_await intake_.accept(std::move(received));
  co_await early_writes_.join();
  std::string framed(early_ ? std::string_view() : commit_block(receipt));
  // Of what is not committed nothing more is said.
  if (framed != kNotCommitted)
    for (const auto& ack : render(bytes.view(), receipt, early_ ? Part::application : Part::all)) framed += frame(ack);
  if (framed.empty()) co_return true;
  co_return co_await write(std::move(framed));
}

std::string Session::facts() const {
  std::string facts;
  if (const auto user = stream_->certified_name(); !user.empty()) add_fact(facts, "user", user);
  return facts;
}

// The commit block and CA do not wait for the application: the sender need not keep the message any longer.
void Session::say_early(const Bytes& bytes, const Receipt& receipt) {
  early_ = true;
  std::string framed(commit_block(receipt));
  for (const auto& ack : render(bytes.view(), receipt, Part::acceptance)) framed += frame(ack);
  if (!framed.empty()) early_writes_.spawn(write_early(std::move(framed)));
}

Task<void> Session::write_early(std::string framed) {
  const auto written = co_await stream_->write_all(framed, settings_.write_timeout);
  if (!written) write_failed(written.error());
}

// What goes before the answer, in release 2.
std::string_view Session::commit_block(const Receipt& receipt) const {
  if (!settings_.commit_blocks) return {};
  return is_not_committed(receipt) ? kNotCommitted : kCommitted;
}

// Each message is taken or refused for itself, and all are answered in one batch. A batch that is not whole is refused
// as one, before anything of it is taken.
Task<bool> Session::answer_batch(Bytes bytes) {
  const auto file = hl7::split_batch(bytes.view());
  const auto incomplete = hl7::check_batch(file);
  if (incomplete) report(incomplete->code, incomplete->detail, std::string(bytes.view()));
  std::vector<std::string> acks;
  for (const auto& batch : file.batches) {
    for (const auto message : batch.messages) {
      Receipt receipt;
      receipt.fault = incomplete;
      if (!incomplete) {
        Received received{Bytes(std::string(message)), stream_->peer()};
        received.batch = hl7::headers_of(file, batch);
        received.facts = facts();
        received.asks = true;
        received.sequenced = settings_.sequence != MllpSettings::Sequence::off;
        receipt = co_await intake_.accept(std::move(received));
      }
      std::string ack;
      for (const auto& one : render(message, receipt)) ack += one;
      acks.push_back(std::move(ack));
    }
  }
  const auto id = to_string(ids_.next(loop_.wall()));
  hl7::BatchAckFacts facts;
  facts.id = id;
  facts.when = loop_.wall();
  if (incomplete) facts.comment = entry(incomplete->code).title;
  auto framed = frame(hl7::make_batch_ack(file, acks, facts));
  if (settings_.commit_blocks) framed.insert(0, kCommitted);
  co_return co_await write(std::move(framed));
}

Task<bool> Session::refuse_too_large(std::string head) {
  const auto detail = "a frame of more than " + std::to_string(settings_.max_frame) + " bytes (`max_frame`)";
  report(FaultCode::frame_too_large, detail, std::string());
  Receipt receipt;
  receipt.received_at = loop_.wall();
  receipt.fault = Fault{FaultCode::frame_too_large, detail, {}, {}};
  std::string framed;
  for (const auto& ack : render(head, receipt)) framed += frame(ack);
  const auto written = co_await stream_->write_all(framed, settings_.write_timeout);
  if (!written) write_failed(written.error());
  reason_ = "frame too large";
  co_return false;
}

// The answer of delivery.md's table. A repeated message gets the same bytes: only what was stored goes into them.
std::vector<std::string> Session::render(std::string_view content, const Receipt& receipt, Part part) {
  const bool stored = receipt.kind != Receipt::Kind::refused;
  const bool taken = stored && !receipt.given_back;
  const auto id = to_string(receipt.id.value != 0 ? receipt.id : ids_.next(loop_.wall()));
  hl7::AckFacts facts;
  facts.code = receipt.code.empty() ? std::string_view("AA") : std::string_view(receipt.code);
  if (!stored) facts.code = receipt.fault ? entry(receipt.fault->code).ack : std::string_view("AE");
  facts.id = id;
  facts.when = receipt.received_at == WallTime() ? loop_.wall() : receipt.received_at;
  facts.expected = receipt.expected;
  facts.fault = !receipt.good() && receipt.fault ? &*receipt.fault : nullptr;

  std::string_view accept, application;
  const auto header = hl7::read_header(content);
  if (header && settings_.ack_as_msh_asks) {
    accept = header->accept_ack;
    application = header->application_ack;
  }
  // Both empty is original mode; one empty is NE (HL7 v2.8.2, 2.9.3).
  std::vector<std::string> acks;
  // The application's answer: a peer's own, or ours.
  const auto answer = [&] {
    if (receipt.answer) return std::string(receipt.answer->view());
    auto ack = hl7::make_ack(content, facts);
    return receipt.shape ? std::string(receipt.shape(Bytes(std::move(ack))).view()) : ack;
  };
  // An acknowledgement is accepted where it asks for that, and never acknowledged as an application does.
  const bool ends_here = receipt.is_answer || (header && header->is_ack());
  if (accept.empty() && application.empty()) {
    if (!ends_here && part != Part::acceptance) acks.push_back(answer());
    return acks;
  }
  if (part != Part::application && is_wanted(accept, taken)) {
    auto accepted = facts;
    accepted.code = taken ? "CA" : facts.code == "AR" ? "CR" : "CE";
    accepted.fault = taken ? nullptr : facts.fault;
    acks.push_back(hl7::make_ack(content, accepted));
  }
  const auto application_id = id + "A";
  if (part != Part::acceptance && !ends_here && is_wanted(application, receipt.good())) {
    facts.id = application_id;
    acks.push_back(answer());
  }
  return acks;
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

Task<bool> Session::refuse(Bytes bytes, Habit habit) {
  const auto& known = hl7::entry_of(habit);
  const auto detail = std::string(known.name) + ": " + std::string(known.doc);
  report(FaultCode::habit_refused, detail, std::string(bytes.view()));
  Receipt receipt;
  receipt.received_at = loop_.wall();
  receipt.fault = Fault{FaultCode::habit_refused, detail, {}, {}};
  std::string framed(commit_block(receipt));
  for (const auto& ack : render(bytes.view(), receipt)) framed += frame(ack);
  co_return co_await write(std::move(framed));
}

Task<bool> Session::write(std::string framed) {
  if (frames_ == 1 && stream_->ended()) {
    const std::vector<Habit> half(1, Habit::half_closed);
    bears(half);
  }
  const auto written = co_await stream_->write_all(framed, settings_.write_timeout);
  fault_site(FaultSite::answer_written);
  co_return written || write_failed(written.error());
}

bool Session::write_failed(net::StreamError error) {
  if (error == net::StreamError::timeout) bears({Habit::answer_unread});
  reason_ =
      error == net::StreamError::timeout ? "the peer does not read its answer" : "the peer left before its answer";
  return false;
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

void Session::report(FaultCode code, std::string detail, std::string bytes) {
  emit(EventKind::peer_unframed,
       {{Label::peer, stream_->peer()}, {Label::fault, entry(code).id}, {Label::reason, detail}});
  Incident incident{Fault{code, std::move(detail), {}, {}}, stream_->peer(), Bytes(std::move(bytes))};
  intake_.report(std::move(incident));
}

}  // namespace myelin::mllp
