// The versions of HL7 v2 that the dictionary documents, and which of them a message's MSH-12 means.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace myelin::schema {

enum class Version : std::uint8_t {
  v2_1,
  v2_2,
  v2_3,
  v2_3_1,
  v2_4,
  v2_5,
  v2_5_1,
  v2_6,
  v2_7,
  v2_7_1,
  v2_8,
  v2_8_1,
  v2_8_2
};

inline constexpr std::size_t kVersions = 13;
inline constexpr std::array<std::string_view, kVersions> kVersionNames = {
    "2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2"};

constexpr std::string_view to_string(Version version) { return kVersionNames[static_cast<std::size_t>(version)]; }

std::optional<Version> exact_version(std::string_view text);
// For what a message or a channel says: the newest documented one that is not newer ("2.5.2" is read as 2.5.1, "2.9"
// as 2.8.2), the oldest for what is older still; 2.5.1, the most spoken, for what says no version of HL7 v2.
Version nearest_version(std::string_view declared);

}  // namespace myelin::schema
