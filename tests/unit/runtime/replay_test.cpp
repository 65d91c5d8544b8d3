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

TEST_F(Replaying, says_which_routes_there_are_where_there_is_none_of_the_name) {
  start();
  const auto first = send(adt("1"));
  const auto none = replay(first.id, "nowhere");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, FaultCode::bad_request);
  EXPECT_EQ(none.error().detail, "channel adt has no route nowhere; there is archive, lab");
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

// What is refused; its types can be changed.
class Refusing : public Replaying {
 protected:
  void accept(const std::string& type, const std::string& hash) {
    auto plan = make_plan(hash);
    plan->accept.types = {type};
    plan->routes.push_back(route_to("lab", lab));
    apply(plan);
  }
  Result<Receipt> give_again(MessageId id) {
    auto receipt = run(host->give_again(id, Person{"anna", "accept has it now"}));
    loop.advance(seconds(1));
    return receipt;
  }
  KeptIncident incident(MessageId id) {
    auto found = run(store->incident(loop, id));
    EXPECT_TRUE(found);
    return found.value_or(KeptIncident());
  }
};

TEST_F(Refusing, names_the_incident_and_gives_it_to_the_channel_again_when_a_person_says_so) {
  accept("ADT^A03", "one");
  Received received{Bytes(adt("1")), "10.0.0.1:4000"};
  received.facts = "file=5:a.hl7\n";
  const auto refused = run(host->accept("adt", std::move(received)));
  ASSERT_EQ(refused.kind, Receipt::Kind::refused);
  const auto kept = incident(refused.incident);
  EXPECT_TRUE(kept.whole);
  EXPECT_EQ(kept.bytes.view(), adt("1"));

  const auto still = give_again(kept.id);
  ASSERT_TRUE(still);
  EXPECT_EQ(still->kind, Receipt::Kind::refused);
  EXPECT_EQ(still->fault->code, FaultCode::type_not_accepted);
  EXPECT_EQ(run(store->counts(loop))->refused, 1) << "it is not kept twice";

  accept("ADT^A01", "two");
  const auto taken = give_again(kept.id);
  ASSERT_TRUE(taken);
  ASSERT_EQ(taken->kind, Receipt::Kind::committed);
  EXPECT_EQ(lab.control_ids(), std::vector<std::string>{"1"});
  const auto message = trace(taken->id);
  EXPECT_EQ(message.incident, kept.id);
  EXPECT_EQ(message.message.peer, "10.0.0.1:4000");
  EXPECT_EQ(message.message.facts, "file=5:a.hl7\n");
  EXPECT_EQ(incident(kept.id).taken_as, taken->id);
  EXPECT_EQ(incident(kept.id).note, "given again by anna: accept has it now");
  const auto twice = give_again(kept.id);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, FaultCode::wrong_state);
  EXPECT_NE(twice.error().detail.find(to_string(taken->id)), std::string::npos);
}

TEST_F(Refusing, of_what_its_sender_sent_again_meanwhile_makes_a_duplicate) {
  accept("ADT^A03", "one");
  const auto refused = send(adt("1"));
  accept("ADT^A01", "two");
  const auto sent = send(adt("1"));
  const auto given = give_again(refused.incident);
  ASSERT_TRUE(given);
  EXPECT_EQ(given->kind, Receipt::Kind::duplicate);
  EXPECT_EQ(given->id, sent.id);
  EXPECT_EQ(lab.control_ids(), std::vector<std::string>{"1"});
  EXPECT_NE(incident(refused.incident).taken_as, MessageId{});
}

TEST_F(Refusing, gives_nothing_again_that_may_be_part_of_a_message) {
  accept("ADT^A01", "one");
  Incident torn{Fault{FaultCode::frame_incomplete, {}, {}, {}}, "peer", Bytes(adt("1"))};
  store->keep(MessageId{5}, "adt", loop.wall(), std::move(torn));
  const auto given = give_again(MessageId{5});
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, FaultCode::wrong_state);
  const auto nothing = give_again(MessageId{6});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, FaultCode::not_found);
  EXPECT_TRUE(lab.received.empty());
}

TEST_F(Refusing, names_no_incident_where_the_sender_is_to_send_the_same_again) {
  accept("ADT^A01", "one");
  static_cast<MemoryStore&>(*store).refuse_appends(Fault{FaultCode::disk_reserve, "full", {}, {}});
  EXPECT_EQ(send(adt("1")).incident, MessageId{});
  EXPECT_EQ(run(store->counts(loop))->refused, 0);
}

}  // namespace
}  // namespace myelin::runtime
