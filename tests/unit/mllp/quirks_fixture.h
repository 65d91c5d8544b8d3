// What a peer with a habit meets: a source that counts it, and a destination.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "adapters/mllp/destination.h"
#include "adapters/mllp/session.h"
#include "engine/base/virtual_loop.h"
#include "engine/hl7/ack.h"
#include "engine/hl7/habit.h"
#include "engine/net/asio_loop.h"
#include "tests/conformance/adapters/fake_intake.h"
#include "tests/unit/net/on_loop.h"

namespace myelin::mllp {

using namespace std::literals;
using hl7::Habit;
inline constexpr Duration kLong = seconds(20);

inline std::string message(const std::string& id) {
  return "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|" + id + "|P|2.5\rPID|1\r";
}
inline std::string acknowledgement(const std::string& id) {
  return "MSH|^~\\&|LAB|H|PAS|H|20260101||ACK|X" + id + "|P|2.5\rMSA|AA|" + id + "\r";
}
inline std::string ack(const std::string& id) { return frame(acknowledgement(id)); }

inline std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

inline MllpSettings strict(Habit habit) {
  MllpSettings settings;
  settings.strict.set(static_cast<std::size_t>(habit));
  return settings;
}
inline MllpSettings tolerant(Habit habit) {
  MllpSettings settings;
  settings.strict.reset(static_cast<std::size_t>(habit));
  return settings;
}

// Counts as the channel's intake does: what the session noticed, and what shows in what it took.
class CountingIntake final : public Intake {
 public:
  Task<Receipt> accept(Received received) override {
    noticed(received.peer, hl7::habits_of(received.bytes.view()));
    Receipt receipt;
    receipt.kind = Receipt::Kind::committed;
    receipt.id = MessageId{++taken};
    receipt.received_at = WallTime(std::chrono::hours(24 * 365 * 55));
    co_return receipt;
  }
  Task<Result<Progress>> progress(std::string) override { co_return fail(FaultCode::not_found, {}); }
  MessageId report(Incident incident) override {
    incidents.insert(std::string(entry(incident.fault.code).name));
    return MessageId{1};
  }
  void noticed(const std::string&, std::span<const Habit> habits) override {
    for (const auto habit : habits) seen.insert(std::string(hl7::entry_of(habit).name));
  }

  std::int64_t taken = 0;
  std::set<std::string> seen, incidents;
};

// What became of a connection to a source.
struct Told {
  std::string answers;  // "AA 1, AR 2"
  std::set<std::string> habits, incidents;
  bool closed = false;  // by us, before the peer ended
};

class Quirks : public ::testing::Test {
 protected:
  // ---- as receiver ---------------------------------------------------------------------------------------------
  enum class End : std::uint8_t { stays, half_closes, reads_nothing };

  static Task<void> write(net::Stream* peer, std::string bytes) {
    static_cast<void>(co_await peer->write_all(bytes, net::kNoLimit));
  }
  static Task<void> collect(net::Stream* peer, std::string* heard, bool* ended) {
    std::array<char, 4096> part;
    while (true) {
      const auto got = co_await peer->read_some(part, net::kNoLimit);
      if (!got) break;
      heard->append(part.data(), *got);
    }
    *ended = true;
  }
  static std::string answers_in(const std::string& heard) {
    Framer framer(1'000'000);
    framer.feed(heard);
    std::string all;
    while (auto event = framer.next()) {
      const auto answer = hl7::read_answer(event->bytes);
      all += (all.empty() ? "" : ", ") + (answer ? answer->code + " " + answer->message_id : "?");
    }
    return all;
  }

  // A peer that writes so; after each write a second passes.
  Told receive(const std::vector<std::string>& writes, MllpSettings settings = {}, End end = End::stays) {
    VirtualLoop loop{WallTime(std::chrono::hours(24 * 365 * 56))};
    CountingIntake intake;
    IdSource ids;
    auto [ours, theirs] = net::make_memory_pair(loop);
    Session session(loop, std::move(ours), settings, intake, ids);
    bool over = false;
    const auto run = [](Session* one, bool* done) -> Task<void> {
      co_await one->run();
      *done = true;
    };
    spawn(run(&session, &over));
    Told told;
    std::string heard;
    if (end != End::reads_nothing) spawn(collect(theirs.get(), &heard, &told.closed));
    for (const auto& bytes : writes) {
      spawn(write(theirs.get(), bytes));
      // The end of its side comes with the last bytes, before they are looked at.
      if (end == End::half_closes && &bytes == &writes.back()) spawn(theirs->finish_writing(kLong));
      loop.run_ready();
      loop.advance(seconds(1));
    }
    if (end == End::reads_nothing) loop.advance(seconds(60));
    const bool closed = told.closed;
    theirs->close();
    loop.advance(seconds(60));
    EXPECT_TRUE(over);
    told.closed = closed;
    told.answers = answers_in(heard);
    told.habits = intake.seen;
    told.incidents = intake.incidents;
    return told;
  }

