#include "adapters/mllp/destination.h"

#include <algorithm>

#include "engine/base/sabotage.h"
#include "engine/hl7/ack.h"

namespace myelin::mllp {
namespace {

constexpr std::size_t kRecentIds = 16;
constexpr std::size_t kWriteSize =
    std::size_t{1024} * 1024;  // what write_timeout is for; an ordinary frame is one write

Outcome outcome(Outcome::Kind kind, FaultCode code, std::string detail) {
  Outcome result;
  result.kind = kind;
  result.fault = Fault{code, std::move(detail), {}, {}};
  return result;
}

Outcome unknown(FaultCode code, std::string detail) { return outcome(Outcome::Kind::unknown, code, std::move(detail)); }

std::string_view trimmed(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

}  // namespace

// Shared by the destination and the reader, which ends some time after the destination let go of it.
struct MllpDestination::Link {
  Link(Loop& loop, std::unique_ptr<net::Stream> with, const MllpSettings& settings)
      : stream(std::move(with)),
        framer(settings.max_frame, settings.bears(hl7::Habit::no_start)),
        changed(loop),
        quiet(loop),
        one_answer(!settings.bears(hl7::Habit::second_answer)) {}

  std::unique_ptr<net::Stream> stream;
  Framer framer;
  Wakeup changed;
  Wakeup quiet;  // nobody writes
  bool writing = false;
  std::string unsaid;                      // acceptances that wait for that
  std::function<bool(const Bytes&)> late;  // true: it was owed
  std::deque<FrameEvent> events;           // what came since the question
  bool asked = false;                      // else what comes belongs to no question
  bool dead = false;
  bool one_answer;                  // a second one ends the connection
  std::vector<hl7::Habit> noticed;  // since the last outcome
  int reads = 0;                    // of the answer under way

