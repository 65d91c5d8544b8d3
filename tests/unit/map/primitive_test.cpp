#include "routes/map/primitive.h"

#include <gtest/gtest.h>

namespace myelin::mapping {
namespace {

std::string date_time(std::string_view text, bool* dropped = nullptr) {
  bool ignored = false;
  return fhir_date_time(text, hl7::Zone::find("Europe/Amsterdam"), dropped ? *dropped : ignored).value_or("none");
}

std::string decimal(std::string_view text) {
  const auto value = fhir_decimal(text);
  return value ? json::write(*value) : "none";
}

TEST(FhirDate, keeps_the_precision_that_it_has) {
  EXPECT_EQ(fhir_date("1980"), "1980");
  EXPECT_EQ(fhir_date("198002"), "1980-02");
  EXPECT_EQ(fhir_date("198002291145"), "1980-02-29");
  EXPECT_EQ(fhir_date("19800230"), std::nullopt);
  EXPECT_EQ(date_time("1980"), "1980");
}

TEST(FhirDateTime, keeps_its_offset_and_fraction_and_takes_the_zone_where_it_has_none) {
  EXPECT_EQ(date_time("20260701120000.25-0500"), "2026-07-01T12:00:00.25-05:00");
  EXPECT_EQ(date_time("202607011200"), "2026-07-01T12:00:00+02:00");
  EXPECT_EQ(date_time("20260101120000"), "2026-01-01T12:00:00+01:00");
}

TEST(FhirDateTime, is_the_date_alone_where_the_time_has_no_minutes_or_does_not_exist) {
  bool dropped = false;
  EXPECT_EQ(date_time("2026070112", &dropped), "2026-07-01");
  EXPECT_TRUE(dropped);
  dropped = false;
  EXPECT_EQ(date_time("20260329023000", &dropped), "2026-03-29");  // that night the clocks go from two to three
  EXPECT_TRUE(dropped);
}

TEST(FhirInstant, needs_a_time_and_a_zone) {
  EXPECT_EQ(fhir_instant("20260701", nullptr), std::nullopt);
  EXPECT_EQ(fhir_instant("20260701120000", nullptr), std::nullopt);
  EXPECT_EQ(fhir_instant("202607011200+0000", nullptr), "2026-07-01T12:00:00+00:00");
}

TEST(FhirDecimal, keeps_the_digits) {
  EXPECT_EQ(decimal("7.10"), "7.10");
  EXPECT_EQ(decimal("+5"), "5");
  EXPECT_EQ(decimal("-.50"), "-0.50");
  EXPECT_EQ(decimal("007."), "7");
  EXPECT_EQ(decimal("5,4"), "none");
  EXPECT_EQ(decimal("<5"), "none");
  EXPECT_EQ(decimal(""), "none");
}

TEST(FhirText, is_plain) {
  const hl7::Delimiters usual;
  EXPECT_EQ(plain_text("\\H\\no\\N\\ growth\\.br\\after 2 days ", usual), "no growth\nafter 2 days");
  EXPECT_EQ(plain_text("C:\\path \\E\\H\\E\\ \\Zlocal\\ \\X41\\", usual), "C:\\path \\H\\ \\Zlocal\\ A");
  EXPECT_EQ(clean_text("a\x01"
                       "b"),
            "a b");
  EXPECT_EQ(clean_code(" a \n b "), "a b");
}

TEST(FhirBase64, is_of_any_encoding_of_hl7) {
  EXPECT_EQ(fhir_base64("AB", "A", false), "QUI=");
  EXPECT_EQ(fhir_base64("4142", "Hex", false), "QUI=");
  EXPECT_EQ(fhir_base64("QU\nI=", "Base64", false), "QUI=");
  EXPECT_EQ(fhir_base64("QUI", "Base64", false), "QUI=");
  EXPECT_EQ(fhir_base64("QU?=", "Base64", false), std::nullopt);
  EXPECT_EQ(fhir_base64("QUIDQ", "Base64", false), std::nullopt);
  EXPECT_EQ(fhir_base64("", "Base64", false), std::nullopt);
}

TEST(Oid, has_no_leading_zeros) {
  EXPECT_TRUE(is_oid("2.16.840.1.113883"));
  EXPECT_TRUE(is_oid("1.0.3"));
  EXPECT_FALSE(is_oid("2.16.0840"));
  EXPECT_FALSE(is_oid("2.16..8"));
  EXPECT_FALSE(is_oid("WEST"));
}

TEST(MediaType, is_guessed_from_the_words_of_a_sender) {
  EXPECT_EQ(media_type("AP", "PDF"), "application/pdf");
  EXPECT_EQ(media_type("TEXT", "HTML"), "text/html");
  EXPECT_EQ(media_type("image", "x-dicom"), "image/x-dicom");
  EXPECT_EQ(media_type("", "what"), "application/octet-stream");
}

}  // namespace
}  // namespace myelin::mapping
