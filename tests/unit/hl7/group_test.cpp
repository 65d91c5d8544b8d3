// How segments find their groups, in messages that keep to the grammar and in those that do not.
#include <gtest/gtest.h>

#include "engine/hl7/group.h"
#include "engine/hl7/path.h"
#include "tests/unit/hl7/samples.h"

namespace myelin::hl7 {
namespace {

constexpr std::string_view kOruGrammar =
    "MSH [{SFT}] {PATIENT_RESULT([PATIENT(PID [PD1] [{NTE}] [{NK1}] [VISIT(PV1 [PV2])])] {ORDER_OBSERVATION([ORC] OBR "
    "[{NTE}] [{TIMING_QTY(TQ1 [{TQ2}])}] [CTD] [{OBSERVATION(OBX [{NTE}])}] [{FT1}] [{CTI}] [{SPECIMEN(SPM "
    "[{OBX}])}])})} [DSC]";
constexpr std::string_view kAdtGrammar =
    "MSH [{SFT}] EVN PID [PD1] [{ROL}] [{NK1}] PV1 [PV2] [{ROL}] [{DB1}] [{OBX}] [{AL1}] [{DG1}] [DRG] "
    "[{PROCEDURE(PR1 [{ROL}])}] [{GT1}] [{INSURANCE(IN1 [IN2] [{IN3}] [{ROL}])}] [ACC] [UB1] [UB2] [PDA]";
constexpr std::string_view kOrmGrammar =
    "MSH [{NTE}] [PATIENT(PID [{NTE}] [VISIT(PV1 [PV2])])] {ORDER(ORC [ORDER_DETAIL([{OBR,RXO,ODS}] [{NTE}] "
    "[{OBSERVATION(OBX [{NTE}])}])] [BLG])}";

Structure structure(std::string_view grammar) { return read_structure("TEST", grammar).value(); }

Tree message(std::string_view names) {
  std::string text = "MSH|^~\\&|A|B|C|D|20260101||X|1|P|2.5\r";
  for (std::size_t at = 0; at < names.size(); at += 4) text.append(names.substr(at, 3)).append("|1\r");
  return samples::tree(text);
}

// "PID@PATIENT OBR@ORDER_OBSERVATION.2": each segment behind MSH with its group and which one that is, `!` when
// misplaced, `?` when unknown.
std::string shape(std::string_view grammar, std::string_view names) {
  const auto known = structure(grammar);
  const auto tree = message(names);
  const auto grouped = group(tree, known);
  std::string out;
  for (std::size_t i = 1; i < tree.segment_count(); ++i) {
    const auto at = grouped.group_of(i);
    out.append(out.empty() ? "" : " ").append(tree.segment_name(i));
    if (at != 0) out.append("@").append(grouped.name(at));
    if (at != 0 && grouped.groups()[at].number > 1) out.append(".").append(std::to_string(grouped.groups()[at].number));
    if (grouped.fit(i) == Fit::misplaced) out.append("!");
    if (grouped.fit(i) == Fit::unknown) out.append("?");
  }
  return out;
}

TEST(Structure, reads_a_grammar_and_refuses_what_is_none) {
  const auto oru = structure(kOruGrammar);
  EXPECT_EQ(oru.nodes[0].end, oru.nodes.size());
  EXPECT_TRUE(holds(oru, "SPECIMEN"));
  EXPECT_TRUE(holds(oru, "SPM"));
  EXPECT_FALSE(holds(oru, "AL1"));
  for (const auto* text : {"MSH [PID", "MSH PID]", "MSH {}", "MSH G()", "MSH [PID}", "MSHX", "MSH PID,", "MSH (PID"}) {
    EXPECT_FALSE(read_structure("X", text)) << text;
  }
}

TEST(Structure, bounds_the_depth_of_a_grammar) {
  const std::string deep = std::string(5000, '[') + "PID" + std::string(5000, ']');
  EXPECT_FALSE(read_structure("X", deep));
}

TEST(Structure, says_which_segments_repeat) {
  const auto adt = structure(kAdtGrammar);
  EXPECT_TRUE(repeats(adt, "NK1"));
  EXPECT_TRUE(repeats(adt, "IN2")) << "its group repeats";
  EXPECT_TRUE(repeats(structure("MSH PID [PV1] EVN [PV1]"), "PV1")) << "two places";
  EXPECT_FALSE(repeats(adt, "PID"));
  EXPECT_FALSE(repeats(adt, "ZZZ"));
}

TEST(Group, sorts_a_message_that_keeps_to_the_grammar) {
  EXPECT_EQ(shape(kOruGrammar, "PID NTE PV1 ORC OBR NTE OBX NTE OBX SPM OBX OBR OBX PID OBR OBX"),
            "PID@PATIENT NTE@PATIENT PV1@VISIT ORC@ORDER_OBSERVATION OBR@ORDER_OBSERVATION NTE@ORDER_OBSERVATION "
            "OBX@OBSERVATION NTE@OBSERVATION OBX@OBSERVATION.2 SPM@SPECIMEN OBX@SPECIMEN OBR@ORDER_OBSERVATION.2 "
            "OBX@OBSERVATION PID@PATIENT OBR@ORDER_OBSERVATION OBX@OBSERVATION");
}

TEST(Group, counts_groups_anew_in_each_group_around_them) {
  const auto known = structure(kOruGrammar);
  const auto grouped = group(message("PID OBR OBX OBX OBR OBX PID OBR"), known);
  std::string numbers;
  for (const auto& each : grouped.groups()) numbers += std::to_string(each.number);
  // message, PATIENT_RESULT, PATIENT, ORDER, OBSERVATION × 2, ORDER, OBSERVATION, PATIENT_RESULT, PATIENT, ORDER
  EXPECT_EQ(numbers, "11111221211");
  EXPECT_TRUE(grouped.in_order());
}

TEST(Group, gives_each_group_the_run_of_its_segments) {
  const auto known = structure(kOruGrammar);
  const auto grouped = group(message("PID OBR OBX OBX OBR OBX"), known);
  const auto& first = grouped.groups()[3];
  EXPECT_EQ(grouped.name(3), "ORDER_OBSERVATION");
  EXPECT_EQ(first.begin, 2U);
  EXPECT_EQ(first.end, 5U);
  EXPECT_EQ(grouped.groups()[0].end, 7U);
  EXPECT_EQ(grouped.last_inside(3), 6U);
  EXPECT_TRUE(grouped.inside(4, 3));
  EXPECT_FALSE(grouped.inside(5, 3));
}

TEST(Group, takes_any_of_a_choice) {
  EXPECT_EQ(shape(kOrmGrammar, "PID ORC RXO NTE ORC OBR OBX ORC ORC"),
            "PID@PATIENT ORC@ORDER RXO@ORDER_DETAIL NTE@ORDER_DETAIL ORC@ORDER.2 OBR@ORDER_DETAIL OBX@OBSERVATION "
            "ORC@ORDER.3 ORC@ORDER.4");
}

TEST(Group, begins_the_next_order_and_not_one_of_a_prior_result_without_its_patient) {
  constexpr std::string_view kOml =
      "MSH [PATIENT(PID)] {ORDER(ORC [REQUEST(OBR [{SPECIMEN(SPM)}] [{PRIOR_RESULT([PATIENT_PRIOR(PID)] [{AL1}] "
      "{ORDER_PRIOR([ORC] OBR {OBSERVATION_PRIOR(OBX)})})}])])}";
  EXPECT_EQ(shape(kOml, "PID ORC OBR SPM ORC OBR "),
            "PID@PATIENT ORC@ORDER OBR@REQUEST SPM@SPECIMEN ORC@ORDER.2 OBR@REQUEST");
  EXPECT_EQ(shape(kOml, "ORC OBR PID ORC OBR OBX "),
            "ORC@ORDER OBR@REQUEST PID@PATIENT_PRIOR ORC@ORDER_PRIOR OBR@ORDER_PRIOR OBX@OBSERVATION_PRIOR");
}

TEST(Group, goes_on_over_required_segments_that_are_missing) {
  EXPECT_EQ(shape(kOruGrammar, "PID OBX NTE OBX"), "PID@PATIENT OBX@OBSERVATION NTE@OBSERVATION OBX@OBSERVATION.2");
  EXPECT_EQ(shape(kOrmGrammar, "PID OBR OBX"), "PID@PATIENT OBR@ORDER_DETAIL OBX@OBSERVATION");
  EXPECT_EQ(shape(kAdtGrammar, "PID IN2"), "PID IN2@INSURANCE");
}

TEST(Group, leaves_a_segment_out_of_order_at_its_own_place_and_goes_on) {
  EXPECT_EQ(shape(kAdtGrammar, "EVN PID PV1 NK1 AL1 IN1 GT1 IN2 IN1"),
            "EVN PID PV1 NK1! AL1 IN1@INSURANCE GT1! IN2@INSURANCE IN1@INSURANCE.2");
  EXPECT_EQ(shape(kAdtGrammar, "EVN PID NK1 PD1 PV1"), "EVN PID NK1 PD1! PV1");
}

TEST(Group, opens_a_part_again_that_has_passed) {
  EXPECT_EQ(shape(kAdtGrammar, "EVN PID PV1 ACC IN1 IN2"), "EVN PID PV1 ACC IN1@INSURANCE! IN2@INSURANCE");
  EXPECT_EQ(shape(kAdtGrammar, "EVN PID PV1 PV1 AL1"), "EVN PID PV1 PV1! AL1");
}

TEST(Group, begins_a_group_again_that_should_not_repeat) {
  EXPECT_EQ(shape("MSH PATIENT(PID [PV1]) {ORDER(ORC OBR)}", "PID PV1 PID PV1 ORC OBR"),
            "PID@PATIENT PV1@PATIENT PID@PATIENT.2! PV1@PATIENT.2 ORC@ORDER OBR@ORDER");
}

TEST(Group, keeps_unknown_segments_and_stray_notes_with_the_one_before) {
  EXPECT_EQ(shape(kOruGrammar, "ZPI PID ZPD OBR ZAA OBX ZXX NTE"),
            "ZPI? PID@PATIENT ZPD@PATIENT? OBR@ORDER_OBSERVATION ZAA@ORDER_OBSERVATION? OBX@OBSERVATION "
            "ZXX@OBSERVATION? NTE@OBSERVATION");
  EXPECT_EQ(shape(kOruGrammar, "OBR SPM NTE OBX"), "OBR@ORDER_OBSERVATION SPM@SPECIMEN NTE@SPECIMEN! OBX@SPECIMEN");
}

TEST(Group, takes_any_segment_where_the_grammar_says_so) {
  EXPECT_EQ(shape("MSH MFI {MF(MFE [ANY])}", "MFI MFE ZL1 MFE ZL1"), "MFI MFE@MF ZL1@MF MFE@MF.2 ZL1@MF.2");
}

TEST(Group, places_each_segment_of_a_hostile_message_once) {
  const auto known = structure(kAdtGrammar);
  std::string names;
  for (int i = 0; i < 20'000; ++i) names += i % 3 == 0 ? "PV1 " : (i % 3 == 1 ? "IN2 " : "ROL ");
  const auto tree = message(names);
  const auto grouped = group(tree, known);
  EXPECT_EQ(grouped.segment_count(), tree.segment_count());
  EXPECT_EQ(grouped.groups()[0].end, tree.segment_count());
}

std::vector<std::string> texts(std::string_view text, std::string_view path, Scope scope = {}) {
  const auto known = structure(kOruGrammar);
  const auto tree = samples::tree(text);
  const auto grouped = group(tree, known);
  std::vector<std::string> found;
  for (const auto& spot : select(tree, parse_path_with_groups(path).value(), scope, &grouped)) {
    found.push_back(tree.text(spot));
  }
  return found;
}

using Texts = std::vector<std::string>;

TEST(GroupPath, counts_within_the_group) {
  EXPECT_EQ(texts(samples::kOru, "ORDER_OBSERVATION[2]/OBX[1]-5"), (Texts{"3"}));
  EXPECT_EQ(texts(samples::kOru, "ORDER_OBSERVATION[1]/OBX[2]-5"), (Texts{"8.9"}));
  EXPECT_EQ(texts(samples::kOru, "ORDER_OBSERVATION[2]/OBX[2]-5"), Texts{});
  EXPECT_EQ(texts(samples::kOru, "ORDER_OBSERVATION[3]/OBX-5"), Texts{});
  EXPECT_EQ(texts(samples::kOru, "ORDER_OBSERVATION/OBR-4.1"), (Texts{"GLU"}));
  EXPECT_EQ(texts(samples::kOru, "ORDER_OBSERVATION[last]/OBR-4.1"), (Texts{"CRP"}));
}

TEST(GroupPath, takes_the_segment_in_each_group) {
  EXPECT_EQ(texts(samples::kOru, "ORDER_OBSERVATION[*]/OBX[1]-5"), (Texts{"5.4", "3"}));
  EXPECT_EQ(texts(samples::kOru, "ORDER_OBSERVATION[*]/OBX[*]-5"), (Texts{"5.4", "8.9", "3"}));
  EXPECT_EQ(texts(samples::kOru, "PATIENT_RESULT/ORDER_OBSERVATION[2]/OBSERVATION[1]/OBX-5"), (Texts{"3"}));
  EXPECT_EQ(texts(samples::kOru, "ORDER_OBSERVATION[4.1=CRP]/OBX-5"), (Texts{"3"}));
  EXPECT_EQ(texts(samples::kOru, "SPECIMEN/OBX-5"), Texts{});
}

TEST(GroupPath, looks_in_the_current_group_then_in_those_around_it) {
  EXPECT_EQ(texts(samples::kOru, "OBR-4.1", Scope{7}), (Texts{"CRP"}));
  EXPECT_EQ(texts(samples::kOru, "OBX-5", Scope{6}), (Texts{"3"}));
  EXPECT_EQ(texts(samples::kOru, "OBX[last]-5", Scope{2}), (Texts{"8.9"}));
  EXPECT_EQ(texts(samples::kOru, "PID-3.1", Scope{7}), (Texts{"4711"}));
  EXPECT_EQ(texts(samples::kOru, "OBX-5", Scope{5}), (Texts{"8.9"})) << "the current one";
  EXPECT_EQ(texts(samples::kOru, "ORDER_OBSERVATION/OBX[1]-5", Scope{7}), (Texts{"3"}));
  EXPECT_EQ(texts(samples::kOru, "NTE-3", Scope{3}), (Texts{"fasting"}));
  EXPECT_EQ(texts(samples::kOru, "NTE-3", Scope{2}), Texts{}) << "that note belongs to an OBX";
}

TEST(GroupPath, finds_nothing_without_the_groups) {
  const auto tree = samples::tree(samples::kOru);
  EXPECT_TRUE(select(tree, parse_path_with_groups("ORDER_OBSERVATION/OBX-5").value()).empty());
}

}  // namespace
}  // namespace myelin::hl7
