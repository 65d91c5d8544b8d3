// What holds for every conversion. What becomes of which element is in tests/golden/steps/cases/from_fhir*.txt.
#include "routes/reverse/convert.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace myelin::reverse {
namespace {

Result<Conversion> converted(std::string_view text, std::string_view map, std::string_view version = "2.5.1") {
  const auto document = json::read(text);
  EXPECT_TRUE(document);
  Circumstances circumstances;
  circumstances.version = version;
  circumstances.received = "20260101000000+0000";
  circumstances.id = "ID1";
  circumstances.notes = true;
  const auto& overlay = *mapping::Overlay::none();
  return convert(*document, *Rules::embedded().message(map), overlay, Systems(overlay), circumstances);
}

std::string bundle(const std::string& resources) {
  std::string text = R"({"resourceType":"Bundle","type":"collection","entry":[)";
  return text + resources + "]}";
}

std::string entry(const std::string& resource) { return "{\"resource\":" + resource + "}"; }

const std::string kPatient = entry(R"({"resourceType":"Patient","id":"p","identifier":[{"value":"7"}]})");

std::string observation(const std::string& id, const std::string& more) {
  return entry(R"({"resourceType":"Observation","id":")" + id +
               R"(","status":"final","subject":{"reference":"Patient/p"},"code":{"text":"T"},)" + more + "}");
}

std::string text_of(const Conversion& made) { return std::string(made.message.bytes().view()); }

TEST(FromFhir, makes_the_same_bytes_of_the_same_document) {
  const auto text = bundle(kPatient + "," + observation("a", R"("valueInteger":5)"));
  const auto once = converted(text, "oru"), again = converted(text, "oru");
  ASSERT_TRUE(once && again);
  EXPECT_EQ(text_of(*once), text_of(*again));
}

TEST(FromFhir, keeps_an_attachment_byte_for_byte) {
  std::string data;
  for (int at = 0; at < 100'000; ++at) data += "Ab+/"[at % 4];
  const auto made = converted(
      bundle(kPatient + "," +
             observation("a", R"("extension":[{"url":"http://hl7.org/fhir/5.0/StructureDefinition/)"
                              R"(extension-Observation.value","valueAttachment":{"contentType":"application/pdf",)"
                              R"("data":")" +
                                  data + R"("}}])")),
      "oru");
  ASSERT_TRUE(made) << to_string(made.error());
  const auto last = static_cast<std::uint32_t>(made->message.segment_count() - 1);
  EXPECT_EQ(made->message.raw({last, 5, 1, 5, 0}), data);
  EXPECT_EQ(made->message.raw({last, 5, 1, 4, 0}), "Base64");
}

TEST(FromFhir, writes_only_what_the_version_has_a_place_for) {
  const auto text = bundle(kPatient + "," + observation("a", R"("bodySite":{"text":"arm"},"valueInteger":5)"));
  const auto old = converted(text, "oru", "2.3"), fresh = converted(text, "oru", "2.8");
  ASSERT_TRUE(old && fresh);
  EXPECT_FALSE(text_of(*old).contains("arm"));
  EXPECT_TRUE(text_of(*fresh).contains("arm"));
  EXPECT_TRUE(std::ranges::find(old->notes, "Bundle.entry[1].resource.bodySite has no place in the map") !=
              old->notes.end())
      << old->notes.front();
  EXPECT_TRUE(fresh->notes.empty());
}

TEST(FromFhir, names_what_it_did_not_read_and_never_its_content) {
  const auto made = converted(bundle(kPatient + "," + observation("a", R"("valueInteger":5,"device":{"id":"secret"})") +
                                     "," + entry(R"({"resourceType":"Device","status":"secret"})")),
                              "oru");
  ASSERT_TRUE(made);
  ASSERT_EQ(made->notes.size(), 2U);
  EXPECT_EQ(made->notes[0], "Bundle.entry[1].resource.device has no place in the map");
  EXPECT_EQ(made->notes[1], "Bundle.entry[2] has no place in the map");
}

TEST(FromFhir, follows_references_by_id_by_address_and_into_what_is_contained) {
  const auto made = converted(
      bundle(kPatient + "," +
             entry(R"({"resourceType":"DiagnosticReport","status":"final","code":{"text":"R"},"result":[)"
                   R"({"reference":"Observation/a"},{"reference":"https://x.example/r4/Observation/b/_history/1"},)"
                   R"({"reference":"#c"},{"reference":"Observation/none"}],"contained":[{"resourceType":"Observation",)"
                   R"("id":"c","status":"final","code":{"text":"C"},"valueInteger":3}]})") +
             "," + observation("a", R"("valueInteger":1)") + "," + observation("b", R"("valueInteger":2)")),
      "oru");
  ASSERT_TRUE(made) << to_string(made.error());
  std::string values;
  for (std::uint32_t at = 0; at < made->message.segment_count(); ++at)
    if (made->message.segment_name(at) == "OBX") values += made->message.text({at, 5, 1, 1, 0});
  EXPECT_EQ(values, "123");
  EXPECT_TRUE(std::ranges::find(made->notes, "Bundle.entry[1].resource.result[3] has no place in the map") !=
              made->notes.end());
}

TEST(FromFhir, reads_ten_megabytes_and_says_where_something_is_wrong) {
  std::string all = kPatient;
  const auto note = R"(,"note":[{"text":")" + std::string(5'000, 'x') + "\"}]";
  for (int at = 0; at < 2'000; ++at) all += "," + observation(std::to_string(at), R"("valueInteger":5)" + note);
  const auto good = converted(bundle(all), "oru");
  ASSERT_TRUE(good) << to_string(good.error());
  EXPECT_EQ(good->message.segment_count(), 6'002U);
  const auto bad = converted(bundle(all + "," + observation("z", R"("valueTime":"late")")), "oru");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().at, "Bundle.entry[2001].resource.valueTime");
}

}  // namespace
}  // namespace myelin::reverse
