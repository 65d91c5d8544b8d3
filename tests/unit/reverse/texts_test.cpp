// Dates, numbers and names of systems on the way from FHIR to HL7.
#include "routes/reverse/texts.h"

#include <gtest/gtest.h>

namespace myelin::reverse {
namespace {

TEST(Texts, keeps_the_precision_and_the_offset_of_a_time) {
  EXPECT_EQ(hl7_time("1960", false), "1960");
  EXPECT_EQ(hl7_time("1960-01", false), "196001");
  EXPECT_EQ(hl7_time("1960-01-02", false), "19600102");
  EXPECT_EQ(hl7_time("2026-07-01T11:30:00+02:00", false), "20260701113000+0200");
  EXPECT_EQ(hl7_time("2026-07-01T11:30Z", false), "202607011130+0000");
  EXPECT_EQ(hl7_time("2026-07-01T11:30:00.123456-05:30", false), "20260701113000.1234-0530");
  EXPECT_EQ(hl7_time("2026-07-01T11:30:00+02:00", true), "20260701");
  EXPECT_EQ(hl7_time_of_day("09:30:00.5"), "093000.5");
}

TEST(Texts, takes_nothing_for_a_date_that_is_none) {
  for (const auto* text : {"", "196", "1960-13", "1960-02-30", "19600102", "1960-01-02T", "1960-01-02T25:00:00Z",
                           "1960-01T10:00:00Z", "2026-07-01T11:30:00+02", "2026-07-01T11:30:00Zx"})
    EXPECT_FALSE(hl7_time(text, false)) << text;
}

TEST(Texts, writes_numbers_without_an_exponent_and_keeps_their_digits) {
  EXPECT_EQ(hl7_number("7.10"), "7.10");
  EXPECT_EQ(hl7_number("5e-1"), "0.5");
  EXPECT_EQ(hl7_number("-1.5E+3"), "-1500");
  EXPECT_EQ(hl7_number("1.25e1"), "12.5");
  EXPECT_EQ(hl7_number("0e0"), "0");
  EXPECT_FALSE(hl7_number("1e999"));
}

TEST(Texts, names_a_system_as_the_site_does_else_by_its_id) {
  mapping::Overlay overlay;
  overlay.systems = {{"WEST", "https://west.example/sid/p"}, {"2.16.528", "https://west.example/sid/v"}};
  overlay.coding_systems = {{"L", "https://west.example/codes"}};
  overlay.fallback = "https://west.example/sid/";
  const Systems systems(overlay);
  using Three = std::array<std::string, 3>;
  EXPECT_EQ(systems.authority("https://west.example/sid/p"), (Three{"WEST", "", ""}));
  EXPECT_EQ(systems.authority("urn:oid:1.2.3"), (Three{"", "1.2.3", "ISO"}));
  EXPECT_EQ(systems.authority("urn:uuid:6b1c8f9e-0000-0000-0000-000000000000")[2], "UUID");
  EXPECT_EQ(systems.authority("https://west.example/sid/A%20B"), (Three{"A B", "", ""}));
  EXPECT_EQ(systems.authority("https://other.example"), (Three{"", "https://other.example", "URI"}));
  EXPECT_EQ(systems.coding_system("http://loinc.org"), "LN");
  EXPECT_EQ(systems.coding_system("http://terminology.hl7.org/CodeSystem/v2-0203"), "HL70203");
  EXPECT_EQ(systems.coding_system("https://west.example/codes"), "L");
  EXPECT_EQ(systems.coding_system("urn:oid:1.2.3.4.5"), "1.2.3.4.5");
  EXPECT_EQ(systems.coding_system("https://west.example/sid/code/LAB/99LAB"), "99LAB");
}

TEST(Texts, says_a_range_by_its_bounds) {
  EXPECT_EQ(hl7_range(*json::read(R"({"low":{"value":3.50},"high":{"value":5}})")), "3.50-5");
  EXPECT_EQ(hl7_range(*json::read(R"({"high":{"value":5}})")), "<=5");
  EXPECT_EQ(hl7_range(*json::read(R"({"low":{"value":5}})")), ">=5");
  EXPECT_EQ(hl7_range(*json::read("{}")), "");
}

}  // namespace
}  // namespace myelin::reverse
