// A connection of a source, on a virtual clock and in memory.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "adapters/mllp/session.h"
#include "engine/base/virtual_loop.h"
#include "engine/hl7/ack.h"
#include "tests/conformance/adapters/fake_intake.h"

namespace myelin::mllp {

inline std::string message(const std::string& id) {
  return "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|" + id + "|P|2.5\rPID|1\r";
}

// A session, and the peer's end of its line.
class SessionTest : public ::testing::Test {
 protected:
  void TearDown() override {
    intake.release();
    if (peer) peer->close();
    loop.advance(seconds(60));
    EXPECT_TRUE(ended);
  }

  void start(bool peer_reads = true) {
    auto [ours, theirs] = net::make_memory_pair(loop);
    peer = std::move(theirs);
    session = std::make_unique<Session>(loop, std::move(ours), settings, intake, ids);
    spawn(run());
    if (peer_reads) spawn(collect());
    loop.run_ready();
  }
  Task<void> run() {
    co_await session->run();
    ended = true;
  }
  Task<void> collect() {
    std::array<char, 4096> part;
    while (true) {
      const auto got = co_await peer->read_some(part, net::kNoLimit);
      if (!got) break;
      heard.append(part.data(), *got);
    }
    hung_up = true;
  }
  Task<void> write(std::string bytes) { static_cast<void>(co_await peer->write_all(bytes, net::kNoLimit)); }
  void say(std::string bytes) {
    spawn(write(std::move(bytes)));
    loop.run_ready();
  }
  void finish() {
    spawn(peer->finish_writing(seconds(1)));
    loop.run_ready();
  }

  // "AA 1, AE 2": the codes and ids that were answered.
  std::string answers() const {
    Framer framer(1'000'000);
    framer.feed(heard);
    std::string all;
    while (auto event = framer.next()) {
      EXPECT_EQ(event->kind, FrameEvent::Kind::frame);
      const auto answer = hl7::read_answer(event->bytes);
      all += (all.empty() ? "" : ", ") + (answer ? answer->code + " " + answer->message_id : "?");
    }
    return all;
  }
  std::string incidents() const {
    std::string all;
    for (const auto& incident : intake.incidents)
      all += std::string(entry(incident.fault.code).name) + "(" + std::string(incident.bytes.view()) + ")";
    return all;
  }

  VirtualLoop loop{WallTime(std::chrono::hours(24 * 365 * 56))};
  test::FakeIntake intake{loop};
  IdSource ids;
  MllpSettings settings;
  std::unique_ptr<net::Stream> peer;
  std::unique_ptr<Session> session;
  std::string heard;
  bool hung_up = false;
  bool ended = false;
};

}  // namespace myelin::mllp
