// Several deliveries of one route: recipients that a formula names, parts of a message, and what waits until somebody
// knows whom it is for.
#include <algorithm>

#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

// MSH-6 says who gets it: "lab+ward".
class FromFacility final : public Recipients {
 public:
  std::string_view route() const override { return "results"; }
  std::vector<std::string> names(const Body& body, const Context&) const override {
    std::vector<std::string> all;
    const auto text = body.hl7()->text(hl7::Spot{0, 6, 1, 1, 1});
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = std::min(text.find('+', begin), text.size());
      all.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return all;
  }
};

// A part for each OBX.
class ByObservation final : public Splitter {
 public:
  int parts(const Body& body, const Context&) const override {
    return std::max(1, static_cast<int>(observations(*body.hl7()).size()));
  }
  Result<Body> part(const Body& body, const Context&, int part) const override {
    Body made(body);
    auto others = observations(*body.hl7());
    if (others.size() > 1) others.erase(others.begin() + part - 1);
    made.hl7()->erase_segments(others);
    (void)made.hl7()->write_text({0, 10, 1, 0, 0}, body.hl7()->text({0, 10, 1, 1, 1}) + "." + std::to_string(part));
    return made;
  }

 private:
  static std::vector<std::uint32_t> observations(const hl7::Tree& tree) {
    std::vector<std::uint32_t> found;
    for (std::uint32_t at = 0; at < tree.segment_count(); ++at)
      if (tree.segment_name(at) == "OBX") found.push_back(at);
    return found;
  }
};

std::string oru(const std::string& control_id, const std::string& to, int observations = 1) {
  auto text = "MSH|^~\\&|LIS|WEST|MYELIN|" + to + "|20261121080000||ORU^R01|" + control_id +
              "|P|2.5.1\rPID|1||4711^^^WEST^MR||Berg^Ada\rOBR|1\r";
  for (int at = 1; at <= observations; ++at) text += "OBX|" + std::to_string(at) + "|NM|NA||141\r";
  return text;
}

class SeveralRecipients : public ::testing::Test {
 protected:
  std::shared_ptr<Plan> plan(const std::string& hash, const std::vector<std::string>& recipients,
                             bool on_demand = false) {
    auto made = make_plan(hash);
    const auto reader = std::make_shared<FromFacility>();
    for (const auto& name : recipients) {
      auto route = route_to("results:" + name, peers[name]);
      route.destination = name;
      route.recipients = reader;
      route.on_demand = on_demand;
      made->routes.push_back(std::move(route));
    }
    return made;
  }

  std::vector<std::string> rows() {
    std::vector<std::string> all;
    for (const auto& state : kStates)
      for (const auto& row : world.list(state.state))
        all.push_back(to_string(row.id).substr(to_string(row.id).find('.')) + " " + row.lane.route +
                      piece_text(row.piece) + " " + std::string(name_of(row.state)) + " " + row.fault);
    std::ranges::sort(all);
    return all;
  }
  DeliveryId parked() { return world.list(State::parked).at(0).id; }

  std::map<std::string, Peer> peers;
  World world;
};

