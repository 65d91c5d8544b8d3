// Routes with `duplicates`, which send nothing twice, and with `keep`, which remember what they sent.
#include <gtest/gtest.h>

#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {
namespace {

class Sex final : public KeyReader {
 public:
  std::vector<std::string> values(const Body& body) const override {
    return {body.hl7() ? body.hl7()->text(hl7::Spot{2, 8, 1, 1, 0}) : std::string()};
  }
};

class Repeats : public ::testing::Test, public World {
 protected:
  // The channel itself lets everything through.
  std::shared_ptr<Plan> plan(std::shared_ptr<const KeyReader> fields = nullptr) {
    auto made = make_plan();
    made->duplicates.window = Duration::zero();
    auto route = route_to("lab", lab);
    route.duplicates = DuplicatePolicy{hours(1), std::move(fields)};
    made->routes.push_back(std::move(route));
    made->routes.push_back(route_to("archive", archive));
    return made;
  }
  Receipt give(const std::string& message, Duration then = seconds(1)) {
    auto receipt = send(message);
    loop.advance(then);
    return receipt;
  }
  Delivery of_lab(MessageId id) { return delivery(DeliveryId::of(id, 0)); }
  Result<int> replay(MessageId id) {
    auto deliveries = run(host->replay(id, "lab", Person{"anna", "the lab lost it"}));
    loop.advance(seconds(1));
    return deliveries;
  }

  Peer lab, archive;
};

TEST_F(Repeats, sends_the_same_once_within_the_window_and_says_what_it_repeats) {
  apply(plan());
  const auto first = give(adt("1"));
  const auto second = give(adt("1"));
  EXPECT_EQ(lab.received.size(), 1U);
  EXPECT_EQ(archive.received.size(), 2U);
  EXPECT_EQ(of_lab(first.id).state, State::delivered);
  EXPECT_EQ(of_lab(second.id).state, State::filtered);
  EXPECT_EQ(of_lab(second.id).detail, "a duplicate: the peer got the same with message " + to_string(first.id));
  give(adt("2"));
  EXPECT_EQ(lab.received.size(), 2U);
}

TEST_F(Repeats, forgets_after_the_window) {
  apply(plan());
  give(adt("1"), minutes(61));
  give(adt("1"));
  EXPECT_EQ(lab.received.size(), 2U);
}

TEST_F(Repeats, compares_what_is_sent_and_not_what_came) {
  auto made = plan();
  made->routes[0].steps.push_back(std::make_shared<FunctionStep>([](Body& body) {
    EXPECT_TRUE(body.hl7()->write_text(hl7::Spot{2, 8, 1, 1, 0}, "U"));
    return Verdict{};
  }));
  apply(made);
  give(adt("1", "A01", "F"));
  give(adt("1", "A01", "M"));
  EXPECT_EQ(lab.received.size(), 1U);
  EXPECT_EQ(archive.received.size(), 2U);
}

TEST_F(Repeats, compares_the_fields_that_it_is_told_to) {
  apply(plan(std::make_shared<Sex>()));
  give(adt("1", "A01", "F"));
  give(adt("2", "A01", "F"));
  give(adt("3", "A01", "M"));
  EXPECT_EQ(lab.control_ids(), (std::vector<std::string>{"1", "3"}));
}

TEST_F(Repeats, sends_all_that_has_none_of_the_fields) {
  apply(plan(std::make_shared<Sex>()));
  give(adt("1", "A01", ""));
  give(adt("2", "A01", ""));
  EXPECT_EQ(lab.received.size(), 2U);
}

TEST_F(Repeats, does_not_count_what_the_peer_refused) {
  apply(plan());
  lab.script = {refused("AE")};
  give(adt("1"));
  give(adt("1"));
  EXPECT_EQ(lab.received.size(), 2U);
}

TEST_F(Repeats, sends_what_a_person_sends_again_the_first_and_the_duplicate) {
  apply(plan());
  const auto first = give(adt("1"));
  const auto second = give(adt("1"));
  ASSERT_TRUE(replay(first.id));
  EXPECT_EQ(lab.received.size(), 2U);
  ASSERT_TRUE(replay(second.id));
  EXPECT_EQ(lab.received.size(), 3U);
}

TEST_F(Repeats, knows_after_a_restart_and_after_a_reload_what_was_sent) {
  apply(plan());
  const auto first = give(adt("1"), minutes(20));
  run(host->drain(seconds(1)));
  restart();
  apply(plan());
  const auto second = give(adt("1"), minutes(20));
  EXPECT_EQ(of_lab(second.id).detail, "a duplicate: the peer got the same with message " + to_string(first.id));
  auto changed = plan();
  changed->hash = "two";
  apply(changed);
  give(adt("1"), minutes(21));
  EXPECT_EQ(lab.received.size(), 1U);
  give(adt("1"));  // an hour after the first
  EXPECT_EQ(lab.received.size(), 2U);
}

TEST_F(Repeats, keeps_what_was_sent_when_it_is_told_to) {
  auto made = plan();
  made->routes[0].keeps_sent = true;
  apply(made);
  lab.script = {no_answer(), accepted()};
  const auto receipt = give(adt("1"), minutes(5));
  ASSERT_EQ(of_lab(receipt.id).state, State::delivered);
  const auto kept = run(store->rendered(loop, DeliveryId::of(receipt.id, 0)));
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((*kept)->view(), adt("1"));
  const auto other = run(store->rendered(loop, DeliveryId::of(receipt.id, 1)));
  EXPECT_TRUE(other && !*other);
}

}  // namespace
}  // namespace myelin::runtime
