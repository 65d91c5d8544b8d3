// Which places of a message a path names.
#include <gtest/gtest.h>

#include "engine/hl7/path.h"
#include "tests/unit/hl7/samples.h"

namespace myelin::hl7 {
namespace {

Path path(std::string_view text) { return parse_path(text).value(); }

std::vector<std::string> texts(std::string_view text, Scope scope = {}) {
  const auto message = samples::tree(samples::kOru);
  std::vector<std::string> found;
  for (const auto& spot : select(message, path(text), scope)) found.push_back(message.text(spot));
  return found;
}

using Texts = std::vector<std::string>;

TEST(Select, takes_the_first_of_several_without_a_selector) {
  EXPECT_EQ(texts("OBX-5"), (Texts{"5.4"}));
  EXPECT_EQ(texts("PID-3.1"), (Texts{"4711"}));
}

TEST(Select, takes_what_the_selector_on_a_segment_says) {
  EXPECT_EQ(texts("OBX[2]-5"), (Texts{"8.9"}));
  EXPECT_EQ(texts("OBX[last]-5"), (Texts{"3"}));
  EXPECT_EQ(texts("OBX[*]-5"), (Texts{"5.4", "8.9", "3"}));
  EXPECT_EQ(texts("OBX[3.1=718-7]-5"), (Texts{"8.9"}));
  EXPECT_EQ(texts("OBX[6=mmol/l]-5"), (Texts{"5.4", "8.9"}));
  EXPECT_EQ(texts("OBX[3.1=718-7][6=mg/l]-5"), Texts{});
  EXPECT_EQ(texts("OBX[4]-5"), Texts{});
  EXPECT_EQ(texts("ZZZ[last]-5"), Texts{});
}

TEST(Select, takes_what_the_selector_on_a_repetition_says) {
  EXPECT_EQ(texts("PID-3[2].1"), (Texts{"0815"}));
  EXPECT_EQ(texts("PID-3[last].1"), (Texts{"0815"}));
  EXPECT_EQ(texts("PID-3[*].1"), (Texts{"4711", "0815"}));
  EXPECT_EQ(texts("PID-3[5=NI].1"), (Texts{"0815"}));
  EXPECT_EQ(texts("PID-3[4.2=1.2].1"), (Texts{"4711"}));
  EXPECT_EQ(texts("PID-3[5=XX].1"), Texts{});
}

TEST(Select, returns_absent_fields_of_a_segment_that_is_there) {
  const auto message = samples::tree(samples::kOru);
  EXPECT_EQ(select(message, path("PID-39.2")), (std::vector<Spot>{{1, 39, 1, 2, 0}}));
  EXPECT_EQ(select(message, path("PID-3[7]")), (std::vector<Spot>{{1, 3, 7, 0, 0}}));
  EXPECT_EQ(select(message, path("PID-39[last]")), (std::vector<Spot>{{1, 39, 1, 0, 0}}));
  EXPECT_EQ(select(message, path("PID-39[*]")), std::vector<Spot>{});
  EXPECT_EQ(select(message, path("PV1-2")), std::vector<Spot>{});
}

TEST(Select, names_a_whole_field_and_a_whole_segment) {
  const auto message = samples::tree(samples::kOru);
  EXPECT_EQ(select(message, path("PID-3")), (std::vector<Spot>{{1, 3, 0, 0, 0}}));
  EXPECT_EQ(select(message, path("OBR[*]")), (std::vector<Spot>{{2, 0, 0, 0, 0}, {6, 0, 0, 0, 0}}));
}

TEST(Select, looks_in_the_group_of_the_scope_first) {
  const Scope second_observation{5};
  const Scope last_observation{7};
  const Scope second_order{6};
  EXPECT_EQ(texts("OBX-5", second_observation), (Texts{"8.9"}));
  EXPECT_EQ(texts("OBR-2", second_observation), (Texts{"A1"}));
  EXPECT_EQ(texts("OBR-2", last_observation), (Texts{"A2"}));
  EXPECT_EQ(texts("OBX[*]-5", second_order), (Texts{"3"}));
  EXPECT_EQ(texts("OBX[*]-5", Scope{2}), (Texts{"5.4", "8.9"}));
  EXPECT_EQ(texts("NTE-3", Scope{3}), (Texts{"fasting"}));
  EXPECT_EQ(texts("PID-8", last_observation), (Texts{"F"}));
}

TEST(Select, reads_text_and_presence_of_the_first_place) {
  const auto message = samples::tree(samples::kOru);
  EXPECT_EQ(read_text(message, path("OBX[*]-5")), "5.4");
  EXPECT_EQ(read_text(message, path("PV1-2")), "");
  EXPECT_EQ(presence(message, path("PID-10")), Presence::null);
  EXPECT_EQ(presence(message, path("PID-8")), Presence::valued);
  EXPECT_EQ(presence(message, path("PV1-2")), Presence::absent);
  EXPECT_EQ(presence(message, path("PV1")), Presence::absent);
  EXPECT_EQ(presence(message, path("PID")), Presence::valued);
}

TEST(Select, finds_nothing_through_groups_that_it_cannot_follow) {
  const auto message = samples::tree(samples::kOru);
  EXPECT_TRUE(select(message, parse_path_with_groups("ORDER_OBSERVATION/OBX-5").value()).empty());
}

}  // namespace
}  // namespace myelin::hl7
