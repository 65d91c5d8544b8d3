#include "engine/runtime/host.h"

#include "tests/unit/runtime/quiet_source.h"
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

// A source that only says what became of it.
struct HostTest : testing::Test {
  Peer lab;
  Peer other;
  Listening listening;
  World world;  // last: it drains into the peers when it ends

  std::shared_ptr<Plan> plan(const std::string& hash, const std::string& fingerprint = "here") {
    auto made = make_plan(hash);
    made->routes.push_back(route_to("lab", lab));
    made->source_fingerprint = fingerprint;
    made->listen = [this](Loop& loop) { return std::make_unique<QuietSource>(loop, listening); };
    return made;
  }
};

TEST_F(HostTest, leaves_an_unchanged_channel_alone) {
  world.apply(plan("one"));
  const auto report = world.apply(plan("one"));
  EXPECT_EQ(report.unchanged, std::vector<std::string>{"adt"});
  EXPECT_EQ(listening.opened, 1);
  EXPECT_EQ(lab.connections, 1);
}

TEST_F(HostTest, keeps_the_listener_open_when_only_the_steps_changed) {
  world.apply(plan("one"));
  const auto report = world.apply(plan("two"));
  EXPECT_EQ(report.changed, std::vector<std::string>{"adt"});
  EXPECT_EQ(listening.opened, 1);
  EXPECT_EQ(listening.running, 1);
  EXPECT_EQ(lab.connections, 2);
}

TEST_F(HostTest, listens_anew_where_the_source_changed) {
  world.apply(plan("one"));
  world.apply(plan("two", "there"));
  EXPECT_EQ(listening.opened, 2);
  EXPECT_EQ(listening.running, 1);
}

TEST_F(HostTest, stops_a_removed_channel_and_keeps_its_queue) {
  lab.script = {down(), down(), down()};
  world.apply(plan("one"));
  world.send(adt("1"));
  const auto report = world.run(world.host->apply({}));
  EXPECT_EQ(report.removed, std::vector<std::string>{"adt"});
  EXPECT_EQ(listening.running, 0);
  EXPECT_EQ(world.list(State::queued).size(), 1U);
  world.apply(plan("one"));
  world.loop.advance(minutes(5));
  EXPECT_EQ(world.list().size(), 0U);
}

TEST_F(HostTest, delivers_with_the_new_plan_what_the_old_one_left) {
  lab.script = {down()};
  world.apply(plan("one"));
  world.send(adt("1"));
  auto next = make_plan("two");
  next->routes.push_back(route_to("lab", other));
  world.apply(next);
  world.loop.advance(seconds(5));
  EXPECT_EQ(other.control_ids(), std::vector<std::string>{"1"});
}

TEST_F(HostTest, reports_a_port_in_use_and_tries_again_by_itself) {
  listening.busy = true;
  const auto report = world.apply(plan("one"));
  ASSERT_EQ(report.faults.size(), 1U);
  EXPECT_EQ(report.faults[0].channel, "adt");
  EXPECT_EQ(report.faults[0].fault.code, FaultCode::port_in_use);
  EXPECT_EQ(world.run(world.host->view()).at(0).state, "failed");
  listening.busy = false;
  world.loop.advance(seconds(11));
  EXPECT_EQ(world.run(world.host->view()).at(0).state, "running");
}

TEST_F(HostTest, names_a_channel_that_is_down_in_each_reload_and_tries_it_at_once) {
  listening.busy = true;
  const auto same = plan("one");
  world.apply(same);
  auto report = world.apply(same);
  EXPECT_EQ(report.unchanged, std::vector<std::string>{"adt"});
  ASSERT_EQ(report.faults.size(), 1U);
  EXPECT_EQ(report.faults[0].channel, "adt");
  EXPECT_EQ(report.faults[0].fault.code, FaultCode::port_in_use);
  listening.busy = false;
  report = world.apply(same);
  EXPECT_TRUE(report.faults.empty());
  EXPECT_EQ(world.run(world.host->view()).at(0).state, "running");
}

TEST_F(HostTest, a_paused_channel_takes_nothing_and_delivers_what_waits) {
  lab.script = {down()};
  world.apply(plan("one"));
  world.send(adt("1"));
  auto paused = plan("two");
  paused->paused = true;
  world.apply(paused);
  EXPECT_EQ(listening.running, 0);
  world.loop.advance(seconds(5));
  EXPECT_EQ(lab.control_ids(), (std::vector<std::string>{"1", "1"}));
}

TEST_F(HostTest, routes_a_released_message_that_a_shared_step_had_stopped) {
  auto broken = plan("one");
  bool mended = false;
  broken->steps.push_back(std::make_shared<FunctionStep>([&mended](Body&) {
    Verdict verdict;
    if (!mended) verdict.kind = Verdict::Kind::park, verdict.reason = "look at it";
    return verdict;
  }));
  world.apply(broken);
  const auto id = DeliveryId::of(world.send(adt("1")).id, 0);
  EXPECT_TRUE(world.run(world.host->retry(id, Person{"anna", "still broken"})));
  EXPECT_EQ(world.delivery(id).state, State::parked);
  mended = true;
  EXPECT_TRUE(world.run(world.host->retry(id, Person{"anna", "mended"})));
  world.loop.advance(seconds(1));
  EXPECT_EQ(lab.control_ids(), std::vector<std::string>{"1"});
  EXPECT_TRUE(world.list().empty());
}

TEST_F(HostTest, says_no_to_what_it_does_not_know) {
  world.apply(plan("one"));
  const auto missing = world.run(world.host->retry(DeliveryId{77}, Person{"anna", ""}));
  EXPECT_EQ(missing.error().code, FaultCode::not_found);
  EXPECT_EQ(world.run(world.host->accept("nowhere", Received{})).fault->code, FaultCode::not_found);
}

}  // namespace
}  // namespace myelin::runtime
