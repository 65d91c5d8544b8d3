// Results of the corpus to FHIR and back: the fields that a receiver acts upon are the same, in number and in value.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include "routes/map/convert.h"
#include "routes/reverse/convert.h"

namespace myelin::reverse {
namespace {

struct Field {
  const char* segment;
  hl7::Spot spot;
  int percent;  // of the values that have to be the same; what is not, and why, stands in routes/README.md
};

// What is compared, value by value in the order of the message.
const std::vector<Field> kFields = {
    {"PID", {0, 3, 1, 1, 1}, 100}, {"PID", {0, 5, 1, 1, 1}, 99},
    {"PID", {0, 5, 1, 2, 1}, 99},  {"PID", {0, 7, 1, 1, 1}, 85},  // times without an offset get one
    {"PID", {0, 8, 1, 1, 1}, 98},  {"PID", {0, 11, 1, 3, 1}, 100},
    {"OBR", {0, 2, 1, 1, 1}, 100}, {"OBR", {0, 3, 1, 1, 1}, 100},
    {"OBR", {0, 4, 1, 1, 1}, 100}, {"OBR", {0, 25, 1, 1, 1}, 95},
    {"OBX", {0, 2, 1, 1, 1}, 80},  // types that FHIR does not tell apart
    {"OBX", {0, 3, 1, 1, 1}, 99},  {"OBX", {0, 3, 1, 3, 1}, 98},
    {"OBX", {0, 5, 1, 1, 1}, 94},  {"OBX", {0, 6, 1, 1, 1}, 50},  // units of what is no number
    {"OBX", {0, 7, 1, 1, 1}, 93},  {"OBX", {0, 8, 1, 1, 1}, 99},
    {"OBX", {0, 11, 1, 1, 1}, 94},  // R is preliminary, as P is
};

std::vector<std::string> values(const hl7::Tree& tree, const Field& field) {
  std::vector<std::string> all;
  for (std::uint32_t at = 1; at < tree.segment_count(); ++at) {
    if (tree.segment_name(at) != field.segment) continue;
    auto spot = field.spot;
    spot.segment = at;
    all.push_back(tree.text(spot));
  }
  return all;
}

// A number in words comes back with its unit behind it: FHIR has a unit only with a quantity.
bool is_with_unit(const Field& field, const std::string& before, const std::string& after, const std::string& unit) {
  return field.segment == std::string_view("OBX") && field.spot.field == 5 && after == before + " " + unit;
}

std::string name_of(const Field& field) {
  return field.segment + ("-" + std::to_string(field.spot.field)) + "." + std::to_string(field.spot.component);
}

TEST(RoundTrip, keeps_what_a_receiver_of_results_acts_upon) {
  const std::filesystem::path corpus = MYELIN_SOURCE_DIR "/../shared/corpus";
  if (!std::filesystem::exists(corpus)) {
    std::cout << "no corpus here: nothing was compared\n";
    return;
  }
  const auto& overlay = *mapping::Overlay::none();
  const Systems systems(overlay);
  std::map<std::string, std::pair<int, int>> kept;
  int messages = 0;
  for (const auto& file : std::filesystem::directory_iterator(corpus)) {
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    auto tree = hl7::Tree::parse(Bytes(text));
    if (!tree || tree->text({0, 9, 1, 1, 0}) != "ORU") continue;
    mapping::Circumstances there;
    there.zone = hl7::Zone::find("UTC");
    const auto fhir = mapping::convert(*tree, *mapping::Library::embedded().message("oru"), overlay, there);
    if (!fhir) continue;
    Circumstances back;
    std::string version = tree->text({0, 12, 1, 1, 0});
    if (version.empty()) version = "2.5.1";
    back.version = version;  // it looks at it only
    back.id = "1";
    const auto again = convert(fhir->bundle, *Rules::embedded().message("oru"), overlay, systems, back);
    if (!again) continue;  // about two patients
    ++messages;
    for (const auto& field : kFields) {
      const auto before = values(*tree, field), after = values(again->message, field);
      const auto units = values(*tree, {field.segment, {0, 6, 1, 1, 1}, 0});
      auto& [same, all] = kept[name_of(field)];
      for (std::size_t at = 0; at < before.size(); ++at) {
        if (before[at].empty()) continue;
        ++all;
        if (at < after.size() && (before[at] == after[at] || is_with_unit(field, before[at], after[at], units[at])))
          ++same;
      }
    }
  }
  std::cout << messages << " results went to FHIR and back\n";
  for (const auto& field : kFields) {
    const auto [same, all] = kept[name_of(field)];
    std::cout << name_of(field) << " " << same << " of " << all << "\n";
    EXPECT_GE(same * 100, all * field.percent) << name_of(field);
  }
  EXPECT_GT(messages, 150);
}

}  // namespace
}  // namespace myelin::reverse
