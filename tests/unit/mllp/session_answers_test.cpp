// What a source answers: the modes of acknowledgement, batches, sequence numbers.
#include "engine/hl7/batch.h"
#include "tests/unit/mllp/session_fixture.h"

namespace myelin::mllp {
namespace {

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

std::string batch_of_three() {
  return "BHS|^~\\&|PAS|H|LAB|W|20260101||||B7\r" + message("1") + message("2") + message("3") + "BTS|3\r";
}

TEST_F(SessionTest, takes_nothing_of_a_batch_behind_a_message_that_it_cannot_take_now) {
  start();
  intake.receipts.resize(1);
  intake.receipts[0].kind = Receipt::Kind::committed;
  intake.refuse_next(FaultCode::disk_reserve);
  say(frame(batch_of_three()));
  EXPECT_EQ(intake.taken.size(), 2U);
  EXPECT_EQ(batch_answer(heard), "BHS|^~\\&|LAB|W|P, AA 1, AE 2, AE 3, BTS|3");
}

TEST_F(SessionTest, commits_no_batch_of_which_something_was_not_stored) {
  settings.commit_blocks = true;
  start();
  intake.receipts.resize(1);
  intake.receipts[0].kind = Receipt::Kind::committed;
  intake.refuse_next(FaultCode::disk_reserve);
  say(frame(batch_of_three()));
  EXPECT_EQ(heard, "\x0b\x15\x1c\r");
  heard.clear();
  intake.refuse_next(FaultCode::rejected);  // is kept, as an incident
  say(frame(batch_of_three()));
  EXPECT_TRUE(
      heard.starts_with("\x0b\x06\x1c\r\x0b"
                        "BHS|"))
      << heard;
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
