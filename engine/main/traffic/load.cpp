#include "engine/main/traffic/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <iterator>
#include <optional>

#include "adapters/mllp/frame.h"
#include "engine/base/id.h"
#include "engine/hl7/ack.h"

namespace myelin {

namespace {

constexpr std::size_t kMostAnswer = 16 * 1024 * 1024;

// A message cut at MSH-10, so that an id of our own goes in without parsing it again.
struct Template {
  std::string head, id, tail;
};

Template cut_at_id(const std::string& message) {
  const auto header = hl7::read_header(message);
  const bool cuttable = header && header->control_id.data() >= message.data() &&
                        header->control_id.data() <= message.data() + message.size();
  if (!cuttable) return {mllp::kStart + message, {}, {mllp::kEnd, mllp::kReturn}};
  const auto at = static_cast<std::size_t>(header->control_id.data() - message.data());
  Template cut{mllp::kStart + message.substr(0, at), std::string(header->control_id),
               message.substr(at + header->control_id.size())};
  cut.tail += mllp::kEnd;
  cut.tail += mllp::kReturn;
  return cut;
}

Reply reply_of(std::string_view code) {
  if (code == "AA" || code == "CA") return Reply::accepted;
  if (code == "AE" || code == "CE") return Reply::error;
  if (code == "AR" || code == "CR") return Reply::rejected;
  return Reply::other;
}

class Load {
 public:
  Load(LoadOrder order, Journal& journal, bool progress)
      : order_(std::move(order)), journal_(journal), progress_(progress) {
    for (const auto& message : order_.messages) templates_.push_back(cut_at_id(message));
    report_.samples.reserve(static_cast<std::size_t>(std::min<std::int64_t>(order_.total, 4'000'000)));
    report_.run_id = to_string(IdSource().next(loop_.wall()));
    if (std::ranges::all_of(order_.weights, [&](auto weight) { return weight == order_.weights.front(); }))
      order_.weights.clear();  // one after the other needs no counting
    credit_.resize(templates_.size());
  }

  LoadReport run() {
    loop_.on_signal([this](int signal) {
      if (signal != SIGHUP) stop();
    });
    began_ = loop_.mono();
    spawn(run_all());
    loop_.run();
    report_.took = ended_ - began_;
    for (const auto& sample : report_.samples) report_.latencies.push_back(sample.latency_us);
    std::ranges::sort(report_.latencies);
    journal_.flush();
    return std::move(report_);
  }

 private:
  // One connection: its stream, what was read of the answers, and the bytes of the message in hand.
  struct Line {
    std::unique_ptr<net::Stream> stream;
    mllp::Framer framer{kMostAnswer};
    std::string bytes, id;
    std::uint32_t number = 0;  // of the line
    std::int64_t message = 0;  // its number in the run
    MonoTime due{};
    bool reached = true;
  };

  Task<void> run_all() {
    TaskGroup lines(loop_);
    const auto count = std::clamp<std::int64_t>(order_.connections, 1, std::max<std::int64_t>(order_.total, 1));
    for (std::int64_t number = 0; number < count; ++number) lines.spawn(run_line(number, count));
    if (progress_) show_progress();
    co_await lines.join();
    ended_ = loop_.mono();
    stopping_ = true;
    loop_.cancel(progress_timer_);
    if (progress_shown_) fmt::print(stderr, "\r\x1b[K");
    loop_.stop();
  }

  Task<void> run_line(std::int64_t number, std::int64_t lines) {
    Line line;
    line.number = static_cast<std::uint32_t>(number);
    open_.push_back(&line);
    Wakeup pause(loop_);
    for (std::int64_t round = 0; !over() && line.reached; ++round) {
      if (order_.rate > 0) {
        line.due = began_ + nanoseconds_for(round * lines + number);
        const auto rest = line.due - loop_.mono();
        if (rest > Duration::zero()) co_await pause.wait_for(rest);
      }
      if (over()) break;
      prepare(line, next_++);
      co_await deliver(line);
      if (order_.think > Duration::zero()) co_await pause.wait_for(order_.think);
    }
    if (line.stream) line.stream->close();
    std::erase(open_, &line);
  }

  Duration nanoseconds_for(std::int64_t messages) const {
    return Duration(static_cast<std::int64_t>(static_cast<double>(messages) * 1e9 / static_cast<double>(order_.rate)));
  }

  bool over() const {
    const bool late = order_.lasts > Duration::zero() && loop_.mono() - began_ >= order_.lasts;
    return stopping_ || late || next_ >= order_.total;
  }

  // Message by message, each as often as it weighs and spread evenly: who has waited longest for its share is next.
  std::size_t pick(std::int64_t number) {
    if (order_.weights.empty()) return static_cast<std::size_t>(number) % templates_.size();
    std::int64_t all = 0;
    for (std::size_t i = 0; i < credit_.size(); ++i) {
      credit_[i] += order_.weights[i];
      all += order_.weights[i];
    }
    const auto next = static_cast<std::size_t>(std::ranges::max_element(credit_) - credit_.begin());
    credit_[next] -= all;
    return next;
  }

