// Whether the place that a path names is there in a version of HL7 v2: what `check` says of `PID-88` before a message
// ever comes.
#pragma once

#include <optional>
#include <string>

#include "engine/hl7/path.h"
#include "engine/schema/dictionary.h"

namespace myelin::schema {

struct PathMistake {
  std::string message;  // "PID-88 does not exist in HL7 2.5.1; PID ends at PID-39"
  std::string hint;     // the nearest name, where one is near
};

// Nothing when the place may exist. Z segments and withdrawn fields may, and whatever varies or is not documented.
// Group names are not looked at: they belong to a message's structure.
std::optional<PathMistake> check_path(const Dictionary& dictionary, const hl7::Path& path);

// The names for people of a place, outermost first: PID-5.1 is {"Patient Identification", "Patient Name", "Family
// Name"}. As far as they are documented.
std::vector<std::string_view> names_of(const Dictionary& dictionary, const hl7::Path& path);

}  // namespace myelin::schema
