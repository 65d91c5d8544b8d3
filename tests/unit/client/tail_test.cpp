// What `myelin tail` takes for news, on what the API's own views show.
#include "engine/main/client/tail.h"

#include <gtest/gtest.h>

#include "engine/admin/views.h"

namespace myelin {
namespace {

const Console kPlain("tail", false, false, 140);
constexpr std::int64_t kFirst = 7'000'000'000;

Trace came(std::int64_t id, State state, const std::string& fault = {}) {
  Trace trace;
  trace.message.id = MessageId{id};
  trace.message.channel = "adt";
  trace.message.type = "ADT^A01";
  trace.message.control_id = "C" + std::to_string(id - kFirst);
  trace.message.peer = "10.0.0.7:4711";
  trace.message.received_at = WallTime(seconds(1'800'000'000));
  Delivery delivery;
  delivery.id = DeliveryId::of(trace.message.id, 0);
  delivery.lane = LaneKey{"adt", "lab", ""};
  delivery.state = state;
  delivery.fault = fault;
  delivery.changed_at = WallTime(seconds(1'800'000'001));
  trace.deliveries.push_back(delivery);
  return trace;
}

struct TailTest : testing::Test {
  Tail tail;

  std::vector<std::string> look(const Trace& trace) {
    const auto view = admin::trace_view(trace, admin::Content::left_out, {});
    std::vector<std::string> lines;
    for (const auto& event : tail.take(view["message"], view["deliveries"])) lines.push_back(tail_text(event, kPlain));
    return lines;
  }
};

TEST_F(TailTest, tells_that_it_came_and_then_what_became_of_it_once) {
  const auto id = to_string(MessageId{kFirst});
  EXPECT_EQ(look(came(kFirst, State::queued)),
            std::vector<std::string>{"08:00:00.000  " + id + "  adt  ADT^A01  C0  received from 10.0.0.7:4711"});
  EXPECT_TRUE(look(came(kFirst, State::queued)).empty());
  EXPECT_EQ(look(came(kFirst, State::queued, "M0401")).size(), 1U) << "tried in vain";
  const auto parked = look(came(kFirst, State::parked, "M0404"));
  ASSERT_EQ(parked.size(), 1U);
  EXPECT_EQ(parked.front().substr(0, 12), "08:00:01.000");
  EXPECT_NE(parked.front().find("lab parked M0404"), std::string::npos) << parked.front();
  EXPECT_EQ(tail.followed(), std::vector<std::string>{id});
  EXPECT_EQ(look(came(kFirst, State::delivered)).size(), 1U);
  EXPECT_TRUE(tail.followed().empty());
  EXPECT_TRUE(look(came(kFirst, State::delivered)).empty()) << "it is over";
}

TEST_F(TailTest, tells_both_at_once_of_what_is_over_already) {
  EXPECT_EQ(look(came(kFirst, State::delivered)).size(), 2U);
  EXPECT_EQ(tail.newest(), to_string(MessageId{kFirst}));
}

TEST_F(TailTest, follows_no_more_than_the_newest_fifty) {
  for (int n = 0; n < 60; ++n) look(came(kFirst + n, State::queued));
  ASSERT_EQ(tail.followed().size(), 50U);
  EXPECT_EQ(tail.followed().front(), to_string(MessageId{kFirst + 10}));
  EXPECT_TRUE(look(came(kFirst, State::delivered)).empty());
}

}  // namespace
}  // namespace myelin
