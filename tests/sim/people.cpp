#include "tests/sim/people.h"

#include <algorithm>
#include <stop_token>
#include <utility>

namespace myelin::sim {
namespace {

constexpr std::size_t kMostFrame = 65536;

// (code, id) of an acknowledgement.
std::pair<std::string, std::string> acknowledgement(std::string_view frame) {
  const auto at = frame.find("\rMSA|");
  if (at == std::string_view::npos) return {};
  auto fields = frame.substr(at + 5);
  fields = fields.substr(0, fields.find('\r'));
  const auto bar = fields.find('|');
  if (bar == std::string_view::npos) return {std::string(fields), {}};
  const auto rest = fields.substr(bar + 1);
  return {std::string(fields.substr(0, bar)), std::string(rest.substr(0, rest.find('|')))};
}

}  // namespace

std::string header_field(std::string_view message, int field) {
  std::size_t at = 0;
  for (int i = 1; i < field; ++i) {
    at = message.find('|', at);
    if (at == std::string_view::npos) return {};
    ++at;
  }
  return std::string(message.substr(at, message.find_first_of("|\r", at) - at));
}

std::string message_text(const std::string& id, const SentMessage& message, std::string_view facility) {
  const bool merge = message.patients.size() > 1;
  const std::string event = merge ? "A40^ADT_A39" : "A08^ADT_A01";
  std::string text = "MSH|^~\\&|S" + std::to_string(message.sender) + "|WARD|MYELIN|";
  text += std::string(facility) + "|20260101080000||ADT^" + event + "|" + id + "|P|2.5.1\r";
  text += "EVN|" + event.substr(0, 3) + "|20260101080000\r";
  text += "PID|1||P" + std::to_string(*message.patients.begin()) + "^^^HOUSE^MR||TEST^PERSON||19700101|F\r";
  if (merge) text += "MRG|P" + std::to_string(*message.patients.rbegin()) + "^^^HOUSE^MR\r";
  return text + "PV1|1|I|W" + std::to_string(message.number % 7) + "^1^1\r";
}

// ---- Sender ----------------------------------------------------------------------------------------------------

Sender::Sender(WorldLoop& loop, Network& network, Witness& witness, std::uint64_t seed, int name, int count, bool hasty)
    : loop_(loop),
      network_(network),
      witness_(witness),
      draw_(seed, "sender", static_cast<std::uint64_t>(name)),
      name_(name),
      count_(count),
      hasty_(hasty) {}

Sender::Unanswered Sender::next(int number) {
  SentMessage message;
  message.sender = name_;
  message.number = number;
  message.patients.insert(static_cast<int>(draw_.below(kPatients)));
  if (draw_.one_in(6)) message.patients.insert(static_cast<int>(draw_.below(kPatients)));
  auto id = "S" + std::to_string(name_) + "-" + std::to_string(number);
  auto frame = mllp::frame(message_text(id, message, "HOUSE"));
  witness_.sent(id, std::move(message));
  return {.id = std::move(id), .frame = std::move(frame)};
}

Task<void> Sender::run() {
  for (int number = 1; number <= count_ && !stopped_;) {
    std::vector<Unanswered> waiting;
    waiting.push_back(next(number++));
    if (number <= count_ && draw_.one_in(8)) waiting.push_back(next(number++));
    while (!waiting.empty() && !stopped_) {
      auto exchanging = exchange(waiting);
      co_await exchanging;
    }
    const auto rest = hasty_ ? Duration::zero() : draw_.between(Duration::zero(), seconds(4));
    if (rest > Duration::zero()) co_await pause(loop_, rest);
  }
  hang_up();
  finished_ = true;
}

void Sender::hang_up() {
  if (stream_) stream_->close();
  stream_.reset();
}

Task<bool> Sender::connect() {
  if (stream_) co_return true;
  const std::stop_token never;
  auto connecting = network_.connect(loop_, kPort, seconds(2), never);
  auto connected = co_await connecting;
  if (!connected) co_return false;
  stream_ = std::move(*connected);
  framer_ = std::make_unique<mllp::Framer>(kMostFrame);
  co_return true;
}

Task<void> Sender::exchange(std::vector<Unanswered>& waiting) {
  const bool there = co_await connect();
  if (!there) {
    const auto later = draw_.between(milliseconds(50), seconds(2));
    co_await pause(loop_, later);
    co_return;
  }
  std::string frames;
  for (auto& each : waiting) {
    frames += each.frame;
    repetitions_ += std::exchange(each.sent, true);
  }
  const auto written = co_await stream_->write_all(frames, seconds(5));
  if (!written) co_return hang_up();
  if (draw_.one_in(12)) {  // gives up at once and comes again, while the first is still being stored
    const auto soon = draw_.between(Duration::zero(), milliseconds(12));
    co_await pause(loop_, soon);
    co_return hang_up();
  }
  const bool last = draw_.one_in(15);
  if (last) co_await stream_->finish_writing(seconds(1));
  auto hearing = hear(waiting);
  co_await hearing;
  if (last) hang_up();
}

// Until all are answered. No answer in time, or one that does not say AA: a new connection, after a while.
Task<void> Sender::hear(std::vector<Unanswered>& waiting) {
  const auto end = loop_.mono() + draw_.between(seconds(1), seconds(8));
  while (!waiting.empty()) {
    if (const auto event = framer_->next()) {
      const auto before = waiting.size();
      hear_one(event->bytes, waiting);
      if (waiting.size() < before) continue;
      const auto later = draw_.between(milliseconds(100), seconds(2));
      co_await pause(loop_, later);
      co_return hang_up();
    }
    const auto left = std::max(end - loop_.mono(), Duration::zero());
    const auto space = framer_->space();
    const auto got = co_await stream_->read_some(space, left);
    if (!got) co_return hang_up();
    framer_->filled(*got);
  }
}

void Sender::hear_one(const std::string& answer, std::vector<Unanswered>& waiting) {
  const auto [code, id] = acknowledgement(answer);
  if (id != waiting.front().id) return witness_.foreign_answer(waiting.front().id, id);
  if (code != "AA") return witness_.note("refused", id + " " + code);
  witness_.acked("intake", id);
  waiting.erase(waiting.begin());
}

// ---- Peer ------------------------------------------------------------------------------------------------------

Peer::Peer(WorldLoop& loop, Network& network, Witness& witness, std::uint64_t seed, std::string lane,
           std::uint16_t port)
    : loop_(loop),
      network_(network),
      witness_(witness),
      draw_(seed, lane),
      lane_(std::move(lane)),
      port_(port),
      serving_(loop) {
  open();
}

void Peer::open() {
  if (listener_) return;
  auto listener = network_.listen(loop_, port_);
  if (!listener) return;
  listener_ = std::move(*listener);
  serving_.spawn(welcome(listener_));
}

void Peer::set_mood(Mood mood) {
  witness_.note("mood", lane_ + " " + std::to_string(static_cast<int>(mood)));
  mood_ = mood;
  if (mood != Mood::gone) return open();
  if (listener_) listener_->close();
  listener_.reset();
  for (const auto& stream : streams_) stream->close();
}

Task<void> Peer::leave() {
  set_mood(Mood::gone);
  co_await serving_.join();
}

Task<void> Peer::welcome(std::shared_ptr<net::Listener> listener) {
  while (true) {
    auto accepted = co_await listener->accept();
    if (!accepted) co_return;
    std::shared_ptr<net::Stream> stream(std::move(*accepted));
    streams_.push_back(stream);
    serving_.spawn(serve(stream));
  }
}

Task<void> Peer::serve(std::shared_ptr<net::Stream> stream) {
  mllp::Framer framer(kMostFrame);
  while (true) {
    while (auto event = framer.next()) {
      auto taking = take(stream, std::move(event->bytes));
      co_await taking;
    }
    const auto space = framer.space();
    const auto got = co_await stream->read_some(space, net::kNoLimit);
    if (!got) break;
    framer.filled(*got);
  }
  stream->close();
  std::erase(streams_, stream);
}

// What came is written into the journal, whatever is answered.
Task<void> Peer::take(std::shared_ptr<net::Stream> stream, std::string frame) {
  const auto id = header_field(frame, 10);
  const auto facility = header_field(frame, 6);
  const auto* sent = witness_.find(id);
  const bool intact = sent != nullptr && frame == message_text(id, *sent, facility) &&
                      (lane_ == "intake/lab" ? facility == "ONE" || facility == "TWO" : facility == "HOUSE");
  const auto attempt = witness_.arrived({lane_, id, frame, process_}, intact);
  auto& mine = attempts_[attempt];
  mine.stream = stream;
  mine.id = id;
  const auto luck = draw_.below(100);
  if (mood_ == Mood::silent) {
    ++wrong_answers_;
    co_return;
  }
  if (mood_ == Mood::slow) {
    const auto takes = draw_.between(milliseconds(100), seconds(7));
    co_await pause(loop_, takes);
  }
  const bool refuses = mood_ == Mood::refusing ? luck < 50 : mood_ == Mood::mixed && luck < 12;
  const bool odd = mood_ == Mood::mixed && luck >= 60;
  wrong_answers_ += refuses || odd;
  std::string code = "AA";
  if (refuses) code = luck % 3 == 0 ? "AR" : "AE";
  auto answering = odd ? misbehave(stream, attempt) : answer(stream, attempt, std::move(code));
  co_await answering;
  before_ = id;
}

Task<void> Peer::answer(std::shared_ptr<net::Stream> stream, std::size_t attempt, std::string code) {
  const auto id = attempts_.at(attempt).id;
  const bool positive = code == "AA";
  if (positive) witness_.accepted(attempt);
  const auto answered = co_await say(stream, std::move(code), id);
  auto& mine = attempts_.at(attempt);
  mine.positive = positive;
  mine.answer_end = answered;
}

// Where it ends among all that was written at this end; -1: it was not written.
Task<std::int64_t> Peer::say(std::shared_ptr<net::Stream> stream, std::string code, std::string id) {
  const auto number = std::to_string(draw_.below(1U << 30U));
  const auto framed =
      mllp::frame("MSH|^~\\&|R|R|S|S|20260101||ACK|" + number + "|P|2.5.1\rMSA|" + code + "|" + id + "\r");
  const auto end = hindsight(*stream).written + static_cast<std::int64_t>(framed.size());
  const auto written = co_await stream->write_all(framed, seconds(5));
  co_return written ? end : -1;
}

// What peers do in the field.
Task<void> Peer::misbehave(std::shared_ptr<net::Stream> stream, std::size_t attempt) {
  const auto id = attempts_.at(attempt).id;
  const auto before = before_ == id ? std::string() : before_;
  switch (draw_.below(8)) {
    case 0:  // nothing
      co_return;
    case 1:  // another message's answer, and nothing more
      if (before.empty()) co_return;
      co_await say(stream, "AA", before);
      co_return;
    case 2:  // somebody else's answer
      co_await say(stream, "AA", "NOBODY");
      co_return;
    case 3: {  // no frame
      const auto written = co_await stream->write_all("HTTP/1.1 400 Bad Request\r\n\r\n", seconds(5));
      if (written) co_await stream->finish_writing(seconds(1));
      co_return;
    }
    case 4:  // ends without an answer
      stream->close();
      co_return;
    case 5:  // an old answer first, then the right one
      if (!before.empty()) co_await say(stream, "AA", before);
      co_await answer(stream, attempt, "AA");
      co_return;
    case 6:  // twice
      co_await answer(stream, attempt, "AA");
      co_await say(stream, "AA", id);
      co_return;
    default: {  // too late
      const auto takes = draw_.between(seconds(4), seconds(12));
      co_await pause(loop_, takes);
      co_await answer(stream, attempt, "AA");
    }
  }
}

Witness::Fate Peer::fate(std::size_t attempt) const {
  const auto found = attempts_.find(attempt);
  if (found == attempts_.end()) return {};
  const auto& mine = found->second;
  const auto seen = hindsight(*mine.stream);
  const bool read = mine.answer_end >= 0 && seen.read_by_other >= mine.answer_end;
  // Its last CR may still be on the way: after a pause, or at the end, the end byte is enough (quirk Q7).
  const bool known = mine.answer_end >= 0 && seen.read_by_other >= mine.answer_end - 1;
  return {mine.positive && read, !mine.positive && known, !seen.other_closed && !known};
}

}  // namespace myelin::sim
