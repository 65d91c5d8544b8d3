// What every store must do with messages: kept as they came, handed over once, asked about until they are answered.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/store/rules.h"
#include "tests/conformance/store/conformance.h"

namespace myelin::testing {
namespace {

TEST_P(StoreConformance, gives_back_a_message_as_it_was_received) {
  ASSERT_TRUE(append(7, {on(kLane)}, "MSH|^~\\&|A\rPID|1\r"));
  const auto found = await(loop, store->message(loop, MessageId{7}));
  ASSERT_TRUE(found);
  const auto given = message_of(7, {}).message;
  EXPECT_EQ(found->id, given.id);
  EXPECT_EQ(found->channel, given.channel);
  EXPECT_EQ(found->received_at, given.received_at);
  EXPECT_EQ(found->peer, given.peer);
  EXPECT_EQ(found->control_id, given.control_id);
  EXPECT_EQ(found->type, given.type);
  EXPECT_EQ(found->bytes.view(), "MSH|^~\\&|A\rPID|1\r");
  EXPECT_EQ(store->last_id(), MessageId{7});
}

TEST_P(StoreConformance, keeps_the_headers_of_the_batch_with_the_message) {
  auto fresh = message_of(1, {on(kLane)});
  fresh.message.batch = "FHS|^~\\&|A\rBHS|^~\\&|\xFC\r";
  ASSERT_TRUE(append(fresh));
  ASSERT_TRUE(append(2, {on(kLane)}));
  EXPECT_EQ(await(loop, store->message(loop, MessageId{1}))->batch, fresh.message.batch);
  EXPECT_EQ(trace(1).message.batch, fresh.message.batch);
  EXPECT_EQ(trace(2).message.batch, "");
}

TEST_P(StoreConformance, keeps_the_bytes_of_what_is_delivered_only_when_it_is_told_to) {
  ASSERT_TRUE(append(1, {on(kLane), on(kLane), on(kLane)}));
  for (int each = 0; each < 3; ++each) {
    auto again = settled(DeliveryId::of(MessageId{1}, each), State::queued);
    again.rendered = Bytes("tried");
    ASSERT_TRUE(settle(again));
  }
  auto plain = settled(DeliveryId::of(MessageId{1}, 0), State::delivered);
  ASSERT_TRUE(settle(plain));
  auto as_before = settled(DeliveryId::of(MessageId{1}, 1), State::delivered);
  as_before.keep = true;
  ASSERT_TRUE(settle(as_before));
  auto anew = settled(DeliveryId::of(MessageId{1}, 2), State::delivered);
  anew.keep = true;
  anew.rendered = Bytes("sent");
  ASSERT_TRUE(settle(anew));
  const auto stored = [this](int each) {
    return await(loop, store->rendered(loop, DeliveryId::of(MessageId{1}, each))).value();
  };
  EXPECT_EQ(stored(0), std::nullopt);
  EXPECT_EQ(stored(1).value().view(), "tried");
  EXPECT_EQ(stored(2).value().view(), "sent");
}

TEST_P(StoreConformance, keeps_how_the_message_came) {
  auto fresh = message_of(1, {on(kLane)});
  fresh.message.facts = "file=5:\xC3\xBC.hl\nuser=3:a\tb\n";
  ASSERT_TRUE(append(fresh));
  ASSERT_TRUE(append(2, {on(kLane)}));
  EXPECT_EQ(await(loop, store->message(loop, MessageId{1}))->facts, fresh.message.facts);
  EXPECT_EQ(trace(1).message.facts, fresh.message.facts);
  EXPECT_EQ(trace(2).message.facts, "");
}

TEST_P(StoreConformance, marks_the_number_of_a_link_with_what_had_it_or_not_at_all) {
  const auto number = [this](const std::string& link) { return await(loop, store->sequence(loop, link)).value(); };
  EXPECT_EQ(number("in a"), std::nullopt);
  auto fresh = message_of(1, {on(kLane)});
  fresh.sequence = SequenceMark{"in a", 17};
  ASSERT_TRUE(append(fresh));
  fresh.sequence->number = 18;
  EXPECT_FALSE(append(fresh));  // the id is taken: nothing of it is stored
  EXPECT_EQ(number("in a"), 17);
  auto settlement = settled(delivery(1), State::delivered);
  settlement.sequence = SequenceMark{"out a", 4};
  ASSERT_TRUE(settle(settlement));
  EXPECT_EQ(number("out a"), 4);
  settlement.sequence->number = 5;
  EXPECT_FALSE(settle(settlement));
  EXPECT_EQ(number("out a"), 4);
}

TEST_P(StoreConformance, gives_back_bytes_that_are_no_text_and_none_at_all) {
  const std::string strange("\0\xff\x0b\x1c\r'", 6);
  ASSERT_TRUE(append(1, {on(kLane)}, strange));
  ASSERT_TRUE(append(2, {on(kLane)}, ""));
  EXPECT_EQ(trace(1).message.bytes.view(), strange);
  EXPECT_EQ(trace(2).message.bytes.view(), "");
}

TEST_P(StoreConformance, gives_back_big_bodies) {
  const std::string big((5U << 20) / 2, 'x');
  ASSERT_TRUE(append(1, {on(kLane)}, big));
  EXPECT_EQ(trace(1).message.bytes.view(), big);
  EXPECT_EQ(code(append(1, {on(kLane)}, big)), FaultCode::bad_request);
  EXPECT_EQ(trace(1).message.bytes.view(), big);
}

TEST_P(StoreConformance, reads_several_messages_up_to_the_first_that_is_missing_or_the_bytes_that_are_wanted) {
  for (const int id : {1, 2, 4}) ASSERT_TRUE(append(id, {on(kLane)}, "MSH|^~\\&|" + std::to_string(id)));
  const auto read = [this](std::vector<MessageId> ids, std::size_t most_bytes) {
    std::vector<std::int64_t> found;
    const auto messages = await(loop, store->messages(loop, std::move(ids), most_bytes));
    for (const auto& message : *messages) found.push_back(message.id.value);
    return found;
  };
  EXPECT_EQ(read({{2}, {1}, {4}}, 1000), (std::vector<std::int64_t>{2, 1, 4}));
  EXPECT_EQ(read({{1}, {3}, {4}}, 1000), std::vector<std::int64_t>{1});
  EXPECT_EQ(read({{1}, {2}, {4}}, 11), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(read({{1}, {2}}, 0), std::vector<std::int64_t>{1});
}

TEST_P(StoreConformance, does_not_find_what_was_never_stored) {
  EXPECT_EQ(code(await(loop, store->message(loop, MessageId{1}))), FaultCode::not_found);
  EXPECT_EQ(code(await(loop, store->trace(loop, MessageId{1}))), FaultCode::not_found);
  EXPECT_EQ(code(settle(settled(delivery(1), State::delivered))), FaultCode::not_found);
  EXPECT_EQ(code(change(delivery(1), State::held)), FaultCode::not_found);
  EXPECT_EQ(rendered(delivery(1)), "none");
  EXPECT_EQ(store->last_id(), MessageId{0});
}

TEST_P(StoreConformance, refuses_an_id_that_is_taken) {
  ASSERT_TRUE(append(1, {on(kLane)}, "first"));
  EXPECT_EQ(code(append(1, {on(kLane), on(kOther)}, "second")), FaultCode::bad_request);
  EXPECT_EQ(trace(1).message.bytes.view(), "first");
  EXPECT_EQ(trace(1).deliveries.size(), 1U);
}

TEST_P(StoreConformance, stores_as_many_deliveries_as_ordinals_and_no_more) {
  const std::vector<NewDelivery> most(kDeliveriesPerMessage, on(kLane));
  ASSERT_TRUE(append(1, most));
  auto more = most;
  more.push_back(on(kLane));
  EXPECT_EQ(code(append(2, more)), FaultCode::bad_request);
  EXPECT_EQ(trace(1).deliveries.size(), most.size());
  EXPECT_EQ(trace(1).deliveries.back().id.ordinal(), kDeliveriesPerMessage - 1);
}

NewMessage handed_over(std::int64_t id, DeliveryId by, std::string bytes = "MSH|^~\\&|") {
  auto fresh = message_of(id, {on(kOther)}, std::move(bytes));
  fresh.settles = settled(by, State::delivered, 3);
  return fresh;
}

TEST_P(StoreConformance, stores_what_is_handed_over_and_settles_the_delivery_by_which_it_came) {
  ASSERT_TRUE(append(1, {on(kLane)}));
  ASSERT_TRUE(append(handed_over(2, delivery(1))));
  const auto row = trace(1).deliveries.at(0);
  EXPECT_EQ(row.state, State::delivered);
  EXPECT_EQ(row.attempts, 3);
  EXPECT_EQ(state(delivery(2)), State::queued);
  EXPECT_EQ(waiting(kLane), std::vector<DeliveryId>{});
}

TEST_P(StoreConformance, stores_nothing_twice_though_a_hand_over_is_repeated) {
  ASSERT_TRUE(append(1, {on(kLane)}));
  ASSERT_TRUE(append(handed_over(2, delivery(1))));
  EXPECT_EQ(code(append(handed_over(3, delivery(1)))), FaultCode::wrong_state);
  EXPECT_EQ(code(await(loop, store->message(loop, MessageId{3}))), FaultCode::not_found);
  EXPECT_EQ(waiting(kOther), std::vector<DeliveryId>{delivery(2)});
}

TEST_P(StoreConformance, stores_nothing_of_a_hand_over_whose_delivery_does_not_wait) {
  ASSERT_TRUE(append(1, {on(kLane)}));
  ASSERT_TRUE(change(delivery(1), State::held));
  const std::string big((5U << 20) / 2, 'x');
  EXPECT_EQ(code(append(handed_over(2, delivery(1), big))), FaultCode::wrong_state);
  EXPECT_EQ(code(append(handed_over(2, delivery(9)))), FaultCode::not_found);
  EXPECT_EQ(state(delivery(1)), State::held);
  EXPECT_EQ(code(await(loop, store->message(loop, MessageId{2}))), FaultCode::not_found);
  ASSERT_TRUE(change(delivery(1), State::queued));
  ASSERT_TRUE(append(handed_over(2, delivery(1), big)));
  EXPECT_EQ(trace(2).message.bytes.view(), big);
}

TEST_P(StoreConformance, settles_nothing_by_a_message_that_cannot_be_stored) {
  ASSERT_TRUE(append(1, {on(kLane)}));
  EXPECT_EQ(code(append(handed_over(1, delivery(1)))), FaultCode::bad_request);
  auto wrong = handed_over(2, delivery(1));
  wrong.deliveries = {on(kOther, State::delivered)};
  EXPECT_EQ(code(append(std::move(wrong))), FaultCode::bad_request);
  EXPECT_EQ(state(delivery(1)), State::queued);
}

TEST_P(StoreConformance, begins_deliveries_only_as_queued_parked_or_held) {
  for (const auto& each : kStates) {
    const auto id = 10 + static_cast<std::int64_t>(each.state);
    auto fresh = on(kLane, each.state);
    fresh.fault = "M0301";
    fresh.detail = "why";
    const auto stored = append(id, {fresh});
    ASSERT_EQ(stored.has_value(), store_rules::may_begin_as(each.state)) << each.name;
    if (!stored) continue;
    const auto row = trace(id).deliveries.at(0);
    EXPECT_EQ(row.state, each.state);
    EXPECT_EQ(row.lane, kLane);
    EXPECT_EQ(row.fault, "M0301");
    EXPECT_EQ(row.detail, "why");
    EXPECT_EQ(row.attempts, 0);
  }
}

TEST_P(StoreConformance, answers_in_the_order_of_the_verbs) {
  ASSERT_TRUE(append(1, {on(kLane), on(kLane)}));
  std::vector<int> order;
  const auto note = [&order](int number) { return [&order, number](Result<void>) { order.push_back(number); }; };
  std::vector<std::optional<Result<void>>> appended(3);
  store->settle(loop, settled(delivery(1, 0), State::delivered), note(1));
  spawn(keep_value(store->append(loop, message_of(2, {on(kLane)})), appended[0]));
  store->settle(loop, settled(delivery(1, 0), State::delivered), note(2));  // refused, and still in its place
  spawn(keep_value(store->append(loop, message_of(3, {on(kLane)})), appended[1]));
  store->settle(loop, settled(delivery(1, 1), State::delivered), note(3));
  spawn(keep_value(store->append(loop, message_of(4, {on(kLane)})), appended[2]));
  EXPECT_TRUE(order.empty());  // never inside the call
  loop.run_until([&] {
    const auto there = [](const auto& each) { return each.has_value(); };
    EXPECT_EQ(std::ranges::is_sorted(appended, std::greater(), there), true);
    return appended[2].has_value();
  });
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_P(StoreConformance, answers_many_with_few_posts) {
  constexpr std::size_t kMany = 200;
  std::vector<std::optional<Result<void>>> appended(kMany);
  const auto before = loop.posts();
  for (std::size_t i = 0; i < kMany; ++i)
    spawn(keep_value(store->append(loop, message_of(static_cast<std::int64_t>(i) + 1, {on(kLane)})), appended[i]));
  EXPECT_EQ(loop.posts() - before, 1);  // one hand-over
  loop.run_until([&] { return appended.back().has_value(); });
  EXPECT_LE(loop.posts() - before, 3);  // and one answer for the batch
  EXPECT_TRUE(std::ranges::all_of(appended, [](const auto& each) { return each && each->has_value(); }));
}

TEST_P(StoreConformance, records_a_plan_once_per_hash) {
  EXPECT_TRUE(await(loop, store->record_plan(loop, "adt", "abc", "channel: adt")));
  EXPECT_TRUE(await(loop, store->record_plan(loop, "adt", "abc", "channel: adt")));
}

TEST_P(StoreConformance, keeps_a_question_open_until_it_is_answered) {
  auto asks = message_of(1, {on(kLane)});
  asks.asks = true;
  ASSERT_TRUE(append(asks));
  ASSERT_TRUE(append(2, {on(kLane)}));
  const auto open = [&](const std::string& channel) { return *await(loop, store->questions(loop, channel)); };
  EXPECT_EQ(open("adt"), std::vector<MessageId>{MessageId{1}});
  EXPECT_TRUE(open("other").empty());
  EXPECT_FALSE(trace(1).reply);
  ASSERT_TRUE(await(loop, store->answer(loop, MessageId{1}, Bytes(std::string("MSA|AA\0|", 8)))));
  EXPECT_TRUE(open("adt").empty());
  EXPECT_EQ(trace(1).reply->bytes.view(), std::string_view("MSA|AA\0|", 8));
  EXPECT_FALSE(trace(2).reply);
}

TEST_P(StoreConformance, forgets_a_question_that_was_told_no) {
  auto asks = message_of(1, {on(kLane)});
  asks.asks = true;
  ASSERT_TRUE(append(asks));
  ASSERT_TRUE(await(loop, store->answer(loop, MessageId{1}, std::nullopt)));
  EXPECT_TRUE(await(loop, store->questions(loop, "adt"))->empty());
  EXPECT_FALSE(trace(1).reply);
}

TEST_P(StoreConformance, writes_what_rides_before_it_closes_and_then_answers_stopping) {
  ASSERT_TRUE(append(1, {on(kLane)}));
  std::optional<Result<void>> rode;
  store->settle(loop, settled(delivery(1), State::delivered), [&](Result<void> result) { rode = std::move(result); });
  ASSERT_TRUE(close());
  ASSERT_TRUE(rode.has_value());
  EXPECT_TRUE(rode->has_value());
  EXPECT_EQ(code(append(2, {on(kLane)})), FaultCode::stopping);
  EXPECT_EQ(code(settle(settled(delivery(1), State::delivered))), FaultCode::stopping);
  EXPECT_EQ(code(await(loop, store->message(loop, MessageId{1}))), FaultCode::stopping);
  EXPECT_EQ(code(await(loop, store->unfinished(loop))), FaultCode::stopping);
  EXPECT_EQ(code(close()), FaultCode::stopping);
}

INSTANTIATE_TEST_SUITE_P(EveryStore, StoreConformance, store_kinds(), kind_name);

}  // namespace
}  // namespace myelin::testing
