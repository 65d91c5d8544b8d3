// One connection of a source: what it takes, what it bears, and when it ends.
#include "engine/base/event.h"
#include "tests/unit/mllp/session_fixture.h"

namespace myelin::mllp {
namespace {

TEST_F(SessionTest, tells_in_release_2_that_a_frame_is_committed_before_it_answers) {
  settings.commit_blocks = true;
  start();
  say(frame(message("1")));
  EXPECT_TRUE(heard.starts_with(std::string(kCommitted) + kStart + "MSH")) << heard;
  const auto so_far = heard.size();
  say(std::string(kCommitted));  // of our answer: nothing is said to it
  EXPECT_EQ(heard.size(), so_far);
  EXPECT_EQ(intake.taken.size(), 1U);
}

TEST_F(SessionTest, says_nothing_more_in_release_2_of_what_it_could_not_keep) {
  settings.commit_blocks = true;
  start();
  intake.refuse_next(FaultCode::disk_reserve);
  say(frame(message("1")));
  EXPECT_EQ(heard, kNotCommitted);
  intake.refuse_next(FaultCode::type_not_accepted);
  heard.clear();
  say(frame(message("2")));
  EXPECT_TRUE(heard.starts_with(std::string(kCommitted) + kStart + "MSH")) << heard;
}

TEST_F(SessionTest, answers_only_after_the_intake_has_the_message) {
  intake.held = true;
  start();
  say(frame(message("1")));
  ASSERT_EQ(intake.taken.size(), 1U);
  EXPECT_EQ(intake.taken[0].bytes.view(), message("1"));
  EXPECT_EQ(intake.taken[0].peer, "memory:1");
  EXPECT_EQ(heard, "");
  intake.release();
  loop.run_ready();
  EXPECT_EQ(answers(), "AA 1");
}

TEST_F(SessionTest, answers_pipelined_frames_one_after_the_other_in_order) {
  intake.held = true;
  start();
  say(frame(message("1")) + frame(message("2")) + frame(message("3")));
  EXPECT_EQ(intake.taken.size(), 1U);
  intake.release();
  loop.run_ready();
  EXPECT_EQ(answers(), "AA 1, AA 2, AA 3");
}

TEST_F(SessionTest, reads_a_frame_that_comes_byte_by_byte) {
  start();
  for (const char c : frame(message("1"))) say(std::string(1, c));
  EXPECT_EQ(answers(), "AA 1");
}

TEST_F(SessionTest, answers_what_was_refused_as_the_fault_table_says) {
  start();
  intake.refuse_next(FaultCode::type_not_accepted);
  intake.refuse_next(FaultCode::required_missing);
  intake.refuse_next(FaultCode::disk_reserve);
  say(frame(message("1")) + frame(message("2")) + frame(message("3")) + frame(message("4")));
  EXPECT_EQ(answers(), "AR 1, AE 2, AE 3, AA 4");
  EXPECT_NE(heard.find("\rERR|"), std::string::npos);
}

TEST_F(SessionTest, answers_a_repeated_message_with_the_same_bytes) {
  Receipt first;
  first.kind = Receipt::Kind::committed;
  first.id = MessageId{77};
  first.received_at = loop.wall();
  auto again = first;
  again.kind = Receipt::Kind::duplicate;
  intake.receipts = {first, again};
  start();
  say(frame(message("1")));
  const auto once = heard;
  loop.advance(seconds(5));
  say(frame(message("1")));
  EXPECT_EQ(answers(), "AA 1, AA 1");
  EXPECT_EQ(heard, once + once);
}

TEST_F(SessionTest, gives_every_refusal_an_id_of_its_own) {
  intake.refuse_next(FaultCode::rejected);
  intake.refuse_next(FaultCode::rejected);
  start();
  say(frame(message("1")));
  const auto once = heard;
  say(frame(message("1")));
  EXPECT_NE(heard, once + once);
}

TEST_F(SessionTest, never_acknowledges_an_acknowledgement) {
  start();
  say(frame("MSH|^~\\&|A||B||20260101||ACK|9|P|2.5\rMSA|AA|1\r") + frame(message("2")));
  EXPECT_EQ(intake.taken.size(), 2U);
  EXPECT_EQ(answers(), "AA 2");
}

TEST_F(SessionTest, answers_bytes_that_are_no_message_and_an_empty_frame) {
  intake.refuse_next(FaultCode::not_hl7);
  intake.refuse_next(FaultCode::empty_message);
  start();
  say(frame("hello") + frame(""));
  EXPECT_EQ(intake.taken.size(), 2U);
  Framer framer(1000);
  framer.feed(heard);
  for (int i = 0; i < 2; ++i) EXPECT_NE(framer.next().value_or(FrameEvent{}).bytes.find("MSA|AR"), std::string::npos);
}

TEST_F(SessionTest, ends_a_frame_whose_last_cr_is_missing_after_a_pause) {
  start();
  auto bytes = frame(message("1"));
  bytes.pop_back();
  say(bytes);
  EXPECT_EQ(answers(), "");
  loop.advance(settings.pause);
  EXPECT_EQ(answers(), "AA 1");
}

TEST_F(SessionTest, reports_junk_and_goes_on) {
  start();
  say("junk" + frame(message("1")));
  EXPECT_EQ(incidents(), "junk_before_frame(junk)");
  EXPECT_EQ(intake.incidents[0].fault.detail, "4 bytes that belong to no frame");
  EXPECT_EQ(answers(), "AA 1");
}

TEST_F(SessionTest, reports_a_message_without_its_start_byte) {
  start();
  say(message("1") + "\x1C\r");
  EXPECT_EQ(incidents(), "junk_before_frame(" + message("1") + ")");
  EXPECT_EQ(intake.incidents[0].fault.detail,
            std::to_string(message("1").size()) + " bytes that look like a message without its start byte");
  say(frame(message("2")));
  EXPECT_EQ(answers(), "AA 2");
}

TEST_F(SessionTest, ends_a_connection_that_brings_nothing_but_junk) {
  start();
  for (int i = 0; i < 40; ++i) say(std::string(4096, 'x'));
  EXPECT_TRUE(hung_up);
  EXPECT_EQ(intake.incidents.size(), 1U);
}

TEST_F(SessionTest, reports_a_frame_that_never_ended_and_answers_the_next) {
  start();
  say("\x0B" + message("1") + frame(message("2")));
  EXPECT_EQ(incidents(), "frame_unterminated(" + message("1") + ")");
  EXPECT_EQ(intake.incidents[0].fault.detail,
            "a new frame began after " + std::to_string(message("1").size()) + " bytes");
  EXPECT_EQ(answers(), "AA 2");
}

// The frame buffers of python-hl7, node-hl7 and medplum grew without end.
TEST_F(SessionTest, refuses_a_frame_that_is_too_large_and_ends_without_storing_it) {
  settings.max_frame = 200;
  start();
  say(frame(message("1") + std::string(500, 'x')) + frame(message("2")));
  loop.advance(seconds(3));
  EXPECT_EQ(answers(), "AR 1");
  EXPECT_EQ(incidents(), "frame_too_large()");
  EXPECT_TRUE(intake.taken.empty());
  EXPECT_TRUE(hung_up);
}

TEST_F(SessionTest, takes_a_frame_of_exactly_the_limit) {
  settings.max_frame = message("1").size();
  start();
  say(frame(message("1")));
  EXPECT_EQ(answers(), "AA 1");
}

TEST_F(SessionTest, reports_the_bytes_of_a_frame_that_the_peer_left_unfinished) {
  start();
  say("\x0BMSH|cut");
  finish();
  EXPECT_EQ(incidents(), "frame_incomplete(MSH|cut)");
  EXPECT_TRUE(ended);
  EXPECT_EQ(heard, "");
}

TEST_F(SessionTest, still_answers_a_peer_that_has_finished_writing) {
  intake.held = true;
  start();
  say(frame(message("1")) + frame(message("2")).substr(0, message("2").size() + 2));
  finish();
  intake.release();
  loop.run_ready();
  EXPECT_EQ(answers(), "AA 1, AA 2");
  EXPECT_TRUE(ended);
}

std::int64_t counted(std::string_view kind) {
  for (const auto& count : event_counts())
    if (count.name == kind) return count.count;
  return -1;
}

TEST_F(SessionTest, a_probe_that_connects_and_closes_is_no_incident) {
  const auto before = counted("peer_unframed") + counted("peer_refused");
  start();
  peer->close();
  loop.run_ready();
  EXPECT_TRUE(ended);
  EXPECT_EQ(incidents(), "");
  EXPECT_EQ(counted("peer_unframed") + counted("peer_refused"), before);
}

TEST_F(SessionTest, ends_a_connection_whose_first_byte_does_not_come_in_time) {
  start();
  loop.advance(settings.first_byte - milliseconds(1));
  EXPECT_FALSE(hung_up);
  loop.advance(milliseconds(2));
  EXPECT_TRUE(hung_up);
  EXPECT_EQ(incidents(), "");
}

TEST_F(SessionTest, lets_a_connection_rest_for_ever_between_frames_unless_told_otherwise) {
  start();
  say(frame(message("1")));
  loop.advance(hours(1000));
  say(frame(message("2")));
  EXPECT_EQ(answers(), "AA 1, AA 2");
}

TEST_F(SessionTest, ends_a_connection_that_rests_longer_than_idle) {
  settings.idle = minutes(5);
  start();
  loop.advance(seconds(1));
  say(frame(message("1")));
  loop.advance(minutes(5) - milliseconds(1));
  EXPECT_FALSE(hung_up);
  loop.advance(milliseconds(2));
  EXPECT_TRUE(hung_up);
}

TEST_F(SessionTest, ends_a_frame_that_drips_in_for_longer_than_its_limit) {
  start();
  say("\x0BMSH");
  for (int i = 0; i < 12; ++i) {
    loop.advance(seconds(10) - milliseconds(1));
    EXPECT_FALSE(hung_up);
    say("x");
  }
  loop.advance(milliseconds(20));
  EXPECT_TRUE(hung_up);
  EXPECT_EQ(incidents(), "frame_timeout(MSHxxxxxxxxxxxx)");
}

TEST_F(SessionTest, the_limit_of_a_frame_begins_anew_with_each_frame) {
  start();
  for (const char* id : {"1", "2", "3"}) {
    const auto bytes = frame(message(id));
    say(bytes.substr(0, 20));
    loop.advance(seconds(100));
    say(bytes.substr(20));
  }
  EXPECT_EQ(answers(), "AA 1, AA 2, AA 3");
}

TEST_F(SessionTest, ends_a_connection_whose_peer_never_reads_its_answers) {
  start(false);
  std::string all;
  for (int i = 0; i < 2000; ++i) all += frame(message(std::to_string(i)));
  say(all);
  const auto taken = intake.taken.size();
  EXPECT_LT(taken, 2000U);
  loop.advance(settings.write_timeout - milliseconds(1));
  EXPECT_FALSE(ended);
  loop.advance(milliseconds(2));
  EXPECT_TRUE(ended);
  EXPECT_EQ(intake.taken.size(), taken);
}

TEST_F(SessionTest, stop_ends_a_resting_connection_at_once) {
  start();
  say(frame(message("1")));
  session->stop();
  loop.run_ready();
  EXPECT_TRUE(hung_up);
  EXPECT_TRUE(ended);
}

TEST_F(SessionTest, stop_finishes_the_answer_in_flight_and_begins_no_other_frame) {
  intake.held = true;
  start();
  say(frame(message("1")) + frame(message("2")));
  session->stop();
  loop.run_ready();
  EXPECT_FALSE(hung_up);
  intake.release();
  loop.run_ready();
  EXPECT_EQ(answers(), "AA 1");
  EXPECT_TRUE(hung_up);
  EXPECT_EQ(intake.taken.size(), 1U);
  EXPECT_EQ(incidents(), "");
}

TEST_F(SessionTest, stop_lets_a_frame_that_has_begun_come_to_its_end) {
  start();
  const auto bytes = frame(message("1"));
  say(bytes.substr(0, 30));
  session->stop();
  loop.run_ready();
  EXPECT_FALSE(hung_up);
  say(bytes.substr(30));
  EXPECT_EQ(answers(), "AA 1");
  EXPECT_TRUE(hung_up);
}

TEST_F(SessionTest, close_ends_a_frame_that_has_begun_without_calling_it_the_peers_mistake) {
  start();
  say("\x0BMSH");
  session->stop();
  session->close();
  loop.run_ready();
  EXPECT_TRUE(ended);
  EXPECT_EQ(incidents(), "");
}

// Who has the answer finds what was refused.
TEST_F(SessionTest, answers_what_it_refuses_with_the_id_of_the_incident) {
  Receipt refused;
  refused.fault = Fault{FaultCode::type_not_accepted, {}, {}, {}};
  refused.incident = MessageId{77'000'000};
  intake.receipts.push_back(refused);
  start();
  say(frame(message("1")));
  EXPECT_NE(heard.find("|" + to_string(refused.incident) + "|"), std::string::npos) << heard;
  EXPECT_EQ(answers(), "AR 1");
}

TEST_F(SessionTest, keeps_a_frame_with_a_habit_that_is_not_borne_whole) {
  settings.strict.set(static_cast<std::size_t>(hl7::Habit::lf_segments));
  start();
  say(frame("MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|1|P|2.5\nPID|1\r"));
  ASSERT_EQ(intake.incidents.size(), 1U);
  EXPECT_TRUE(intake.incidents[0].whole);
  EXPECT_NE(heard.find("|" + to_string(MessageId{1001}) + "|"), std::string::npos) << heard;
}

// They were said to have a byte order mark.
TEST_F(SessionTest, takes_bytes_that_begin_as_no_text_for_no_message) {
  settings.strict.set(static_cast<std::size_t>(hl7::Habit::byte_order_mark));
  start();
  say(frame(std::string("\x00\xFF\xFE", 3)));
  EXPECT_TRUE(intake.incidents.empty());
  ASSERT_EQ(intake.taken.size(), 1U);
}

std::string utf16(const std::string& text) {
  std::string wide;
  for (const char c : text) wide += {c, '\0'};
  return wide;
}

TEST_F(SessionTest, knows_utf_16_with_its_mark_and_without) {
  settings.strict.set(static_cast<std::size_t>(hl7::Habit::byte_order_mark));
  start();
  say(frame("\xFF\xFE" + utf16(message("1"))));
  say(frame(utf16(message("2"))));
  EXPECT_EQ(intake.incidents.size(), 2U);
  say(frame("\xFF\xFE" + utf16("ABC")));
  EXPECT_EQ(intake.incidents.size(), 2U);
  EXPECT_EQ(intake.taken.size(), 1U);
}

}  // namespace
}  // namespace myelin::mllp
