// What `myelin shadow` finds between two versions of a channel.
#include "engine/main/workbench/shadow.h"

#include <gtest/gtest.h>

#include "engine/base/event.h"
#include "tests/unit/main/plans.h"

namespace myelin {
namespace {

using made::admission;

Message stored(int number, std::string content = {}) {
  Message message;
  message.received_at = WallTime(seconds(1'800'000'000) + seconds(60 * number));
  message.id = MessageId{7'000'000 + number};
  message.bytes = Bytes(content.empty() ? admission("M" + std::to_string(number)) : std::move(content));
  return message;
}

Shadowed between(const Plan& running, const Plan& edited, std::vector<Message> messages = {stored(1), stored(2)}) {
  set_log_level("off");
  auto shadowed = shadow(running, edited, messages);
  EXPECT_TRUE(shadowed);
  return std::move(*shadowed);
}

const ShadowChange& only(const Shadowed& shadowed) {
  EXPECT_EQ(shadowed.differing.size(), 2U);
  EXPECT_EQ(shadowed.differing.at(0).changes.size(), 1U);
  return shadowed.differing.at(0).changes.at(0);
}

TEST(Shadow, finds_nothing_between_a_channel_and_itself) {
  const auto plan = made::plan({made::route("lab", {made::set("MSH-5", "LAB2")})});
  const auto shadowed = between(plan, plan);
  EXPECT_EQ(shadowed.compared, 2U);
  EXPECT_TRUE(shadowed.differing.empty());
}

TEST(Shadow, shows_field_by_field_what_a_route_would_send_otherwise) {
  const auto shadowed = between(made::plan({made::route("lab"), made::route("archive")}),
                                made::plan({made::route("lab", {made::set("PID-8", "F")}), made::route("archive")}));
  const auto& change = only(shadowed);
  EXPECT_EQ(change.place, "route lab");
  EXPECT_EQ(change.before, change.after);
  ASSERT_EQ(change.fields.size(), 1U);
  EXPECT_EQ(change.fields[0].change, (FieldChange{"PID[1]-8", "", "F"}));
  EXPECT_EQ(change.fields[0].name, "Administrative Sex");
  EXPECT_EQ(tally(shadowed), (std::vector<std::pair<std::string, std::size_t>>{{"route lab  PID-8", 2}}));
}

TEST(Shadow, shows_what_would_be_parked_now) {
  const auto shadowed =
      between(made::plan({made::route("lab")}),
              made::plan({made::route("lab", {made::faults(FaultCode::unmapped, "PID-8")})}), {stored(1), stored(2)});
  const auto& change = only(shadowed);
  EXPECT_EQ(change.before, "delivered");
  EXPECT_TRUE(change.after.starts_with("parked: M0301")) << change.after;
  EXPECT_TRUE(change.fields.empty());
  EXPECT_EQ(tally(shadowed).front().first, "route lab  delivered -> parked");
}

TEST(Shadow, shows_what_would_be_filtered_and_what_would_go_to_one_more_route) {
  auto filters = made::plan({made::route("lab")}, {made::ends(Verdict::Kind::drop, "stays here")});
  const auto filtered = between(made::plan({made::route("lab")}), filters);
  ASSERT_EQ(filtered.differing.size(), 2U);
  const auto& changes = filtered.differing[0].changes;
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].place, "filter");
  EXPECT_EQ(changes[0].before, "not filtered");
  EXPECT_EQ(changes[1].before, "delivered");
  EXPECT_EQ(changes[1].after, "not sent");
  const auto more = between(made::plan({made::route("lab")}), made::plan({made::route("lab"), made::route("tee")}));
  EXPECT_EQ(only(more).place, "route tee");
  EXPECT_EQ(only(more).before, "not sent");
}

TEST(Shadow, shows_what_the_sender_would_be_told_otherwise) {
  auto edited = made::plan({made::route("lab")});
  edited.accept.checks = {made::faults(FaultCode::required_missing, "PID-8")};
  const auto shadowed = between(made::plan({made::route("lab")}), edited);
  ASSERT_EQ(shadowed.differing.size(), 2U);
  const auto& answer = shadowed.differing[0].changes.at(0);
  EXPECT_EQ(answer.place, "answer");
  EXPECT_EQ(answer.before, "AA");
  EXPECT_TRUE(answer.after.starts_with("AE  M0203")) << answer.after;
}

TEST(Shadow, compares_none_of_a_time_without_messages) {
  EXPECT_EQ(between(made::plan({}), made::plan({}), {}).compared, 0U);
}

}  // namespace
}  // namespace myelin
