// Mistakes of YAML and of options, as they are printed (channel-language.md, Mistakes).
#include "engine/config/node.h"
#include "engine/config/spec.h"
#include "tests/golden/diagnostics/golden.h"

namespace myelin::config {
namespace {

const Spec& retry_spec() {
  static const Spec spec{.name = "retry",
                         .doc = "how often",
                         .options = {{.name = "first",
                                      .type = Type::duration,
                                      .fallback = "1s",
                                      .doc = "first pause",
                                      .example = "500ms",
                                      .least = 100,
                                      .most = 60'000}}};
  return spec;
}

// A Spec with an option of every type. The sort of option is its name.
const Spec& sample_spec() {
  static const Spec spec{
      .name = "sample",
      .doc = "for this test",
      .options = {
          {.name = "sample", .type = Type::name, .fallback = "", .required = true, .doc = "its name", .example = "lab"},
          {.name = "address", .type = Type::address, .fallback = "", .doc = "where", .example = "lab:2575"},
          {.name = "timeout", .type = Type::duration, .fallback = "30s", .doc = "how long", .example = "30s"},
          {.name = "connections",
           .type = Type::integer,
           .fallback = "64",
           .doc = "",
           .example = "64",
           .least = 1,
           .most = 10'000},
          {.name = "limit", .type = Type::size, .fallback = "64MiB", .doc = "", .example = "16MiB"},
          {.name = "keep_alive", .type = Type::boolean, .fallback = "true", .doc = "", .example = ""},
          {.name = "state",
           .type = Type::choice,
           .fallback = "running",
           .doc = "",
           .example = "",
           .choices = {"running", "paused", "disabled"}},
          {.name = "password", .type = Type::secret, .fallback = "", .doc = "", .example = ""},
          {.name = "ca", .type = Type::file, .fallback = "", .doc = "", .example = "ca.pem"},
          {.name = "types", .type = Type::names, .fallback = "", .doc = "", .example = "[ADT^A01]"},
          {.name = "retry", .type = Type::map, .fallback = "", .doc = "", .example = "", .nested = &retry_spec()},
          {.name = "rows", .type = Type::list, .fallback = "", .doc = "", .example = "", .nested = &retry_spec()},
          {.name = "value", .type = Type::value, .fallback = "", .doc = "", .example = ""}}};
  return spec;
}

TEST(ConfigDiagnostics, print_what_the_golden_cases_say) {
  const auto all = golden::cases_in(MYELIN_SOURCE_DIR "/tests/golden/diagnostics/config");
  EXPECT_GE(all.size(), 30U);
  for (const auto& path : all) {
    golden::run_case(path, [](const std::shared_ptr<const SourceText>& source, Diagnostics& diagnostics) {
      const Node root = load_yaml(source, diagnostics);
      // YAML-only cases begin with another key, so that unknown names do not drown them.
      if (root.is_map() && root.find("sample")) read_options(sample_spec(), root, diagnostics);
      if (root.is_map() && root.find("option")) read_options(sample_spec(), *root.find("option"), diagnostics);
    });
  }
}

}  // namespace
}  // namespace myelin::config