  void prepare(Line& line, std::int64_t number) {
    const auto& cut = templates_[pick(number)];
    line.message = number;
    line.id = cut.id;
    if (order_.own_ids) {
      line.id.clear();
      fmt::format_to(std::back_inserter(line.id), "{}{:09}", report_.run_id,
                     number);  // 20 characters, the most MSH-10 holds
    }
    line.bytes.clear();
    line.bytes.append(cut.head).append(line.id).append(cut.tail);
  }

  // Sends the message in hand until it is answered, or once, as the order says.
  Task<void> deliver(Line& line) {
    for (;;) {
      const auto begun = loop_.mono();
      const auto sent_at = order_.rate > 0 ? std::min(line.due, begun) : begun;
      report_.most_late_us = std::max(report_.most_late_us, in_microseconds(begun - sent_at));
      const auto reply = co_await attempt(line);
      const bool answered = reply < Reply::none;
      if (answered || !order_.again || stopping_) {
        record(line, reply, loop_.mono() - sent_at);
        co_return;
      }
      ++report_.repeated;
      Wakeup pause(loop_);
      co_await pause.wait_for(milliseconds(20));
    }
  }

  Task<Reply> attempt(Line& line) {
    if (!line.stream) {
      auto connected = co_await net::connect(loop_, order_.to, order_.tls, order_.timeout);
      if (!connected) {
        report_.fault = connected.error();
        line.reached = order_.again;
        co_return Reply::not_sent;
      }
      line.stream = std::move(*connected);
      line.framer = mllp::Framer(kMostAnswer);
    }
    const auto written = co_await line.stream->write_all(line.bytes, order_.timeout);
    if (!written) co_return drop(line, written.error());
    const auto until = loop_.mono() + order_.timeout;
    for (;;) {
      while (auto event = line.framer.next()) {
        if (event->kind != mllp::FrameEvent::Kind::frame) continue;
        const auto answer = hl7::read_answer(event->bytes);
        const bool ours = !answer || line.id.empty() || answer->message_id == line.id;
        if (!ours) ++report_.wrong_ids;
        if (!ours) continue;
        const auto reply = answer ? reply_of(answer->code) : Reply::other;
        if (reply != Reply::accepted || report_.last_answer.empty()) report_.last_answer = std::move(event->bytes);
        co_return reply;
      }
      const auto left = until - loop_.mono();
      const auto space = line.framer.space();
      const auto got = co_await line.stream->read_some(space, left);
      if (!got) co_return drop(line, got.error());
      line.framer.filled(*got);
    }
  }

  Reply drop(Line& line, net::StreamError error) {
    line.stream->close();
    line.stream.reset();
    return error == net::StreamError::timeout ? Reply::none : Reply::lost;
  }

  static std::uint32_t in_microseconds(Duration span) {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<microseconds>(span).count());
  }

  void record(const Line& line, Reply reply, Duration latency) {
    ++report_.replies[static_cast<std::size_t>(reply)];
    const auto us = in_microseconds(latency);
    const auto since = loop_.mono() - began_;
    if (reply < Reply::none && since >= order_.warm_up)
      report_.samples.push_back(
          {static_cast<std::uint32_t>(std::chrono::duration_cast<milliseconds>(since).count()), us});
    if (order_.keep_sent) {
      if (report_.sent.size() <= static_cast<std::size_t>(line.message))
        report_.sent.resize(static_cast<std::size_t>(line.message) + 1);
      report_.sent[static_cast<std::size_t>(line.message)] = {line.number, reply};
    }
    if (!journal_) return;
    entry_.clear();
    fmt::format_to(std::back_inserter(entry_), "{}\t{}\t{}\t{}", loop_.wall().time_since_epoch().count(), line.id,
                   kReplyNames[static_cast<std::size_t>(reply)], us);
    journal_.add(entry_);
  }

  // What waits for an answer is given up; what was answered counts.
  void stop() {
    stopping_ = true;
    for (auto* line : open_)
      if (line->stream) line->stream->close();
  }

  void show_progress() {
    progress_timer_ = loop_.after(seconds(1), [this] {
      progress_shown_ = true;
      fmt::print(stderr, "\r{} of {} answered", report_.answered(), order_.total);
      show_progress();
    });
  }

  LoadOrder order_;
  Journal& journal_;
  bool progress_;
  net::AsioLoop loop_;
  std::vector<Template> templates_;
  std::vector<std::int64_t> credit_;  // see pick()
  std::string entry_;
  std::int64_t next_ = 0;
  bool stopping_ = false;
  std::vector<Line*> open_;
  MonoTime began_{}, ended_{};
  TimerId progress_timer_ = TimerId::none;
  bool progress_shown_ = false;
  LoadReport report_;
};

}  // namespace

std::uint32_t LoadReport::percentile(double share) const {
  if (latencies.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(latencies.size())));
  return latencies[std::clamp<std::size_t>(rank, 1, latencies.size()) - 1];
}

LoadReport run_load(LoadOrder order, Journal& journal, bool progress) {
  return Load(std::move(order), journal, progress).run();
}

}  // namespace myelin
