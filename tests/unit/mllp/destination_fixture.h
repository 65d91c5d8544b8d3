// A destination, and a peer that follows a script, on real sockets.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <set>

#include "adapters/mllp/destination.h"
#include "adapters/mllp/frame.h"
#include "engine/net/asio_loop.h"
#include "tests/unit/net/certificates.h"
#include "tests/unit/net/on_loop.h"

namespace myelin::mllp {

using net::test::run;
inline constexpr Duration kLong = seconds(20);

inline std::string message(const std::string& id) {
  return "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|" + id + "|P|2.5\rPID|1\r";
}
inline std::string ack(const std::string& code, const std::string& id) {
  return frame("MSH|^~\\&|LAB|H|PAS|H|20260101||ACK|X" + id + "|P|2.5\rMSA|" + code + "|" + id + "\r");
}

inline net::Address address_of(const std::string& text) {
  const auto colon = text.rfind(':');
  return net::Address{text.substr(0, colon), static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1)))};
}

// What the peer does with one frame.
struct Reaction {
  std::string bytes = {};
  bool close = false;
};

// Serves one connection after the other; each frame uses up one reaction, and without one it is left unanswered.
class Peer {
 public:
  explicit Peer(net::AsioLoop& loop, std::shared_ptr<net::TlsContext> tls = nullptr) : tasks_(loop) {
    auto made = net::listen(loop, net::Address{"127.0.0.1", 0}, std::move(tls));
    listener = std::move(*made);
    tasks_.spawn(serve());
  }

  Task<void> serve() {
    while (true) {
      auto accepted = co_await listener->accept();
      if (!accepted) break;
      ++connections;
      stream = std::move(*accepted);
      co_await talk();
      stream->close();
      if (on_end) on_end();
    }
  }
  Task<void> talk() {
    Framer framer(100'000'000);
    while (true) {
      const auto got = co_await stream->read_some(framer.space(), net::kNoLimit);
      if (!got) break;
      framer.filled(*got);
      while (auto event = framer.next()) {
        frames.push_back(event->bytes);
        if (on_frame) on_frame();
        if (script.empty()) continue;
        const auto reaction = script.front();
        script.pop_front();
        static_cast<void>(co_await stream->write_all(reaction.bytes, kLong));
        if (reaction.close) co_return;
      }
    }
  }
  Task<void> stop() {
    listener->close();
    if (stream) stream->close();
    co_await tasks_.join();
  }

  std::unique_ptr<net::Listener> listener;
  std::unique_ptr<net::Stream> stream;
  std::deque<Reaction> script;
  std::function<void()> on_frame;
  std::function<void()> on_end;
  std::vector<std::string> frames;
  int connections = 0;

 private:
  TaskGroup tasks_;
};

class DestinationTest : public ::testing::Test {
 protected:
  DestinationTest() {
    settings.answer_timeout = kLong;
    settings.connect_timeout = kLong;
    settings.pause = milliseconds(5);
  }

  void TearDown() override {
    destination.reset();
    if (peer) run(loop, peer->stop());
    run(loop, turns());  // what still reads sees its end
  }

  void start(std::deque<Reaction> script) {
    peer = std::make_unique<Peer>(loop);
    peer->script = std::move(script);
    settings.connect = address_of(peer->listener->address());
    destination = std::make_unique<MllpDestination>(loop, settings);
  }
  Task<Outcome> sending(std::string bytes) {
    Outbound outbound;
    outbound.bytes = Bytes(std::move(bytes));
    auto outcome = destination->send(outbound);
    co_return co_await outcome;
  }
  Outcome send(const std::string& id) { return run(loop, sending(message(id))); }

  Task<void> write_rest(std::string bytes) { static_cast<void>(co_await peer->stream->write_all(bytes, kLong)); }

  // Lets the destination see all that is under way to it before it sends: the loop turns a few times.
  Task<void> turns() {
    Wakeup turn(loop);
    for (int i = 0; i < 5; ++i) co_await turn.wait_for(milliseconds(2));
  }
  Task<void> stale(std::string bytes) {
    co_await write_rest(std::move(bytes));
    co_await turns();
  }
  Task<Outcome> sending_after_a_turn(std::string id) {
    co_await turns();
    auto outcome = sending(message(id));
    co_return co_await outcome;
  }

  // The peer's end where the peer dials: answers AA to all.
  Task<void> answer_all(net::Stream* stream) {
    Framer framer(1'000'000);
    while (true) {
      const auto got = co_await stream->read_some(framer.space(), net::kNoLimit);
      if (!got) break;
      framer.filled(*got);
      while (auto event = framer.next()) {
        answered_on = stream;
        const auto id = event->bytes.substr(event->bytes.find("A01|") + 4, 1);
        static_cast<void>(co_await stream->write_all(ack("AA", id), kLong));
      }
    }
  }
  Task<void> dial_in(net::Address address) {
    // The destination begins to listen with its first send.
    Wakeup pause(loop);
    while (true) {
      auto dialling = net::connect(loop, address, nullptr, kLong);
      auto stream = co_await dialling;
      if (stream) {
        co_await answer_all(stream->get());
        co_return;
      }
      co_await pause.wait_for(milliseconds(1));
    }
  }
  // A port that was free a moment ago: the destination listens only with its first send, so port 0 tells nobody.
  net::Address free_address() {
    return address_of((*net::listen(loop, net::Address{"127.0.0.1", 0}, nullptr))->address());
  }
  net::Stream* answered_on = nullptr;
  bool nagging = true;

  // "accepted AA", "refused AE refused_ae", "unknown garbage_answer".
  static std::string show(const Outcome& outcome) {
    constexpr std::array<std::string_view, 4> kKinds = {"accepted", "refused", "unknown", "unreachable"};
    std::string text(kKinds[static_cast<std::size_t>(outcome.kind)]);
    if (!outcome.code.empty()) text += " " + outcome.code;
    if (outcome.fault) text.append(" ").append(entry(outcome.fault->code).name);
    return text;
  }

  net::AsioLoop loop;
  MllpSettings settings;
  std::unique_ptr<Peer> peer;
  std::unique_ptr<MllpDestination> destination;
};

}  // namespace myelin::mllp
