// What the dictionary answers, version by version.
#include "engine/schema/dictionary.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/hl7/charset.h"

namespace myelin::schema {
namespace {

const Dictionary& v251() { return Dictionary::of(Version::v2_5_1); }

TEST(Dictionary, knows_the_fields_of_a_segment) {
  const auto* pid = v251().segment("PID");
  ASSERT_NE(pid, nullptr);
  EXPECT_EQ(pid->title, "Patient Identification");
  EXPECT_EQ(pid->elements.size(), 39U);
  const auto& identifiers = pid->elements[2];
  EXPECT_EQ(identifiers.name, "Patient Identifier List");
  EXPECT_EQ(identifiers.type, "CX");
  EXPECT_EQ(identifiers.usage, Usage::required);
  EXPECT_TRUE(identifiers.repeats);
  EXPECT_EQ(identifiers.length, 250U);
  EXPECT_EQ(v251().field("PID", 8)->table, 1);
  EXPECT_EQ(v251().field("PID", 40), nullptr);
  EXPECT_EQ(v251().field("PID", 0), nullptr);
  EXPECT_EQ(v251().field("QQQ", 1), nullptr);
}

TEST(Dictionary, knows_each_version_by_itself) {
  EXPECT_EQ(Dictionary::of("2.2").field("PID", 3)->type, "CM_PAT_ID");
  EXPECT_EQ(Dictionary::of("2.3").field("PID", 3)->type, "CX");
  EXPECT_EQ(Dictionary::of("2.3").segment("PID")->elements.size(), 30U);
  EXPECT_EQ(Dictionary::of("2.8").segment("PID")->elements.size(), 40U);
  EXPECT_EQ(Dictionary::of("2.4").field("MSH", 21)->type, "ID");
  EXPECT_EQ(Dictionary::of("2.5").field("MSH", 21)->type, "EI");
}

TEST(Dictionary, knows_limits_of_repetition) {
  const auto* abnormal = Dictionary::of("2.2").field("OBX", 8);
  EXPECT_TRUE(abnormal->repeats);
  EXPECT_EQ(abnormal->most, 5);
  EXPECT_EQ(v251().field("PID", 3)->most, 0);
}

TEST(Dictionary, keeps_withdrawn_and_reserved_fields_in_their_place) {
  EXPECT_EQ(Dictionary::of("2.7").field("PID", 2)->usage, Usage::withdrawn);
  EXPECT_EQ(Dictionary::of("2.8").field("EVN", 1)->usage, Usage::withdrawn);
  EXPECT_EQ(Dictionary::of("2.8").field("EVN", 2)->type, "DTM");
  EXPECT_EQ(v251().field("OBX", 20)->usage, Usage::withdrawn);
  EXPECT_EQ(Dictionary::of("2.8.2").component("XPN", 6)->usage, Usage::withdrawn);
}

TEST(Dictionary, lets_values_vary_where_the_standard_does) {
  for (const auto name : kVersionNames) {
    EXPECT_EQ(Dictionary::of(name).field("OBX", 5)->type, kVaries) << name;
  }
}

TEST(Dictionary, knows_components_of_data_types) {
  EXPECT_EQ(v251().type("CX")->elements.size(), 10U);
  EXPECT_EQ(v251().component("CX", 4)->name, "Assigning Authority");
  EXPECT_EQ(v251().component("CX", 4)->type, "HD");
  EXPECT_EQ(v251().type("ST"), nullptr);
  EXPECT_EQ(Dictionary::of("2.8.2").component("MSG", 3)->table, 354);
}

TEST(Dictionary, knows_the_texts_of_tables) {
  EXPECT_EQ(v251().text(1, "F"), "Female");
  EXPECT_EQ(v251().text(104, "2.5.1"), "Release 2.5.1");  // the table as published says 1.5.1
  EXPECT_EQ(v251().table(1)->name, "Administrative Sex");
  EXPECT_EQ(v251().text(1, "f"), std::nullopt);
  EXPECT_EQ(v251().text(9999, "F"), std::nullopt);
}

TEST(Dictionary, answers_from_the_nearest_version_that_documents_it) {
  const auto* old_query = Dictionary::of("2.8").segment("QRD");
  ASSERT_NE(old_query, nullptr);
  EXPECT_EQ(old_query->documented_in, Version::v2_7_1);
  EXPECT_EQ(old_query->elements.size(), 12U);
  EXPECT_EQ(Dictionary::of("2.3").segment("SPM")->documented_in, Version::v2_5);
  EXPECT_EQ(Dictionary::of("2.7").structure("ADT_A39")->documented_in, Version::v2_6);
  EXPECT_EQ(v251().segment("PID")->documented_in, Version::v2_5_1);
}

TEST(Dictionary, finds_the_structure_of_a_message) {
  EXPECT_EQ(v251().structure_name("ADT", "A04"), "ADT_A01");
  EXPECT_EQ(Dictionary::of("2.3").structure_name("ADT", "A04"), "ADT_A04");
  EXPECT_EQ(v251().structure_name("ADT", "A31"), "ADT_A05");
  EXPECT_EQ(v251().structure_name("ADT", "A40"), "ADT_A39");
  EXPECT_EQ(v251().structure_name("ORU", "R01"), "ORU_R01");
  EXPECT_EQ(v251().structure_name("SIU", "S15"), "SIU_S12");
  EXPECT_EQ(v251().structure_name("MDM", "T08"), "MDM_T02");
  EXPECT_EQ(v251().structure_name("QBP", "Q22"), "QBP_Q21");
  EXPECT_EQ(v251().structure_name("ACK", "A01"), "ACK");
  EXPECT_EQ(v251().structure_name("ACK", ""), "ACK");
  EXPECT_EQ(v251().structure_name("ZZZ", "Z01"), "");
}

TEST(Dictionary, believes_a_declared_structure_only_of_its_own_message) {
  EXPECT_EQ(v251().structure("ADT", "A04", "ADT_A05")->name, "ADT_A05");
  EXPECT_EQ(v251().structure("ADT", "A04", "")->name, "ADT_A01");
  EXPECT_EQ(Dictionary::of("2.8").structure("ADT", "A04", "ADT_A04")->name, "ADT_A01") << "2.8 has no ADT_A04";
  EXPECT_EQ(v251().structure("ADT", "A04", "ORU_R01")->name, "ADT_A01");
  EXPECT_EQ(v251().structure("ADT", "A04", "ADT_X99")->name, "ADT_A01");
  EXPECT_EQ(v251().structure("ZZZ", "Z01", "ZZZ_Z01"), nullptr);
  EXPECT_EQ(v251().structure("", "", ""), nullptr);
}

TEST(Dictionary, names_the_groups_of_every_version) {
  for (const auto name : kVersionNames) {
    const auto* oru = Dictionary::of(name).structure("ORU_R01");
    ASSERT_NE(oru, nullptr) << name;
    EXPECT_TRUE(hl7::holds(*oru, "ORDER_OBSERVATION")) << name;
    EXPECT_TRUE(hl7::holds(*oru, "OBSERVATION")) << name;
    EXPECT_TRUE(hl7::repeats(*oru, "OBX")) << name;
  }
  EXPECT_FALSE(hl7::repeats(*v251().structure("ADT_A01"), "PID"));
  EXPECT_TRUE(hl7::repeats(*v251().structure("ADT_A39"), "PID"));
}

// Every segment of a structure, every type of a field and every structure of an event is itself documented.
TEST(Dictionary, holds_together) {
  const std::set<std::string_view> plain = {"ST", "ID", "NM", "DTM", "IS",  "DT",  "SI", "TX",
                                            "FT", "TN", "CM", "TM",  "SNM", "GTS", "",   "*"};
  for (const auto name : kVersionNames) {
    const auto& dictionary = Dictionary::of(name);
    std::set<std::string_view> missing;
    for (const auto& composites : {dictionary.segments(), dictionary.types()}) {
      for (const auto& composite : composites) {
        for (const auto& element : composite.elements) {
          if (!plain.contains(element.type) && dictionary.type(element.type) == nullptr) missing.insert(element.type);
        }
      }
    }
    for (const auto& structure : dictionary.structures()) {
      for (const auto& node : structure.nodes) {
        const bool leaf = node.kind == hl7::StructureNode::Kind::segment && node.code != hl7::kAnySegment;
        if (leaf && dictionary.segment(node.name) == nullptr) missing.insert(node.name);
      }
    }
    EXPECT_EQ(missing, std::set<std::string_view>{}) << name;
    EXPECT_GT(dictionary.structures().size(), 480U) << "each grammar was read";
  }
}

TEST(Dictionary, reads_facts_of_a_site) {
  const Facts site{"ZPI\tPractice\t2.3-2.8.2\nZPI-1\tOwn Number\t2.3-2.8.2:CX!*2/20#9001\nZPI-3\tLater\t2.5-2.8.2:ST\n",
                   "", "9001\tKinds\n9001.A.1\tFirst\n", "ZAA_Z01\t2.3-2.8.2\tMSH {ZPI}\n",
                   "ZAA^Z01\t2.3-2.8.2:ZAA_Z01\n"};
  const auto made = Dictionary::read(Version::v2_5, site);
  EXPECT_EQ(made.segment("ZPI")->elements.size(), 3U);
  EXPECT_EQ(made.field("ZPI", 2)->usage, Usage::withdrawn) << "a hole";
  EXPECT_EQ(made.field("ZPI", 1)->most, 2);
  EXPECT_EQ(made.text(9001, "A.1"), "First");
  EXPECT_EQ(made.structure("ZAA", "Z01", "")->name, "ZAA_Z01");
  EXPECT_EQ(Dictionary::read(Version::v2_3, site).segment("ZPI")->elements.size(), 1U);
}

// One letter of each, as its bytes stand in a message that declares the set: read as UTF-8, and written back.
TEST(Dictionary, has_no_character_set_in_table_0211_that_cannot_be_read_and_written) {
  const std::map<std::string_view, std::pair<std::string_view, std::string_view>> letters = {
      {"8859/1", {"\xFC", "ü"}},
      {"8859/2", {"\xB9", "š"}},
      {"8859/3", {"\xB6", "ĥ"}},
      {"8859/4", {"\xB3", "ŗ"}},
      {"8859/5", {"\xB6", "Ж"}},
      {"8859/6", {"\xC8", "ب"}},
      {"8859/7", {"\xE1", "α"}},
      {"8859/8", {"\xE0", "א"}},
      {"8859/9", {"\xFD", "ı"}},
      {"8859/15", {"\xA4", "€"}},
      {"ASCII", {"u", "u"}},
      {"BIG-5", {"\xB3\x5C", "許"}},
      {"CNS 11643-1992", {"\xC4\xAB", "入"}},
      {"GB 18030-2000", {"\xCD\xF5", "王"}},
      {"ISO IR14", {"\x1B(I\x31\x1B(J", "ｱ"}},
      {"ISO IR159", {"\x1B$(D\x30\x21\x1B(B", "丂"}},
      {"ISO IR87", {"\x1B$B\x3B\x33\x1B(B", "山"}},
      {"KS X 1001", {"\xB1\xE8", "김"}},
      {"UNICODE", {"ж", "ж"}},
      {"UNICODE UTF-8", {"ж", "ж"}},
      {"UNICODE UTF-16", {"ж", "ж"}},
      {"UNICODE UTF-32", {"ж", "ж"}},
  };
  for (const auto& code : v251().table(211)->codes) {
    EXPECT_TRUE(hl7::knows_charset(code.code)) << code.code;
    const auto letter = letters.find(code.code);
    ASSERT_NE(letter, letters.end()) << code.code;
    const auto [stands, means] = letter->second;
    const std::string head = "MSH|^~\\&|A||||||ADT^A01|1|P|2.5.1||||||" + std::string(code.code) + "\rPID|1||1||";
    const Bytes received(head + std::string(stands) + "\r");
    const auto read = hl7::decode_message(received, {});
    ASSERT_TRUE(read) << code.code << ": " << to_string(read.error());
    EXPECT_EQ(read->text.view(), head + std::string(means) + "\r") << code.code;
    const auto written = hl7::encode_message(read->text, read->form, {});
    ASSERT_TRUE(written) << code.code << ": " << to_string(written.error());
    if (!stands.contains('\x1B')) {
      EXPECT_EQ(written->view(), received.view()) << code.code;
    } else {
      EXPECT_EQ(hl7::decode_message(*written, {})->text.view(), read->text.view()) << code.code;
    }
  }
}

TEST(Dictionary, reads_what_is_no_facts_without_harm) {
  for (const auto* text :
       {"", "\n\n", "\t", "PID-3", "PID\nPID-99999999\tx\t2.5:ST", "0001", ".x\ty", "A\tB\tC\nA\t2.5\t("}) {
    const auto made = Dictionary::read(Version::v2_5, Facts{text, text, text, text, text});
    EXPECT_EQ(made.structure("A"), nullptr) << text;
  }
}

}  // namespace
}  // namespace myelin::schema
