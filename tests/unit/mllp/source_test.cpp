// The source on real sockets.
#include "adapters/mllp/source.h"

#include <gtest/gtest.h>

#include <array>

#include "adapters/mllp/frame.h"
#include "engine/base/event.h"
#include "engine/hl7/ack.h"
#include "engine/net/asio_loop.h"
#include "tests/conformance/adapters/fake_intake.h"
#include "tests/unit/net/certificates.h"
#include "tests/unit/net/on_loop.h"

namespace myelin::mllp {
namespace {

using net::test::run;
constexpr Duration kLong = seconds(20);

std::string message(const std::string& id) {
  return "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|" + id + "|P|2.5\rPID|1\r";
}

net::Address address_of(const std::string& text) {
  const auto colon = text.rfind(':');
  return net::Address{text.substr(0, colon), static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1)))};
}

// Reads until a frame is there; what ended it otherwise.
Task<std::string> read_answer(net::Stream* stream) {
  Framer framer(1'000'000);
  while (true) {
    const auto got = co_await stream->read_some(framer.space(), kLong);
    if (!got) co_return std::string(to_string(got.error()));
    framer.filled(*got);
    if (auto event = framer.next()) {
      const auto answer = hl7::read_answer(event->bytes);
      co_return answer ? answer->code + " " + answer->message_id : "no answer";
    }
  }
}

Task<std::string> ask(net::Stream* stream, std::string bytes) {
  const auto sent = co_await stream->write_all(bytes, kLong);
  if (!sent) co_return std::string(to_string(sent.error()));
  auto reading = read_answer(stream);
  co_return co_await reading;
}

class SourceTest : public ::testing::Test {
 protected:
  void start() {
    settings.stop_grace = milliseconds(50);
    if (!settings.connect && !settings.listen) settings.listen = net::Address{"127.0.0.1", 0};
    source = std::make_unique<MllpSource>(loop, settings);
    ASSERT_TRUE(source->open());
    spawn(run_source());
  }
  Task<void> run_source() {
    co_await source->run(intake, stop.get_token());
    source_ended = true;
    ended.notify();
  }
  void TearDown() override {
    if (!source) return;
    intake.release();
    run(loop, stopping());
  }
  Task<void> stopping() {
    stop.request_stop();
    while (!source_ended) co_await ended.wait();
  }
  std::unique_ptr<net::Stream> dial(std::shared_ptr<net::TlsContext> tls = nullptr) {
    auto stream = run(loop, net::connect(loop, address_of(source->address()), tls, kLong));
    if (stream) return std::move(*stream);
    fault = stream.error();
    return nullptr;
  }
  std::string ask(net::Stream& stream, const std::string& bytes) { return run(loop, mllp::ask(&stream, bytes)); }

  net::AsioLoop loop;
  test::FakeIntake intake{loop};
  MllpSettings settings;
  std::unique_ptr<MllpSource> source;
  std::stop_source stop;
  Wakeup ended{loop};
  Fault fault;
  bool source_ended = false;
};

TEST_F(SourceTest, listens_where_it_says_and_answers) {
  start();
  EXPECT_NE(source->address(), "127.0.0.1:0");
  auto stream = dial();
  ASSERT_TRUE(stream);
  EXPECT_EQ(ask(*stream, frame(message("7"))), "AA 7");
  EXPECT_EQ(intake.taken[0].bytes.view(), message("7"));
  EXPECT_TRUE(intake.taken[0].peer.starts_with("127.0.0.1:"));
}

TEST_F(SourceTest, serves_several_connections_at_once) {
  start();
  auto one = dial();
  auto two = dial();
  ASSERT_TRUE(one && two);
  EXPECT_EQ(ask(*two, frame(message("2"))), "AA 2");
  EXPECT_EQ(ask(*one, frame(message("1"))), "AA 1");
  EXPECT_NE(intake.taken[0].peer, intake.taken[1].peer);
}

TEST_F(SourceTest, takes_a_large_message) {
  start();
  auto stream = dial();
  ASSERT_TRUE(stream);
  const auto large = message("1") + std::string(20'000'000, 'x') + "\r";
  EXPECT_EQ(ask(*stream, frame(large)), "AA 1");
  EXPECT_TRUE(intake.taken[0].bytes.view() == large);
}

TEST_F(SourceTest, tells_the_sender_of_a_frame_that_is_too_large_although_it_is_still_sending) {
  settings.max_frame = 100'000;
  start();
  auto stream = dial();
  ASSERT_TRUE(stream);
  EXPECT_EQ(ask(*stream, frame(message("1") + std::string(1'000'000, 'x'))), "AR 1");
  EXPECT_TRUE(intake.taken.empty());
}

TEST_F(SourceTest, closes_the_connection_above_its_limit_and_leaves_the_others_alone) {
  settings.max_connections = 1;
  start();
  auto first = dial();
  ASSERT_TRUE(first);
  EXPECT_EQ(ask(*first, frame(message("1"))), "AA 1");
  auto second = dial();
  ASSERT_TRUE(second);
  EXPECT_EQ(run(loop, read_answer(second.get())), "closed");
  EXPECT_EQ(ask(*first, frame(message("2"))), "AA 2");
}

