// Parsing and reading: segments, fields and what they hold, in whatever way their lines end.
#include "engine/hl7/tree.h"

#include <gtest/gtest.h>

#include "tests/unit/hl7/samples.h"

namespace myelin::hl7 {
namespace {

using samples::kOru;
using samples::tree;

TEST(Tree, counts_segments_and_names_them) {
  const auto message = tree(kOru);
  ASSERT_EQ(message.segment_count(), 8U);
  EXPECT_EQ(message.segment_name(0), "MSH");
  EXPECT_EQ(message.segment_name(4), "NTE");
  EXPECT_EQ(message.segment_text(4), "NTE|1||fasting");
  EXPECT_EQ(message.segment_name(8), "");
}

TEST(Tree, counts_the_separator_of_msh_as_its_first_field) {
  const auto message = tree(kOru);
  EXPECT_EQ(message.raw({0, 1, 0, 0, 0}), "|");
  EXPECT_EQ(message.raw({0, 2, 0, 0, 0}), "^~\\&");
  EXPECT_EQ(message.raw({0, 3, 0, 0, 0}), "LIS^1.2.3^ISO");
  EXPECT_EQ(message.raw({0, 10, 0, 0, 0}), "M0001");
  EXPECT_EQ(message.field_count(0), 18U);
  EXPECT_EQ(message.field_count(4), 3U);
}

TEST(Tree, never_splits_the_encoding_characters) {
  const auto message = tree(kOru);
  EXPECT_EQ(message.repetition_count(0, 2), 1U);
  EXPECT_EQ(message.raw({0, 2, 1, 1, 1}), "^~\\&");
  EXPECT_EQ(message.raw({0, 2, 1, 2, 0}), "");
  EXPECT_EQ(message.text({0, 2, 0, 0, 0}), "^~\\&");
  EXPECT_EQ(message.presence({0, 2, 0, 0, 0}), Presence::valued);
}

TEST(Tree, reads_repetitions_components_and_subcomponents) {
  const auto message = tree(kOru);
  EXPECT_EQ(message.repetition_count(1, 3), 2U);
  EXPECT_EQ(message.repetition_count(1, 2), 1U);
  EXPECT_EQ(message.repetition_count(1, 99), 0U);
  EXPECT_EQ(message.raw({1, 3, 0, 0, 0}), "4711^^^MR&1.2&ISO^MR~0815^^^NAT^NI");
  EXPECT_EQ(message.raw({1, 3, 2, 0, 0}), "0815^^^NAT^NI");
  EXPECT_EQ(message.raw({1, 3, 2, 5, 0}), "NI");
  EXPECT_EQ(message.raw({1, 3, 1, 4, 0}), "MR&1.2&ISO");
  EXPECT_EQ(message.raw({1, 3, 1, 4, 2}), "1.2");
  EXPECT_EQ(message.raw({1, 3, 0, 5, 0}), "MR");
  EXPECT_EQ(message.raw({1, 3, 3, 1, 0}), "");
}

TEST(Tree, tells_absent_empty_null_and_valued_apart) {
  const auto message = tree(kOru);
  EXPECT_EQ(message.presence({1, 8, 0, 0, 0}), Presence::valued);
  EXPECT_EQ(message.presence({1, 10, 0, 0, 0}), Presence::null);
  EXPECT_EQ(message.presence({1, 5, 1, 3, 0}), Presence::null);
  EXPECT_EQ(message.presence({1, 11, 0, 0, 0}), Presence::empty);
  EXPECT_EQ(message.presence({1, 3, 1, 2, 0}), Presence::empty);
  EXPECT_EQ(message.presence({1, 12, 0, 0, 0}), Presence::absent);
  EXPECT_EQ(message.presence({1, 8, 0, 2, 0}), Presence::absent);
  EXPECT_EQ(message.presence({99, 1, 0, 0, 0}), Presence::absent);
  EXPECT_EQ(tree("MSH|^~\\&|^&~|A").presence({0, 3, 0, 0, 0}), Presence::empty);
}

TEST(Tree, knows_no_null_segment_and_no_null_delimiters) {
  const auto message = tree("MSH|^~\\&|A\r\"\"\rFHS|\"\"|A\r");
  EXPECT_EQ(message.presence({2, 2, 0, 0, 0}), Presence::valued);
  EXPECT_EQ(message.presence({1, 0, 0, 0, 0}), Presence::valued);
}

TEST(Tree, reads_the_first_leaf_as_text) {
  const auto message = tree("MSH|^~\\&|A\\T\\B&C^D~E|\"\"|\r");
  EXPECT_EQ(message.text({0, 3, 0, 0, 0}), "A&B");
  EXPECT_EQ(message.text({0, 3, 2, 0, 0}), "E");
  EXPECT_EQ(message.text({0, 4, 0, 0, 0}), "");
  EXPECT_EQ(message.text({0, 9, 0, 0, 0}), "");
}

TEST(Tree, ends_segments_at_cr_lf_and_crlf) {
  for (const auto* message : {"MSH|^~\\&|A\rPID|1\rPV1|2\r", "MSH|^~\\&|A\nPID|1\nPV1|2\n",
                              "MSH|^~\\&|A\r\nPID|1\r\nPV1|2\r\n", "MSH|^~\\&|A\rPID|1\nPV1|2"}) {
    const auto parsed = tree(message);
    ASSERT_EQ(parsed.segment_count(), 3U) << message;
    EXPECT_EQ(parsed.segment_text(1), "PID|1");
    EXPECT_EQ(parsed.raw({1, 1, 0, 0, 0}), "1");
    EXPECT_EQ(parsed.raw({2, 1, 0, 0, 0}), "2");
    EXPECT_EQ(parsed.field_count(2), 1U);
  }
}

TEST(Tree, keeps_blank_lines_as_segments_without_a_name) {
  const auto message = tree("MSH|^~\\&|A\r\rPID|1\r\n\nPV1|2\r\r");
  ASSERT_EQ(message.segment_count(), 6U);
  EXPECT_EQ(message.segment_name(1), "");
  EXPECT_EQ(message.field_count(1), 0U);
  EXPECT_EQ(message.segment_name(2), "PID");
  EXPECT_EQ(message.segment_name(4), "PV1");
}

TEST(Tree, reads_what_lies_between_framing_bytes) {
  const auto message = tree("\x0B\xEF\xBB\xBF\rMSH|^~\\&|A|B\rPID|1|x\r\x1C\r");
  ASSERT_EQ(message.segment_count(), 2U);
  EXPECT_EQ(message.raw({0, 4, 0, 0, 0}), "B");
  EXPECT_EQ(message.raw({1, 2, 0, 0, 0}), "x");
  EXPECT_EQ(tree("MSH|^~\\&|A\rPID|1\x1C").raw({1, 1, 0, 0, 0}), "1");
}

TEST(Tree, keeps_a_segment_whose_name_is_none) {
  const auto message = tree("MSH|^~\\&|A\rcontinued text\r|x\rPIDX|1\r");
  EXPECT_EQ(message.segment_name(1), "continued text");
  EXPECT_EQ(message.field_count(1), 0U);
  EXPECT_EQ(message.segment_name(2), "");
  EXPECT_EQ(message.raw({2, 1, 0, 0, 0}), "x");
  EXPECT_EQ(message.segment_name(3), "PIDX");
}

TEST(Tree, reads_a_nul_as_data_where_a_delimiter_is_undeclared) {
  const auto message = tree(std::string_view("MSH|^|a\0b^c~d&e\r", 16));
  EXPECT_EQ(message.raw({0, 3, 1, 1, 1}), std::string_view("a\0b", 3));
  EXPECT_EQ(message.raw({0, 3, 1, 2, 1}), "c~d&e");
  EXPECT_EQ(message.repetition_count(0, 3), 1U);
}

TEST(Tree, gives_back_the_very_bytes_it_received) {
  const Bytes received{std::string(kOru)};
  const auto message = Tree::parse(received);
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->edited());
  EXPECT_EQ(message->bytes().view().data(), received.view().data());
}

TEST(Tree, refuses_what_is_no_message) {
  EXPECT_EQ(Tree::parse(Bytes()).error().code, FaultCode::not_hl7);
  EXPECT_EQ(Tree::parse(Bytes("MSH|")).error().code, FaultCode::msh_too_short);
  EXPECT_EQ(Tree::parse(Bytes("MSH|^^^^|")).error().code, FaultCode::bad_delimiters);
}

TEST(Tree, refuses_more_segments_or_fields_than_any_message_has) {
  std::string lines = "MSH|^~\\&|A\r";
  for (std::size_t i = 0; i < kMaxSegments; ++i) lines.append("Z\r");
  EXPECT_EQ(Tree::parse(Bytes(lines)).error().code, FaultCode::too_many_segments);
  auto fields = std::string("MSH|^~\\&|\r");
  for (std::size_t i = 0; i <= kMaxFields / kMaxFieldsOfSegment; ++i)
    fields += "Z" + std::string(kMaxFieldsOfSegment, '|') + "\r";
  EXPECT_EQ(Tree::parse(Bytes(fields)).error().code, FaultCode::too_many_segments);
}

// A spot numbers fields in 16 bits: what walks over them must come to an end.
TEST(Tree, refuses_a_segment_with_more_fields_than_a_spot_can_number) {
  const std::string most = "MSH|^~\\&|A\rZ" + std::string(kMaxFieldsOfSegment, '|');
  EXPECT_TRUE(Tree::parse(Bytes(most)));
  const auto refused = Tree::parse(Bytes(most + "|"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, FaultCode::too_many_segments);
  EXPECT_EQ(refused.error().detail, "a segment has more than 65,000 fields");
}

}  // namespace
}  // namespace myelin::hl7
