// What holds for every conversion. What becomes of which field is in tests/golden/steps/cases/to_fhir*.txt.
#include "routes/map/convert.h"

#include <algorithm>
#include <set>

#include "converted.h"

namespace myelin::mapping {
namespace {

TEST(ToFhir, makes_the_same_bytes_of_the_same_message) {
  const auto message = kHead + kPatient + kOrder + observation(1, "HGB", "7.1");
  EXPECT_EQ(json::write(converted(message).bundle), json::write(converted(message).bundle));
}

TEST(ToFhir, meets_the_same_resources_with_a_correction) {
  const auto first = converted(kHead + kPatient + kOrder + observation(1, "HGB", "7.1") + observation(2, "WBC", "6"));
  auto head = kHead;
  head.replace(head.find("|1|P"), 2, "|2");
  const auto second = converted(head + kPatient + kOrder + observation(1, "WBC", "6.5"));
  for (const auto type : {"Patient", "DiagnosticReport"})
    EXPECT_EQ(entries(first.bundle, type)[0]["request"], entries(second.bundle, type)[0]["request"]) << type;
  EXPECT_EQ(entries(first.bundle, "Observation")[1]["request"], entries(second.bundle, "Observation")[0]["request"]);
  EXPECT_EQ(entries(second.bundle, "Observation")[0]["request"]["method"].text_or(""), "PUT");
}

TEST(ToFhir, keeps_results_of_one_code_apart) {
  const auto made = converted(kHead + kPatient + kOrder + observation(1, "GLU", "5") + observation(2, "GLU", "6"));
  const auto all = entries(made.bundle, "Observation");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_NE(all[0]["fullUrl"], all[1]["fullUrl"]);
}

TEST(ToFhir, gives_each_result_to_its_own_order) {
  auto other = kOrder;
  other.replace(other.find("L7"), 2, "L8");
  const auto made =
      converted(kHead + kPatient + kOrder + observation(1, "HGB", "7") + other + observation(1, "NA", "140"));
  const auto reports = entries(made.bundle, "DiagnosticReport");
  const auto results = entries(made.bundle, "Observation");
  ASSERT_EQ(reports.size(), 2U);
  ASSERT_EQ(results.size(), 2U);
  for (std::size_t at = 0; at < 2; ++at) {
    const auto* named = reports[at]["resource"]["result"].array();
    ASSERT_TRUE(named && named->size() == 1);
    EXPECT_EQ(named->front()["reference"], results[at]["fullUrl"]);
  }
}

TEST(ToFhir, says_whose_order_it_is_and_that_nobody_knows) {
  const auto known = converted(kHead + kPatient + kOrder);
  EXPECT_EQ(entries(known.bundle, "ServiceRequest")[0]["resource"]["subject"]["reference"],
            entries(known.bundle, "Patient")[0]["fullUrl"]);
  const auto unknown = converted(kHead + kOrder);
  EXPECT_EQ(entries(unknown.bundle, "ServiceRequest")[0]["resource"]["subject"]["display"].text_or(""), "unknown");
}

TEST(ToFhir, keeps_every_line_of_a_text) {
  const auto made = converted(kHead + kPatient + kOrder + "OBX|1|TX|T||one~two~~three||||||F\r");
  EXPECT_EQ(entries(made.bundle, "Observation")[0]["resource"]["valueString"].text_or(""), "one\ntwo\nthree");
}

TEST(ToFhir, gives_a_note_to_what_it_follows) {
  const auto made = converted(kHead + kPatient + kOrder + "NTE|1||of the order\r" + observation(1, "HGB", "7") +
                              "NTE|1||of the first\r" + observation(2, "WBC", "6"));
  const auto results = entries(made.bundle, "Observation");
  ASSERT_EQ(results.size(), 2U);
  const auto* notes = results[0]["resource"]["note"].array();
  ASSERT_TRUE(notes && notes->size() == 1);
  EXPECT_EQ(notes->front()["text"].text_or(""), "of the first");
  EXPECT_FALSE(results[1]["resource"].has("note"));
}

TEST(ToFhir, keeps_results_that_come_after_the_specimen) {
  const auto made = converted(kHead + kPatient + kOrder + "SPM|1|^S1&LIS||BLD\r" + observation(1, "HGB", "7"));
  const auto results = entries(made.bundle, "Observation");
  ASSERT_EQ(results.size(), 1U);
  const auto report = entries(made.bundle, "DiagnosticReport")[0]["resource"];
  ASSERT_TRUE(report["result"].array());
  EXPECT_EQ(report["result"].array()->front()["reference"], results[0]["fullUrl"]);
}

TEST(ToFhir, makes_one_resource_of_a_person_who_is_named_twice) {
  auto order = kOrder;
  order.insert(order.rfind("|||||||||F"), "77^HOUSE^GREG^^^^^^LIS");
  auto other = order;
  other.replace(other.find("L7"), 2, "L8");
  const auto made = converted(kHead + kPatient + order + other);
  EXPECT_EQ(entries(made.bundle, "ServiceRequest").size(), 2U);
  EXPECT_LE(entries(made.bundle, "Practitioner").size(), 1U);
}

TEST(ToFhir, refers_only_to_what_is_in_the_bundle) {
  const auto made = converted(kHead + kPatient + kOrder + observation(1, "HGB", "7"));
  std::set<std::string> there;
  for (const auto& entry : *made.bundle["entry"].array())
    EXPECT_TRUE(there.insert(entry["fullUrl"].text_or("")).second);
  const auto text = json::write(made.bundle);
  constexpr std::string_view kReference = "\"reference\":\"";
  for (auto at = text.find(kReference); at != text.npos; at = text.find(kReference, at + 1)) {
    const auto begin = at + kReference.size();
    EXPECT_TRUE(there.contains(text.substr(begin, text.find('"', begin) - begin)));
  }
}

TEST(ToFhir, notes_what_has_no_place_and_never_its_content) {
  const auto made = converted(kHead + kPatient + kOrder + "OBX|1|NM|HGB^H^L||7||||||F||secret\rZZ1|1|secret\r");
  EXPECT_TRUE(std::ranges::find(made.notes, "OBX[1]-13[1] has no place in the map") != made.notes.end());
  EXPECT_TRUE(std::ranges::find(made.notes, "ZZ1[1]-2[1] has no place in the map") != made.notes.end());
  for (const auto& note : made.notes) EXPECT_FALSE(note.contains("secret")) << note;
}

TEST(ToFhir, takes_systems_identity_and_codes_of_the_site) {
  Overlay overlay;
  overlay.systems["NAT"] = "urn:oid:1.2.3";
  overlay.identity = {"NI"};
  overlay.codes["ObservationStatus"]["Q"] = "final";
  const auto made =
      converted(kHead + "PID|1||44^^^WEST^MR~9^^^NAT^NI||DOE^ANN\r" + kOrder + "OBX|1|NM|HGB||7||||||Q\r", overlay);
  EXPECT_EQ(entries(made.bundle, "Patient")[0]["request"]["ifNoneExist"].text_or(""), "identifier=urn:oid:1.2.3|9");
  EXPECT_EQ(entries(made.bundle, "Observation")[0]["resource"]["status"].text_or(""), "final");
}

TEST(ToFhir, refuses_a_message_of_another_kind) {
  auto tree = hl7::Tree::parse(Bytes("MSH|^~\\&|A|B|C|D|20260701||ADT^A01|1|P|2.5.1\rPID|1||1\r"));
  ASSERT_TRUE(tree);
  const auto made = convert(*tree, *Library::embedded().message("oru"), *Overlay::none(), {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, FaultCode::type_not_accepted);
}

TEST(ToFhir, refuses_text_that_is_no_utf8) {
  auto tree = hl7::Tree::parse(Bytes(kHead + kPatient + kOrder + "OBX|1|ST|A||\\XFF\\||||||F\r"));
  ASSERT_TRUE(tree);
  const auto made = convert(*tree, *Library::embedded().message("oru"), *Overlay::none(), {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, FaultCode::bad_charset);
}

}  // namespace
}  // namespace myelin::mapping
