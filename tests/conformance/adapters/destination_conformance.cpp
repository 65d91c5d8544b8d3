#include "tests/conformance/adapters/destination_conformance.h"

#include "tests/unit/net/on_loop.h"

namespace myelin::test {
namespace {

using net::test::run;
using Act = DestinationHarness::Act;
using Kind = Outcome::Kind;

class Line {
 public:
  explicit Line(MakeDestinationHarness make) : harness(make(loop)), destination(harness->make(loop)) {}
  ~Line() {
    destination.reset();
    if (!left) run(loop, harness->leave());
  }
  void peer_leaves() {
    left = true;
    run(loop, harness->leave());
  }
  Task<Outcome> sending(int number) {
    Outbound outbound;
    outbound.bytes = Bytes(harness->message(number));
    auto outcome = destination->send(outbound);
    co_return co_await outcome;
  }
  Outcome send(int number) { return run(loop, sending(number)); }

  net::AsioLoop loop;
  std::unique_ptr<DestinationHarness> harness;
  std::unique_ptr<Destination> destination;
  bool left = false;
};

TEST_P(DestinationConformance, delivers_the_bytes_unchanged_and_in_order) {
  Line line(GetParam());
  for (int i = 1; i <= 3; ++i) {
    const auto outcome = line.send(i);
    EXPECT_EQ(outcome.kind, Kind::accepted);
    EXPECT_FALSE(outcome.fault);
    EXPECT_NE(outcome.code, "");
  }
  ASSERT_EQ(line.harness->received.size(), 3U);
  for (int i = 1; i <= 3; ++i)
    EXPECT_EQ(line.harness->received[static_cast<std::size_t>(i - 1)], line.harness->message(i));
}

TEST_P(DestinationConformance, reports_a_refusal_with_code_fault_and_answer) {
  Line line(GetParam());
  line.harness->acts = {Act::refuse};
  const auto outcome = line.send(1);
  EXPECT_EQ(outcome.kind, Kind::refused);
  EXPECT_TRUE(outcome.fault);
  EXPECT_NE(outcome.code, "");
  EXPECT_EQ(outcome.response.empty(), !line.harness->answers());
  EXPECT_EQ(line.send(2).kind, Kind::accepted);
}

TEST_P(DestinationConformance, does_not_know_what_became_of_a_message_whose_answer_did_not_come) {
  Line line(GetParam());
  if (!line.harness->can(Act::hang_up)) return;
  line.harness->acts = {Act::hang_up};
  const auto outcome = line.send(1);
  EXPECT_EQ(outcome.kind, Kind::unknown);
  EXPECT_TRUE(outcome.fault);
  EXPECT_TRUE(outcome.response.empty());
  EXPECT_EQ(line.send(1).kind, Kind::accepted);
  EXPECT_EQ(line.harness->received.size(), 2U);
}

TEST_P(DestinationConformance, waits_for_an_answer_only_so_long) {
  Line line(GetParam());
  if (!line.harness->can(Act::say_nothing)) return;
  line.harness->acts = {Act::say_nothing};
  const auto outcome = line.send(1);
  EXPECT_EQ(outcome.kind, Kind::unknown);
  ASSERT_TRUE(outcome.fault);
  EXPECT_EQ(outcome.fault->code, FaultCode::no_answer);
  EXPECT_EQ(line.send(2).kind, Kind::accepted);
}

// NGC #1441, #2070: an answer that came late was credited to the message after it.
TEST_P(DestinationConformance, credits_no_message_with_the_late_answer_of_another) {
  Line line(GetParam());
  if (!line.harness->can(Act::answer_late)) return;
  line.harness->acts = {Act::answer_late, Act::say_nothing};
  EXPECT_EQ(line.send(1).kind, Kind::unknown);
  EXPECT_EQ(line.send(2).kind, Kind::unknown);
  EXPECT_EQ(line.send(3).kind, Kind::accepted);
}

TEST_P(DestinationConformance, connects_when_it_must_and_keeps_its_session) {
  Line line(GetParam());
  if (!line.harness->sessions()) return;
  EXPECT_EQ(line.harness->sessions(), 0);
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(line.send(i).kind, Kind::accepted);
  line.harness->acts = {Act::refuse};
  EXPECT_EQ(line.send(4).kind, Kind::refused);
  EXPECT_EQ(line.harness->sessions(), 1);
  line.harness->acts = {Act::say_nothing};
  EXPECT_EQ(line.send(5).kind, Kind::unknown);
  EXPECT_EQ(line.send(5).kind, Kind::accepted);
  EXPECT_EQ(line.harness->sessions(), 2);
}

TEST_P(DestinationConformance, is_certain_that_nothing_reached_a_peer_that_is_not_there) {
  Line line(GetParam());
  if (!line.harness->can_leave()) return;
  line.peer_leaves();
  const auto outcome = line.send(1);
  EXPECT_EQ(outcome.kind, Kind::unreachable);
  EXPECT_TRUE(outcome.fault);
  EXPECT_TRUE(line.harness->received.empty());
}

TEST_P(DestinationConformance, close_ends_a_send_in_flight_and_the_next_one_begins_anew) {
  Line line(GetParam());
  if (!line.harness->can(Act::say_nothing)) return;
  line.harness->acts = {Act::say_nothing};
  line.harness->on_received = [&] { line.destination->close(); };
  EXPECT_EQ(line.send(1).kind, Kind::unknown);
  line.harness->on_received = nullptr;
  EXPECT_EQ(line.send(2).kind, Kind::accepted);
}

TEST_P(DestinationConformance, close_may_be_called_before_the_first_send_and_twice) {
  Line line(GetParam());
  line.destination->close();
  line.destination->close();
  EXPECT_EQ(line.send(1).kind, Kind::accepted);
}

}  // namespace
}  // namespace myelin::test
