// What a destination does with the answer that an application gives later.
#include "tests/unit/mllp/destination_fixture.h"

namespace myelin::mllp {
namespace {

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
