// Short forms for the declaration of options, where a table of keys says little more than name, type, doc and example.
#pragma once

#include "engine/config/spec.h"

namespace myelin::config {

inline Option key(std::string_view name, Type type, std::string_view doc, std::string_view example,
                  bool required = false) {
  return {.name = name, .type = type, .fallback = {}, .required = required, .doc = doc, .example = example};
}

// A whole number from `least` to `most`.
inline Option number(std::string_view name, std::string_view doc, std::string_view example, std::int64_t least,
                     std::int64_t most) {
  auto option = key(name, Type::integer, doc, example);
  option.least = least;
  option.most = most;
  return option;
}

// false when not said.
inline Option flag(std::string_view name, std::string_view doc) {
  auto option = key(name, Type::boolean, doc, "true");
  option.fallback = "false";
  return option;
}

}  // namespace myelin::config
