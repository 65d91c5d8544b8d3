// Messages as bundles, for the tests of the conversion.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "routes/map/convert.h"

namespace myelin::mapping {

inline const std::string kHead = "MSH|^~\\&|LIS|W|M|H|20260701120000+0200||ORU^R01^ORU_R01|1|P|2.5.1\r";
inline const std::string kPatient = "PID|1||44^^^WEST^MR||DOE^ANN\r";
inline const std::string kOrder = "OBR|1||L7^LIS|CBC^Blood count^L|||20260701||||||||||||||||||F\r";

inline Result<Conversion> attempt(const std::string& message, const Overlay& overlay = *Overlay::none(),
                                  const char* zone = "UTC") {
  Circumstances circumstances;
  circumstances.zone = hl7::Zone::find(zone);
  auto tree = hl7::Tree::parse(Bytes(message));
  EXPECT_TRUE(tree);
  return convert(*tree, *Library::embedded().message("oru"), overlay, circumstances);
}

inline Conversion converted(const std::string& message, const Overlay& overlay = *Overlay::none(),
                            const char* zone = "UTC") {
  auto made = attempt(message, overlay, zone);
  EXPECT_TRUE(made) << to_string(made.error());
  return made ? std::move(*made) : Conversion{};
}

// The entries of one type.
inline std::vector<json::Value> entries(const json::Value& bundle, std::string_view type) {
  std::vector<json::Value> all;
  for (const auto& entry : *bundle["entry"].array())
    if (entry["resource"]["resourceType"].text_or("") == type) all.push_back(entry);
  return all;
}

inline std::string observation(int number, const std::string& code, const std::string& value) {
  return "OBX|" + std::to_string(number) + "|NM|" + code + "^" + code + "^L||" + value + "||||||F\r";
}

// The first resource of one type; null when there is none.
inline json::Value first(const Conversion& made, std::string_view type) {
  const auto all = entries(made.bundle, type);
  return all.empty() ? json::Value() : all.front()["resource"];
}

}  // namespace myelin::mapping
