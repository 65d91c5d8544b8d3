// FHIRPath as far as routes need it: navigation, conditions, and what is refused with its place.
#include "engine/fhir/fhir_path.h"

#include <gtest/gtest.h>

namespace myelin::fhir {
namespace {

constexpr std::string_view kBundle = R"({"resourceType": "Bundle", "type": "transaction", "entry": [
  {"fullUrl": "urn:1", "resource": {"resourceType": "Patient", "active": true, "birthDate": "1970-01-15",
    "identifier": [{"system": "urn:mrn", "value": "4711"}, {"system": "urn:ssn", "value": "9"}],
    "name": [{"use": "official", "family": "Doe", "given": ["Ann", "B"]}, {"use": "old", "family": "Roe"}]}},
  {"resource": {"resourceType": "Observation", "status": "final", "valueQuantity": {"value": 5.40, "unit": "mmol/L"}}},
  {"resource": {"resourceType": "Observation", "status": "preliminary", "valueString": "high"}}]})";

std::string values(std::string_view path) {
  const auto compiled = FhirPath::compile(path);
  if (!compiled) return "at " + std::to_string(compiled.error().offset) + ": " + compiled.error().message;
  const auto root = json::read(kBundle);
  std::string all;
  for (const auto& text : (*compiled)->values(*root)) all += (all.empty() ? "" : " ") + text;
  return all;
}

bool holds(std::string_view path) {
  const auto compiled = FhirPath::compile(path);
  return compiled && (*compiled)->holds(*json::read(kBundle));
}

TEST(FhirPath, goes_from_name_to_name_over_all_items) {
  EXPECT_EQ(values("Bundle.entry.resource.name.family"), "Doe Roe");
  EXPECT_EQ(values("entry.resource.name.given"), "Ann B");
  EXPECT_EQ(values("entry[0].resource.name[1].family"), "Roe");
  EXPECT_EQ(values("entry[7].resource.status"), "");
  EXPECT_EQ(values("%resource.type & '!'"), "transaction!");
}

TEST(FhirPath, picks_by_condition_and_by_type) {
  EXPECT_EQ(values("entry.resource.ofType(Patient).identifier.where(system = 'urn:mrn').value"), "4711");
  EXPECT_EQ(values("entry.resource.where(status = 'final').valueQuantity.value"), "5.40");
  EXPECT_EQ(values("entry.resource.value.ofType(Quantity).unit"), "mmol/L");
  EXPECT_EQ(values("entry.resource.value.ofType(string)"), "");
  EXPECT_EQ(values("entry.resource.where($this.status.exists()).status.last()"), "preliminary");
  EXPECT_EQ(values("entry.resource.select(status | birthDate)"), "1970-01-15 final preliminary");
}

TEST(FhirPath, counts_and_takes_parts) {
  EXPECT_EQ(values("entry.count()"), "3");
  EXPECT_EQ(values("entry.resource.status.first()"), "final");
  EXPECT_EQ(values("entry.resource.name.given.tail()"), "B");
  EXPECT_EQ(values("entry.resource.name.family.skip(1)"), "Roe");
  EXPECT_EQ(values("entry.resource.name.family.take(1)"), "Doe");
  EXPECT_EQ(values("entry.resource.name.family.single()"), "");
  EXPECT_EQ(values("(entry.resource.resourceType).distinct().count()"), "2");
}

TEST(FhirPath, compares_by_kind) {
  EXPECT_TRUE(holds("entry.resource.valueQuantity.value = 5.4"));
  EXPECT_TRUE(holds("entry.resource.valueQuantity.value > 5 and entry.resource.birthDate < @1970-02"));
  EXPECT_TRUE(holds("'Roe' in entry.resource.name.family"));
  EXPECT_TRUE(holds("entry.resource.name.family contains 'Doe'"));
  EXPECT_TRUE(holds("entry.resource.active"));
  EXPECT_FALSE(holds("entry.resource.active.not()"));
  EXPECT_FALSE(holds("entry.resource.status = 'final'"));
  EXPECT_TRUE(holds("entry.resource.where(status = 'final').exists()"));
  EXPECT_TRUE(holds("entry.resource.name.all(family.exists())"));
  EXPECT_TRUE(holds("entry.resource.name.where(family = 'Zoe').empty()"));
}

TEST(FhirPath, knows_what_is_neither_true_nor_false) {
  EXPECT_FALSE(holds("nothing = 1"));
  EXPECT_FALSE(holds("nothing and true"));
  EXPECT_TRUE(holds("nothing or true"));
  EXPECT_TRUE(holds("nothing implies true"));
  EXPECT_TRUE(holds("(nothing and false).not()"));
  EXPECT_TRUE(holds("true xor false"));
  EXPECT_FALSE(holds("nothing != 1"));
  EXPECT_FALSE(holds("{}"));
}

TEST(FhirPath, works_on_texts) {
  EXPECT_EQ(values("'abc'.upper() & 'X'.lower() & ' y '.trim()"), "ABCxy");
  EXPECT_EQ(values("'abcdef'.substring(2, 3)"), "cde");
  EXPECT_EQ(values("'abc'.length()"), "3");
  EXPECT_EQ(values("'a-b-c'.replace('-', '+')"), "a+b+c");
  EXPECT_EQ(values("iif('abc'.startsWith('a') and 'abc'.endsWith('c') and 'abc'.contains('b'), 'y', 'n')"), "y");
}

TEST(FhirPath, says_where_it_is_none) {
  EXPECT_EQ(values("name..family"), "at 5: a name is missing here");
  EXPECT_EQ(values("name.where("), "at 10: it breaks off here");
  EXPECT_EQ(values("name.wher(use)"), "at 5: there is no function wher() here");
  EXPECT_EQ(values("name.first(1)"), "at 5: first() has another number of arguments");
  EXPECT_EQ(values("name )"), "at 5: this cannot stand here");
  EXPECT_EQ(values("'abc"), "at 3: this text is not closed");
  EXPECT_EQ(values(std::string(100, '(')), "at 32: it is nested too deep");
  EXPECT_EQ(values(""), "at 0: it breaks off here");
}

TEST(FhirPath, ends_however_much_there_is) {
  json::Value many{json::Array{}};
  for (int i = 0; i < 3'000; ++i) many.push(json::Value(i));
  json::Value root;
  root.set("a", std::move(many));
  const auto path = FhirPath::compile("a.where(%resource.a.where(%resource.a.count() > 0).count() > 0).count()");
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ((*path)->values(root).size(), 1U);
}

}  // namespace
}  // namespace myelin::fhir
