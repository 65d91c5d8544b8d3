// What a load is shown as: seconds, and a page that can be mailed.
#include "engine/main/traffic/load_page.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

LoadReport three_seconds() {
  LoadReport report;
  report.samples = {{2100, 300}, {2900, 100}, {2950, 200}, {4000, 5000}};
  report.latencies = {100, 200, 300, 5000};
  return report;
}

TEST(LoadPage, has_a_second_for_each_that_passed_since_the_first_answer) {
  const auto seconds = by_second(three_seconds());
  ASSERT_EQ(seconds.size(), 3U);
  EXPECT_EQ(seconds[0].answered, 3);
  EXPECT_EQ(seconds[0].p50, 200U);
  EXPECT_EQ(seconds[0].max, 300U);
  EXPECT_EQ(seconds[1].answered, 0);
  EXPECT_EQ(seconds[2].p99, 5000U);
  EXPECT_TRUE(by_second(LoadReport{}).empty());
}

TEST(LoadPage, holds_no_script_and_escapes_what_it_was_given) {
  const auto page = load_page(three_seconds(), {{"<b>", "\"a\" & b"}});
  EXPECT_FALSE(page.contains("<script"));
  EXPECT_FALSE(page.contains("http://"));
  EXPECT_TRUE(page.contains("<td>&lt;b&gt;</td><td>&quot;a&quot; &amp; b</td>"));
  EXPECT_TRUE(page.contains("<polyline"));
}

TEST(LoadPage, of_nothing_can_be_drawn) { EXPECT_TRUE(load_page(LoadReport{}, {}).ends_with("</html>\n")); }

}  // namespace
}  // namespace myelin