  void note(hl7::Habit habit) {
    if (std::ranges::find(noticed, habit) == noticed.end()) noticed.push_back(habit);
  }
  void take(FrameEvent event) {
    for (const auto habit : framer.take_noticed()) note(habit);
    if (std::exchange(reads, 0) > 1) note(hl7::Habit::answer_in_pieces);
    if (!asked && event.kind == FrameEvent::Kind::frame) {
      if (late && late(Bytes(event.bytes))) return;
      note(hl7::Habit::second_answer);
      dead = dead || one_answer;
    }
    if (event.kind == FrameEvent::Kind::too_large) dead = true;
    if (asked && events.size() < kRecentIds) events.push_back(std::move(event));
  }
  void end() {
    dead = true;
    stream->close();
    changed.notify();
  }
  // The destination has no more to do with it.
  void let_go() {
    late = {};
    end();
  }
  // What came with the answer, or after it before the asker woke, may be what the peer owes.
  void pass_on() {
    for (const auto& event : std::exchange(events, {}))
      if (late && event.kind == FrameEvent::Kind::frame) late(Bytes(event.bytes));
  }
};

struct MllpDestination::Guest {
  Guest(Loop& loop, std::unique_ptr<net::Listener> with) : listener(std::move(with)), arrived(loop) {}
  std::unique_ptr<net::Listener> listener;
  std::unique_ptr<net::Stream> stream;  // the newest that dialled and was not used yet
  Wakeup arrived;
};

MllpDestination::MllpDestination(Loop& loop, MllpSettings settings) : loop_(loop), settings_(std::move(settings)) {}

MllpDestination::~MllpDestination() { MllpDestination::close(); }

void MllpDestination::close() {
  std::stop_source closing = std::exchange(closing_, std::stop_source());
  const auto link = std::exchange(link_, nullptr);
  const auto guest = std::exchange(guest_, nullptr);
  if (guest) guest->listener->close();
  if (link) link->late = {};
  // Over the loop: the send in flight must not go on inside this call.
  if (link || guest)
    loop_.post([link, guest] {
      if (link) link->end();
      if (guest) guest->arrived.notify();
    });
  if (link) link->stream->close();
  closing.request_stop();
}

Task<Outcome> MllpDestination::send(const Outbound& outbound) {
  auto connecting = connected(closing_.get_token());
  auto ready = co_await connecting;
  if (!ready) {
    Outcome result;
    result.fault = std::move(ready.error());
    co_return result;
  }
  const auto link = *ready;
  const auto header = hl7::read_header(outbound.bytes.view());
  auto id = header ? std::string(trimmed(header->control_id)) : std::string();
  wants_ = header ? std::string(trimmed(header->application_ack)) : std::string();
  if (recent_ids_.empty() || recent_ids_.back() != id) recent_ids_.push_back(id);
  if (recent_ids_.size() > kRecentIds) recent_ids_.pop_front();

  link->events.clear();
  link->asked = true;
  const bool written = co_await write(link, outbound.bytes.view());
  if (!written) link->dead = true;  // an answer may have come all the same: a refusal before the end
  auto result = co_await wait_for_answer(link, std::move(id));
  link->asked = false;
  link->pass_on();
  const bool answered = result.kind == Outcome::Kind::accepted || result.kind == Outcome::Kind::refused;
  if (answered && settings_.commit_blocks) {
    const auto told = co_await link->stream->write_all(kCommitted, settings_.write_timeout);
    if (!told) link->dead = true;
  }
  result.habits = std::exchange(link->noticed, {});
  if (!answered || link->dead) {
    link->let_go();
    if (link_ == link) link_.reset();
  }
  co_return result;
}

Task<bool> MllpDestination::write(std::shared_ptr<Link> link, std::string_view content) {
  while (link->writing) co_await link->quiet.wait();
  link->writing = true;
  auto writing = write_frame(link, content);
  const bool written = co_await writing;
  link->writing = false;
  if (written && !link->unsaid.empty()) spawn(say_the_rest(link, settings_.write_timeout));
  co_return written;
}

Task<void> MllpDestination::say_the_rest(std::shared_ptr<Link> link, Duration limit) {
  while (!link->writing && !link->dead && !link->unsaid.empty()) {
    link->writing = true;
    const auto text = std::exchange(link->unsaid, {});
    const auto said = co_await link->stream->write_all(text, limit);
    link->writing = false;
    if (!said) link->dead = true;
  }
  link->quiet.notify();
}

// The application's answer to what the peer took with CA. It is accepted when it is on the disk, and if it asks for
// that.
Task<void> MllpDestination::take_late(std::shared_ptr<Link> link, std::function<Task<bool>(Bytes)> take, Bytes answer,
                                      std::string ack, Duration limit) {
  auto taking = take(std::move(answer));
  const bool taken = co_await taking;
  if (!taken || ack.empty() || link->dead) co_return;
  link->unsaid += frame(ack);
  auto saying = say_the_rest(link, limit);
  co_await saying;
}

bool MllpDestination::late(std::shared_ptr<Link> link, const Bytes& answer) {
  const auto read = hl7::read_answer(answer.view());
  if (!late_.take || !link || !read || !late_.owed(std::string(trimmed(read->message_id)))) return false;
  const auto header = hl7::read_header(answer.view());
  std::string ack;
  if (header && (header->accept_ack == "AL" || header->accept_ack == "SU")) {
    const auto id = to_string(ids_.next(loop_.wall()));
    hl7::AckFacts facts;
    facts.code = "CA";
    facts.id = id;
    facts.when = loop_.wall();
    ack = hl7::make_ack(answer.view(), facts);
  }
  // Over the loop: it may have come together with CA, which the lane has to hear of first.
  loop_.post([link = std::move(link), take = late_.take, answer, ack = std::move(ack), limit = settings_.write_timeout] {
    spawn(take_late(link, take, answer, ack, limit));
  });
  return true;
}

// An ordinary frame is one write. Of a large one only its first and last part are copied, to stand with the bytes that
// frame it.
Task<bool> MllpDestination::write_frame(std::shared_ptr<Link> link, std::string_view content) {
  const bool small = content.size() <= kWriteSize;
  const auto head = content.substr(0, small ? content.size() : kWriteSize);
  content.remove_prefix(head.size());
  auto first = small ? frame(head) : std::string(1, kStart).append(head);
  auto sent = co_await link->stream->write_all(first, settings_.write_timeout);
  first = std::string();
  while (sent && content.size() > kWriteSize) {
    const auto part = content.substr(0, kWriteSize);
    content.remove_prefix(part.size());
    sent = co_await link->stream->write_all(part, settings_.write_timeout);
  }
  if (!sent || small) co_return sent.has_value();
  const auto last = std::string(content).append(1, kEnd).append(1, kReturn);
  sent = co_await link->stream->write_all(last, settings_.write_timeout);
  co_return sent.has_value();
}

Task<Outcome> MllpDestination::wait_for_answer(std::shared_ptr<Link> link, std::string id) {
  const auto end = loop_.mono() + settings_.answer_timeout;
  while (true) {
    while (!link->events.empty()) {
      const auto event = std::move(link->events.front());
      link->events.pop_front();
      if (auto judged = judge(*link, event, id)) co_return std::move(*judged);
    }
    if (link->dead) {
      const auto why = link->stream->why();
      co_return unknown(FaultCode::connection_lost,
                        "the connection ended before the answer" + (why.empty() ? why : ": " + why));
    }
    const auto left = end - loop_.mono();
    if (left <= Duration::zero()) break;
    co_await link->changed.wait_for(left);
  }
  const auto limit = std::chrono::duration_cast<milliseconds>(settings_.answer_timeout).count();
  co_return unknown(FaultCode::no_answer, "no answer within " + std::to_string(limit) + " ms");
}

// Nothing: a late answer to an earlier message, which is nobody's now.
std::optional<Outcome> MllpDestination::judge(Link& link, const FrameEvent& event, const std::string& id) {
  Outcome result;
  result.kind = Outcome::Kind::unknown;
  result.response = Bytes(event.bytes);
  if (event.kind != FrameEvent::Kind::frame) {
    result.fault = Fault{FaultCode::garbage_answer, "the answer is not framed", {}, {}};
    return result;
  }
  if (settings_.commit_blocks) {
    if (const auto committed = commit_of(event.bytes)) {
      if (*committed) return std::nullopt;  // its answer follows
      result.kind = Outcome::Kind::unreachable;
      result.fault = Fault{FaultCode::peer_not_ready, "the peer did not commit the message (15)", {}, {}};
      return result;
    }
  }
  for (const auto habit : hl7::habits_of(event.bytes)) link.note(habit);
  const auto unborne = [this](hl7::Habit habit) {
    return !settings_.bears(habit) && hl7::entry_of(habit).strict != hl7::Strict::again;
  };
  if (const auto habit = std::ranges::find_if(link.noticed, unborne); habit != link.noticed.end()) {
    const auto name = std::string(hl7::entry_of(*habit).name);
    result.fault = Fault{FaultCode::garbage_answer, "the answer has a habit that is `strict` here: " + name, {}, {}};
    return result;
  }
  auto answer = hl7::read_answer(event.bytes);
  if (!answer) {
    result.fault = Fault{FaultCode::garbage_answer, answer.error().detail, {}, {}};
    return result;
  }
  const auto answered = trimmed(answer->message_id);
  if (answered.empty()) link.note(hl7::Habit::no_answer_id);
  const bool nameless = answered.empty() && settings_.bears(hl7::Habit::no_answer_id);
  if (answered != id && !nameless && !sabotaged(Bug::answer_id_not_checked)) {
    if (link.late && link.late(Bytes(event.bytes))) return std::nullopt;
    if (!answered.empty()) link.note(hl7::Habit::wrong_answer_id);
    const bool known = std::ranges::find(recent_ids_, answered) != recent_ids_.end();
    if (known && settings_.bears(hl7::Habit::wrong_answer_id) && !sabotaged(Bug::late_answer_credited))
      return std::nullopt;
    if (!known || !sabotaged(Bug::late_answer_credited))
      result.fault = Fault{FaultCode::wrong_answer_id, "MSA-2 is not the MSH-10 that was sent", {}, {}};
    if (result.fault) return result;
  }
  judge_code(result, answer->code);
  const bool follows = wants_ == "AL" || wants_ == "SU" || wants_ == "ER";
  if (result.code == "CA" && follows && late_.take && settings_.application_timeout > Duration::zero())
    result.owed = Outcome::Owed{id, settings_.application_timeout, wants_ == "ER"};
  return result;
}

Task<Result<std::shared_ptr<MllpDestination::Link>>> MllpDestination::connected(std::stop_token stop) {
  const bool newer = guest_ && guest_->stream;  // the peer dialled again: its old connection is gone
  if (link_ && !link_->dead && !newer) co_return link_;
  if (link_) link_->let_go();
  link_.reset();
  fault_site(FaultSite::reconnect);
  auto connecting = settings_.listen
                        ? wait_for_peer(stop)
                        : net::connect(loop_, *settings_.connect, settings_.tls, settings_.connect_timeout, stop);
  auto stream = co_await connecting;
  if (!stream) co_return fail(stream);
  if (stop.stop_requested()) co_return fail(FaultCode::unreachable, "stopped");
  use(std::move(*stream));
  co_return link_;
}

void MllpDestination::use(std::unique_ptr<net::Stream> stream) {
  link_ = std::make_shared<Link>(loop_, std::move(stream), settings_);
  const std::weak_ptr<Link> weak = link_;
  link_->late = [this, weak](const Bytes& answer) { return late(weak.lock(), answer); };
  spawn(read_answers(link_, settings_.pause));
}

Task<void> MllpDestination::read_answers(std::shared_ptr<Link> link, Duration pause) {
  while (!link->dead) {
    const bool undecided = link->framer.state() == Framer::State::undecided;
    const auto limit = undecided ? pause : net::kNoLimit;
    const auto got = co_await link->stream->read_some(link->framer.space(), limit);
    if (got) {
      ++link->reads;
      link->framer.filled(*got);
    }
    const bool silent = !got && link->framer.state() == Framer::State::undecided;
    if (silent) link->take(std::move(*link->framer.pause()));
    while (auto event = link->framer.next()) link->take(std::move(*event));
    // Only now: what came together came before the next question, whatever the asker does when it wakes.
    if (!link->events.empty()) link->changed.notify();
    if (!got && got.error() != net::StreamError::timeout) break;
  }
  link->end();
}

Result<void> MllpDestination::start_listening() {
  auto listener = net::listen(loop_, *settings_.listen, settings_.tls);
  if (!listener) return fail(listener);
  guest_ = std::make_shared<Guest>(loop_, std::move(*listener));
  spawn(welcome(guest_));
  return {};
}

Task<void> MllpDestination::welcome(std::shared_ptr<Guest> guest) {
  while (true) {
    auto accepted = co_await guest->listener->accept();
    if (!accepted) break;
    guest->stream = std::move(*accepted);
    guest->arrived.notify();
  }
}

Task<Result<std::unique_ptr<net::Stream>>> MllpDestination::wait_for_peer(std::stop_token stop) {
  if (!guest_) {
    auto started = start_listening();
    if (!started) co_return fail(started);
  }
  const auto guest = guest_;
  const auto end = loop_.mono() + settings_.connect_timeout;
  while (!guest->stream && !stop.stop_requested()) {
    const auto left = end - loop_.mono();
    if (left <= Duration::zero()) break;
    co_await guest->arrived.wait_for(left);
  }
  if (!guest->stream)
    co_return fail(FaultCode::unreachable, guest->listener->address() + ": the peer has not dialled in");
  co_return std::move(guest->stream);
}

}  // namespace myelin::mllp
