// The destination against a peer that follows a script, on real sockets.
#include "adapters/mllp/destination.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <set>

#include "adapters/mllp/frame.h"
#include "engine/net/asio_loop.h"
#include "tests/unit/net/certificates.h"
#include "tests/unit/net/on_loop.h"

namespace myelin::mllp {
namespace {

using net::test::run;
constexpr Duration kLong = seconds(20);

std::string message(const std::string& id) {
  return "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|" + id + "|P|2.5\rPID|1\r";
}
std::string ack(const std::string& code, const std::string& id) {
  return frame("MSH|^~\\&|LAB|H|PAS|H|20260101||ACK|X" + id + "|P|2.5\rMSA|" + code + "|" + id + "\r");
}

net::Address address_of(const std::string& text) {
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

TEST_F(DestinationTest, sends_the_bytes_as_they_are_and_reports_what_was_accepted) {
  start({{ack("AA", "1")}});
  const auto outcome = send("1");
  EXPECT_EQ(show(outcome), "accepted AA");
  EXPECT_FALSE(outcome.fault);
  EXPECT_EQ(frame(std::string(outcome.response.view())), ack("AA", "1"));
  ASSERT_EQ(peer->frames.size(), 1U);
  EXPECT_EQ(peer->frames[0], message("1"));
}

TEST_F(DestinationTest, waits_for_the_answer_behind_the_commit_and_commits_the_answer) {
  settings.commit_blocks = true;
  start({{std::string(kCommitted) + ack("AA", "1")}, {}});
  const auto outcome = send("1");
  EXPECT_EQ(outcome.kind, Outcome::Kind::accepted);
  run(loop, turns());
  ASSERT_EQ(peer->frames.size(), 2U);
  EXPECT_EQ(peer->frames[1], "\x06");
}

TEST_F(DestinationTest, sends_again_what_the_peer_did_not_commit) {
  settings.commit_blocks = true;
  start({{std::string(kNotCommitted)}});
  const auto outcome = send("1");
  EXPECT_EQ(outcome.kind, Outcome::Kind::unreachable);
  EXPECT_EQ(outcome.fault->code, FaultCode::peer_not_ready);
}

TEST_F(DestinationTest, keeps_its_connection_from_one_message_to_the_next) {
  start({{ack("AA", "1")}, {ack("CA", "2")}, {ack("AE", "3")}, {ack("AA", "4")}});
  EXPECT_EQ(show(send("1")), "accepted AA");
  EXPECT_EQ(show(send("2")), "accepted CA");
  EXPECT_EQ(show(send("3")), "refused AE refused_ae");
  EXPECT_EQ(show(send("4")), "accepted AA");
  EXPECT_EQ(peer->connections, 1);
}

TEST_F(DestinationTest, reports_each_way_of_refusing_with_the_answer) {
  start({{ack("AR", "1")}, {ack("CE", "2")}, {ack("CR", "3")}});
  EXPECT_EQ(show(send("1")), "refused AR refused_ar");
  EXPECT_EQ(show(send("2")), "refused CE refused_ar");
  const auto outcome = send("3");
  EXPECT_EQ(show(outcome), "refused CR refused_ar");
  EXPECT_NE(outcome.response.view().find("MSA|CR|3"), std::string_view::npos);
}

TEST_F(DestinationTest, reads_an_answer_that_comes_in_pieces_and_among_line_ends) {
  const auto whole = ack("AA", "1");
  start({{"\r\n" + whole.substr(0, 30)}});
  peer->on_frame = [&] { loop.after(milliseconds(2), [&] { spawn(write_rest(whole.substr(30))); }); };
  EXPECT_EQ(show(send("1")), "accepted AA");
}

TEST_F(DestinationTest, ignores_a_late_answer_to_an_earlier_message_and_waits_for_its_own) {
  start({{ack("AA", "1")}, {ack("AA", "1") + ack("AE", "2")}});
  EXPECT_EQ(show(send("1")), "accepted AA");
  EXPECT_EQ(show(send("2")), "refused AE refused_ae");
  EXPECT_EQ(peer->connections, 1);
}

TEST_F(DestinationTest, remembers_sixteen_ids_and_not_one_more) {
  std::deque<Reaction> script;
  for (int i = 0; i < 16; ++i) script.push_back({ack("AA", std::to_string(i))});
  script.push_back({ack("AA", "1") + ack("AA", "16")});  // 1 is the oldest of sixteen: late
  script.push_back({ack("AA", "1") + ack("AA", "17")});  // now it is forgotten: wrong
  start(std::move(script));
  for (int i = 0; i < 17; ++i) EXPECT_EQ(show(send(std::to_string(i))), "accepted AA") << i;
  EXPECT_EQ(show(send("17")), "unknown wrong_answer_id");
}

TEST_F(DestinationTest, never_credits_an_answer_for_another_message_and_closes) {
  start({{ack("AA", "other")}, {ack("AA", "1")}});
  EXPECT_EQ(show(send("1")), "unknown wrong_answer_id");
  EXPECT_EQ(show(send("1")), "accepted AA");
  EXPECT_EQ(peer->connections, 2);
}

TEST_F(DestinationTest, an_answer_without_an_id_is_for_another_message) {
  start({{ack("AA", "")}});
  EXPECT_EQ(show(send("1")), "unknown wrong_answer_id");
}

// NGC #1153: what was no acknowledgement counted as one.
TEST_F(DestinationTest, reports_garbage_and_closes) {
  start({{frame("hello")},
         {frame("")},
         {frame(message("1"))},
         {"no frame at all"},
         {frame("MSH|^~\\&|A||B||20260101||ACK|9|P|2.5\rMSA|XX|1\r")},
         {ack("AA", "1")}});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(show(send("1")), "unknown garbage_answer") << i;
  EXPECT_EQ(show(send("1")), "accepted AA");
  EXPECT_EQ(peer->connections, 6);
}

// ipf #363, CAMEL-17022: the connection was kept after a time-out, and its late answer read for the next message.
TEST_F(DestinationTest, reports_that_no_answer_came_in_time_and_closes) {
  settings.answer_timeout = milliseconds(30);
  start({{""}, {ack("AA", "1")}});
  EXPECT_EQ(show(send("1")), "unknown no_answer");
  settings.answer_timeout = kLong;
  EXPECT_EQ(show(send("1")), "accepted AA");
  EXPECT_EQ(peer->connections, 2);
}

TEST_F(DestinationTest, late_answers_do_not_prolong_the_wait) {
  settings.answer_timeout = milliseconds(50);
  start({{ack("AA", "1")}, {""}});
  EXPECT_EQ(show(send("1")), "accepted AA");
  std::function<void()> nag = [&] {
    if (!nagging) return;
    if (peer->connections == 1 && peer->stream) spawn(write_rest(ack("AA", "1")));
    loop.after(milliseconds(5), nag);
  };
  loop.post([&] { nag(); });
  EXPECT_EQ(show(send("2")), "unknown no_answer");
  nagging = false;
}

TEST_F(DestinationTest, reports_a_connection_that_ends_before_the_answer) {
  start({{"", true}, {ack("AA", "1").substr(0, 20), true}, {ack("AA", "1")}});
  EXPECT_EQ(show(send("1")), "unknown connection_lost");
  EXPECT_EQ(show(send("1")), "unknown connection_lost");
  EXPECT_EQ(show(send("1")), "accepted AA");
}

TEST_F(DestinationTest, takes_an_answer_that_was_followed_by_the_end_and_connects_anew_for_the_next) {
  start({{ack("AA", "1"), true}, {ack("AA", "2"), true}});
  EXPECT_EQ(show(send("1")), "accepted AA");
  EXPECT_EQ(show(run(loop, sending_after_a_turn("2"))), "accepted AA");
  EXPECT_EQ(peer->connections, 2);
}

TEST_F(DestinationTest, throws_away_what_comes_when_nothing_was_asked) {
  start({{ack("AA", "1")}, {ack("AE", "2")}});
  EXPECT_EQ(show(send("1")), "accepted AA");
  // An answer to a question that is only asked later, and bytes that are none.
  run(loop, stale(ack("AA", "2") + "rubbish"));
  EXPECT_EQ(show(send("2")), "refused AE refused_ae");
  EXPECT_EQ(peer->connections, 1);
}

TEST_F(DestinationTest, throws_away_what_came_together_with_the_last_answer) {
  start({{ack("AA", "1") + ack("AA", "2")}, {ack("AE", "2")}});
  EXPECT_EQ(show(send("1")), "accepted AA");
  EXPECT_EQ(show(send("2")), "refused AE refused_ae");
}

TEST_F(DestinationTest, reports_a_peer_that_cannot_be_reached) {
  start({});
  run(loop, peer->stop());
  EXPECT_EQ(show(send("1")), "unreachable unreachable");
}

TEST_F(DestinationTest, carries_a_large_message) {
  start({{ack("AA", "1")}});
  const auto large = message("1") + std::string(20'000'000, 'x') + "\r";
  EXPECT_EQ(show(run(loop, sending(large))), "accepted AA");
  EXPECT_TRUE(peer->frames[0] == large);
}

TEST_F(DestinationTest, close_ends_a_send_that_waits_for_its_answer) {
  start({});
  peer->on_frame = [&] { destination->close(); };
  EXPECT_EQ(show(send("1")), "unknown connection_lost");
  peer->on_frame = nullptr;
  peer->script = {{ack("AA", "1")}};
  EXPECT_EQ(show(send("1")), "accepted AA");
}

TEST_F(DestinationTest, close_ends_a_send_that_is_still_connecting) {
  settings.connect = net::Address{"192.0.2.1", 9};
  destination = std::make_unique<MllpDestination>(loop, settings);
  loop.post([&] { destination->close(); });
  EXPECT_EQ(show(send("1")), "unreachable unreachable");
}

TEST_F(DestinationTest, may_wait_for_the_peer_to_dial_in) {
  settings.listen = net::Address{"127.0.0.1", 0};
  settings.connect_timeout = milliseconds(20);
  destination = std::make_unique<MllpDestination>(loop, settings);
  EXPECT_EQ(show(send("1")), "unreachable unreachable");
  settings.listen = free_address();
  settings.connect_timeout = kLong;
  destination = std::make_unique<MllpDestination>(loop, settings);
  spawn(dial_in(*settings.listen));
  EXPECT_EQ(show(send("1")), "accepted AA");
  EXPECT_EQ(show(send("2")), "accepted AA");
}

TEST_F(DestinationTest, uses_the_newest_connection_of_a_peer_that_dials_again) {
  settings.listen = free_address();
  destination = std::make_unique<MllpDestination>(loop, settings);
  spawn(dial_in(*settings.listen));
  EXPECT_EQ(show(send("1")), "accepted AA");
  const auto second = run(loop, net::connect(loop, *settings.listen, nullptr, kLong));
  ASSERT_TRUE(second);
  spawn(answer_all(second->get()));
  EXPECT_EQ(show(run(loop, sending_after_a_turn("2"))), "accepted AA");
  EXPECT_EQ(answered_on, second->get());
  (*second)->close();
  run(loop, turns());  // answer_all() returns before its stream goes
}

TEST_F(DestinationTest, speaks_tls_and_says_why_it_cannot) {
  net::test::Certificates certificates;
  peer = std::make_unique<Peer>(loop, net::make_tls_server(certificates.mutual_server()).value());
  peer->script = {{ack("AA", "1")}};
  settings.connect = address_of(peer->listener->address());
  auto tls = certificates.client();
  settings.tls = net::make_tls_client(tls).value();
  destination = std::make_unique<MllpDestination>(loop, settings);
  EXPECT_EQ(show(send("1")), "accepted AA");

  tls.names = {"nobody.example"};
  settings.tls = net::make_tls_client(tls).value();
  destination = std::make_unique<MllpDestination>(loop, settings);
  EXPECT_EQ(show(send("2")), "unreachable peer_not_allowed");

  tls.authorities = certificates.file("other.pem");
  settings.tls = net::make_tls_client(tls).value();
  destination = std::make_unique<MllpDestination>(loop, settings);
  EXPECT_EQ(show(send("3")), "unreachable tls_failed");

  tls = certificates.client();
  tls.certificate.clear();
  tls.key.clear();
  settings.tls = net::make_tls_client(tls).value();
  destination = std::make_unique<MllpDestination>(loop, settings);
  const auto outcome = send("4");
  EXPECT_NE(outcome.kind, Outcome::Kind::accepted);
  EXPECT_NE(outcome.fault->detail.find("certificate required"), std::string::npos) << outcome.fault->detail;
  EXPECT_EQ(peer->frames.size(), 1U);
}

// Enhanced mode: CA, and the application's answer later.
class OwedAnswerTest : public DestinationTest {
 protected:
  void start(std::deque<Reaction> script) {
    DestinationTest::start(std::move(script));
    Destination::LateAnswers takes;
    takes.owed = [this](const std::string& id) { return owed.contains(id); };
    takes.take = [this](Bytes answer) {
      late += frame(answer.view());
      return stored();
    };
    destination->on_late_answers(std::move(takes));
  }
  Task<bool> stored() { co_return is_stored; }
  Outcome send(const std::string& id, const std::string& application = "AL") {
    auto outcome = run(
        loop, sending("MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|" + id + "|P|2.5|||AL|" + application + "\rPID|1\r"));
    run(loop, turns());
    return outcome;
  }
  // Which asks to be accepted itself.
  static std::string application(const std::string& code, const std::string& id) {
    return frame("MSH|^~\\&|LAB|H|PAS|H|20260101||ACK|L" + id + "|P|2.5|||AL|NE\rMSA|" + code + "|" + id + "\r");
  }

  std::set<std::string> owed{"1"};
  bool is_stored = true;
  std::string late;
};

TEST_F(OwedAnswerTest, hands_on_the_applications_answer_and_accepts_it) {
  start({{ack("CA", "1")}, {}, {ack("AA", "2")}});
  const auto outcome = send("1");
  EXPECT_EQ(show(outcome), "accepted CA");
  ASSERT_TRUE(outcome.owed);
  EXPECT_EQ(outcome.owed->id, "1");
  EXPECT_FALSE(outcome.owed->silence_is_good);
  EXPECT_EQ(late, "");
  run(loop, stale(application("AE", "1")));
  EXPECT_EQ(late, application("AE", "1"));
  ASSERT_EQ(peer->frames.size(), 2U);
  EXPECT_NE(peer->frames[1].find("MSA|CA|L1"), std::string::npos) << peer->frames[1];
  EXPECT_EQ(show(send("2")), "accepted AA");
  EXPECT_EQ(peer->connections, 1);
}

TEST_F(OwedAnswerTest, hands_on_what_came_together_with_the_acceptance) {
  start({{ack("CA", "1") + application("AA", "1"), true}, {ack("AA", "2")}});
  EXPECT_TRUE(send("1").owed);
  EXPECT_EQ(late, application("AA", "1"));
  EXPECT_EQ(show(send("2")), "accepted AA");
}

TEST_F(OwedAnswerTest, hands_on_what_comes_while_the_next_waits_for_its_answer) {
  start({{ack("CA", "1")}, {application("AA", "1") + ack("AA", "2")}, {}});
  EXPECT_TRUE(send("1").owed);
  EXPECT_EQ(show(send("2")), "accepted AA");
  EXPECT_EQ(late, application("AA", "1"));
}

TEST_F(OwedAnswerTest, accepts_nothing_that_is_not_stored) {
  is_stored = false;
  start({{ack("CA", "1")}});
  send("1");
  run(loop, stale(application("AA", "1")));
  EXPECT_EQ(late, application("AA", "1"));
  EXPECT_EQ(peer->frames.size(), 1U);
}

TEST_F(OwedAnswerTest, is_content_with_the_acceptance_where_nothing_more_is_asked) {
  start({{ack("CA", "1")}, {ack("CA", "2")}, {ack("AA", "3")}, {ack("CA", "4")}});
  EXPECT_FALSE(send("1", "NE").owed);
  EXPECT_FALSE(send("2", "").owed);
  EXPECT_FALSE(send("3").owed);
  const auto errors_only = send("4", "ER");
  ASSERT_TRUE(errors_only.owed);
  EXPECT_TRUE(errors_only.owed->silence_is_good);
}

TEST_F(OwedAnswerTest, is_content_with_the_acceptance_where_the_connection_says_so) {
  settings.application_timeout = Duration::zero();
  start({{ack("CA", "1")}});
  EXPECT_FALSE(send("1").owed);
}

}  // namespace
}  // namespace myelin::mllp
