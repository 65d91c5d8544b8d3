// What a process that ended uncleanly may have sent: marked for good, and repeated as it went, whatever comes between.
#include <gtest/gtest.h>

#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

struct DoubtTest : testing::Test {
  Peer lab, archive;
  World world;  // last: it drains into the peers when it ends

  // `text`: what its step writes into MSH-5.
  std::shared_ptr<Plan> plan(const std::string& text, bool open, const std::string& route = "lab") {
    auto made = make_plan(text + route + (open ? " open" : " closed"));
    made->routes.push_back(route_to(route, lab));
    made->routes.back().steps.push_back(std::make_shared<FunctionStep>([text](Body& body) {
      EXPECT_TRUE(body.hl7()->write_text(hl7::Spot{0, 5, 1, 1, 0}, text));
      return Verdict{};
    }));
    if (!open) made->routes.back().open = std::make_shared<OpensAt>(World::kStart + hours(48));
    return made;
  }
  std::vector<DeliveryId> send(int count) {
    std::vector<DeliveryId> ids;
    for (int n = 1; n <= count; ++n) ids.push_back(DeliveryId::of(world.send(adt(std::to_string(n))).id, 0));
    return ids;
  }
  void stop(bool clean) {
    world.run(world.host->drain(seconds(1)));
    world.restart();
    dynamic_cast<MemoryStore&>(*world.store).set_unclean(!clean);
  }
  void start(const std::shared_ptr<const Plan>& plan, const std::shared_ptr<const Plan>& former = nullptr) {
    std::vector<std::shared_ptr<const Plan>> ran;
    if (former) ran.push_back(former);
    EXPECT_TRUE(world.run(world.host->prepare(std::move(ran))));
    world.apply(plan);
    world.loop.advance(milliseconds(100));
  }
  int marked(const std::vector<DeliveryId>& ids) {
    return static_cast<int>(
        std::ranges::count_if(ids, [&](DeliveryId id) { return world.delivery(id).possible_duplicate; }));
  }
  // The values of MSH-5 that the peer got.
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const auto& bytes : lab.received) {
      const auto tree = hl7::Tree::parse(Bytes(bytes));
      all.push_back(tree->text(hl7::Spot{0, 5, 1, 1, 0}));
    }
    return all;
  }
};

TEST_F(DoubtTest, keeps_its_marks_across_an_orderly_stop) {
  start(plan("A", false));
  const auto ids = send(3);
  stop(false);
  start(plan("A", false));
  EXPECT_EQ(marked(ids), 3) << "on the disk before anything is sent";
  stop(true);
  start(plan("A", true));
  EXPECT_EQ(lab.received.size(), 3U);
  EXPECT_EQ(marked(ids), 3);
}

TEST_F(DoubtTest, marks_nothing_that_came_after_the_crash) {
  start(plan("A", false));
  const auto ids = send(1);
  stop(false);
  start(plan("A", false));
  const auto later = DeliveryId::of(world.send(adt("later")).id, 0);
  stop(true);
  start(plan("A", true));
  EXPECT_EQ(marked(ids), 1);
  EXPECT_FALSE(world.delivery(later).possible_duplicate);
}

TEST_F(DoubtTest, keeps_its_marks_when_the_route_is_renamed) {
  start(plan("A", false));
  const auto ids = send(3);
  stop(false);
  start(plan("A", false));
  auto renamed = plan("A", true, "laboratory");
  renamed->routes[0].was = "lab";
  world.apply(renamed);
  world.loop.advance(milliseconds(100));
  EXPECT_EQ(lab.received.size(), 3U);
  EXPECT_EQ(marked(ids), 3);
}

TEST_F(DoubtTest, marks_what_a_route_had_sent_that_was_away_after_the_crash) {
  start(plan("A", false));
  const auto ids = send(3);
  stop(false);
  start(plan("A", true, "other"));
  stop(true);
  start(plan("A", true));
  EXPECT_EQ(lab.received.size(), 3U);
  EXPECT_EQ(marked(ids), 3);
}

TEST_F(DoubtTest, marks_what_a_route_had_sent_that_a_person_holds) {
  start(plan("A", false));
  const auto ids = send(3);
  EXPECT_TRUE(world.run(world.host->hold_lane(LaneKey{"adt", "lab", ""}, Person{"anna", "so"})));
  stop(false);
  start(plan("A", true));
  EXPECT_TRUE(lab.received.empty());
  EXPECT_EQ(marked(ids), 3);
}

TEST_F(DoubtTest, repeats_what_may_have_gone_as_it_went_whatever_the_configuration_says_now) {
  start(plan("A", false));
  send(3);
  stop(false);
  start(plan("B", false), plan("A", false));
  stop(true);
  start(plan("C", true));
  world.send(adt("new"));
  world.loop.advance(milliseconds(100));
  EXPECT_EQ(texts(), (std::vector<std::string>{"A", "A", "A", "C"}));
}

TEST_F(DoubtTest, repeats_what_went_twice_as_it_went_the_first_time) {
  start(plan("A", false));
  const auto ids = send(2);
  stop(false);
  start(plan("B", false), plan("A", false));
  stop(false);
  start(plan("C", true), plan("B", false));
  EXPECT_EQ(texts(), (std::vector<std::string>{"A", "A"}));
}

TEST_F(DoubtTest, renders_anew_what_a_person_releases) {
  start(plan("A", false));
  const auto ids = send(2);
  stop(false);
  start(plan("B", false), plan("A", false));
  const Person anna{"anna", "the step was wrong"};
  EXPECT_TRUE(world.run(world.host->hold(ids[0], anna)));
  EXPECT_TRUE(world.run(world.host->release(ids[0], anna)));
  stop(true);
  start(plan("B", true));
  EXPECT_EQ(texts(), (std::vector<std::string>{"B", "A"}));
  EXPECT_EQ(marked(ids), 2);
}

TEST_F(DoubtTest, only_marks_what_the_former_configuration_cannot_render) {
  start(plan("A", false));
  const auto ids = send(1);
  stop(false);
  auto broken = plan("A", false);
  broken->routes[0].steps = {
      std::make_shared<FunctionStep>([](Body&) { return Verdict{Verdict::Kind::park, "no", {}}; })};
  start(plan("B", true), broken);
  EXPECT_EQ(texts(), std::vector<std::string>{"B"});
  EXPECT_EQ(marked(ids), 1);
}

TEST_F(DoubtTest, does_not_mark_what_waited_for_another_route) {
  auto both = [&](bool open) {
    auto made = plan("A", open);
    made->routes.push_back(route_to("archive", archive));
    made->routes.back().after = "lab";
    return made;
  };
  start(both(false));
  const auto first = send(1)[0];
  stop(false);
  start(both(false));
  stop(true);
  start(both(true));
  world.loop.advance(minutes(2));
  EXPECT_EQ(archive.received.size(), 1U);
  EXPECT_TRUE(world.delivery(first).possible_duplicate);
  EXPECT_FALSE(world.delivery(DeliveryId::of(first.message(), 1)).possible_duplicate);
}

}  // namespace
}  // namespace myelin::runtime
