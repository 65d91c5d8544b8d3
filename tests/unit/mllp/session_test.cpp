// One connection of a source, on a virtual clock and in memory.
#include "adapters/mllp/session.h"

#include <gtest/gtest.h>

#include <array>

#include "engine/base/event.h"
#include "engine/base/virtual_loop.h"
#include "engine/hl7/ack.h"
#include "engine/hl7/batch.h"
#include "tests/conformance/adapters/fake_intake.h"

namespace myelin::mllp {
namespace {

std::string message(const std::string& id) {
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
  EXPECT_EQ(answers(), "AA 1");
}

TEST_F(SessionTest, reports_a_message_without_its_start_byte) {
  start();
  say(message("1") + "\x1C\r");
  EXPECT_EQ(incidents(), "junk_before_frame(" + message("1") + ")");
  EXPECT_NE(intake.incidents[0].fault.detail.find("look like a message"), std::string::npos);
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

std::string asking(const std::string& id, const std::string& accept, const std::string& application) {
  return "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|" + id + "|P|2.5|||" + accept + "|" + application + "\rPID|1\r";
}

TEST_F(SessionTest, obeys_msh_15_and_16_where_the_connection_says_so) {
  settings.ack_as_msh_asks = true;
  start();
  say(frame(asking("1", "AL", "NE")) + frame(asking("2", "AL", "AL")) + frame(asking("3", "NE", "NE")) +
      frame(asking("4", "SU", "ER")) + frame(asking("5", "ER", "")) + frame(asking("6", "", "")));
  EXPECT_EQ(answers(), "CA 1, CA 2, AA 2, CA 4, AA 6");
}

TEST_F(SessionTest, accepts_an_acknowledgement_that_asks_for_it_and_says_no_more) {
  settings.ack_as_msh_asks = true;
  start();
  say(frame("MSH|^~\\&|A||B||20260101||ACK|9|P|2.5|||AL|AL\rMSA|AA|1\r"));
  EXPECT_EQ(answers(), "CA 9");
}

TEST_F(SessionTest, says_ca_as_soon_as_the_message_is_stored_and_the_application_s_answer_when_it_comes) {
  settings.ack_as_msh_asks = true;
  start();
  intake.held = intake.commits_early = true;
  say(frame(asking("1", "AL", "AL")));
  EXPECT_EQ(answers(), "CA 1");
  intake.release();
  loop.run_ready();
  EXPECT_EQ(answers(), "CA 1, AA 1");
  say(frame(asking("2", "ER", "AL")) + frame(asking("3", "SU", "NE")) + frame(asking("4", "", "")));
  EXPECT_EQ(answers(), "CA 1, AA 1, AA 2, CA 3, AA 4");
}

TEST_F(SessionTest, tells_in_release_2_that_a_frame_is_committed_while_its_answer_waits) {
  settings.commit_blocks = true;
  start();
  intake.held = intake.commits_early = true;
  say(frame(message("1")));
  EXPECT_EQ(heard, kCommitted);
  intake.release();
  loop.run_ready();
  EXPECT_TRUE(heard.starts_with(std::string(kCommitted) + kStart + "MSH")) << heard;
}

TEST_F(SessionTest, says_no_in_enhanced_mode_as_msh_15_and_16_ask) {
  settings.ack_as_msh_asks = true;
  start();
  for (int i = 0; i < 2; ++i) intake.refuse_next(FaultCode::rejected);
  intake.refuse_next(FaultCode::type_not_accepted);
  intake.refuse_next(FaultCode::rejected);
  say(frame(asking("1", "AL", "NE")) + frame(asking("2", "ER", "AL")) + frame(asking("3", "AL", "NE")) +
      frame(asking("4", "SU", "NE")));
  EXPECT_EQ(answers(), "CE 1, CE 2, AE 2, CR 3");
}

TEST_F(SessionTest, keeps_to_original_mode_when_nobody_said_otherwise) {
  start();
  say(frame(asking("1", "AL", "AL")));
  EXPECT_EQ(answers(), "AA 1");
}

// What the one answer that was heard says of each message, and of itself.
std::string batch_answer(const std::string& heard) {
  Framer framer(1'000'000);
  framer.feed(heard);
  const auto event = framer.next();
  if (!event || framer.next()) return "not one frame";
  const auto file = hl7::split_batch(event->bytes);
  std::string all(file.batches.empty() ? "no batch" : file.batches[0].header.substr(0, 16));
  for (const auto& batch : file.batches) {
    for (const auto ack : batch.messages) {
      const auto answer = hl7::read_answer(ack);
      all += answer ? ", " + answer->code + " " + answer->message_id : ", ?";
    }
    all.append(", ").append(batch.trailer);
  }
  return all;
}

TEST_F(SessionTest, answers_a_batch_with_a_batch_and_one_bad_message_does_not_take_the_others) {
  start();
  intake.receipts.resize(1);
  intake.receipts[0].kind = Receipt::Kind::committed;
  intake.refuse_next(FaultCode::rejected);
  say(frame("BHS|^~\\&|PAS|H|LAB|W|20260101||||B7\r" + message("1") + message("2") + message("3") + "BTS|3\r"));
  ASSERT_EQ(intake.taken.size(), 3U);
  EXPECT_EQ(intake.taken[1].bytes.view(), message("2"));
  EXPECT_EQ(batch_answer(heard), "BHS|^~\\&|LAB|W|P, AA 1, AE 2, AA 3, BTS|3");
  EXPECT_EQ(incidents(), "");
}

TEST_F(SessionTest, gives_each_message_of_a_batch_the_headers_of_its_batch) {
  start();
  say(frame("FHS|^~\\&|PAS\rBHS|^~\\&|PAS|H||||||||B7\r" + message("1") + "BTS|1\rBHS|^~\\&|PAS|H||||||||B8\r" +
            message("2") + "BTS|1\rFTS|2\r"));
  say(frame(message("3")));
  ASSERT_EQ(intake.taken.size(), 3U);
  EXPECT_EQ(intake.taken[0].batch, "FHS|^~\\&|PAS\rBHS|^~\\&|PAS|H||||||||B7\r");
  EXPECT_EQ(intake.taken[1].batch, "FHS|^~\\&|PAS\rBHS|^~\\&|PAS|H||||||||B8\r");
  EXPECT_EQ(intake.taken[2].batch, "");
}

// A stream whose peer is known by its certificate.
class KnownStream final : public net::Stream {
 public:
  explicit KnownStream(std::unique_ptr<net::Stream> lower) : lower_(std::move(lower)) {}
  Task<std::expected<std::size_t, net::StreamError>> read_some(std::span<char> into, Duration limit) override {
    return lower_->read_some(into, limit);
  }
  Task<std::expected<void, net::StreamError>> write_all(std::string_view bytes, Duration limit) override {
    return lower_->write_all(bytes, limit);
  }
  void close() override { lower_->close(); }
  const std::string& peer() const override { return lower_->peer(); }
  std::string certified_name() const override { return "pas.example"; }

 private:
  std::unique_ptr<net::Stream> lower_;
};

TEST_F(SessionTest, says_whose_certificate_the_peer_has) {
  auto [ours, theirs] = net::make_memory_pair(loop);
  peer = std::move(theirs);
  session = std::make_unique<Session>(loop, std::make_unique<KnownStream>(std::move(ours)), settings, intake, ids);
  spawn(run());
  say(frame(message("1")));
  say(frame("BHS|^~\\&|PAS\r" + message("2") + "BTS|1\r"));
  ASSERT_EQ(intake.taken.size(), 2U);
  EXPECT_EQ(intake.taken[0].facts, "user=11:pas.example\n");
  EXPECT_EQ(intake.taken[1].facts, "user=11:pas.example\n");
}

TEST_F(SessionTest, says_nothing_of_who_the_peer_is_when_it_is_not_known) {
  start();
  say(frame(message("1")));
  ASSERT_EQ(intake.taken.size(), 1U);
  EXPECT_EQ(intake.taken[0].facts, "");
}

TEST_F(SessionTest, asks_for_the_sequence_number_and_answers_with_the_expected_one) {
  settings.sequence = MllpSettings::Sequence::hold;
  start();
  Receipt receipt;
  receipt.expected = "8";
  intake.receipts.push_back(receipt);
  say(frame(message("1")));
  ASSERT_EQ(intake.taken.size(), 1U);
  EXPECT_TRUE(intake.taken[0].sequenced);
  EXPECT_TRUE(heard.contains("\rMSA|AE|1||8\r")) << heard;
}

TEST_F(SessionTest, takes_nothing_of_a_batch_that_is_not_whole) {
  start();
  const auto batch = "BHS|^~\\&|PAS|H|LAB|W|20260101||||B7\r" + message("1") + "BTS|2\r";
  say(frame(batch));
  EXPECT_TRUE(intake.taken.empty());
  EXPECT_EQ(batch_answer(heard), "BHS|^~\\&|LAB|W|P, AR 1, BTS|1|The batch does not have what its trailer says");
  EXPECT_EQ(incidents(), "batch_incomplete(" + batch + ")");
}

TEST_F(SessionTest, answers_no_acknowledgement_inside_a_batch) {
  start();
  say(frame("BHS|^~\\&|PAS\rMSH|^~\\&|A|B|||||ACK|1|P|2.5\rMSA|AA|9\rBTS|1\r"));
  EXPECT_EQ(intake.taken.size(), 1U);
  EXPECT_EQ(batch_answer(heard), "BHS|^~\\&|||PAS||, BTS|0");
}

}  // namespace
}  // namespace myelin::mllp
