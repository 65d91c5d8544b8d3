// HL7 v2 XML: the names of its elements, what it refuses, and that nothing is lost on the way there and back.
#include "engine/schema/xml.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/hl7/charset.h"
#include "engine/hl7/piece.h"
#include "engine/schema/validate.h"
#include "tests/unit/hl7/corpus.h"
#include "tests/unit/hl7/samples.h"

namespace myelin::schema {
namespace {

std::string xml(std::string_view message) { return write_xml(hl7::samples::tree(message)).value(); }
std::string back(std::string_view text) { return read_xml(text).value(); }
bool has(const std::string& text, std::string_view part) { return text.contains(part); }

TEST(Xml, names_groups_fields_components_and_subcomponents) {
  const auto text = xml(hl7::samples::kOru);
  EXPECT_TRUE(
      text.starts_with("<?xml version=\"1.0\"?><ORU_R01 xmlns=\"urn:hl7-org:v2xml\"><MSH><MSH.1>|</MSH.1>"
                       "<MSH.2>^~\\&amp;</MSH.2><MSH.3><HD.1>LIS</HD.1>"))
      << text;
  EXPECT_TRUE(has(text, "<ORU_R01.PATIENT_RESULT><ORU_R01.PATIENT><PID><PID.1>1</PID.1>")) << text;
  EXPECT_TRUE(has(text,
                  "<PID.3><CX.1>4711</CX.1><CX.4><HD.1>MR</HD.1><HD.2>1.2</HD.2><HD.3>ISO</HD.3></CX.4>"
                  "<CX.5>MR</CX.5></PID.3><PID.3><CX.1>0815</CX.1>"))
      << text;
  EXPECT_TRUE(has(text, "<ORU_R01.OBSERVATION><OBX><OBX.1>1</OBX.1><OBX.2>NM</OBX.2>")) << text;
}

TEST(Xml, types_obx_5_by_obx_2_and_names_what_is_unknown_after_its_owner) {
  const std::string message =
      "MSH|^~\\&|A|B|C|D|20260114||ORU^R01^ORU_R01|1|P|2.5.1\rOBR|1|||a\rOBX|1|CE|1^b||x^y\rZPI|a^b&c|d\r";
  const auto text = xml(message);
  EXPECT_TRUE(has(text, "<OBX.5><CE.1>x</CE.1><CE.2>y</CE.2></OBX.5>")) << text;
  EXPECT_TRUE(has(text, "<ZPI><ZPI.1><ZPI.1.1>a</ZPI.1.1><ZPI.1.2><ZPI.1.2.1>b</ZPI.1.2.1><ZPI.1.2.2>c</ZPI.1.2.2>"))
      << text;
  EXPECT_EQ(back(text), message);
}

TEST(Xml, keeps_escapes_nulls_blanks_and_empty_repetitions) {
  const std::string message =
      "MSH|^~\\&|A|B|C|D|20260114||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1||7||\"\"|a~~b\rOBR|1|||a\r"
      "OBX|1|FT|1||one\\.br\\ \\.br\\t\\F\\w\\S\\o\\X0D0A\\< \\T\\ >\\E\\|\"\"\r";
  const auto text = xml(message);
  EXPECT_TRUE(has(text, "one<escape V=\".br\"></escape> <escape V=\".br\"></escape>t|w^o")) << text;
  EXPECT_EQ(back(text), message);
}

TEST(Xml, speaks_the_delimiters_that_the_message_declares) {
  const std::string message = "MSH#!*%@#A!1#B#C#D#2026##ADT!A04!ADT_A01#77#P#2.5\rPID#1##7!!!H@I\r";
  EXPECT_EQ(back(xml(message)), message);
}

TEST(Xml, reads_what_others_write) {
  EXPECT_EQ(
      back("<?xml version='1.0' encoding='UTF-8'?>\n<h:ADT_A01 xmlns:h='urn:hl7-org:v2xml'>\n <h:MSH>\n"
           "  <h:MSH.1>|</h:MSH.1>\n  <h:MSH.9>\n <h:MSG.1>ADT</h:MSG.1> <h:MSG.2>A01</h:MSG.2></h:MSH.9>\n </h:MSH>"
           "<h:PID><h:PID.5><h:XPN.1><h:FN.1><![CDATA[O|Neil]]></h:FN.1></h:XPN.1></h:PID.5></h:PID></h:ADT_A01>"),
      "MSH|^~\\&|||||||ADT^A01\rPID|||||O\\F\\Neil\r");
}

TEST(Xml, takes_no_doctype_no_entities_and_nothing_that_is_no_message) {
  for (const std::string_view wrong :
       {"", "<", "MSH|^~\\&|A\r", "<a/>", "<ADT_A01><PID/></ADT_A01>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><ADT_A01><MSH><MSH.3>&x;</MSH.3></MSH></ADT_A01>"}) {
    const auto read = read_xml(wrong);
    ASSERT_FALSE(read.has_value()) << wrong;
    EXPECT_EQ(read.error().code, FaultCode::not_hl7);
  }
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<G>";
  deep += "<MSH><MSH.3>a</MSH.3></MSH>";
  for (int i = 0; i < 100; ++i) deep += "</G>";
  EXPECT_FALSE(read_xml(deep).has_value());
}

TEST(Xml, refuses_text_that_is_no_utf8) {
  const auto made = write_xml(hl7::samples::tree("MSH|^~\\&|A\rPID|1||7||M\xFCller\r"));
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, FaultCode::bad_charset);
}

// Each leaf of each field, with its numbers: what must be the same after a round trip.
std::vector<std::string> leaves(const hl7::Tree& tree) {
  std::vector<std::string> all;
  const auto small = [](std::size_t number) { return static_cast<std::uint16_t>(number); };
  const auto value = [&](const std::string& name, hl7::Spot spot) {
    const auto& d = tree.delimiters();
    for (std::size_t component = 1; component <= hl7::piece_count(tree.raw(spot), d.component); ++component) {
      auto part = spot;
      part.component = small(component);
      const auto subcomponents = hl7::piece_count(tree.raw(part), d.subcomponent);
      for (std::size_t sub = 1; sub <= subcomponents; ++sub) {
        part.subcomponent = small(sub);
        const auto text = tree.text(part);
        if (!text.empty())
          all.push_back(fmt::format("{}-{}[{}].{}.{}={}", name, spot.field, spot.repetition, component, sub, text));
      }
    }
  };
  for (std::uint32_t i = 0; i < tree.segment_count(); ++i) {
    const std::string name(tree.segment_name(i));
    if (name.empty()) continue;
    all.push_back(name);
    for (std::size_t field = 1; field <= tree.field_count(i); ++field)
      for (std::size_t repetition = 1; repetition <= tree.repetition_count(i, field); ++repetition)
        value(name, {i, small(field), small(repetition), 0, 0});
  }
  return all;
}

// "valid", or why it is not: what has an error by the dictionary of its version need not come back.
TEST(Xml, brings_every_valid_message_of_the_corpus_back) {
  std::size_t there_and_back = 0, valid = 0;
  std::map<std::string, std::string> different;
  const auto files = hl7::samples::corpus_messages();
  for (const auto& [name, bytes] : files) {
    const auto decoded = hl7::decode_message(Bytes(bytes), {});
    if (!decoded) continue;
    const auto tree = hl7::Tree::parse(decoded->text);
    if (!tree) continue;
    const auto findings = validate(*tree, Rulebooks::standard());
    const bool is_valid = findings.count(Severity::error) == 0;
    valid += is_valid ? 1U : 0U;
    const auto text = write_xml(*tree);
    if (!text) {
      different[name] = entry(text.error().code).name;
      EXPECT_FALSE(is_valid && text.error().code != FaultCode::bad_charset) << name;
      continue;
    }
    const auto read = read_xml(*text);
    ASSERT_TRUE(read.has_value()) << name << " " << to_string(read.error());
    const auto again = hl7::Tree::parse(Bytes(*read));
    ASSERT_TRUE(again.has_value()) << name;
    if (is_valid) {
      EXPECT_EQ(leaves(*again), leaves(*tree)) << name;
      EXPECT_EQ(write_xml(*again).value(), *text) << name;
    }
    if (leaves(*again) == leaves(*tree)) ++there_and_back;
    else different[name] = is_valid ? "valid" : "invalid";
  }
  std::printf("%zu messages came back as they were; %zu are valid\n", there_and_back, valid);
  if (!files.empty()) {
    EXPECT_TRUE(hl7::samples::is_as_listed("xml", different));
  }
}

}  // namespace
}  // namespace myelin::schema
