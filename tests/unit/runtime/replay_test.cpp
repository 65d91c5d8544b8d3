// Duplicates that are kept, and messages that a person sends again.
#include <gtest/gtest.h>

#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

class Replaying : public ::testing::Test, public World {
 protected:
  void start(std::shared_ptr<const KeyReader> fields = nullptr) {
    auto plan = make_plan();
    plan->routes.push_back(route_to("lab", lab));
    plan->routes.push_back(route_to("archive", archive));
    plan->duplicates.fields = std::move(fields);
    apply(plan);
  }
  Result<int> replay(MessageId id, std::string route = {}) {
    auto deliveries = run(host->replay(id, std::move(route), Person{"anna", "the lab lost it"}));
    loop.advance(seconds(1));
    return deliveries;
  }
  Trace trace(MessageId id) {
    auto found = run(store->trace(loop, id));
    EXPECT_TRUE(found);
    return found ? std::move(*found) : Trace{};
  }
  SearchPage all() {
    auto page = run(store->search(loop, SearchQuery{}));
    EXPECT_TRUE(page);
    return page ? std::move(*page) : SearchPage{};
  }

  Peer lab, archive;
};

class ControlId final : public KeyReader {
 public:
  std::vector<std::string> values(const Body& body) const override {
    return {body.hl7() ? body.hl7()->text(hl7::Spot{0, 10, 1, 1, 0}) : std::string()};
  }
};

TEST_F(Replaying, keeps_a_duplicate_before_it_repeats_the_answer_and_does_not_forward_it) {
  start();
  const auto first = send(adt("1"));
  const auto second = send(adt("1"));
  EXPECT_EQ(second.kind, Receipt::Kind::duplicate);
  EXPECT_EQ(second.id, first.id);
  const auto stored = all();
  ASSERT_EQ(stored.messages.size(), 2U);
  EXPECT_EQ(trace(stored.messages[0].message.id).duplicate_of, first.id);
  loop.advance(seconds(1));
  EXPECT_EQ(lab.received.size(), 1U);
}

TEST_F(Replaying, refuses_a_duplicate_that_it_cannot_keep) {
  start();
  send(adt("1"));
  static_cast<MemoryStore&>(*store).refuse_appends(Fault{FaultCode::disk_reserve, "full", {}, {}});
  const auto second = send(adt("1"));
  EXPECT_EQ(second.kind, Receipt::Kind::refused);
  static_cast<MemoryStore&>(*store).refuse_appends({});
  EXPECT_EQ(send(adt("1")).kind, Receipt::Kind::duplicate);
}

TEST_F(Replaying, forwards_a_duplicate_when_a_person_says_so) {
  start();
  send(adt("1"));
  send(adt("1"));
  const auto duplicate = all().messages.at(0).message.id;
  const auto deliveries = replay(duplicate);
  ASSERT_TRUE(deliveries);
  EXPECT_EQ(*deliveries, 2);
  EXPECT_EQ(lab.received.size(), 2U);
  EXPECT_EQ(archive.received.size(), 2U);
}

TEST_F(Replaying, sends_what_was_delivered_again_to_one_route_alone) {
  start();
  const auto first = send(adt("1"));
  loop.advance(seconds(1));
  ASSERT_TRUE(replay(first.id, "lab"));
  EXPECT_EQ(lab.received.size(), 2U);
  EXPECT_EQ(archive.received.size(), 1U);
  const auto found = trace(first.id);
  ASSERT_EQ(found.deliveries.size(), 3U);
  EXPECT_EQ(found.deliveries[2].state, State::delivered);
}

TEST_F(Replaying, says_that_no_route_wants_it) {
  start();
  const auto first = send(adt("1"));
  const auto none = replay(first.id, "nowhere");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, FaultCode::wrong_state);
  EXPECT_EQ(replay(MessageId{77}).error().code, FaultCode::not_found);
}

TEST_F(Replaying, takes_messages_for_the_same_by_the_fields_that_the_channel_names) {
  start(std::make_shared<ControlId>());
  send(adt("1"));
  EXPECT_EQ(send(adt("1", "A08")).kind, Receipt::Kind::duplicate);
  EXPECT_EQ(send(adt("2", "A08")).kind, Receipt::Kind::committed);
}

TEST_F(Replaying, knows_them_again_after_a_restart) {
  start(std::make_shared<ControlId>());
  const auto first = send(adt("1"));
  run(host->drain(seconds(1)));
  restart();
  start(std::make_shared<ControlId>());
  EXPECT_EQ(send(adt("1", "A08")).id, first.id);
}

}  // namespace
}  // namespace myelin::runtime
