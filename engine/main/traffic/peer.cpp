#include "engine/main/traffic/peer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <iterator>
#include <set>
#include <utility>

#include "adapters/mllp/frame.h"
#include "engine/config/diagnostic.h"
#include "engine/config/spec.h"
#include "engine/hl7/ack.h"
#include "engine/net/asio_loop.h"

namespace myelin {

namespace {

constexpr std::size_t kMostFrame = 256 * 1024 * 1024;
constexpr Duration kSplit = milliseconds(5);

constexpr auto kManners = std::to_array<MannerEntry>({
    {Manner::ok, "ok", "answers AA"},
    {Manner::ae, "ae", "answers AE"},
    {Manner::ar, "ar", "answers AR"},
    {Manner::silent, "silent", "reads and never answers"},
    {Manner::slow, "slow", "answers AA after a while: slow=200ms"},
    {Manner::reset, "reset", "hangs up instead of answering"},
    {Manner::wrong_id, "wrong-id", "answers AA for another message"},
    {Manner::garbage, "garbage", "answers with a frame that is no acknowledgement"},
    {Manner::twice, "twice", "answers AA twice"},
    {Manner::half_close, "half-close", "closes its sending side instead of answering, and reads on"},
    {Manner::split_ack, "split-ack", "answers AA in two pieces"},
    {Manner::late, "late", "answers together with the next message's answer"},
});

class Peer {
 public:
  Peer(PeerOrder order, Journal& journal) : order_(std::move(order)), journal_(journal), clients_(loop_) {
    if (order_.behaviour.empty()) order_.behaviour.push_back({});
    left_ = order_.behaviour.front().times;
  }

  Result<PeerReport> run(const std::function<void(const std::string&)>& listening) {
    auto listener = net::listen(loop_, order_.listen, order_.tls);
    if (!listener) return fail(listener);
    listener_ = std::move(*listener);
    loop_.on_signal([this](int signal) {
      if (signal != SIGHUP) stop();
    });
    listening(listener_->address());
    spawn(accept_all());
    loop_.run();
    journal_.flush();
    return report_;
  }

 private:
  Task<void> accept_all() {
    for (;;) {
      auto stream = co_await listener_->accept();
      if (!stream) break;
      ++report_.connections;
      clients_.spawn(serve(std::move(*stream)));
    }
    co_await clients_.join();
    loop_.stop();
  }

  Task<void> serve(std::unique_ptr<net::Stream> stream) {
    streams_.insert(stream.get());
    mllp::Framer framer(kMostFrame);
    std::string out;
    bool open = true;
    while (open && !stopping_) {
      const auto space = framer.space();
      const auto got = co_await stream->read_some(space, net::kNoLimit);
      if (!got) break;
      framer.filled(*got);
      out.clear();
      while (auto event = framer.next()) {
        if (event->kind != mllp::FrameEvent::Kind::frame) ++report_.not_framed;
        if (event->kind != mllp::FrameEvent::Kind::frame) continue;
        const auto behaviour = note(event->bytes);
        if (plain(behaviour.manner)) {
          answer_plainly(behaviour.manner, event->bytes, out);
          continue;
        }
        journal_.flush();
        if (!out.empty()) {
          const auto before = co_await stream->write_all(out, net::kNoLimit);
          out.clear();
          if (!before) break;
        }
        open = co_await misbehave(behaviour, *stream, std::move(event->bytes));
        if (!open) break;
      }
      journal_.flush();
      if (open && !out.empty()) {
        const auto written = co_await stream->write_all(out, net::kNoLimit);
        open = written.has_value();
      }
      if (enough()) stop();
    }
    streams_.erase(stream.get());
    stream->close();
  }

  bool enough() const { return order_.count > 0 && report_.messages >= order_.count; }

  // Writes the message down, before anybody is told that it is here, and says how to answer it.
  Behaviour note(std::string_view message) {
    ++report_.messages;
    report_.bytes += static_cast<std::int64_t>(message.size());
    if (journal_) write_line(message);
    const auto now = order_.behaviour[at_];
    if (--left_ <= 0 && at_ + 1 < order_.behaviour.size()) left_ = order_.behaviour[++at_].times;
    return now;
  }

  void write_line(std::string_view message) {
    const auto header = hl7::read_header(message);
    line_.clear();
    fmt::format_to(std::back_inserter(line_), "{}\t", loop_.wall().time_since_epoch().count());
    if (header)
      fmt::format_to(std::back_inserter(line_), "{}\t{}^{}", header->control_id, header->message_code,
                     header->trigger_event);
    else line_ += "-\tnot HL7";
    fmt::format_to(std::back_inserter(line_), "\t{}", message.size());
    if (!order_.fields.empty()) {
      const auto tree = hl7::Tree::parse(Bytes(std::string(message)));
      for (const auto& path : order_.fields) line_ += "\t" + (tree ? hl7::read_text(*tree, path) : std::string());
    }
    journal_.add(line_);
  }

  // Those that only differ in the bytes of the answer: all answers of one read go out in one write.
  static bool plain(Manner manner) {
    using enum Manner;
    return manner == ok || manner == ae || manner == ar || manner == silent || manner == wrong_id ||
           manner == garbage || manner == twice || manner == late;
  }