  // ---- as sender -----------------------------------------------------------------------------------------------
  // Answers the first frame with these writes, further ones with an AA.
  static Task<void> serve(net::Listener* listener, std::vector<std::string> writes, net::AsioLoop* loop,
                          int* connections) {
    Wakeup pause(*loop);
    bool first = true;
    while (true) {
      auto accepted = co_await listener->accept();
      if (!accepted) co_return;
      ++*connections;
      const auto stream = std::move(*accepted);
      Framer framer(100'000'000);
      while (true) {
        const auto got = co_await stream->read_some(framer.space(), kLong);
        if (!got) break;
        framer.filled(*got);
        while (auto event = framer.next()) {
          const auto header = hl7::read_header(event->bytes);
          const auto plain = ack(header ? std::string(header->control_id) : "?");
          if (!std::exchange(first, false)) writes = std::vector<std::string>(1, plain);
          for (const auto& bytes : writes) {
            static_cast<void>(co_await stream->write_all(bytes, kLong));
            co_await pause.wait_for(milliseconds(3));
          }
        }
      }
    }
  }
  Task<Outcome> sending(MllpDestination* destination, std::string bytes) {
    Outbound outbound;
    outbound.bytes = Bytes(std::move(bytes));
    auto sending = destination->send(outbound);
    auto outcome = co_await sending;
    Wakeup pause(loop);
    for (int i = 0; i < 3; ++i) co_await pause.wait_for(milliseconds(3));  // what came late is read
    co_return outcome;
  }

  // What becomes of message 1, answered so, and then of message 2: "accepted, accepted", and what was noticed.
  struct Sent {
    std::string outcomes;
    std::set<std::string> habits;
    int connections = 0;
  };
  Sent send(std::vector<std::string> answer, MllpSettings settings = {}, const std::string& first = message("1")) {
    auto listener = *net::listen(loop, net::Address{"127.0.0.1", 0}, nullptr);
    const auto address = listener->address();
    const auto colon = address.rfind(':');
    settings.connect =
        net::Address{address.substr(0, colon), static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)))};
    settings.answer_timeout = milliseconds(200);
    settings.pause = milliseconds(5);
    Sent sent;
    TaskGroup serving(loop);
    serving.spawn(serve(listener.get(), std::move(answer), &loop, &sent.connections));
    {
      MllpDestination destination(loop, settings);
      for (const auto& one : {first, message("2")}) {
        const auto outcome = net::test::run(loop, sending(&destination, one));
        sent.outcomes += (sent.outcomes.empty() ? "" : ", ") +
                         std::string(outcome.kind == Outcome::Kind::accepted ? "accepted" : "unknown");
        for (const auto habit : outcome.habits) sent.habits.insert(std::string(hl7::entry_of(habit).name));
      }
    }
    listener->close();
    net::test::run(loop, joined(&serving));
    return sent;
  }
  static Task<void> joined(TaskGroup* group) { co_await group->join(); }

  // A habit of framing or content, in a message to us and in an answer to us.
  void borne_by_both(Habit habit, const std::string& to_us, const std::string& answer) {
    const std::string name(hl7::entry_of(habit).name);
    const auto told = receive({to_us, frame(message("2"))});
    EXPECT_EQ(told.answers, "AA 1, AA 2") << name;
    EXPECT_TRUE(told.habits.contains(name)) << name;
    EXPECT_FALSE(told.closed) << name;
    const auto sent = send({answer});
    EXPECT_EQ(sent.outcomes, "accepted, accepted") << name;
    EXPECT_TRUE(sent.habits.contains(name)) << name;
  }
  // The message is refused, and the next one taken; the answer counts for nothing.
  void refused_by_both(Habit habit, const std::string& to_us, const std::string& answer) {
    const auto told = receive({to_us, frame(message("2"))}, strict(habit));
    EXPECT_EQ(told.answers, "AR 1, AA 2");
    EXPECT_EQ(told.incidents, std::set<std::string>{"habit_refused"});
    EXPECT_TRUE(told.habits.contains(std::string(hl7::entry_of(habit).name)));
    EXPECT_EQ(send({answer}, strict(habit)).outcomes, "unknown, accepted");
  }

  net::AsioLoop loop;
};

}  // namespace myelin::mllp
