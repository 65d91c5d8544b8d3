// What a person is told, when, and how often: on the virtual clock.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/base/event.h"
#include "engine/runtime/alerts.h"
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

std::int64_t count_of(std::string_view name) {
  for (const auto& event : event_counts())
    if (event.name == name) return event.count;
  return -1;
}

class Alerting : public ::testing::Test, public World {
 protected:
  void start(std::vector<AlertRule> rules, std::shared_ptr<const OpeningHours> open = nullptr) {
    auto plan = make_plan();
    auto route = route_to("lab", peer);
    route.alerts = std::move(rules);
    route.open = std::move(open);
    route.notify["on-call"].speaks_hl7 = speaks_hl7;
    route.notify["on-call"].connect = [this](Loop&) { return std::make_unique<ScriptedDestination>(told); };
    plan->routes.push_back(std::move(route));
    alerts.use({plan});
    apply(plan);
    spawn(alerts.run(stop_.get_token()));
    raised_before = count_of("alert_raised");
    cleared_before = count_of("alert_cleared");
  }
  ~Alerting() override {
    stop_.request_stop();
    loop.run_ready();
  }
  std::int64_t raised() const { return count_of("alert_raised") - raised_before; }
  std::int64_t cleared() const { return count_of("alert_cleared") - cleared_before; }

  Peer peer, told;
  bool speaks_hl7 = false;
  Alerts alerts{loop, *store};

 private:
  std::int64_t raised_before = 0, cleared_before = 0;
  std::stop_source stop_;
};

AlertRule late(Duration age, std::string notify = {}) {
  return AlertRule{AlertRule::Kind::oldest, age, Severity::critical, std::move(notify)};
}
AlertRule parked(std::string notify = {}) {
  return AlertRule{AlertRule::Kind::parked, {}, Severity::warning, std::move(notify)};
}

TEST_F(Alerting, wakes_nobody_because_the_peer_is_closed) {
  start({late(minutes(15))}, std::make_shared<OpensAt>(World::kStart + hours(10)));
  peer.script.assign(1000, down());
  send(adt("1"));
  loop.advance(hours(10) + minutes(14));
  EXPECT_EQ(raised(), 0);
  loop.advance(minutes(2));
  EXPECT_EQ(raised(), 1);
}

TEST_F(Alerting, says_once_that_a_message_has_waited_too_long_and_once_that_it_is_over) {
  start({late(minutes(15))});
  peer.script.assign(100, down());
  send(adt("1"));
  loop.advance(minutes(14));
  EXPECT_EQ(raised(), 0);
  EXPECT_TRUE(alerts.view().empty());
  loop.advance(minutes(3));
  EXPECT_EQ(raised(), 1);
  ASSERT_EQ(alerts.view().size(), 1U);
  EXPECT_EQ(alerts.view()[0].route, "lab");
  EXPECT_EQ(alerts.view()[0].count, 1);
  loop.advance(minutes(30));
  EXPECT_EQ(raised(), 1);
  peer.script.clear();
  loop.advance(minutes(10));
  EXPECT_EQ(cleared(), 1);
  EXPECT_TRUE(alerts.view().empty());
}

TEST_F(Alerting, says_it_of_each_message_that_is_parked) {
  start({parked()});
  peer.script = {refused("AE"), accepted(), refused("AE")};
  send(adt("1"));
  loop.advance(seconds(11));
  EXPECT_EQ(raised(), 1);
  send(adt("2"));
  send(adt("3"));
  loop.advance(seconds(11));
  EXPECT_EQ(raised(), 2);
  EXPECT_EQ(alerts.view().at(0).count, 2);
  for (const auto& delivery : list(State::parked)) run(host->discard(delivery.id, Person{"anna", "no longer wanted"}));
  loop.advance(seconds(11));
  EXPECT_EQ(cleared(), 1);
}

TEST_F(Alerting, says_nothing_of_what_the_channel_does_not_want_to_be_told) {
  start({});
  peer.script = {refused("AE")};
  send(adt("1"));
  loop.advance(hours(1));
  EXPECT_EQ(raised(), 0);
}

TEST_F(Alerting, watches_each_route_unless_it_is_told_otherwise) {
  start(Route().alerts);
  peer.script = {refused("AE")};
  send(adt("1"));
  loop.advance(seconds(11));
  EXPECT_EQ(raised(), 1);
}

TEST_F(Alerting, tells_a_connection_that_speaks_hl7_alone_in_hl7) {
  speaks_hl7 = true;
  start({parked("on-call")});
  peer.script = {refused("AE")};
  send(adt("1"));
  loop.advance(seconds(11));
  ASSERT_EQ(told.received.size(), 1U);
  auto tree = hl7::Tree::parse(Bytes(told.received[0]));
  ASSERT_TRUE(tree) << told.received[0];
  EXPECT_EQ(tree->text(hl7::Spot{0, 9, 1, 2, 0}), "N02");
  EXPECT_EQ(tree->text(hl7::Spot{1, 2, 1, 1, 0}), "adt/lab");
  EXPECT_TRUE(
      tree->text(hl7::Spot{2, 3, 1, 1, 0}).starts_with("raised warning: channel adt, route lab: parked, 1 mess"))
      << told.received[0];
  EXPECT_EQ(told.received[0].find("Berg"), std::string::npos);
}

TEST_F(Alerting, tells_the_connection_when_it_begins_and_when_it_is_over_and_nothing_of_the_message) {
  start({parked("on-call")});
  peer.script = {refused("AE")};
  send(adt("1"));
  loop.advance(seconds(11));
  ASSERT_EQ(told.received.size(), 1U);
  EXPECT_NE(told.received[0].find(R"("alert":"parked","state":"raised","severity":"warning","channel":"adt")"),
            std::string::npos);
  EXPECT_EQ(told.received[0].find("Berg"), std::string::npos);
  for (const auto& delivery : list(State::parked)) run(host->discard(delivery.id, Person{"anna", "no longer wanted"}));
  loop.advance(seconds(11));
  ASSERT_EQ(told.received.size(), 2U);
  EXPECT_NE(told.received[1].find(R"("state":"cleared")"), std::string::npos);
}

TEST_F(Alerting, goes_on_telling_a_connection_that_cannot_be_reached) {
  start({parked("on-call")});
  told.script = {down(), down()};
  peer.script = {refused("AE")};
  send(adt("1"));
  loop.advance(minutes(2));
  EXPECT_EQ(told.received.size(), 3U);
}

}  // namespace
}  // namespace myelin::runtime
