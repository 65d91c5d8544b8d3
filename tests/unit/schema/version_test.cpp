// Which documented version a message's MSH-12 means.
#include "engine/schema/version.h"

#include <gtest/gtest.h>

namespace myelin::schema {
namespace {

TEST(Version, finds_each_documented_version_by_its_name) {
  for (std::size_t i = 0; i < kVersions; ++i) {
    EXPECT_EQ(exact_version(kVersionNames[i]), static_cast<Version>(i));
    EXPECT_EQ(nearest_version(kVersionNames[i]), static_cast<Version>(i)) << kVersionNames[i];
    EXPECT_EQ(to_string(static_cast<Version>(i)), kVersionNames[i]);
  }
  EXPECT_FALSE(exact_version("2.9"));
}

TEST(Version, takes_the_newest_one_that_is_not_newer) {
  EXPECT_EQ(nearest_version("2.9"), Version::v2_8_2);
  EXPECT_EQ(nearest_version("2.5.2"), Version::v2_5_1);
  EXPECT_EQ(nearest_version("2.3.2"), Version::v2_3_1);
  EXPECT_EQ(nearest_version("2.10"), Version::v2_8_2);
  EXPECT_EQ(nearest_version("2.0"), Version::v2_1);
}

TEST(Version, reads_what_senders_write_around_it) {
  EXPECT_EQ(nearest_version("2.4^DEU^2.4.1"), Version::v2_4);
  EXPECT_EQ(nearest_version(" 2.3 "), Version::v2_3);
  EXPECT_EQ(nearest_version("2.5.1-custom"), Version::v2_5_1);
}

TEST(Version, falls_back_to_the_most_spoken_one) {
  for (const auto* text : {"", "P", "3", "1.0", "-2.3", "99999999999999999999"}) {
    EXPECT_EQ(nearest_version(text), Version::v2_5_1) << text;
  }
}

}  // namespace
}  // namespace myelin::schema
