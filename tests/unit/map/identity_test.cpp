// Whose result it is, and that nothing is put in the place of what is stored.
#include <algorithm>

#include "converted.h"
#include "routes/reverse/texts.h"

namespace myelin::mapping {
namespace {

constexpr std::string_view kResult = "OBX|1|NM|HGB^H^L||7||||||F\r";

Conversion of_patient(const std::string& pid, const Overlay& overlay = *Overlay::none()) {
  return converted(kHead + "PID|1|" + pid + "||DOE^ANN\r" + kOrder + std::string(kResult), overlay);
}

std::string condition_of(const Conversion& made, std::string_view type = "Patient") {
  return std::string(entries(made.bundle, type).at(0)["request"]["ifNoneExist"].text_or(""));
}

// What a server finds by this condition.
bool finds(const std::string& condition, const Conversion& stored, std::string_view type = "Patient") {
  const auto resource = first(stored, type);
  return std::ranges::any_of(*resource["identifier"].array(), [&](const json::Value& one) {
    return condition ==
           "identifier=" + std::string(one["system"].text_or("")) + "|" + std::string(one["value"].text_or(""));
  });
}

TEST(PatientIdentity, is_never_found_by_a_number_of_another_type) {
  const auto ann = of_patient("|100^^^^MR~200^^^^AN");
  const auto bob = of_patient("|200^^^^MR");
  EXPECT_FALSE(finds(condition_of(bob), ann));
  EXPECT_TRUE(finds(condition_of(ann), of_patient("|100^^^^MR")));
  EXPECT_TRUE(finds(condition_of(of_patient("|200^^^^AN")), ann));
  const auto named = of_patient("|100^^^HOSP^MR~200^^^HOSP^AN");
  EXPECT_FALSE(finds(condition_of(of_patient("|200^^^HOSP^MR")), named));
  EXPECT_EQ(condition_of(of_patient("|200^^^HOSP^MR")), "identifier=urn:x-hl7v2:HOSP|200");
}

TEST(PatientIdentity, is_never_found_by_an_external_an_alternate_or_a_licence_number) {
  const auto ann = converted(kHead + "PID|1|300|100|400|DOE^ANN|||||||||||||||500\r" + kOrder + std::string(kResult));
  for (const auto* number : {"300", "400", "500"})
    EXPECT_FALSE(finds(condition_of(of_patient("|" + std::string(number))), ann)) << number;
  EXPECT_EQ(condition_of(ann), "identifier=urn:x-hl7v2:W|100");
  EXPECT_TRUE(finds(condition_of(of_patient("300|")), ann));
}

TEST(PatientIdentity, of_a_visit_is_never_found_by_its_alternate_number) {
  const auto visit = [](const std::string& field) {
    return converted(kHead + kPatient + "PV1|1|I|" + field + "\r" + kOrder + std::string(kResult));
  };
  const auto stored = visit("||||||||||||||||A1|||||||||||||||||||||||||||||||B2");
  EXPECT_TRUE(finds(condition_of(visit("||||||||||||||||A1"), "Encounter"), stored, "Encounter"));
  EXPECT_FALSE(finds(condition_of(visit("||||||||||||||||B2"), "Encounter"), stored, "Encounter"));
}

TEST(PatientIdentity, takes_the_systems_of_the_site_by_name_and_type) {
  Overlay overlay;
  overlay.systems = {{"W", "https://w.example/patients"}, {"W:AN", "https://w.example/accounts"}};
  const auto made = of_patient("|100^^^^MR~200^^^W^AN~300^^^^PI", overlay);
  const auto numbers = first(made, "Patient")["identifier"];
  EXPECT_EQ((*numbers.array())[0]["system"].text_or(""), "https://w.example/patients");
  EXPECT_EQ((*numbers.array())[1]["system"].text_or(""), "https://w.example/accounts");
  EXPECT_EQ((*numbers.array())[2]["system"].text_or(""), "urn:x-hl7v2:W:PI");
}

TEST(PatientIdentity, says_when_two_types_share_a_system_that_the_site_or_the_sender_named) {
  const auto shared = [](const Conversion& made) {
    return std::ranges::any_of(made.notes,
                               [](const std::string& note) { return note.contains("numbers of two types"); });
  };
  EXPECT_TRUE(shared(of_patient("|100^^^X&1.2.3&ISO^MR~200^^^X&1.2.3&ISO^AN")));
  EXPECT_FALSE(shared(of_patient("|100^^^X&1.2.3&ISO^MR~200^^^X&1.2.4&ISO^AN")));
  EXPECT_FALSE(shared(of_patient("|100^^^^MR~200^^^^AN")));
}

TEST(PatientIdentity, is_read_back_by_the_other_way) {
  const reverse::Systems systems(*Overlay::none());
  EXPECT_EQ(systems.authority("urn:x-hl7v2:HOSP:AN")[0], "HOSP");
  EXPECT_EQ(systems.authority("urn:x-hl7v2:HOSP:PID-2")[0], "HOSP:PID-2");  // else it would be a patient's number there
  Overlay overlay;
  overlay.systems = {{"W:AN", "https://w.example/accounts"}};
  EXPECT_EQ(reverse::Systems(overlay).authority("https://w.example/accounts")[0], "W");
}

TEST(FinalWithoutTheResult, is_refused_and_erases_nothing) {
  const auto made = attempt(kHead + kPatient + kOrder + std::string(kResult) + "OBX|2|TX|REP^R^L||||||||U\r");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, FaultCode::required_missing);
  EXPECT_EQ(made.error().at, "OBX[2]");
  EXPECT_TRUE(made.error().detail.contains("OBX-11 is U"));
  EXPECT_TRUE(attempt(kHead + kPatient + kOrder + "OBX|1|TX|REP^R^L||all clear||||||U\r"));
}

const std::string kTwoSpecimens = "SPM|1|P1&LIS^S1&LIS||BLD\rSPM|2|^S2&LIS||UR\r";

std::string specimen_of(const Conversion& made) {
  const auto specimen = first(made, "Observation")["specimen"];
  for (const auto& entry : entries(made.bundle, "Specimen"))
    if (entry["fullUrl"] == specimen["reference"])
      return std::string((*entry["resource"]["type"]["coding"].array())[0]["code"].text_or(""));
  return specimen.is_null() ? "none" : std::string(specimen["identifier"]["value"].text_or("?"));
}

TEST(SpecimenOfAResult, is_said_only_where_it_is_known) {
  const auto with = [](const std::string& related, const std::string& specimens) {
    return specimen_of(converted(kHead + kPatient + kOrder + "OBX|1|NM|HGB^H^L||7||||||F||||||||||||||||||||||" +
                                 related + "\r" + specimens));
  };
  EXPECT_EQ(with("", kTwoSpecimens), "none");
  EXPECT_EQ(with("^S2&LIS", kTwoSpecimens), "UR");
  EXPECT_EQ(with("P1&LIS", kTwoSpecimens), "BLD");
  EXPECT_EQ(with("^S9&LIS", kTwoSpecimens), "S9");
  EXPECT_EQ(with("", "SPM|1|^S1&LIS||BLD\r"), "BLD");
}

TEST(SpecimenOfAResult, is_the_one_that_it_stands_under) {
  const auto made = converted(kHead + kPatient + kOrder + kTwoSpecimens + std::string(kResult));
  EXPECT_EQ(specimen_of(made), "UR");
}

TEST(TestOnAnOrganism, names_it_and_the_order_that_found_it) {
  const auto made =
      converted(kHead + kPatient + "ORC|RE|P1|F1\rOBR|1|P1|F1|BC^Culture^L\r" +
                "OBX|1|ST|BAC^Bacteria^L|2|E coli||||||F\rORC|RE|P1|F2\r" +
                "OBR|2|P1|F2|AST^Susceptibility^L||||||||||||||||||||||BAC&Bacteria&L^2^E coli|||P1^F1\r" +
                "OBX|1|SN|AMX^Amoxicillin^L||<=^2|ug/mL||S|||F\r");
  const auto order = entries(made.bundle, "ServiceRequest").at(1)["resource"];
  EXPECT_EQ((*order["basedOn"].array())[0]["identifier"]["value"].text_or(""), "F1");
  for (const auto& note : made.notes) EXPECT_FALSE(note.contains("-29.1 has no place")) << note;
  const auto result = entries(made.bundle, "Observation").at(1)["resource"];
  ASSERT_TRUE(result["derivedFrom"].array());
  EXPECT_EQ((*result["derivedFrom"].array())[0]["display"].text_or(""), "Bacteria 2 E coli");
}

TEST(Question, is_no_result_of_the_report) {
  const auto made = converted(kHead + kPatient + kOrder + "OBX|1|ST|PREG^Pregnant^L||Y||||||F|||||||||||||||||| QST\r" +
                              "OBX|2|NM|HGB^H^L||7||||||F||||||||||||||||||RSLT\r");
  const auto all = entries(made.bundle, "Observation");
  ASSERT_EQ(all.size(), 2U);
  const auto results = first(made, "DiagnosticReport")["result"];
  ASSERT_TRUE(results.array() && results.array()->size() == 1);
  EXPECT_EQ((*results.array())[0]["reference"], all[1]["fullUrl"]);
  const auto asked = first(made, "ServiceRequest")["supportingInfo"];
  ASSERT_TRUE(asked.array() && asked.array()->size() == 1);
  EXPECT_EQ((*asked.array())[0]["reference"], all[0]["fullUrl"]);
}

}  // namespace
}  // namespace myelin::mapping
