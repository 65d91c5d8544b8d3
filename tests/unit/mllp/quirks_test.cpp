// The quirk matrix Q1 to Q24 (shared/reference/reliability.md, section 3): what peers do in the field, met as receiver
// and, where it can be, as sender. One test each: borne and counted, and what is done where the connection says
// `strict`.
#include "tests/unit/mllp/quirks_fixture.h"

namespace myelin::mllp {
namespace {

TEST_F(Quirks, Q1_bytes_that_come_one_by_one) {
  std::vector<std::string> one_by_one;
  for (const char c : frame(message("1"))) one_by_one.emplace_back(1, c);
  const auto told = receive(one_by_one);
  EXPECT_EQ(told.answers, "AA 1");
  EXPECT_TRUE(told.habits.contains("byte_by_byte"));
  const auto refused = receive(one_by_one, strict(Habit::byte_by_byte));
  EXPECT_EQ(refused.answers, "");
  EXPECT_TRUE(refused.closed);
  std::vector<std::string> answer;
  for (const char c : ack("1").substr(0, 20)) answer.emplace_back(1, c);
  answer.push_back(ack("1").substr(20));
  EXPECT_EQ(send(answer).outcomes, "accepted, accepted");
}

// node-hl7-server #60, amida/mllp #1: one piece of the stream was taken for one message.
TEST_F(Quirks, Q2_a_frame_cut_at_each_place) {
  const auto whole = frame(message("1"));
  for (std::size_t at = 1; at < whole.size(); ++at) {
    const auto told = receive({whole.substr(0, at), whole.substr(at)});
    ASSERT_EQ(told.answers, "AA 1") << at;
    // Cut before its last CR it was whole already, after a pause.
    ASSERT_TRUE(told.habits.contains(at + 1 == whole.size() ? "no_return" : "cut_frames")) << at;
  }
}

// CAMEL-24668: of several messages in one write all but the first were lost.
TEST_F(Quirks, Q3_several_frames_in_one_write) {
  const auto three = frame(message("1")) + frame(message("2")) + frame(message("3"));
  const auto told = receive({three});
  EXPECT_EQ(told.answers, "AA 1, AA 2, AA 3");
  EXPECT_TRUE(told.habits.contains("frames_together"));
  const auto refused = receive({three}, strict(Habit::frames_together));
  EXPECT_EQ(refused.answers, "AA 1");
  EXPECT_TRUE(refused.closed);
}

// NGC #510.
TEST_F(Quirks, Q4_a_line_feed_behind_the_frame) {
  borne_by_both(Habit::line_feed_after, frame(message("1")) + "\n", ack("1") + "\n" + ack("1"));
  const auto refused = receive({frame(message("1")) + "\n", frame(message("2"))}, strict(Habit::line_feed_after));
  EXPECT_EQ(refused.answers, "AA 1");
  EXPECT_TRUE(refused.closed);
}

TEST_F(Quirks, Q5_an_extra_line_end_before_the_end_byte) {
  for (const auto* extra : {"\r", "\r\n"}) {
    borne_by_both(Habit::blank_end, frame(message("1") + extra), frame(acknowledgement("1") + extra));
    refused_by_both(Habit::blank_end, frame(message("1") + extra), frame(acknowledgement("1") + extra));
  }
}

TEST_F(Quirks, Q6_segments_that_end_with_lf_or_crlf) {
  for (const auto* end : {"\n", "\r\n"}) {
    borne_by_both(Habit::lf_segments, frame(replaced(message("1"), "\r", end)),
                  frame(replaced(acknowledgement("1"), "\r", end)));
    refused_by_both(Habit::lf_segments, frame(replaced(message("1"), "\r", end)),
                    frame(replaced(acknowledgement("1"), "\r", end)));
  }
}

TEST_F(Quirks, Q7_no_cr_behind_the_end_byte) {
  const auto without = [](std::string framed) { return framed.substr(0, framed.size() - 1); };
  borne_by_both(Habit::no_return, without(frame(message("1"))), without(ack("1")));
  refused_by_both(Habit::no_return, without(frame(message("1"))), without(ack("1")));
  const auto fed = [](std::string text) { return text.replace(text.size() - 1, 1, "\n"); };  // FS LF
  borne_by_both(Habit::no_return, fed(frame(message("1"))), fed(ack("1")));
  refused_by_both(Habit::no_return, fed(frame(message("1"))), fed(ack("1")));
}

TEST_F(Quirks, Q8_a_frame_that_begins_before_the_last_one_ended) {
  const auto begun = "\x0B" + message("1") + frame(message("2"));
  const auto told = receive({begun});
  EXPECT_EQ(told.answers, "AA 2");
  EXPECT_EQ(told.incidents, std::set<std::string>{"frame_unterminated"});
  EXPECT_TRUE(told.habits.contains("no_end"));
  const auto refused = receive({begun}, strict(Habit::no_end));
  EXPECT_EQ(refused.answers, "");
  EXPECT_EQ(refused.incidents, std::set<std::string>{"frame_unterminated"});
  EXPECT_TRUE(refused.closed);
}

// medplum #8122, NGC #3170: bytes that never formed a frame were seen by nobody, and the message was missed elsewhere.
TEST_F(Quirks, Q9_a_message_without_start_byte) {
  const auto bare = message("1") + "\x1C\r";
  const auto told = receive({bare, frame(message("2"))});
  EXPECT_EQ(told.answers, "AA 2");
  EXPECT_EQ(told.incidents, std::set<std::string>{"junk_before_frame"});
  EXPECT_TRUE(told.habits.contains("no_start"));
  const auto borne = receive({bare, frame(message("2"))}, tolerant(Habit::no_start));
  EXPECT_EQ(borne.answers, "AA 1, AA 2");
  EXPECT_TRUE(borne.habits.contains("no_start"));
  EXPECT_TRUE(borne.incidents.empty());
  EXPECT_EQ(send({acknowledgement("1") + "\x1C\r"}).outcomes, "unknown, accepted");
  EXPECT_EQ(send({acknowledgement("1") + "\x1C\r"}, tolerant(Habit::no_start)).outcomes, "accepted, accepted");
}

// NGC #249.
TEST_F(Quirks, Q10_nul_bytes_between_frames) {
  borne_by_both(Habit::nul_between, "\0\0\0"s + frame(message("1")), "\0\0"s + ack("1"));
  const auto refused = receive({"\0"s, frame(message("1"))}, strict(Habit::nul_between));
  EXPECT_TRUE(refused.closed);
  EXPECT_EQ(refused.answers, "");
}

TEST_F(Quirks, Q11_single_bytes_that_keep_the_line_alive) {
  const auto told = receive({"\r", " ", "\n", frame(message("1")), "\r", frame(message("2"))});
  EXPECT_EQ(told.answers, "AA 1, AA 2");
  EXPECT_TRUE(told.incidents.empty());
  EXPECT_TRUE(told.habits.contains("keep_alive_bytes"));
  EXPECT_TRUE(receive({"\r"}, strict(Habit::keep_alive_bytes)).closed);
  EXPECT_EQ(send({"\r", ack("1")}).outcomes, "accepted, accepted");
}

// NGC #1309: an end byte inside OBX-5 cut the message, silently.
TEST_F(Quirks, Q12_the_end_byte_inside_the_data) {
  const auto inside = [](std::string text) {
    return frame(text +
                 "NTE|1||a\x1C"
                 "b\r");
  };
  borne_by_both(Habit::end_byte_inside, inside(message("1")), inside(acknowledgement("1")));
  refused_by_both(Habit::end_byte_inside, inside(message("1")), inside(acknowledgement("1")));
}

// NGC #407.
TEST_F(Quirks, Q13_blank_lines_in_the_message) {
  const auto blank = [](const std::string& text) { return frame(replaced(text, "\rP", "\r\rP")); };
  const auto answer = frame(replaced(acknowledgement("1"), "\rM", "\r\rM"));
  borne_by_both(Habit::blank_lines, blank(message("1")), answer);
  refused_by_both(Habit::blank_lines, blank(message("1")), answer);
}

TEST_F(Quirks, Q14_a_byte_order_mark) {
  borne_by_both(Habit::byte_order_mark, frame("\xEF\xBB\xBF" + message("1")),
                frame("\xEF\xBB\xBF" + acknowledgement("1")));
  refused_by_both(Habit::byte_order_mark, frame("\xEF\xBB\xBF" + message("1")),
                  frame("\xEF\xBB\xBF" + acknowledgement("1")));
}

TEST_F(Quirks, Q15_bytes_of_another_set_than_msh_18_says) {
  const auto latin = [](const std::string& text) { return frame(text + "NTE|1||caf\xE9\r"); };
  borne_by_both(Habit::charset_mismatch, latin(message("1")), latin(acknowledgement("1")));
  refused_by_both(Habit::charset_mismatch, latin(message("1")), latin(acknowledgement("1")));
  const auto utf8 = replaced(message("1"), "|2.5\r", "|2.5||||||UNICODE UTF-8\r");
  EXPECT_FALSE(receive({frame(utf8 + "NTE|1||caf\xC3\xA9\r")}).habits.contains("charset_mismatch"));
  EXPECT_TRUE(receive({frame(utf8 + "NTE|1||caf\xE9\r")}).habits.contains("charset_mismatch"));
  EXPECT_FALSE(receive({frame("\xEF\xBB\xBF" + message("1"))}).habits.contains("charset_mismatch"));
}

TEST_F(Quirks, Q16_a_document_of_megabytes) {
  const auto large = message("1") + "OBX|1|ED|||^^^Base64^" + std::string(8U << 20, 'A') + "\r";
  const auto told = receive({frame(large)});
  EXPECT_EQ(told.answers, "AA 1");
  EXPECT_TRUE(told.habits.contains("large"));
  EXPECT_EQ(receive({frame(large)}, strict(Habit::large)).answers, "AR 1");
  EXPECT_EQ(send({ack("1")}, {}, large).outcomes, "accepted, accepted");
}

TEST_F(Quirks, Q17_a_sender_that_never_reads_its_answers) {
  std::string many;
  for (int i = 0; i < 2000; ++i) many += frame(message("1"));
  const auto told = receive({many}, {}, End::reads_nothing);
  EXPECT_TRUE(told.habits.contains("answer_unread"));
}

TEST_F(Quirks, Q18_a_sender_that_closes_its_side_before_the_answer) {
  const auto told = receive({frame(message("1"))}, {}, End::half_closes);
  EXPECT_EQ(told.answers, "AA 1");
  EXPECT_TRUE(told.habits.contains("half_closed"));
  EXPECT_FALSE(receive({frame(message("1"))}).habits.contains("half_closed"));
}

TEST_F(Quirks, Q19_frames_that_do_not_wait_for_the_answer) {
  const auto early = frame(message("1")) + frame(message("2")).substr(0, 10);
  const auto rest = frame(message("2")).substr(10);
  const auto told = receive({early, rest});
  EXPECT_EQ(told.answers, "AA 1, AA 2");
  EXPECT_TRUE(told.habits.contains("pipelined"));
  const auto refused = receive({early, rest}, strict(Habit::pipelined));
  EXPECT_EQ(refused.answers, "AA 1");
  EXPECT_TRUE(refused.closed);
}

TEST_F(Quirks, Q20_connections_that_say_nothing) {
  const auto told = receive({});
  EXPECT_EQ(told.habits, std::set<std::string>{"probes"});
  EXPECT_TRUE(told.incidents.empty());
  EXPECT_FALSE(receive({frame(message("1"))}).habits.contains("probes"));
  EXPECT_EQ(receive({}, strict(Habit::probes)).habits, std::set<std::string>{"probes"});
}

// NGC #1447, dcm4chee-arc #447: peers broke on an answer that came in two pieces; ours is one write.
TEST_F(Quirks, Q21_an_answer_in_two_packets_and_the_start_byte_alone) {
  const auto answer = ack("1");
  for (const std::size_t at : {std::size_t{1}, answer.size() / 2, answer.size() - 1}) {
    const auto sent = send({answer.substr(0, at), answer.substr(at)});
    EXPECT_EQ(sent.outcomes, "accepted, accepted") << at;
    // Its last CR may come after the pause that ends the frame.
    EXPECT_TRUE(sent.habits.contains("answer_in_pieces") || at + 1 == answer.size()) << at;
  }
  // Ours is one write: the peer that reads once has all of it.
  EXPECT_EQ(receive({frame(message("1"))}).answers, "AA 1");
}

TEST_F(Quirks, Q22_two_answers_to_one_message) {
  const auto sent = send({ack("1"), ack("1")});
  EXPECT_EQ(sent.outcomes, "accepted, accepted");
  EXPECT_TRUE(sent.habits.contains("second_answer"));
  EXPECT_EQ(sent.connections, 1);
  const auto refused = send({ack("1"), ack("1")}, strict(Habit::second_answer));
  EXPECT_EQ(refused.outcomes, "accepted, accepted");
  EXPECT_EQ(refused.connections, 2);
}

TEST_F(Quirks, Q23_an_answer_to_another_message_or_to_none) {
  const auto other = send({ack("77")});
  EXPECT_EQ(other.outcomes, "unknown, accepted");
  EXPECT_TRUE(other.habits.contains("wrong_answer_id"));
  const auto none = send({ack("")});
  EXPECT_EQ(none.outcomes, "unknown, accepted");
  EXPECT_TRUE(none.habits.contains("no_answer_id"));
  EXPECT_EQ(send({ack("")}, tolerant(Habit::no_answer_id)).outcomes, "accepted, accepted");
}

TEST_F(Quirks, Q24_a_sender_that_connects_anew_for_each_message) {
  const auto told = receive({frame(message("1"))});
  EXPECT_EQ(told.answers, "AA 1");
  EXPECT_TRUE(told.habits.contains("reconnects"));
  EXPECT_FALSE(receive({frame(message("1")), frame(message("2"))}).habits.contains("reconnects"));
}

}  // namespace
}  // namespace myelin::mllp
