// The sequence number protocol as a sender speaks it, around a peer that follows a script.
#include "adapters/mllp/numbered.h"

#include <gtest/gtest.h>

#include <deque>

#include "engine/base/virtual_loop.h"
#include "engine/hl7/ack.h"

namespace myelin::mllp {
namespace {

constexpr std::string_view kMessage = "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|M1|P|2.5\rPID|1\r";

// What the peer says to each message: "AA 5" (MSA-1 and 4), "" for no answer. And what it got: MSH-13, "5" or "0
// alone".
struct Peer {
  std::deque<std::string> says;
  std::vector<std::string> got;
};

class ScriptedPeer final : public Destination {
 public:
  explicit ScriptedPeer(Peer& peer) : peer_(peer) {}
  Task<Outcome> send(const Outbound& outbound) override {
    const auto header = hl7::read_header(outbound.bytes.view());
    const bool alone = !outbound.bytes.view().contains("PID");
    peer_.got.push_back(std::string(header->sequence) + (alone ? " alone" : ""));
    const auto word = peer_.says.empty() ? std::string() : peer_.says.front();
    if (!peer_.says.empty()) peer_.says.pop_front();
    Outcome outcome;
    outcome.kind = Outcome::Kind::unknown;
    outcome.fault = Fault{FaultCode::no_answer, {}, {}, {}};
    if (word.empty()) co_return outcome;
    outcome.code = word.substr(0, 2);
    const bool good = outcome.code == "AA";
    outcome.kind = good ? Outcome::Kind::accepted : Outcome::Kind::refused;
    outcome.fault.reset();
    if (!good) outcome.fault = Fault{FaultCode::refused_ae, {}, {}, {}};
    hl7::AckFacts facts;
    facts.code = outcome.code;
    facts.id = "A";
    const auto expected = word.size() > 3 ? word.substr(3) : std::string();
    facts.expected = expected;
    outcome.response = Bytes(hl7::make_ack(outbound.bytes.view(), facts));
    co_return outcome;
  }
  void close() override {}

 private:
  Peer& peer_;
};

class Numbered : public ::testing::Test {
 protected:
  void begin(bool resynchronise = false) {
    destination = std::make_unique<NumberedDestination>(loop, std::make_unique<ScriptedPeer>(peer), resynchronise);
  }
  // "accepted 5", "refused out_of_sequence"
  std::string send(std::int64_t last, bool in_doubt = false) {
    Outbound outbound;
    outbound.bytes = Bytes(std::string(kMessage));
    outbound.sequence = last;
    outbound.in_doubt = in_doubt;
    std::string told;
    spawn(keep(destination->send(outbound), told));
    loop.run_ready();
    return told;
  }
  static Task<void> keep(Task<Outcome> sending, std::string& told) {
    const auto outcome = co_await sending;
    constexpr std::array<std::string_view, 4> kKinds = {"accepted", "refused", "unknown", "unreachable"};
    told = kKinds[static_cast<std::size_t>(outcome.kind)];
    if (outcome.sequence != 0) told += " " + std::to_string(outcome.sequence);
    if (outcome.fault) told += " " + std::string(entry(outcome.fault->code).name);
  }
  using Got = std::vector<std::string>;

