// The three twins of the structural scan find the same marks in any bytes.
#include <gtest/gtest.h>

#include "engine/hl7/scan.h"
#include "tests/property.h"
#include "tests/unit/hl7/corpus.h"

namespace myelin::hl7 {
namespace {

constexpr std::size_t kNoLimit = SIZE_MAX;

// What the scan is to find, as simply as it can be said.
ScanMarks expected(std::string_view bytes, char field) {
  ScanMarks found;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool line = bytes[i] == '\r' || bytes[i] == '\n';
    if (line) found.lines.push_back(static_cast<std::uint32_t>(found.marks.size()));
    if (line || bytes[i] == field) found.marks.push_back(static_cast<std::uint32_t>(i));
  }
  return found;
}

::testing::AssertionResult all_equal(std::string_view bytes, char field) {
  const auto wanted = expected(bytes, field);
  for (const auto twin : {ScanTwin::scalar, ScanTwin::sse2, ScanTwin::avx2}) {
    ScanMarks found;
    const bool fits = scan(twin, bytes, field, kNoLimit, found);
    if (!fits || found.marks != wanted.marks || found.lines != wanted.lines) {
      return ::testing::AssertionFailure() << "twin " << static_cast<int>(twin) << " at " << bytes.size() << " bytes";
    }
  }
  return ::testing::AssertionSuccess();
}

RC_GTEST_PROP(Scan, finds_the_same_marks_in_any_bytes, (const std::string& bytes)) { RC_ASSERT(all_equal(bytes, '|')); }

RC_GTEST_PROP(Scan, finds_the_same_marks_where_they_are_dense, ()) {
  const auto bytes = *rc::gen::container<std::string>(rc::gen::element('|', '\r', '\n', 'a', '\xFC', '\0', '}'));
  const auto copies = *rc::gen::inRange(1, 20);
  std::string text;
  for (int i = 0; i < copies; ++i) text.append(bytes);
  RC_ASSERT(all_equal(text, '|'));
  RC_ASSERT(all_equal(text, '\xFC'));
}

TEST(Scan, finds_the_same_marks_in_every_prefix_of_the_corpus) {
  int files = 0;
  for (const auto& [name, bytes] : samples::corpus()) {
    if (++files % 40 != 0) continue;
    const std::string_view text = std::string_view(bytes).substr(0, 3000);
    for (std::size_t size = 0; size <= text.size(); ++size) ASSERT_TRUE(all_equal(text.substr(0, size), '|')) << name;
  }
}

TEST(Scan, uses_the_capacity_it_is_given_again) {
  ScanMarks found;
  ASSERT_TRUE(scan(best_twin(), std::string(5000, '|'), '|', kNoLimit, found));
  ASSERT_TRUE(scan(best_twin(), "a|b\r", '|', kNoLimit, found));
  EXPECT_EQ(found.marks, (std::vector<std::uint32_t>{1, 3}));
  EXPECT_EQ(found.lines, (std::vector<std::uint32_t>{1}));
}

TEST(Scan, stops_at_its_limit) {
  const std::string bytes(1000, '|');
  for (const auto twin : {ScanTwin::scalar, ScanTwin::sse2, ScanTwin::avx2}) {
    ScanMarks found;
    EXPECT_TRUE(scan(twin, bytes, '|', 1000, found));
    EXPECT_FALSE(scan(twin, bytes, '|', 999, found));
  }
}

}  // namespace
}  // namespace myelin::hl7
