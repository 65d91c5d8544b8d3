// A site's dictionary: what it says is known wherever the standard's is, and what is wrong in it is shown at its place.
#include "routes/dictionary/dictionary.h"

#include <gtest/gtest.h>

#include "engine/hl7/group.h"
#include "engine/schema/dictionary.h"
#include "engine/schema/path_check.h"
#include "engine/schema/validate.h"
#include "routes/profile/profile.h"

namespace myelin::routes {
namespace {

using schema::Dictionary;
using schema::Version;

constexpr std::string_view kHouse = R"(dictionary: our-house
segments:
  ZPI:
    title: Diet and wishes
    fields:
      ZPI-1: { name: Set ID, type: SI }
      ZPI-2: { name: Diet, type: CWE, table: 9001, required: true }
      ZPI-4: { name: Wishes, type: ZWD, repeats: true, length: 20 }
types:
  ZWD:
    components:
      ZWD.1: { name: Wish }
      ZWD.2: { name: Since, type: DT }
tables:
  "9001": { name: Diets, codes: { NS: No salt, VG: Vegetarian } }
  "0001": { codes: { D: Diverse } }
structures:
  ADT_A01: { after: PV1, add: "[{ZPI}]" }
  ADT_Z01: "MSH EVN PID [ZPI]"
events:
  ADT^Z01: ADT_Z01
)";

class SiteDictionary : public ::testing::Test {
 protected:
  void TearDown() override { schema::use_site_facts({}); }
  // The codes and lines of the mistakes: "C0165:3 …".
  static std::string use(std::string_view text) {
    config::Diagnostics diagnostics;
    use_dictionaries({std::make_shared<const config::SourceText>("house.yaml", std::string(text))}, diagnostics);
    std::string all;
    for (const auto& each : diagnostics.sorted())
      all += std::string(each.code) + ":" + std::to_string(each.place.line) + " " + each.message + "\n";
    return all;
  }
  static hl7::Tree tree(std::string_view segments) {
    return hl7::Tree::parse(
               Bytes("MSH|^~\\&|A|B|C|D|20260101||ADT^A01^ADT_A01|1|P|2.5.1\rEVN||20260101\rPID|1||7^^^H^MR||A^B\r"
                     "PV1|1|I\r" +
                     std::string(segments)))
        .value();
  }
  static std::string findings(std::string_view segments) {
    std::string all;
    for (const auto& each : schema::validate(tree(segments), schema::Rulebooks::standard()).all)
      if (each.at.starts_with("ZPI")) all += each.at + " " + each.text + "\n";
    return all;
  }
};

TEST_F(SiteDictionary, adds_segments_with_their_fields_types_and_tables) {
  EXPECT_EQ(Dictionary::of("2.5.1").segment("ZPI"), nullptr);
  ASSERT_EQ(use(kHouse), "");
  const auto& dictionary = Dictionary::of("2.5.1");
  ASSERT_NE(dictionary.segment("ZPI"), nullptr);
  EXPECT_EQ(dictionary.segment("ZPI")->title, "Diet and wishes");
  EXPECT_EQ(dictionary.segment("ZPI")->elements.size(), 4U);
  EXPECT_EQ(dictionary.field("ZPI", 2)->type, "CWE");
  EXPECT_EQ(dictionary.field("ZPI", 3)->usage, schema::Usage::withdrawn);
  EXPECT_TRUE(dictionary.field("ZPI", 4)->repeats);
  EXPECT_EQ(dictionary.component("ZWD", 2)->type, "DT");
  EXPECT_EQ(dictionary.text(9001, "NS"), "No salt");
  EXPECT_EQ(dictionary.field("PID", 8)->name, "Administrative Sex");
}

TEST_F(SiteDictionary, adds_codes_to_a_table_of_hl7_and_leaves_the_others) {
  ASSERT_EQ(use(kHouse), "");
  const auto* sexes = Dictionary::of(Version::v2_3).table(1);
  ASSERT_NE(sexes, nullptr);
  EXPECT_EQ(sexes->name, "Administrative Sex");
  EXPECT_EQ(Dictionary::of(Version::v2_3).text(1, "D"), "Diverse");
  EXPECT_EQ(Dictionary::of(Version::v2_3).text(1, "F"), "Female");
}

TEST_F(SiteDictionary, puts_a_segment_into_the_structures_of_each_version) {
  ASSERT_EQ(use(kHouse), "");
  for (const auto* version : {"2.3", "2.5.1", "2.8.2"}) {
    const auto* structure = Dictionary::of(version).structure("ADT_A01");
    ASSERT_NE(structure, nullptr) << version;
    EXPECT_TRUE(hl7::holds(*structure, "ZPI")) << version;
    EXPECT_TRUE(hl7::repeats(*structure, "ZPI")) << version;
    EXPECT_TRUE(hl7::holds(*structure, "PV2")) << version;
  }
  EXPECT_EQ(Dictionary::of("2.5.1").structure_name("ADT", "Z01"), "ADT_Z01");
  EXPECT_EQ(Dictionary::of("2.5.1").structure_name("ADT", "A04"), "ADT_A01");
  EXPECT_EQ(Dictionary::of("2.5.1").structure("ADT_Z01")->nodes.size(), 5U);
}

TEST_F(SiteDictionary, is_what_messages_are_validated_by) {
  ASSERT_EQ(use(kHouse), "");
  EXPECT_EQ(findings("ZPI|1|NS||a^20260101\r"), "");
  const auto wrong = findings("ZPI|1|XX||far too long^yesterday|5\r");
  EXPECT_NE(wrong.find("ZPI[1]-2"), std::string::npos) << wrong;
  EXPECT_NE(wrong.find("ends at field 4"), std::string::npos) << wrong;
  EXPECT_NE(findings("ZPI|1\r").find("Diet is required"), std::string::npos);
}

TEST_F(SiteDictionary, is_what_paths_are_checked_by) {
  const auto mistake = [](const char* path) {
    return schema::check_path(Dictionary::of("2.5.1"), hl7::parse_path(path).value());
  };
  EXPECT_FALSE(mistake("ZPI-9"));
  ASSERT_EQ(use(kHouse), "");
  EXPECT_FALSE(mistake("ZPI-4.2"));
  ASSERT_TRUE(mistake("ZPI-9"));
  EXPECT_NE(mistake("ZPI-9")->message.find("ZPI ends at ZPI-4"), std::string::npos) << mistake("ZPI-9")->message;
  EXPECT_TRUE(mistake("ZPI-4.3"));
  EXPECT_FALSE(mistake("ZXX-9"));
}

TEST_F(SiteDictionary, goes_when_the_configuration_has_none_and_what_was_handed_out_stays) {
  ASSERT_EQ(use(kHouse), "");
  const auto& with = Dictionary::of("2.5.1");
  const auto generation = schema::site_generation();
  ASSERT_EQ(use(kHouse), "");
  EXPECT_EQ(schema::site_generation(), generation);
  schema::use_site_facts({});
  EXPECT_EQ(Dictionary::of("2.5.1").segment("ZPI"), nullptr);
  EXPECT_NE(with.segment("ZPI"), nullptr);
  EXPECT_NE(Profile::standard(), nullptr);
}

TEST_F(SiteDictionary, shows_each_mistake_at_its_line_and_keeps_what_is_right) {
  EXPECT_EQ(use(R"(dictionary: house
segments:
  PID: { title: ours }
  zpi: { title: small }
  ZOK:
    fields:
      ZOK-2: { name: Second }
      ZOK-1: { name: First }
      ZPI-3: { name: Other }
tables:
  wards: { codes: { A: B } }
structures:
  ADT_A01: { after: QQQ, add: "[ZOK]" }
  ADT_A99: { after: PID, add: "[ZOK]" }
  ADT_Z02: "MSH ["
events:
  A01: ADT_A01
)"),
            "C0165:3 'PID' is HL7's own\n"
            "C0165:4 'zpi' cannot be a name\n"
            "C0165:8 'ZOK-1' is not the next place of ZOK\n"
            "C0165:9 'ZPI-3' is not the next place of ZOK\n"
            "C0165:11 'wards' is no number of a table\n"
            "C0165:13 ADT_A01 has no QQQ\n"
            "C0165:14 HL7 has no structure 'ADT_A99'\n"
            "C0165:15 this is no grammar\n"
            "C0165:17 'A01' is no message type\n");
  EXPECT_EQ(Dictionary::of("2.5.1").field("ZOK", 2)->name, "Second");
}

}  // namespace
}  // namespace myelin::routes
