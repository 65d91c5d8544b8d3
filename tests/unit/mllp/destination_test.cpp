// The destination against a peer that follows a script, on real sockets.
#include "tests/unit/mllp/destination_fixture.h"

namespace myelin::mllp {
namespace {

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

}  // namespace
}  // namespace myelin::mllp