TEST_F(SeveralRecipients, get_one_delivery_each_on_lanes_of_their_own) {
  world.apply(plan("one", {"lab", "ward", "archive"}));
  peers["lab"].script = {down(), down(), down()};
  world.send(oru("A", "lab+ward"));
  world.send(oru("B", "ward"));
  world.loop.advance(milliseconds(20));
  EXPECT_EQ(peers["ward"].control_ids(), (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(peers["archive"].received.size(), 0U);
  EXPECT_EQ(rows(), (std::vector<std::string>{".0 results:lab queued M0401", ".0 results:ward delivered ",
                                              ".1 results:ward delivered "}));
}

TEST_F(SeveralRecipients, are_fixed_when_the_message_is_stored) {
  world.apply(plan("one", {"lab", "ward"}));
  peers["lab"].script = {down()};
  world.send(oru("A", "lab"));
  auto changed = plan("two", {"lab", "ward"});
  changed->steps.push_back(std::make_shared<FunctionStep>([](Body& body) {
    (void)body.hl7()->write_text({0, 6, 1, 0, 0}, "ward");
    return Verdict{};
  }));
  world.apply(changed);
  world.loop.advance(minutes(1));
  EXPECT_EQ(peers["lab"].received.size(), 2U);
  EXPECT_EQ(peers["ward"].received.size(), 0U);
}

TEST_F(SeveralRecipients, that_are_unknown_wait_and_the_others_do_not) {
  world.apply(plan("one", {"lab", "ward"}));
  world.send(oru("A", "lab+clinic+ward"));
  world.loop.advance(milliseconds(20));
  EXPECT_EQ(rows(), (std::vector<std::string>{".0 results:lab delivered ", ".1 results:ward delivered ",
                                              ".2 results parked M0320"}));
}

TEST_F(SeveralRecipients, that_become_known_get_it_and_nobody_gets_it_twice) {
  world.apply(plan("one", {"lab", "ward"}));
  world.send(oru("A", "lab+clinic+ward"));
  world.loop.advance(milliseconds(20));
  ASSERT_TRUE(world.run(world.host->retry(parked(), {"anna", "still wrong"})));
  world.loop.advance(milliseconds(20));
  EXPECT_EQ(world.list(State::parked).at(0).fault, "M0320");

  world.apply(plan("two", {"lab", "clinic", "ward"}));
  ASSERT_TRUE(world.run(world.host->retry(parked(), {"anna", "clinic added"})));
  world.loop.advance(milliseconds(20));
  EXPECT_EQ(rows(), (std::vector<std::string>{".0 results:lab delivered ", ".1 results:ward delivered ",
                                              ".3 results:clinic delivered "}));
  EXPECT_EQ(peers["lab"].received.size(), 1U);
}

TEST_F(SeveralRecipients, stand_and_go_on_all_by_the_name_of_the_route) {
  for (const bool on_demand : {false, true}) {
    world.apply(plan(on_demand ? "demand" : "fixed", {"lab", "ward"}, on_demand));
    const LaneKey route{"adt", "results", ""};
    ASSERT_TRUE(world.run(world.host->hold_lane(route, {"anna", "the line is down"})));
    peers["lab"].received.clear();
    peers["ward"].received.clear();
    world.send(oru(on_demand ? "C" : "A", "lab+ward"));
    world.loop.advance(minutes(1));
    EXPECT_TRUE(peers["lab"].received.empty());
    EXPECT_TRUE(peers["ward"].received.empty());
    ASSERT_TRUE(world.run(world.host->release_lane(route, {"anna", "it is up"})));
    world.loop.advance(milliseconds(20));
    EXPECT_EQ(peers["lab"].received.size(), 1U);
    EXPECT_EQ(peers["ward"].received.size(), 1U);
    EXPECT_TRUE(world.run(world.store->stopped_lanes(world.loop))->empty());
  }
}

TEST_F(SeveralRecipients, named_by_nobody_park_the_message) {
  world.apply(plan("one", {"lab"}));
  world.send(oru("A", ""));
  world.loop.advance(milliseconds(20));
  EXPECT_EQ(rows(), (std::vector<std::string>{".0 results parked M0321"}));
}

TEST_F(SeveralRecipients, have_a_lane_only_when_a_message_names_them) {
  world.apply(plan("one", {"lab", "ward"}, true));
  EXPECT_EQ(world.run(world.host->view()).at(0).lanes.size(), 0U);
  peers["ward"].script = {down()};
  world.send(oru("A", "ward"));
  ASSERT_EQ(world.run(world.host->view()).at(0).lanes.size(), 1U);
  world.run(world.host->drain(seconds(1)));
  world.restart();
  world.apply(plan("one", {"lab", "ward"}, true));
  world.loop.advance(minutes(1));
  EXPECT_EQ(peers["ward"].received.size(), 2U) << "after a restart its lane is there because something waits";
}

TEST_F(SeveralRecipients, named_while_a_reload_waits_are_served_after_it) {
  world.apply(plan("one", {"lab"}, true));
  auto applying = world.host->apply({plan("two", {"lab"}, true)});
  world.send(oru("A", "lab"));
  world.run(std::move(applying));
  world.loop.advance(milliseconds(20));
  EXPECT_EQ(peers["lab"].received.size(), 1U);
}

class Parts : public SeveralRecipients {
 protected:
  std::shared_ptr<Plan> split_plan(const std::string& hash, bool split = true) {
    auto made = make_plan(hash);
    auto route = route_to("lab", peers["lab"]);
    if (split) route.split = std::make_shared<ByObservation>();
    made->routes.push_back(std::move(route));
    return made;
  }
};

TEST_F(Parts, go_in_their_order_each_with_an_id_of_its_own) {
  world.apply(split_plan("one"));
  world.send(oru("A", "", 3));
  world.send(oru("B", "", 1));
  world.loop.advance(milliseconds(20));
  EXPECT_EQ(peers["lab"].control_ids(), (std::vector<std::string>{"A.1", "A.2", "A.3", "B"}));
  EXPECT_EQ(rows(), (std::vector<std::string>{".0 lab delivered ", ".0 lab part 1 of 3 delivered ",
                                              ".1 lab part 2 of 3 delivered ", ".2 lab part 3 of 3 delivered "}));
}

TEST_F(Parts, are_parked_alone) {
  world.apply(split_plan("one"));
  peers["lab"].script = {accepted(), refused("AE")};
  world.send(oru("A", "", 3));
  world.loop.advance(milliseconds(20));
  EXPECT_EQ(rows(), (std::vector<std::string>{".0 lab part 1 of 3 delivered ", ".1 lab part 2 of 3 parked M0404",
                                              ".2 lab part 3 of 3 delivered "}));
  ASSERT_TRUE(world.run(world.host->retry(parked(), {"anna", "again"})));
  world.loop.advance(milliseconds(20));
  EXPECT_EQ(peers["lab"].control_ids().back(), "A.2");
}

TEST_F(Parts, are_repeated_byte_for_byte_after_a_restart) {
  world.apply(split_plan("one"));
  peers["lab"].script = {accepted(), no_answer()};
  world.send(oru("A", "", 2));
  world.loop.advance(milliseconds(5));
  world.run(world.host->drain(seconds(1)));
  world.restart();
  world.apply(split_plan("one"));
  world.loop.advance(minutes(1));
  ASSERT_EQ(peers["lab"].received.size(), 3U);
  EXPECT_EQ(peers["lab"].received[1], peers["lab"].received[2]);
}

TEST_F(Parts, that_a_changed_configuration_does_not_know_any_more_are_parked_unsent) {
  world.apply(split_plan("one"));
  peers["lab"].script = {down()};
  world.send(oru("A", "", 2));
  world.apply(split_plan("two", false));
  world.loop.advance(minutes(1));
  EXPECT_EQ(rows(), (std::vector<std::string>{".0 lab part 1 of 2 parked M0322", ".1 lab part 2 of 2 parked M0322"}));
}

TEST_F(Parts, beyond_what_a_message_may_make_leave_it_whole_and_waiting) {
  world.apply(split_plan("one"));
  world.send(oru("A", "", 1000));
  world.loop.advance(seconds(2));
  EXPECT_EQ(peers["lab"].received.size(), 1000U);
  world.send(oru("B", "", 1001));
  ASSERT_EQ(world.list(State::parked).size(), 1U);
  EXPECT_EQ(world.list(State::parked).at(0).lane.route, "");
  EXPECT_EQ(world.list(State::parked).at(0).fault, "M0323");
}

// Makes the second message, with the id of the first and "-2", unless the first ends in Z.
class Second final : public Step {
 public:
  Verdict apply(Body& body, Context& context) const override {
    const auto id = body.hl7()->text({0, 10, 1, 1, 1});
    if (context.piece.also != 1 || id.ends_with('Z')) return {};
    (void)body.hl7()->write_text({0, 10, 1, 0, 0}, id + "-2");
    return {Verdict::Kind::taken, {}, {}};
  }
  std::string_view name() const override { return "also"; }
  std::string_view place() const override { return "test.yaml:1:1"; }
};

TEST_F(Parts, have_their_second_messages_right_behind_them) {
  auto made = split_plan("one");
  made->routes[0].also = 1;
  made->routes[0].steps.push_back(std::make_shared<Second>());
  world.apply(made);
  peers["lab"].script = {accepted(), no_answer(), accepted(), refused("AE")};
  world.send(oru("A", "", 2));
  world.send(oru("Z", ""));
  world.loop.advance(minutes(1));
  EXPECT_EQ(peers["lab"].control_ids(), (std::vector<std::string>{"A.1", "A.1-2", "A.1-2", "A.2", "A.2-2", "Z"}));
  EXPECT_EQ(peers["lab"].received[1], peers["lab"].received[2]);
  EXPECT_EQ(rows(),
            (std::vector<std::string>{".0 lab delivered ", ".0 lab part 1 of 2 delivered ", ".1 lab also 1 filtered ",
                                      ".1 lab part 1 of 2 also 1 delivered ", ".2 lab part 2 of 2 parked M0404",
                                      ".3 lab part 2 of 2 also 1 delivered "}));
}

using Renamed = SeveralRecipients;

TEST_F(Renamed, routes_keep_their_queue_its_order_and_what_a_person_stopped) {
  auto old = make_plan("one");
  old->routes.push_back(route_to("lab", peers["lab"]));
  world.apply(old);
  peers["lab"].script = {accepted(), refused("AE"), down()};
  for (const auto* id : {"A", "B", "C", "D"}) world.send(oru(id, ""));
  world.loop.advance(milliseconds(20));
  ASSERT_TRUE(world.run(world.host->hold_lane({"adt", "lab", ""}, {"anna", "new address"})));

  auto renamed = make_plan("two");
  renamed->routes.push_back(route_to("laboratory", peers["laboratory"]));
  renamed->routes.back().was = "lab";
  world.apply(renamed);
  world.loop.advance(minutes(1));
  EXPECT_EQ(peers["laboratory"].received.size(), 0U) << "it is still stopped";
  world.send(oru("E", ""));
  ASSERT_TRUE(world.run(world.host->release_lane({"adt", "laboratory", ""}, {"anna", "there"})));
  world.loop.advance(minutes(1));
  EXPECT_EQ(peers["laboratory"].control_ids(), (std::vector<std::string>{"C", "D", "E"}));
  EXPECT_EQ(rows(),
            (std::vector<std::string>{".0 lab delivered ", ".0 laboratory delivered ", ".0 laboratory delivered ",
                                      ".0 laboratory delivered ", ".0 laboratory parked M0404"}));
}

TEST_F(Renamed, routes_with_several_recipients_keep_each_queue_and_what_has_none) {
  world.apply(plan("one", {"lab", "ward"}));
  peers["lab"].script = {down()};
  world.send(oru("A", "lab+clinic"));
  auto renamed = plan("two", {"lab", "clinic"});
  for (auto& route : renamed->routes) {
    route.was = "former" + route.name.substr(std::string("results").size());
    ASSERT_TRUE(route.was.starts_with("former:"));
  }
  EXPECT_EQ(world.list(State::parked).at(0).lane.route, "results");
  ASSERT_TRUE(world.run(world.store->adopt(world.loop, {"adt", "results", ""}, {"adt", "former", ""})));
  ASSERT_TRUE(world.run(world.store->adopt(world.loop, {"adt", "results:lab", ""}, {"adt", "former:lab", ""})));
  world.apply(renamed);
  world.loop.advance(minutes(1));
  EXPECT_EQ(rows(), (std::vector<std::string>{".0 results:lab delivered ", ".1 results parked M0320"}));
}

TEST_F(Renamed, channels_keep_their_queues_after_a_reload_and_after_a_restart) {
  for (const bool restart : {false, true}) {
    for (auto& [name, peer] : peers) peer.received.clear();
    auto old = make_plan("one");
    old->routes.push_back(route_to("lab", peers["lab"]));
    world.apply(old);
    peers["lab"].script = {down()};
    world.send(oru(restart ? "B" : "A", ""));
    world.loop.advance(milliseconds(20));
    auto renamed = make_plan("two");
    renamed->channel = "admissions";
    renamed->was = "adt";
    renamed->routes.push_back(route_to("lab", peers["lab"]));
    if (restart) {
      world.run(world.host->drain(seconds(1)));
      world.restart();
    }
    world.apply(renamed);
    world.loop.advance(minutes(1));
    EXPECT_EQ(peers["lab"].received.size(), 2U);
    EXPECT_EQ(world.list().size(), 0U);
    EXPECT_EQ(world.list(State::delivered).back().lane.channel, "admissions");
    world.apply(make_plan("three"));
  }
}

TEST_F(Renamed, routes_that_are_gone_for_good_keep_their_queue_held_and_visible) {
  auto old = make_plan("one");
  old->routes.push_back(route_to("lab", peers["lab"]));
  world.apply(old);
  peers["lab"].script = {down()};
  world.send(oru("A", ""));
  world.apply(make_plan("two"));
  world.loop.advance(minutes(5));
  EXPECT_EQ(rows(), (std::vector<std::string>{".0 lab queued M0401"}));
  world.apply(old);
  world.loop.advance(minutes(5));
  EXPECT_EQ(rows(), (std::vector<std::string>{".0 lab delivered "}));
}

// Shared steps that fault, park or hold: nothing is routed until the configuration is mended and a person releases it;
// then all recipients and all parts take its place.
TEST_F(Parts, of_several_recipients_take_the_place_of_what_was_not_yet_routed) {
  for (const auto kind : {Verdict::Kind::fault, Verdict::Kind::park, Verdict::Kind::hold}) {
    for (auto& [name, peer] : peers) peer.received.clear();
    const auto hash = std::to_string(static_cast<int>(kind));
    const auto with_parts = [&](const std::string& name) {
      auto made = plan(name, {"lab", "ward"});
      for (auto& route : made->routes) route.split = std::make_shared<ByObservation>();
      return made;
    };
    auto broken = with_parts("broken" + hash);
    broken->steps.push_back(std::make_shared<FunctionStep>([kind](Body&) { return Verdict{kind, "not now", {}}; }));
    world.apply(broken);
    const auto receipt = world.send(oru("A" + hash, "lab+ward", 2));
    EXPECT_EQ(receipt.kind, Receipt::Kind::committed);
    const auto waiting = DeliveryId::of(receipt.id, 0);
    ASSERT_EQ(world.delivery(waiting).lane.route, "");
    ASSERT_TRUE(world.run(world.host->retry(waiting, {"anna", "too early"})));
    EXPECT_NE(world.delivery(waiting).state, State::queued);
    EXPECT_EQ(peers["lab"].received.size(), 0U);

    world.apply(with_parts("mended" + hash));
    ASSERT_TRUE(world.run(world.host->retry(waiting, {"anna", "mended"})));
    world.loop.advance(milliseconds(20));
    const std::vector<std::string> parts{"A" + hash + ".1", "A" + hash + ".2"};
    EXPECT_EQ(peers["lab"].control_ids(), parts);
    EXPECT_EQ(peers["ward"].control_ids(), parts);
    EXPECT_EQ(world.run(world.store->trace(world.loop, receipt.id))->deliveries.size(), 4U);
  }
}

}  // namespace
}  // namespace myelin::runtime