TEST_F(SourceTest, says_that_a_port_is_in_use) {
  start();
  auto again = settings;
  again.listen = address_of(source->address());
  MllpSource other(loop, again);
  const auto opened = other.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, FaultCode::port_in_use);
  EXPECT_NE(opened.error().detail.find(source->address()), std::string::npos);
}

TEST_F(SourceTest, says_that_an_address_is_not_of_this_machine) {
  settings.listen = net::Address{"192.0.2.1", 2575};
  MllpSource other(loop, settings);
  const auto opened = other.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, FaultCode::bad_address);
}

TEST_F(SourceTest, stop_finishes_the_answer_in_flight_and_takes_no_new_connection) {
  start();
  auto stream = dial();
  ASSERT_TRUE(stream);
  intake.held = true;
  intake.on_taken = [this] {
    stop.request_stop();
    loop.post([this] { intake.release(); });
  };
  EXPECT_EQ(ask(*stream, frame(message("1"))), "AA 1");
  EXPECT_EQ(run(loop, read_answer(stream.get())), "closed");
  EXPECT_FALSE(dial());
}

TEST_F(SourceTest, stop_is_bounded_although_a_frame_never_ends) {
  start();
  auto stream = dial();
  ASSERT_TRUE(stream);
  EXPECT_EQ(ask(*stream, frame(message("1")) + "\x0BMSH"), "AA 1");
  run(loop, stopping());
  EXPECT_TRUE(source_ended);
}

TEST_F(SourceTest, may_dial_the_peer_where_the_peer_listens) {
  auto listener = net::listen(loop, net::Address{"127.0.0.1", 0}, nullptr);
  ASSERT_TRUE(listener);
  settings.connect = address_of((*listener)->address());
  start();
  EXPECT_EQ(source->address(), (*listener)->address());
  auto accepted = run(loop, (*listener)->accept());
  ASSERT_TRUE(accepted);
  EXPECT_EQ(ask(**accepted, frame(message("1"))), "AA 1");
}

class TlsSourceTest : public SourceTest {
 protected:
  void start_with(const net::TlsSettings& tls) {
    settings.tls = net::make_tls_server(tls).value();
    start();
  }
  std::unique_ptr<net::Stream> dial_with(const net::TlsSettings& tls) {
    return dial(net::make_tls_client(tls).value());
  }
  net::test::Certificates certificates;
};

TEST_F(TlsSourceTest, answers_inside_tls) {
  start_with(certificates.server());
  auto stream = dial_with(certificates.client());
  ASSERT_TRUE(stream);
  EXPECT_EQ(ask(*stream, frame(message("1"))), "AA 1");
}

TEST_F(TlsSourceTest, asks_for_the_clients_certificate_when_it_must) {
  start_with(certificates.mutual_server());
  auto stream = dial_with(certificates.client());
  ASSERT_TRUE(stream);
  EXPECT_EQ(ask(*stream, frame(message("1"))), "AA 1");
}

TEST_F(TlsSourceTest, takes_nothing_from_a_client_without_certificate_or_with_a_strangers) {
  start_with(certificates.mutual_server());
  auto nameless = certificates.client();
  nameless.certificate.clear();
  nameless.key.clear();
  auto strange = certificates.client();
  strange.certificate = certificates.file("stranger.pem");
  strange.key = certificates.file("stranger.key");
  for (const auto& tls : {nameless, strange}) {
    auto stream = dial_with(tls);
    // In TLS 1.3 the client learns it with its first read.
    if (!stream) continue;
    EXPECT_EQ(ask(*stream, frame(message("1"))), "failed");
    EXPECT_NE(stream->why(), "");
  }
  EXPECT_TRUE(intake.taken.empty());
}

TEST_F(TlsSourceTest, takes_only_peers_whose_names_are_allowed) {
  auto tls = certificates.mutual_server();
  tls.names = {"CLIENT.example"};
  start_with(tls);
  auto stream = dial_with(certificates.client());
  ASSERT_TRUE(stream);
  EXPECT_EQ(ask(*stream, frame(message("1"))), "AA 1");
}

TEST_F(TlsSourceTest, takes_nothing_from_peers_of_other_names) {
  auto tls = certificates.mutual_server();
  tls.names = {"other.example"};
  start_with(tls);
  auto stream = dial_with(certificates.client());
  if (stream) {
    EXPECT_NE(ask(*stream, frame(message("1"))), "AA 1");
  }
  EXPECT_TRUE(intake.taken.empty());
}

TEST_F(TlsSourceTest, a_peer_that_never_shakes_hands_does_not_hold_up_the_others) {
  start_with(certificates.server());
  auto silent = dial();
  ASSERT_TRUE(silent);
  auto stream = dial_with(certificates.client());
  ASSERT_TRUE(stream);
  EXPECT_EQ(ask(*stream, frame(message("1"))), "AA 1");
}

TEST_F(TlsSourceTest, a_peer_that_speaks_no_tls_is_refused) {
  start_with(certificates.server());
  auto plain = dial();
  ASSERT_TRUE(plain);
  EXPECT_NE(ask(*plain, frame(message("1"))), "AA 1");
  EXPECT_TRUE(intake.taken.empty());
}

}  // namespace
}  // namespace myelin::mllp
