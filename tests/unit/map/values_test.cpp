// What becomes of a value: nothing of it is lost on the way.
#include <algorithm>

#include "converted.h"

namespace myelin::mapping {
namespace {

json::Value result(const std::string& type, const std::string& value, const std::string& units = "",
                   const char* zone = "UTC") {
  return first(converted(kHead + kPatient + kOrder + "OBX|1|" + type + "|X^X^L||" + value + "|" + units + "|||||F\r",
                         *Overlay::none(), zone),
               "Observation");
}

std::string quantity(const std::string& type, const std::string& value) {
  return json::write(result(type, value, "mg/dL")["valueQuantity"]);
}

std::string text(const std::string& type, const std::string& value, const std::string& units = "") {
  return std::string(result(type, value, units)["valueString"].text_or("none"));
}

TEST(NumberOfAResult, keeps_its_comparator_and_unit) {
  EXPECT_EQ(quantity("NM", "<15"), R"({"value":15,"comparator":"<","unit":"mg/dL"})");
  EXPECT_EQ(quantity("NM", ">= 200.0"), R"({"value":200.0,"comparator":">=","unit":"mg/dL"})");
  EXPECT_EQ(quantity("NM", "15"), R"({"value":15,"unit":"mg/dL"})");
  EXPECT_EQ(quantity("NM", "<"), "null");
}

TEST(NumberOfAResult, may_have_blanks_around_it) {
  EXPECT_EQ(quantity("NM", " 6.9"), R"({"value":6.9,"unit":"mg/dL"})");
  EXPECT_EQ(quantity("NM", "6.9 "), R"({"value":6.9,"unit":"mg/dL"})");
  EXPECT_EQ(quantity("SN", ">^ 6.9"), R"({"value":6.9,"comparator":">","unit":"mg/dL"})");
}

TEST(NumberInWords, keeps_its_unit) {
  EXPECT_EQ(text("ST", "<15", "mg/dL"), "<15 mg/dL");
  EXPECT_EQ(text("ST", "5.8", "THOU/uL^thousand"), "5.8 THOU/uL");
  EXPECT_EQ(text("ST", "5.8 THOU/uL", "THOU/uL"), "5.8 THOU/uL");
  EXPECT_EQ(text("NM", "5-10", "mg/dL"), "5-10 mg/dL");
  EXPECT_EQ(text("ST", "5.8"), "5.8");
}

TEST(NumberInWords, is_no_word_and_no_report) {
  EXPECT_EQ(text("ST", "cancelled", "/lpf"), "cancelled");
  EXPECT_EQ(text("TX", "2 of 3\\.br\\slides", "mg"), "2 of 3\nslides");
  const auto made = converted(kHead + kPatient + kOrder + "OBX|1|ST|X^X^L||cancelled|/lpf|||||F\r");
  EXPECT_TRUE(std::ranges::find(made.notes, "OBX[1]-6[1] has no place in the map") != made.notes.end());
}

TEST(Repeats, stay_as_many_as_they_are) {
  EXPECT_EQ(result("NM", "4~4~5")["component"].array()->size(), 3U);
  const auto made = converted(kHead + "PID|1||44^^^WEST^MR||Doe^Mary^Mary\r" + kOrder + observation(1, "HGB", "7") +
                              "NTE|1||a\rNTE|2||---\rNTE|3||b\rNTE|4||---\r");
  EXPECT_EQ(first(made, "Observation")["note"].array()->size(), 4U);
  EXPECT_EQ((*first(made, "Patient")["name"].array())[0]["given"].array()->size(), 2U);
}

TEST(Repeats, of_a_number_are_one_identifier) {
  const auto made = converted(kHead + "PID|1||44^^^WEST^MR~44^^^WEST^MR||DOE\r" + kOrder);
  EXPECT_EQ(first(made, "Patient")["identifier"].array()->size(), 1U);
}

TEST(TimeWithoutAnOffset, has_that_of_the_message) {
  const auto time = [](const std::string& sent, const char* zone) {
    auto head = kHead;
    head.replace(head.find("20260701120000+0200"), 19, sent);
    const auto made =
        converted(head + kPatient + kOrder + "OBX|1|NM|X||5||||||F|||202601100830\r", *Overlay::none(), zone);
    return std::string(first(made, "Observation")["effectiveDateTime"].text_or(""));
  };
  EXPECT_EQ(time("20260110093000+0900", "Europe/Berlin"), "2026-01-10T08:30:00+09:00");
  EXPECT_EQ(time("20260110093000", "Europe/Berlin"), "2026-01-10T08:30:00+01:00");
  // Sent in the summer of the channel's own zone: it was winter there, and the zone knows.
  EXPECT_EQ(time("20260701120000+0200", "Europe/Berlin"), "2026-01-10T08:30:00+01:00");
}

TEST(TimeOfDay, says_that_its_zone_is_left_out) {
  const auto made = converted(kHead + kPatient + kOrder + "OBX|1|TM|X||0830+0500||||||F\r");
  EXPECT_EQ(first(made, "Observation")["valueTime"].text_or(""), "08:30:00");
  EXPECT_TRUE(
      std::ranges::any_of(made.notes, [](const std::string& note) { return note.contains("its zone is left out"); }));
}

std::string document(const std::string& value, const char* member = "data") {
  const auto made = result("ED", value);
  const auto* extensions = made["extension"].array();
  return extensions ? std::string((*extensions)[0]["valueAttachment"][member].text_or("none"))
                    : "text: " + std::string(made["valueString"].text_or("none"));
}

TEST(DocumentOfAResult, is_kept_whatever_its_encoding) {
  EXPECT_EQ(document("^Text^text/xml^ASCII^<a>hi</a>"), "PGE+aGk8L2E+");
  EXPECT_EQ(document("^text^plain^^Report text: normal"), "UmVwb3J0IHRleHQ6IG5vcm1hbA==");
  EXPECT_EQ(document("^text^plain^A^Normal12"), "Tm9ybWFsMTI=");
  EXPECT_EQ(document("^text^plain^A^1&2"), "MSYy");
  EXPECT_EQ(document("^application^pdf^^JVBERi0xLjQK"), "JVBERi0xLjQK");
  EXPECT_EQ(document("^application^pdf^Base64^JVBERi0xLjQ"), "JVBERi0xLjQ=");
  EXPECT_EQ(document("^application^octet-stream^HEX^00ff"), "AP8=");
}

TEST(DocumentOfAResult, that_cannot_be_read_stays_as_text) {
  EXPECT_EQ(document("^application^pdf^Base64^<Base64 encoded>"), "text: <Base64 encoded>");
  EXPECT_EQ(document("JVBERi0xLjQK"), "text: JVBERi0xLjQK");
  EXPECT_EQ(document("^application^pdf^Hex^123"), "text: 123");
}

TEST(DocumentOfAResult, says_where_and_what_it_is) {
  EXPECT_EQ(document("^image^svg+xml^Base64^PGEvPg==", "contentType"), "image/svg+xml");
  const auto made = result("RP", "http://pacs/v?id=1\\T\\study=2%203#p3^^application^pdf");
  EXPECT_EQ((*made["extension"].array())[0]["valueAttachment"]["url"].text_or(""), "http://pacs/v?id=1&study=2%203#p3");
}

TEST(EscapedText, is_decoded_once) {
  EXPECT_EQ(text("TX", "C:\\E\\H\\E\\file"), "C:\\H\\file");
  EXPECT_EQ(text("TX", "\\H\\bold\\N\\\\.br\\a \\T\\ b"), "bold\na & b");
}

json::Value telecom(const std::string& home) {  // and, behind a bar, of work
  const auto made = converted(kHead + "PID|1||44^^^WEST^MR||DOE||||||||" + home + "\r" + kOrder);
  return (*first(made, "Patient")["telecom"].array())[0];
}

TEST(Contact, is_for_what_the_sender_says) {
  EXPECT_EQ(telecom("5")["use"].text_or(""), "home");
  EXPECT_EQ(telecom("5^WPN^PH")["use"].text_or(""), "work");
  EXPECT_EQ(telecom("|^NET^Internet^a@b.c")["use"].text_or(""), "work");
  EXPECT_FALSE(telecom("^NET^Internet^a@b.c").has("use"));
  const auto emergency = telecom("^EMR^PH^^^206^5559999");
  EXPECT_FALSE(emergency.has("use"));
  EXPECT_TRUE(json::write(emergency["_use"]).contains("EMR"));
}

TEST(Contact, keeps_the_extension_of_a_phone) {
  EXPECT_EQ(telecom("(555)555-1234^PRN^PH^^1^555^5551234^77")["value"].text_or(""), "+1 555 5551234 x77");
  EXPECT_EQ(telecom("555-1234^PRN^PH^^^^^77")["value"].text_or(""), "555-1234 x77");
  EXPECT_EQ(telecom("jd@x.org^NET")["system"].text_or(""), "email");
}

TEST(AddressOfAPatient, keeps_its_type) {
  const auto made = converted(kHead + "PID|1||44^^^WEST^MR||DOE||||||1 St^^Town^^^^H~2 St^^Beach^^^^HV\r" + kOrder);
  const auto addresses = first(made, "Patient")["address"];
  EXPECT_EQ((*addresses.array())[0]["use"].text_or(""), "home");
  EXPECT_FALSE((*addresses.array())[0].has("_use"));
  EXPECT_TRUE(json::write((*addresses.array())[1]["_use"]).contains("\"code\":\"HV\""));
}

TEST(Order, has_the_requester_and_the_urgency_that_were_said) {
  const auto made =
      converted(kHead + kPatient + "ORC|RE|P1|F1|||||||||12^New^Orc\r" + "OBR|1|P1|F1|CBC^B^L|T|||||||||||1^Old^Obr\r");
  const auto order = first(made, "ServiceRequest");
  EXPECT_EQ(order["requester"]["display"].text_or(""), "Orc New");
  EXPECT_FALSE(order.has("priority"));
  EXPECT_TRUE(std::ranges::any_of(made.notes, [](const std::string& note) { return note.starts_with("OBR[1]-5"); }));
}

TEST(StatusOfAResult, follows_its_order_as_that_means_it) {
  auto order = kOrder;
  order.replace(order.rfind("F"), 1, "A");
  const auto made = converted(kHead + kPatient + order + "OBX|1|NM|X||5\r");
  EXPECT_EQ(first(made, "Observation")["status"].text_or(""), "preliminary");
}

TEST(NumberOfAPerson, has_the_type_of_its_own_table) {
  const auto made = converted(kHead + kPatient + "OBR|1|P1|F1|CBC^B^L||||||||||||12^Ord^Doc^^^^^^LIS^L^^^NPI\r");
  const auto type = (*first(made, "Practitioner")["identifier"].array())[0]["type"];
  EXPECT_EQ((*type["coding"].array())[0]["system"].text_or(""), "http://terminology.hl7.org/CodeSystem/v2-0203");
}

TEST(NumberOfALaboratory, is_a_number_and_no_system) {
  auto head = kHead;
  head.replace(head.find("|W|"), 3, "|LAB^05D0642827^CLIA|");
  const auto made = converted(head + kPatient + kOrder);
  const auto text = json::write(first(made, "Organization")["identifier"]);
  EXPECT_TRUE(text.contains(R"({"system":"urn:oid:2.16.840.1.113883.4.7","value":"05D0642827"})")) << text;
}

}  // namespace
}  // namespace myelin::mapping
