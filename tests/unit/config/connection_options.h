// A connection's options as the compiler would read them, and no mistake among them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/config/spec.h"

namespace myelin::test {

inline config::Options connection_options(const config::Spec& spec, const std::string& yaml,
                                          const std::string& path = "conf/connections.yaml") {
  const auto source = std::make_shared<const config::SourceText>(path, yaml);
  config::Diagnostics diagnostics;
  auto options = config::read_options(spec, config::load_yaml(source, diagnostics), diagnostics);
  for (const auto& diagnostic : diagnostics.sorted()) ADD_FAILURE() << diagnostic.code << " " << diagnostic.message;
  return options;
}

}  // namespace myelin::test