  void answer_plainly(Manner manner, std::string_view message, std::string& out) {
    if (manner == Manner::silent) return;
    const auto answer = acknowledgement(manner, message);
    if (manner == Manner::late) {
      withheld_ += answer;
      return;
    }
    out += std::exchange(withheld_, {});
    out += answer;
    if (manner == Manner::twice) out += answer;
  }

  std::string acknowledgement(Manner manner, std::string_view message) {
    if (manner == Manner::garbage) return mllp::frame("this is no acknowledgement");
    id_.clear();
    fmt::format_to(std::back_inserter(id_), "SINK{:012}", ++answers_);
    static const Fault kTold{FaultCode::rejected, "the sink was told to refuse this message", {}, {}};
    const bool refuse = manner == Manner::ae || manner == Manner::ar;
    hl7::AckFacts facts;
    facts.code = manner == Manner::ae ? "AE" : manner == Manner::ar ? "AR" : "AA";
    facts.id = id_;
    facts.when = loop_.wall();
    facts.fault = refuse ? &kTold : nullptr;
    if (manner != Manner::wrong_id) return mllp::frame(hl7::make_ack(message, facts));
    std::string other(message.substr(0, message.find_first_of("\r\n")));
    const auto header = hl7::read_header(other);
    if (header) other.insert(static_cast<std::size_t>(header->control_id.data() - other.data()), "X");
    return mllp::frame(hl7::make_ack(other, facts));
  }

  // False: the connection is at its end.
  Task<bool> misbehave(Behaviour behaviour, net::Stream& stream, std::string message) {
    Wakeup pause(loop_);
    if (behaviour.manner == Manner::reset) co_return false;
    if (behaviour.manner == Manner::half_close) {
      journal_.flush();
      co_await stream.finish_writing(seconds(1));
      co_return true;
    }
    const auto answer = acknowledgement(Manner::ok, message);
    journal_.flush();
    const std::string_view all(answer);
    const auto first = behaviour.manner == Manner::split_ack ? all.substr(0, all.size() / 2) : std::string_view();
    const auto rest = all.substr(first.size());
    const Duration wait = first.empty() ? behaviour.delay : kSplit;
    if (!first.empty()) {
      const auto begun = co_await stream.write_all(first, net::kNoLimit);
      if (!begun) co_return false;
    }
    co_await pause.wait_for(wait);
    const auto ended = co_await stream.write_all(rest, net::kNoLimit);
    co_return ended.has_value();
  }

  void stop() {
    if (std::exchange(stopping_, true)) return;
    listener_->close();
    for (auto* stream : streams_) stream->close();
  }

  PeerOrder order_;
  Journal& journal_;
  net::AsioLoop loop_;
  std::unique_ptr<net::Listener> listener_;
  TaskGroup clients_;
  std::set<net::Stream*> streams_;
  bool stopping_ = false;
  std::size_t at_ = 0;     // which behaviour is next …
  std::int64_t left_ = 1;  // … and for how many messages
  std::string withheld_;
  std::string line_, id_;
  std::int64_t answers_ = 0;
  PeerReport report_;
};

Result<Behaviour> parse_one(std::string word, const std::string& whole) {
  Behaviour behaviour;
  if (const auto star = word.find('*'); star != std::string::npos) {
    const auto [end, error] = std::from_chars(word.data() + star + 1, word.data() + word.size(), behaviour.times);
    if (error != std::errc{} || end != word.data() + word.size() || behaviour.times < 1)
      return fail(FaultCode::bad_request, "'" + whole + "': after * stands how many messages");
    word.resize(star);
  }
  std::string delay;
  if (const auto equals = word.find('='); equals != std::string::npos) {
    delay = word.substr(equals + 1);
    word.resize(equals);
  }
  const auto found = std::ranges::find(kManners, word, &MannerEntry::name);
  if (found == kManners.end()) {
    std::vector<std::string_view> names;
    for (const auto& manner : kManners) names.push_back(manner.name);
    const auto near = config::nearest(word, names);
    return fail(FaultCode::bad_request, "there is no behaviour '" + word + "'" +
                                            (near.empty() ? "" : "; did you mean " + std::string(near) + "?"));
  }
  behaviour.manner = found->manner;
  const auto wait = config::parse_duration(delay);
  const bool slow = behaviour.manner == Manner::slow;
  if (slow != wait.has_value() || (!slow && !delay.empty()))
    return fail(FaultCode::bad_request,
                slow ? "slow needs how long: slow=200ms" : "'" + whole + "': only slow takes a time");
  behaviour.delay = wait.value_or(Duration::zero());
  return behaviour;
}

}  // namespace

std::span<const MannerEntry> all_manners() { return kManners; }

Result<std::vector<Behaviour>> parse_behaviour(const std::string& text) {
  std::vector<Behaviour> all;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const auto end = std::min(text.find(',', begin), text.size());
    auto one = parse_one(text.substr(begin, end - begin), text);
    if (!one) return fail(one);
    all.push_back(*one);
    begin = end + 1;
  }
  return all;
}

Result<PeerReport> run_peer(PeerOrder order, Journal& journal,
                            const std::function<void(const std::string&)>& listening) {
  return Peer(std::move(order), journal).run(listening);
}

}  // namespace myelin