  VirtualLoop loop{WallTime(std::chrono::hours(24 * 365 * 56))};
  Peer peer;
  std::unique_ptr<NumberedDestination> destination;
};

TEST(Number, stands_in_msh_13_and_changes_nothing_else) {
  EXPECT_EQ(with_number(kMessage, 7), "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|M1|P|2.5|7\rPID|1\r");
  EXPECT_EQ(with_number("MSH*^~\\&*A***********x*8859/1\nPID*1", 12), "MSH*^~\\&*A**********12*x*8859/1\nPID*1");
  EXPECT_EQ(with_number("\xEF\xBB\xBFMSH|^~\\&|A", -1), "\xEF\xBB\xBFMSH|^~\\&|A||||||||||-1");
  EXPECT_EQ(header_alone(kMessage, 0, "X"), "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|X|P|2.5|0\r");
}

TEST_F(Numbered, begins_with_0_and_counts_on_from_what_the_peer_expects) {
  begin();
  peer.says = {"AA -1", "AA 1", "AA 2", "AA 3"};
  EXPECT_EQ(send(0), "accepted 1");
  EXPECT_EQ(send(1), "accepted 2");
  EXPECT_EQ(send(2), "accepted 3");
  EXPECT_EQ(peer.got, (Got{"0 alone", "1", "2", "3"}));
  begin();  // after a restart
  peer.says = {"AA 4", "AA 4"};
  EXPECT_EQ(send(3), "accepted 4");
}

TEST_F(Numbered, takes_over_the_number_of_a_peer_that_knows_one_already) {
  begin();
  peer.says = {"AA 41", "AA 41"};
  EXPECT_EQ(send(0), "accepted 41");
}

TEST_F(Numbered, does_not_send_twice_what_had_arrived_when_its_answer_was_lost) {
  begin();
  peer.says = {"AA 6", "", "AA 7"};
  EXPECT_EQ(send(5), "unknown no_answer");
  EXPECT_EQ(send(5, true), "accepted 6");
  EXPECT_EQ(peer.got, (Got{"0 alone", "6", "0 alone"}));
  peer.says = {"AA 7"};
  EXPECT_EQ(send(6), "accepted 7");
}

TEST_F(Numbered, knows_that_also_of_the_first_message_of_all) {
  begin();
  peer.says = {"AA -1", "", "AA 2"};
  EXPECT_EQ(send(0), "unknown no_answer");
  EXPECT_EQ(send(0, true), "accepted 1");
}

TEST_F(Numbered, sends_again_what_had_not_arrived) {
  begin();
  peer.says = {"AA 6", "", "AA 6", "AA 6"};
  EXPECT_EQ(send(5), "unknown no_answer");
  EXPECT_EQ(send(5, true), "accepted 6");
  EXPECT_EQ(peer.got, (Got{"0 alone", "6", "0 alone", "6"}));
}

TEST_F(Numbered, gives_the_number_of_a_refused_message_to_the_next) {
  begin();
  peer.says = {"AA 3", "AE 3", "AA 3"};
  EXPECT_EQ(send(2), "refused refused_ae");
  EXPECT_EQ(send(2), "accepted 3");
  EXPECT_EQ(peer.got, (Got{"0 alone", "3", "3"}));
}

TEST_F(Numbered, stops_where_the_peer_expects_another_number) {
  begin();
  peer.says = {"AA 9"};
  EXPECT_EQ(send(5), "refused out_of_sequence");
  peer.says = {"AA 7"};  // one more than we know, and nothing is in doubt
  EXPECT_EQ(send(5), "refused out_of_sequence");
  peer.says = {"AA"};
  EXPECT_EQ(send(5), "refused out_of_sequence");
  peer.says = {"AA 6", "AE 2"};
  EXPECT_EQ(send(5), "refused out_of_sequence");
  EXPECT_EQ(peer.got, (Got{"0 alone", "0 alone", "0 alone", "0 alone", "6"}));
}

TEST_F(Numbered, begins_anew_with_minus_1_where_it_may) {
  begin(true);
  peer.says = {"AA 2", "AA -1", "AA 6"};
  EXPECT_EQ(send(5), "accepted 6");
  EXPECT_EQ(peer.got, (Got{"0 alone", "-1 alone", "6"}));
  peer.says = {"AE 3"};
  EXPECT_EQ(send(6), "unreachable out_of_sequence");  // once more, and from the beginning
  peer.says = {"AA 3", "AA -1", "AA 7"};
  EXPECT_EQ(send(6), "accepted 7");
}

TEST_F(Numbered, reaches_nobody_when_the_first_question_has_no_answer) {
  begin();
  peer.says = {""};
  EXPECT_EQ(send(5), "unreachable no_answer");
}

}  // namespace
}  // namespace myelin::mllp
