// What an analyst sees first: conf/ compiles with the adapters of this version, without a mistake or a warning.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "adapters/catalog.h"
#include "routes/compile/compile_files.h"

namespace myelin {
namespace {

const routes::Compiled& conf() {
  static const auto kCompiled = routes::Compiler(MYELIN_SOURCE_DIR "/conf", adapters::catalog()).compile();
  return kCompiled;
}

TEST(Conf, compiles_without_a_mistake_or_a_warning) {
  for (const auto& mistake : conf().diagnostics.sorted())
    if (mistake.severity != config::Severity::hint) ADD_FAILURE() << render(mistake, config::Colour::never);
  EXPECT_GE(conf().plans.size(), 4U);
}

// connections.yaml is the only file that differs between sites.
TEST(Conf, warns_of_json_that_a_peer_is_told_is_hl7) {
  const auto codes = [](const std::string& more) {
    std::string all;
    const auto compiled = routes::compile_text(
        "channel: adt\nsource: { mllp: { listen: 127.0.0.1:0 } }\nroutes:\n  store:\n    to: { http: { url: "
        "\"https://store.example/patients\"" +
            more + " } }\n    steps:\n      - render: { json: { mrn: =PID-3.1 } }\n",
        adapters::catalog());
    for (const auto& item : compiled.diagnostics.sorted()) all += item.code;
    return all;
  };
  EXPECT_EQ(codes(""), "W0176");
  EXPECT_EQ(codes(", content_type: application/json"), "");
}

TEST(Conf, takes_the_zone_of_the_source_where_the_channel_says_none) {
  const auto errors = [](const std::string& zone) {
    return routes::compile_text(
               "channel: adt\nsource: { mllp: { listen: 127.0.0.1:0" + zone +
                   " } }\nsteps:\n  - date: { field: PID-7, to_zone: UTC }\nroutes:\n  lab: { to: { mllp: { "
                   "connect: 127.0.0.1:2601 } } }\n",
               adapters::catalog())
        .diagnostics.errors();
  };
  EXPECT_EQ(errors(""), 1U);
  EXPECT_EQ(errors(", zone: Europe/Amsterdam"), 0U);
}

TEST(Site, reads_the_connections_of_a_site_and_is_stricter_for_a_live_one) {
  const auto folder = std::filesystem::temp_directory_path() / ("myelin-site-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder / "channels");
  const auto write = [&](const std::string& name, std::string_view text) { std::ofstream(folder / name) << text; };
  write("channels/adt.yaml", "channel: adt\nsource: pas\nroutes: { lab: { to: lab } }\n");
  write("connections.yaml",
        "pas: { kind: mllp, listen: 127.0.0.1:2575 }\nlab: { kind: mllp, connect: 127.0.0.1:2601 }\n");
  write("connections.test.yaml", "pas: { kind: mllp, listen: 127.0.0.1:2575 }\n");
  write("connections.live.yaml", "pas: { kind: mllp, listen: :2575 }\nlab: { kind: mllp, connect: 10.0.0.7:2601 }\n");
  const auto codes = [&](const std::string& site) {
    std::string all;
    for (const auto& item : routes::Compiler(folder.string(), adapters::catalog(), site).compile().diagnostics.sorted())
      all += std::string(item.code) + " ";
    return all;
  };
  EXPECT_EQ(codes(""), "");
  EXPECT_EQ(codes("test"), "C0031 ");
  EXPECT_EQ(codes("live"), "C0162 ");
  EXPECT_EQ(codes("nowhere"), "C0007 ");
  std::filesystem::remove_all(folder);
}

TEST(Conf, has_tests_in_every_channel) {
  ASSERT_EQ(conf().tests.size(), conf().plans.size());
  for (const auto& channel : conf().tests) EXPECT_GE(channel.cases.size(), 5U) << channel.channel;
}

TEST(Conf, parses_every_sample_and_lists_it) {
  const std::string folder = MYELIN_SOURCE_DIR "/conf/channels/samples";
  std::ifstream readme(folder + "/README.md");
  const std::string listed{std::istreambuf_iterator<char>(readme), {}};
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".hl7") continue;
    ++count;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    const auto tree = hl7::Tree::parse(Bytes(content));
    ASSERT_TRUE(tree) << entry.path();
    EXPECT_EQ(tree->bytes().view(), content) << entry.path();
    EXPECT_TRUE(listed.contains("| " + entry.path().filename().string() + " |")) << entry.path();
  }
  EXPECT_GE(count, 24U);
}

TEST(Cookbook, compiles_without_a_mistake_or_a_warning_and_has_tests) {
  std::ifstream file(MYELIN_SOURCE_DIR "/conf/cookbook/README.md");
  const std::string listed{std::istreambuf_iterator<char>(file), {}};
  for (const auto& recipe : std::filesystem::directory_iterator(MYELIN_SOURCE_DIR "/conf/cookbook")) {
    if (!recipe.is_directory()) continue;
    const auto compiled = routes::Compiler(recipe.path().string(), adapters::catalog()).compile();
    for (const auto& mistake : compiled.diagnostics.sorted()) ADD_FAILURE() << render(mistake, config::Colour::never);
    EXPECT_FALSE(compiled.tests.empty()) << recipe.path();
    for (const auto& channel : compiled.tests) EXPECT_FALSE(channel.cases.empty()) << recipe.path();
    EXPECT_TRUE(listed.contains("| [" + recipe.path().filename().string() + "](")) << recipe.path();
  }
}

}  // namespace
}  // namespace myelin
