#include "tests/conformance/adapters/source_conformance.h"

#include <stop_token>

#include "tests/conformance/adapters/fake_intake.h"
#include "tests/unit/net/on_loop.h"

namespace myelin::test {
namespace {

using net::test::run;

// A source that runs, and the intake behind it.
class Running {
 public:
  explicit Running(MakeSourceHarness make) : harness(make(loop)), source(harness->make(loop)) {
    const auto opened = source->open();
    EXPECT_TRUE(opened) << to_string(opened.error());
    spawn(run_source());
  }
  ~Running() {
    intake.release();
    run(loop, stop_and_wait());
  }
  Task<void> run_source() {
    co_await source->run(intake, stop.get_token());
    ended = true;
    on_end.notify();
  }
  // Another source where the first one was.
  void succeed() {
    run(loop, stop_and_wait());
    source = harness->make(loop);
    const auto opened = source->open();
    EXPECT_TRUE(opened) << to_string(opened.error());
    stop = std::stop_source();
    ended = false;
    spawn(run_source());
  }
  Task<void> stop_and_wait() {
    stop.request_stop();
    while (!ended) co_await on_end.wait();
  }
  std::string offer(const std::string& message) { return run(loop, harness->offer(source->address(), message)); }

  net::AsioLoop loop;
  FakeIntake intake{loop};
  std::unique_ptr<SourceHarness> harness;
  std::unique_ptr<Source> source;
  std::stop_source stop;
  Wakeup on_end{loop};
  bool ended = false;
};

TEST_P(SourceConformance, hands_over_each_message_byte_for_byte_with_its_peer) {
  Running running(GetParam());
  EXPECT_EQ(running.offer(running.harness->message(1)), "taken");
  EXPECT_EQ(running.offer(running.harness->message(2)), "taken");
  ASSERT_EQ(running.intake.taken.size(), 2U);
  EXPECT_EQ(running.intake.taken[0].bytes.view(), running.harness->message(1));
  EXPECT_EQ(running.intake.taken[1].bytes.view(), running.harness->message(2));
  EXPECT_NE(running.intake.taken[0].peer, "");
}

TEST_P(SourceConformance, tells_a_refusal_as_a_refusal_and_goes_on) {
  Running running(GetParam());
  running.intake.refuse_next(FaultCode::rejected);
  running.intake.refuse_next(FaultCode::store_failed);
  EXPECT_EQ(running.offer(running.harness->message(1)), "refused");
  EXPECT_EQ(running.offer(running.harness->message(1)), "refused");
  EXPECT_EQ(running.offer(running.harness->message(1)), "taken");
}

TEST_P(SourceConformance, tells_a_duplicate_as_taken) {
  Running running(GetParam());
  Receipt duplicate;
  duplicate.kind = Receipt::Kind::duplicate;
  duplicate.id = MessageId{5};
  running.intake.receipts = {duplicate};
  EXPECT_EQ(running.offer(running.harness->message(1)), "taken");
}

TEST_P(SourceConformance, says_taken_only_after_the_intake_did) {
  Running running(GetParam());
  running.intake.held = true;
  bool committed = false;
  running.intake.on_taken = [&] {
    running.loop.after(milliseconds(5), [&] {
      committed = true;
      running.intake.release();
    });
  };
  EXPECT_EQ(running.offer(running.harness->message(1)), "taken");
  EXPECT_TRUE(committed);
}

TEST_P(SourceConformance, takes_the_next_of_a_peer_only_after_the_one_before) {
  Running running(GetParam());
  running.intake.held = true;
  std::size_t waiting = 0;
  running.intake.on_taken = [&] {
    if (running.intake.taken.size() > 1) return;
    running.loop.after(milliseconds(5), [&] {
      waiting = running.intake.taken.size();
      running.intake.release();
    });
  };
  auto two =
      running.harness->offer_two(running.source->address(), running.harness->message(1), running.harness->message(2));
  EXPECT_EQ(run(running.loop, std::move(two)), "taken taken");
  EXPECT_EQ(waiting, 1U);
  EXPECT_EQ(running.intake.taken[1].bytes.view(), running.harness->message(2));
}

TEST_P(SourceConformance, reports_what_never_became_a_message) {
  Running running(GetParam());
  if (!run(running.loop, running.harness->break_off(running.source->address(), running.harness->message(1)))) return;
  EXPECT_EQ(running.offer(running.harness->message(2)), "taken");
  EXPECT_EQ(running.intake.taken.size(), 1U);
  ASSERT_EQ(running.intake.incidents.size(), 1U);
  EXPECT_FALSE(running.intake.incidents[0].bytes.empty());
}

TEST_P(SourceConformance, stop_finishes_what_is_in_flight) {
  Running running(GetParam());
  running.intake.held = true;
  running.intake.on_taken = [&] {
    running.stop.request_stop();
    running.loop.after(milliseconds(5), [&] { running.intake.release(); });
  };
  EXPECT_EQ(running.offer(running.harness->message(1)), "taken");
  run(running.loop, running.stop_and_wait());
  EXPECT_EQ(running.intake.taken.size(), 1U);
}

TEST_P(SourceConformance, takes_nothing_after_stop) {
  Running running(GetParam());
  run(running.loop, running.stop_and_wait());
  EXPECT_EQ(running.offer(running.harness->message(1)), "lost");
  EXPECT_TRUE(running.intake.taken.empty());
}

TEST_P(SourceConformance, stops_though_a_peer_says_nothing_more) {
  Running running(GetParam());
  if (!run(running.loop, running.harness->hang(running.source->address(), running.harness->message(1)))) return;
  EXPECT_EQ(running.offer(running.harness->message(2)), "taken");
  run(running.loop, running.stop_and_wait());
  EXPECT_TRUE(running.ended);
  EXPECT_EQ(running.intake.taken.size(), 1U);
}

TEST_P(SourceConformance, a_successor_opens_where_its_predecessor_was_and_takes_nothing_again) {
  Running running(GetParam());
  EXPECT_EQ(running.offer(running.harness->message(1)), "taken");
  running.succeed();
  EXPECT_EQ(running.offer(running.harness->message(2)), "taken");
  ASSERT_EQ(running.intake.taken.size(), 2U);
  EXPECT_EQ(running.intake.taken[1].bytes.view(), running.harness->message(2));
}

TEST_P(SourceConformance, offers_again_or_lets_offer_again_what_the_store_had_no_room_for) {
  Running running(GetParam());
  running.intake.refuse_next(FaultCode::disk_reserve);
  EXPECT_EQ(running.offer(running.harness->message(1)), "refused");
  EXPECT_EQ(running.offer(running.harness->message(1)), "taken");
  EXPECT_TRUE(running.intake.incidents.empty());
}

}  // namespace
}  // namespace myelin::test
