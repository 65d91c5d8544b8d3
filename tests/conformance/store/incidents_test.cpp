// What every store must show of refused bytes: a list, one of them, and which message became of it.
#include <gtest/gtest.h>

#include "tests/conformance/store/conformance.h"

namespace myelin::testing {
namespace {

constexpr const char* kRefused = "MSH|^~\\&|PAS|WEST|||20261121||ADT^A99|C7|P|2.5\rPID|1||4711\r";

class Incidents : public StoreConformance {
 protected:
  void keep_from(const std::string& control_id, std::int64_t id) {
    keep(id, "adt", "MSH|^~\\&|PAS|WEST|||20261121||ADT^A99|" + control_id + "|P|2.5\r");
  }
  void keep(std::int64_t id, const std::string& channel = "adt", std::string bytes = kRefused, Duration later = {}) {
    Incident incident;
    incident.fault = Fault{FaultCode::type_not_accepted, "ADT^A99 is not in accept", "MSH-9", {}};
    incident.peer = "10.0.0.1:4000";
    incident.bytes = Bytes(std::move(bytes));
    incident.whole = true;
    incident.batch = "BHS|";
    incident.facts = "file=5:a.hl7\n";
    store->keep(MessageId{id}, channel, loop.wall_now + std::chrono::duration_cast<microseconds>(later), incident);
  }
  // What rides is written with the next commit.
  void settle_all() { ASSERT_TRUE(append(next_++, {})); }
  std::vector<std::int64_t> list(IncidentFilter filter = {}) {
    auto found = await(loop, store->incidents(loop, std::move(filter)));
    EXPECT_TRUE(found);
    std::vector<std::int64_t> ids;
    for (const auto& each : found.value_or(std::vector<KeptIncident>())) ids.push_back(each.id.value);
    return ids;
  }
  KeptIncident one(std::int64_t id) {
    auto found = await(loop, store->incident(loop, MessageId{id}));
    EXPECT_TRUE(found) << (found ? "" : to_string(found.error()));
    return found.value_or(KeptIncident());
  }
  Result<void> give_again(std::int64_t id, std::int64_t incident) {
    auto fresh = message_of(id, {on(kLane)}, kRefused);
    fresh.given_again = GivenAgain{MessageId{incident}, "given again by anna: mended"};
    return append(std::move(fresh));
  }

 private:
  std::int64_t next_ = 100;
};

TEST_P(Incidents, shows_all_that_was_kept) {
  keep(7);
  settle_all();
  const auto kept = one(7);
  EXPECT_EQ(kept.channel, "adt");
  EXPECT_EQ(kept.at, loop.wall_now);
  EXPECT_EQ(kept.fault, "M0201");
  EXPECT_EQ(kept.detail, "ADT^A99 is not in accept");
  EXPECT_EQ(kept.place, "MSH-9");
  EXPECT_EQ(kept.peer, "10.0.0.1:4000");
  EXPECT_EQ(kept.control_id, "C7");
  EXPECT_EQ(kept.type, "ADT^A99");
  EXPECT_TRUE(kept.whole);
  EXPECT_EQ(kept.taken_as, MessageId{});
  EXPECT_EQ(kept.size, static_cast<std::int64_t>(std::string_view(kRefused).size()));
  EXPECT_EQ(kept.bytes.view(), kRefused);
  EXPECT_EQ(kept.batch, "BHS|");
  EXPECT_EQ(kept.facts, "file=5:a.hl7\n");
  EXPECT_EQ(code(await(loop, store->incident(loop, MessageId{8}))), FaultCode::not_found);
}

TEST_P(Incidents, lists_the_newest_first_by_channel_time_and_page_without_their_bytes) {
  keep(1);
  keep(2, "lab", kRefused, hours(1));
  keep(3, "adt", kRefused, hours(2));
  keep(4, "adt", kRefused, hours(3));
  settle_all();
  EXPECT_EQ(list(), (std::vector<std::int64_t>{4, 3, 2, 1}));
  const auto hour = [&](int n) { return loop.wall_now + hours(n); };
  EXPECT_EQ(list({"lab", {}, {}, {}, 50}), std::vector<std::int64_t>{2});
  EXPECT_EQ(list({"", hour(1), hour(3), {}, 50}), (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(list({"", {}, {}, {}, 3}), (std::vector<std::int64_t>{4, 3, 2}));
  EXPECT_EQ(list({"", {}, {}, MessageId{2}, 3}), std::vector<std::int64_t>{1});
  const auto found = await(loop, store->incidents(loop, {}));
  ASSERT_TRUE(found);
  EXPECT_GT(found->front().size, 0);
  EXPECT_EQ(found->front().bytes.size(), 0U);
  EXPECT_TRUE(found->front().facts.empty());
}

TEST_P(Incidents, are_found_by_the_control_id_that_their_sender_gave) {
  keep_from("C7", 1);
  keep_from("C70", 2);
  keep_from("C7", 3);
  settle_all();
  EXPECT_EQ(list({"", {}, {}, {}, 50, "C7"}), (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(list({"lab", {}, {}, {}, 50, "C7"}), std::vector<std::int64_t>());
  EXPECT_EQ(list({"", {}, {}, {}, 50, "c7"}), std::vector<std::int64_t>());
}

TEST_P(Incidents, reads_no_type_from_what_is_no_message_or_cannot_be_shown) {
  keep(1, "adt", "PID|1||4711");
  keep(2, "adt", "MSH|^~\\&|||||||ADT\x01^A01|\xE4|P|2.5\r");
  keep(3, "adt", "MSH|^~\\&|||||||BERG^ADA|Berg Ada|P|2.5\r");
  settle_all();
  for (const auto id : {1, 2, 3}) {
    EXPECT_EQ(one(id).type, "");
    EXPECT_EQ(one(id).control_id, "");
  }
}

TEST_P(Incidents, become_a_message_once_and_both_say_so) {
  keep(7);
  settle_all();
  ASSERT_TRUE(give_again(9, 7));
  EXPECT_EQ(one(7).taken_as, MessageId{9});
  EXPECT_EQ(one(7).note, "given again by anna: mended");
  EXPECT_EQ(trace(9).incident, MessageId{7});
  EXPECT_EQ(trace(100).incident, std::nullopt);
  EXPECT_EQ(code(give_again(10, 7)), FaultCode::wrong_state);
  EXPECT_EQ(code(await(loop, store->message(loop, MessageId{10}))), FaultCode::not_found);
  EXPECT_EQ(code(give_again(11, 8)), FaultCode::wrong_state);
  EXPECT_EQ(waiting(kLane), std::vector{delivery(9)});
}

TEST_P(Incidents, have_ids_that_no_message_gets) {
  keep(700);
  settle_all();
  EXPECT_EQ(store->last_id(), MessageId{700});
}

INSTANTIATE_TEST_SUITE_P(Stores, Incidents, store_kinds(), kind_name);

}  // namespace
}  // namespace myelin::testing
