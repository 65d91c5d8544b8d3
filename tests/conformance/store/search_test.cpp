// What every store must do to find messages again, and to send them again.
#include <gtest/gtest.h>

#include "tests/conformance/store/conformance.h"

namespace myelin::testing {
namespace {

class Searching : public StoreConformance {
 protected:
  Searching() {
    // "mrn:4711 visit:7": what the bytes say.
    store->index_with(
        [](const Message& message) {
          std::vector<SearchKey> keys;
          const std::string text(message.bytes.view());
          for (std::size_t at = 0; at < text.size();) {
            const auto end = std::min(text.find(' ', at), text.size());
            const auto word = text.substr(at, end - at);
            if (const auto colon = word.find(':'); colon != std::string::npos)
              keys.push_back({word.substr(0, colon), word.substr(colon + 1)});
            at = end + 1;
          }
          return keys;
        },
        "one");
  }
  void keep(std::int64_t id, const std::string& text, const std::string& channel = "adt",
            const std::string& type = "ADT^A01", std::vector<NewDelivery> deliveries = {}) {
    auto fresh = message_of(id, std::move(deliveries), text);
    fresh.message.channel = channel;
    fresh.message.type = type;
    ASSERT_TRUE(append(std::move(fresh)));
  }
  SearchPage find(SearchQuery query) {
    // The index may be so far behind as its promise allows.
    for (int tries = 0;; ++tries) {
      auto page = await(loop, store->search(loop, query));
      EXPECT_TRUE(page) << (page ? "" : to_string(page.error()));
      if (!page || page->complete || tries > 1000) return page ? std::move(*page) : SearchPage{};
    }
  }
  std::vector<std::int64_t> ids(const SearchQuery& query) {
    std::vector<std::int64_t> found;
    for (const auto& each : find(query).messages) found.push_back(each.message.id.value);
    return found;
  }
  static SearchQuery by(std::vector<SearchKey> keys) {
    SearchQuery query;
    query.keys = std::move(keys);
    return query;
  }
  using Ids = std::vector<std::int64_t>;
};

TEST_P(Searching, finds_by_a_key_the_newest_first) {
  keep(1, "mrn:4711");
  keep(2, "mrn:4712");
  keep(3, "mrn:4711 visit:7");
  EXPECT_EQ(ids(by({{"mrn", "4711"}})), (Ids{3, 1}));
  EXPECT_EQ(ids(by({{"mrn", "4711"}, {"visit", "7"}})), (Ids{3}));
  EXPECT_EQ(ids(by({{"visit", "4711"}})), Ids{});
  EXPECT_EQ(ids(by({{"mrn", "471"}})), Ids{});
}

TEST_P(Searching, finds_each_message_by_its_control_id) {
  keep(1, "x");
  keep(2, "x");
  EXPECT_EQ(ids(by({{std::string(kControlId), "C2"}})), (Ids{2}));
}

TEST_P(Searching, finds_by_channel_type_and_state_without_any_key) {
  keep(1, "x", "adt", "ADT^A01", {on(kLane, State::parked)});
  keep(2, "x", "lab", "ORU^R01");
  keep(3, "x", "adt", "ADT^A08");
  SearchQuery query;
  EXPECT_EQ(ids(query), (Ids{3, 2, 1}));
  query.channel = "adt";
  EXPECT_EQ(ids(query), (Ids{3, 1}));
  query.type = "ADT^A08";
  EXPECT_EQ(ids(query), (Ids{3}));
  query.type = "ADT^*";
  query.state = State::parked;
  EXPECT_EQ(ids(query), (Ids{1}));
}

TEST_P(Searching, goes_by_pages) {
  for (std::int64_t id = 1; id <= 5; ++id) keep(id, "mrn:1");
  auto query = by({{"mrn", "1"}});
  query.limit = 2;
  const auto first = find(query);
  ASSERT_EQ(first.messages.size(), 2U);
  EXPECT_EQ(first.next, MessageId{4});
  query.below = first.next;
  EXPECT_EQ(ids(query), (Ids{3, 2}));
  query.below = MessageId{2};
  const auto last = find(query);
  EXPECT_EQ(last.messages.size(), 1U);
  EXPECT_EQ(last.next, MessageId{});
}

TEST_P(Searching, obeys_the_time) {
  const auto day = first_id_at(loop.wall_now).value, hour = first_id_at(loop.wall_now - hours(1)).value;
  keep(hour, "mrn:1");
  keep(day, "mrn:1");
  auto query = by({{"mrn", "1"}});
  query.since = loop.wall_now - minutes(30);
  EXPECT_EQ(ids(query), (Ids{day}));
  query.since = {};
  query.until = loop.wall_now - minutes(30);
  EXPECT_EQ(ids(query), (Ids{hour}));
}

TEST_P(Searching, shows_the_envelope_and_the_deliveries_and_not_the_content) {
  keep(1, "mrn:1", "adt", "ADT^A01", {on(kLane), on(kOther)});
  const auto page = find(by({{"mrn", "1"}}));
  ASSERT_EQ(page.messages.size(), 1U);
  const auto& found = page.messages[0];
  EXPECT_EQ(found.message.channel, "adt");
  EXPECT_EQ(found.message.control_id, "C1");
  EXPECT_EQ(found.size, 5);
  EXPECT_TRUE(found.message.bytes.empty());
  ASSERT_EQ(found.deliveries.size(), 2U);
  EXPECT_EQ(found.deliveries[1].lane, kOther);
}

TEST_P(Searching, keeps_a_duplicate_and_says_of_which) {
  keep(1, "mrn:1", "adt", "ADT^A01", {on(kLane)});
  auto again = message_of(2, {}, "mrn:1");
  again.duplicate_of = MessageId{1};
  ASSERT_TRUE(append(std::move(again)));
  EXPECT_EQ(trace(2).duplicate_of, MessageId{1});
  EXPECT_FALSE(trace(2).routed);
  EXPECT_EQ(trace(1).duplicate_of, std::nullopt);
  EXPECT_EQ(ids(by({{"mrn", "1"}})), (Ids{2, 1}));
  EXPECT_EQ(find(by({{"mrn", "1"}})).messages.at(0).duplicate_of, MessageId{1});
  const auto counts = await(loop, store->counts(loop));
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->filtered, 0);
  const auto window = recent();
  ASSERT_TRUE(window);
  EXPECT_EQ(window->size(), 1U);  // the first is the one whose answer is repeated
}

TEST_P(Searching, delivers_again_behind_the_deliveries_there_are) {
  keep(1, "x", "adt", "ADT^A01", {on(kLane), on(kOther)});
  ASSERT_TRUE(settle(settled(delivery(1), State::delivered)));
  const auto first = await(loop, store->deliver(loop, MessageId{1}, {on(kLane)}, "the lab lost it", "anna"));
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, 2);
  const auto found = trace(1);
  ASSERT_EQ(found.deliveries.size(), 3U);
  EXPECT_EQ(found.deliveries[2].state, State::queued);
  EXPECT_EQ(found.deliveries[0].state, State::delivered);
  ASSERT_EQ(found.attempts.size(), 1U);
  EXPECT_EQ(found.attempts[0].detail, "queued by anna: the lab lost it");
  EXPECT_EQ(waiting(kLane), (std::vector<DeliveryId>{delivery(1, 2)}));
  EXPECT_EQ(code(await(loop, store->deliver(loop, MessageId{9}, {on(kLane)}, "no", "anna"))), FaultCode::not_found);
}

INSTANTIATE_TEST_SUITE_P(Stores, Searching, store_kinds(), kind_name);

}  // namespace
}  // namespace myelin::testing
