#include "engine/base/id.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

constexpr WallTime kNoon{microseconds(1'798'891'200'000'000)};

TEST(Id, is_written_in_eleven_characters_and_read_back) {
  IdSource ids;
  const auto id = ids.next(kNoon);
  EXPECT_EQ(to_string(id).size(), 11U);
  EXPECT_EQ(parse_message_id(to_string(id)), id);
}

TEST(Id, rises_when_the_clock_goes_back) {
  IdSource ids;
  const auto first = ids.next(kNoon);
  EXPECT_GT(ids.next(kNoon - hours(24)), first);
}

TEST(Id, goes_on_above_the_floor_of_the_store) {
  IdSource now;
  IdSource restarted(MessageId{now.next(kNoon).value + 5});
  EXPECT_EQ(restarted.next(kNoon).value, now.next(kNoon).value - 1 + 6);
}

TEST(Id, of_a_delivery_names_its_message_and_ordinal) {
  IdSource ids;
  const auto message = ids.next(kNoon);
  const auto delivery = DeliveryId::of(message, 3);
  EXPECT_EQ(delivery.message(), message);
  EXPECT_EQ(delivery.ordinal(), 3);
  EXPECT_EQ(parse_delivery_id(to_string(delivery)), delivery);
}

TEST(Id, that_is_misspelt_is_none) {
  EXPECT_FALSE(parse_message_id(""));
  EXPECT_FALSE(parse_message_id("0123456789"));
  EXPECT_FALSE(parse_message_id("0123456789U"));
  EXPECT_FALSE(parse_message_id("ZZZZZZZZZZZ"));
  EXPECT_FALSE(parse_delivery_id("00000000001.1024"));
  EXPECT_FALSE(parse_delivery_id("00000000001."));
}

TEST(Id, reads_what_people_mistake) { EXPECT_EQ(parse_message_id("0000000000l"), parse_message_id("00000000001")); }

}  // namespace
}  // namespace myelin
