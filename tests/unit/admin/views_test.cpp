#include "engine/admin/views.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/admin/person.h"

namespace myelin::admin {
namespace {

TEST(View, writes_times_in_utc_with_milliseconds) {
  EXPECT_EQ(timestamp(WallTime(milliseconds(784111777250))), "1994-11-06T08:49:37.250Z");
  EXPECT_EQ(timestamp(WallTime(microseconds(-1))), "1969-12-31T23:59:59.999Z");
}

TEST(View, writes_base64_as_rfc_4648_shows_it) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFF\xFE"), "//4=");
}

TEST(View, shows_a_fault_with_what_it_means) {
  const auto view = fault_view(Fault{FaultCode::not_found, "there is no message", "PID-3", "adt.yaml:3:1"});
  EXPECT_EQ(view["code"].text_or(""), "M0509");
  EXPECT_EQ(view["name"].text_or(""), "not_found");
  EXPECT_EQ(view["detail"].text_or(""), "there is no message");
  EXPECT_EQ(view["at"].text_or(""), "PID-3");
  EXPECT_EQ(view["place"].text_or(""), "adt.yaml:3:1");
  EXPECT_EQ(view["explanation"].text_or(""), entry(FaultCode::not_found).explanation);
}

runtime::LaneView lane_of(const std::string& channel, const std::string& route, const std::string& key) {
  runtime::LaneView lane;
  lane.lane = LaneKey{channel, route, key};
  return lane;
}

TEST(View, joins_what_runs_with_what_waits_in_the_store) {
  runtime::ChannelView adt;
  adt.name = "adt";
  adt.state = "running";
  adt.lanes.push_back(lane_of("adt", "lab", ""));
  Counts counts;
  const WallTime early(seconds(1'000)), late(seconds(2'000));
  counts.lanes = {{{"adt", "lab", ""}, State::queued, 5, late},
                  {{"adt", "lab", ""}, State::parked, 2, early},
                  {{"adt", "old", ""}, State::queued, 1, late},
                  {{"gone", "x", ""}, State::held, 3, late}};
  const auto views = channel_views({adt}, counts);
  ASSERT_EQ(views.size(), 2U);
  const auto& lanes = *views[0]["lanes"].array();
  ASSERT_EQ(lanes.size(), 2U);
  EXPECT_EQ(lanes[0]["waiting"].integer(), 5);
  EXPECT_EQ(lanes[0]["parked"].integer(), 2);
  EXPECT_EQ(lanes[0]["oldest"].text_or(""), timestamp(early));
  EXPECT_EQ(lanes[1]["route"].text_or(""), "old");
  EXPECT_EQ(views[1]["name"].text_or(""), "gone");
  EXPECT_EQ(views[1]["state"].text_or(""), "removed");
}

TEST(View, shows_at_most_200_lanes_and_the_troubled_ones_among_them) {
  runtime::ChannelView adt;
  adt.name = "adt";
  for (int i = 0; i < 201; ++i) adt.lanes.push_back(lane_of("adt", "lab", "key" + std::to_string(1000 + i)));
  adt.lanes.back().stopped = LaneStop{adt.lanes.back().lane, WallTime{}, "why", "who"};
  const auto views = channel_views({adt}, Counts{});
  EXPECT_EQ(views[0]["lane_count"].integer(), 201);
  ASSERT_EQ(views[0]["lanes"].array()->size(), kMostLanes);
  EXPECT_EQ(views[0]["lanes"].array()->front()["key"].text_or(""), "key1200");
  adt.lanes.pop_back();
  EXPECT_EQ(channel_views({adt}, Counts{})[0]["lanes"].array()->size(), 200U);
}

TEST(Person, is_the_uid_with_its_name) {
  const auto person = person_of("uid:0");
  EXPECT_EQ(person, "uid:0 root");
  EXPECT_EQ(person_of("uid:3999999999"), "uid:3999999999");
  EXPECT_EQ(person_of("10.1.2.3:4000"), "10.1.2.3:4000");
  EXPECT_EQ(person_of("uid:0x"), "uid:0x");
}

}  // namespace
}  // namespace myelin::admin
