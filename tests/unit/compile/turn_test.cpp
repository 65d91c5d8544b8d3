// `open:`: the hours of a peer by the clock of a zone, over weekends, midnight and the change of the clocks.
#include <gtest/gtest.h>

#include <chrono>

#include "routes/compile/compile.h"
#include "routes/compile/compile_files.h"
#include "tests/unit/compile/fake_adapters.h"

namespace myelin::routes {
namespace {

using namespace std::chrono;

WallTime utc(int y, unsigned m, unsigned d, int h, int min = 0) {
  return sys_days(year(y) / static_cast<int>(m) / static_cast<int>(d)) + hours(h) + minutes(min);
}

// Of a route that says `open: ROWS`, in Amsterdam.
std::shared_ptr<const OpeningHours> open(const std::string& rows) {
  const std::string channel =
      "channel: adt\nversion: \"2.5.1\"\nzone: Europe/Amsterdam\nsource: pas\naccept: { types: [ADT^A01] }\n"
      "routes:\n  lab:\n    to: lab\n    open: " +
      rows + "\n";
  const std::string connections =
      "pas: { kind: mllp, listen: 127.0.0.1:2575 }\nlab: { kind: mllp, connect: 127.0.0.1:2601 }\n";
  const auto compiled = compile_text(channel, testing::fake_adapters(), {{"connections.yaml", connections}});
  EXPECT_TRUE(compiled.plans.size() == 1 && compiled.plans[0]->routes.size() == 1) << rows;
  return compiled.plans.at(0)->routes.at(0).open;
}

// 2026-06-01 is a Monday; in summer Amsterdam is two hours ahead.
TEST(Open, waits_for_the_next_day_on_which_the_peer_is_open) {
  const auto hours_of = open("[\"mon-fri 07:00-19:00\", \"sat 08:00-12:00\"]");
  EXPECT_EQ(hours_of->until_open(utc(2026, 6, 1, 4, 59)), minutes(1));
  EXPECT_EQ(hours_of->until_open(utc(2026, 6, 1, 5)), seconds(0));
  EXPECT_EQ(hours_of->until_open(utc(2026, 6, 1, 16, 59)), seconds(0));
  EXPECT_EQ(hours_of->until_open(utc(2026, 6, 1, 17)), hours(12));
  EXPECT_EQ(hours_of->until_open(utc(2026, 6, 5, 17)), hours(13));  // Friday evening
  EXPECT_EQ(hours_of->until_open(utc(2026, 6, 6, 10)), hours(43));  // Saturday noon
}

TEST(Open, goes_over_midnight) {
  const auto night = open("\"22:00-06:00\"");
  EXPECT_EQ(night->until_open(utc(2026, 6, 1, 12)), hours(8));
  EXPECT_EQ(night->until_open(utc(2026, 6, 1, 21)), seconds(0));
  EXPECT_EQ(night->until_open(utc(2026, 6, 2, 3, 59)), seconds(0));
  EXPECT_EQ(night->until_open(utc(2026, 6, 2, 4)), hours(16));
  const auto friday = open("\"fri 22:00-06:00\"");
  EXPECT_EQ(friday->until_open(utc(2026, 6, 6, 3)), seconds(0));  // which is Saturday
  EXPECT_EQ(friday->until_open(utc(2026, 6, 7, 3)), hours(5 * 24 + 17));
}

TEST(Open, follows_the_clock_when_it_is_put_forward_and_back) {
  const auto early = open("\"02:30-05:00\"");
  // 2026-03-29 has no half past two: it opens when the clock says half past three.
  EXPECT_EQ(early->until_open(utc(2026, 3, 29, 0, 30)), hours(1));
  EXPECT_EQ(early->until_open(utc(2026, 3, 29, 2, 59)), seconds(0));
  EXPECT_EQ(early->until_open(utc(2026, 3, 29, 3)), hours(21) + minutes(30));
  const auto day = open("\"07:00-19:00\"");
  EXPECT_EQ(day->until_open(utc(2026, 10, 24, 17)), hours(13));  // the night of 2026-10-25 is an hour longer
}

TEST(Open, knows_for_how_long_it_has_been_open) {
  const auto hours_of = open("[\"08:00-12:00\", \"12:00-17:00\"]");
  EXPECT_EQ(hours_of->open_for(utc(2026, 6, 1, 5)), seconds(0));
  EXPECT_EQ(hours_of->open_for(utc(2026, 6, 1, 6, 10)), minutes(10));
  EXPECT_EQ(hours_of->open_for(utc(2026, 6, 1, 14)), hours(8));
  EXPECT_EQ(hours_of->open_for(utc(2026, 6, 1, 15)), seconds(0));
  EXPECT_EQ(open("\"00:00-24:00\"")->open_for(utc(2026, 6, 1, 12)), hours(7 * 24));
  EXPECT_EQ(open("\"22:00-06:00\"")->open_for(utc(2026, 6, 2, 3)), hours(7));
}

}  // namespace
}  // namespace myelin::routes
