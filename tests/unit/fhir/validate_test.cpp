#include "engine/fhir/validate.h"

#include <gtest/gtest.h>

namespace myelin::fhir {
namespace {

// "at what" of each finding, a line each.
std::string found(std::string_view text) {
  const auto resource = json::read(text);
  EXPECT_TRUE(resource) << text;
  std::string all;
  for (const auto& finding : validate_r4(*resource)) all += finding.at + " " + finding.what + "\n";
  return all;
}

std::string observation(const std::string& more) {
  return R"({"resourceType":"Observation","status":"final","code":{"text":"x"})" + more + "}";
}

TEST(R4, finds_nothing_wrong_with_a_good_resource) {
  EXPECT_EQ(found(observation(R"(,"valueQuantity":{"value":5.40,"unit":"mmol/L"},"note":[{"text":"n"}])")), "");
  EXPECT_EQ(found(observation(R"(,"_status":{"extension":[{"url":"u","valueCode":"X"}]})")), "");
}

TEST(R4, misses_what_is_required) {
  EXPECT_EQ(found(R"({"resourceType":"Observation","status":"final"})"), "code is required and not there\n");
  EXPECT_EQ(found(observation(R"(,"component":[{"valueString":"a"}])")),
            "component[0].code is required and not there\n");
}

TEST(R4, knows_the_elements_and_how_often_they_stand) {
  EXPECT_EQ(found(observation(R"(,"colour":"red")")), "colour is no element\n");
  EXPECT_EQ(found(observation(R"(,"note":{"text":"n"})")), "note may repeat, so it is an array\n");
  EXPECT_EQ(found(observation(R"(,"subject":[{"display":"n"}])")), "subject is one, and no array\n");
  EXPECT_EQ(found(observation(R"(,"valueString":"a","valueInteger":1)")),
            "valueInteger stands beside another kind of it\n");
  EXPECT_EQ(found(observation(R"(,"referenceRange":[])")), "referenceRange is empty\n");
  EXPECT_EQ(found(observation(R"(,"subject":{})")), "subject is empty\n");
}

TEST(R4, knows_the_forms_of_primitives) {
  EXPECT_EQ(found(observation(R"(,"effectiveDateTime":"2026-07-01T12:00:00")")), "effectiveDateTime is no dateTime\n");
  EXPECT_EQ(found(observation(R"(,"valueQuantity":{"value":"5"})")), "valueQuantity.value is no decimal\n");
  EXPECT_EQ(found(observation(R"(,"valueBoolean":"true")")), "valueBoolean is no boolean\n");
  for (const auto good : {"2026", "2026-07", "2026-07-01", "2026-07-01T12:00:00.5+02:00", "2026-07-01T12:00:00Z"})
    EXPECT_TRUE(has_form("dateTime", good)) << good;
  for (const auto bad : {"", "26", "2026-7", "2026-07-01T12:00+02:00", "2026-07-01 12:00:00Z"})
    EXPECT_FALSE(has_form("dateTime", bad)) << bad;
  EXPECT_FALSE(has_form("code", "a  b"));
  EXPECT_FALSE(has_form("uri", "a b"));
  EXPECT_FALSE(has_form("base64Binary", "QUI"));
  EXPECT_FALSE(has_form("string", "  "));
}

TEST(R4, knows_required_codes) {
  EXPECT_EQ(found(R"({"resourceType":"Patient","gender":"F"})"), "gender is no code of administrative-gender\n");
}

TEST(R4, knows_what_a_bundle_refers_to) {
  const auto bundle = [](const std::string& reference) {
    return R"({"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:1","resource":)" +
           observation(R"(,"subject":{"reference":")" + reference + R"("})") + "}]}";
  };
  EXPECT_EQ(found(bundle("urn:uuid:1")), "");
  EXPECT_EQ(found(bundle("Patient/7")), "");
  EXPECT_EQ(found(bundle("urn:uuid:2")), "entry[0].resource.subject refers to what is not in the bundle\n");
}

TEST(R4, never_repeats_content) { EXPECT_FALSE(found(observation(R"(,"valueDateTime":"secret")")).contains("secret")); }

TEST(R4, ends_after_so_many_findings) {
  std::string many = R"({"resourceType":"Patient")";
  for (int number = 0; number < 200; ++number) many += ",\"x" + std::to_string(number) + "\":1";
  EXPECT_EQ(validate_r4(*json::read(many + "}")).size(), kMostFindings);
}

}  // namespace
}  // namespace myelin::fhir
