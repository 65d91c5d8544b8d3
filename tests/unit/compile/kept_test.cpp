// A reload compiles what was edited and what uses it, and nothing else.
#include "routes/compile/kept.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include <unistd.h>

#include "routes/compile/compile_files.h"
#include "tests/unit/compile/fake_adapters.h"

namespace myelin::routes {
namespace {

class Configuration {
 public:
  std::map<std::string, std::string> texts = {
      {"connections.yaml",
       "in1: { kind: mllp, listen: 127.0.0.1:2571 }\nin2: { kind: mllp, listen: 127.0.0.1:2572 }\n"
       "in3: { kind: mllp, listen: 127.0.0.1:2573 }\nlab: { kind: mllp, connect: 127.0.0.1:2601 }\n"
       "ris: { kind: mllp, connect: 127.0.0.1:2602 }\nsite: { name: WEST }\n"},
      {"tables/sex.csv", "code,lab\nM,1\nF,2\n"},
      {"tables/ward.csv", "code,name\nW1,one\n"},
      {"blocks/names.yaml", "block: names\nsteps:\n  - set:\n      PID-5.1: =upper(PID-5.1)\n"},
      {"channels/table.yaml",
       "channel: table\nsource: in1\nroutes:\n  lab:\n    to: lab\n    steps:\n"
       "      - map: { field: PID-8, table: sex, unmapped: park }\n"},
      {"channels/block.yaml",
       "channel: block\nsource: in2\nsteps:\n  - use: names\n  - set:\n      PV1-3.1: =lookup(\"ward\", PV1-3.1)\n"
       "routes:\n  ris: { to: ris }\n"},
      {"channels/plain.yaml",
       "channel: plain\nsource: in3\nsteps:\n  - set:\n      MSH-4: =$site.name\nroutes:\n  lab: { to: lab, order: "
       "none }\n"},
  };

  // How many channels this compilation made; the plans by channel.
  int compile() {
    ConfigurationFiles files;
    for (const auto& [path, content] : texts) {
      auto text = std::make_shared<const config::SourceText>(root + path, content);
      if (path.starts_with("tables/")) files.tables.push_back(text);
      else if (path.starts_with("blocks/")) files.blocks.push_back(text);
      else if (path.starts_with("dictionary/")) files.dictionaries.push_back(text);
      else if (path.ends_with(".test.yaml"))
        files.tests.emplace(root + path.substr(0, path.size() - 10) + ".yaml", text);
      else if (path.starts_with("channels/")) files.channels.push_back(text);
      else files.connections = text;
    }
    compiled = compile_files(files, testing::fake_adapters(), kept);
    plans.clear();
    for (const auto& plan : compiled.plans) plans[plan->channel] = plan;
    return kept.compiled;
  }

  // Compiles, edits and compiles again: the channels whose plan is another one.
  std::string remade(const std::string& file, const std::string& content) {
    compile();
    const auto before = plans;
    texts[file] = content;
    const int count = compile();
    std::string names;
    for (const auto& [name, plan] : plans)
      if (plan != before.at(name)) names += (names.empty() ? "" : " ") + name;
    EXPECT_EQ(count, names.empty() ? 0 : 1 + std::ranges::count(names, ' '));
    return names;
  }

  std::string root;  // before each path
  Kept kept;
  Compiled compiled;
  std::map<std::string, std::shared_ptr<const Plan>> plans;
};

TEST(Kept, nothing_is_compiled_when_nothing_was_edited) {
  Configuration conf;
  EXPECT_EQ(conf.compile(), 3);
  const auto before = conf.plans;
  EXPECT_EQ(conf.compile(), 0);
  EXPECT_EQ(conf.plans, before);
  EXPECT_EQ(conf.compiled.texts.size(), 3U);
  EXPECT_EQ(conf.compiled.tables.size(), 2U);
}

TEST(Kept, an_edited_channel_is_compiled_alone) {
  Configuration conf;
  EXPECT_EQ(conf.remade("channels/plain.yaml", conf.texts["channels/plain.yaml"] + "about: edited\n"), "plain");
  EXPECT_EQ(conf.plans["plain"]->about, "edited");
}

TEST(Kept, a_shared_file_has_those_compiled_that_use_it) {
  Configuration conf;
  EXPECT_EQ(conf.remade("tables/sex.csv", "code,lab\nM,1\nF,3\n"), "table");
  EXPECT_EQ(conf.remade("tables/ward.csv", "code,name\nW1,two\n"), "block");
  EXPECT_EQ(conf.remade("blocks/names.yaml", conf.texts["blocks/names.yaml"] + "about: edited\n"), "block");
}

TEST(Kept, a_table_is_not_read_again) {
  Configuration conf;
  conf.compile();
  const auto before = conf.compiled.tables;
  conf.compile();
  EXPECT_EQ(conf.compiled.tables, before);
}

TEST(Kept, a_connection_and_a_value_of_the_site_have_those_compiled_that_use_them) {
  Configuration conf;
  auto edited = conf.texts["connections.yaml"];
  edited.replace(edited.find(":2602"), 5, ":2603");
  EXPECT_EQ(conf.remade("connections.yaml", edited), "block");
  edited.replace(edited.find("WEST"), 4, "EAST");
  EXPECT_EQ(conf.remade("connections.yaml", edited), "plain");
}

TEST(Kept, a_dictionary_of_the_site_has_all_compiled) {
  Configuration conf;
  EXPECT_EQ(conf.remade("dictionary/house.yaml",
                        "dictionary: house\nsegments:\n  ZPI:\n    fields:\n      ZPI-1: { name: Diet }\n"),
            "block plain table");
  conf.texts.erase("dictionary/house.yaml");
  EXPECT_EQ(conf.compile(), 3);
}

TEST(Kept, what_has_mistakes_is_looked_at_each_time) {
  Configuration conf;
  conf.texts["tables/sex.csv"] = "code,lab\nM,1\nM,2\n";
  conf.texts["channels/plain.yaml"] = "channel: plain\nsource: in4\nroutes:\n  lab: { to: lab, order: none }\n";
  conf.compile();
  const auto mistakes = conf.compiled.diagnostics.errors();
  EXPECT_EQ(mistakes, 2U);
  EXPECT_EQ(conf.compile(), 1);
  EXPECT_EQ(conf.compiled.diagnostics.errors(), mistakes);
}

TEST(Kept, warnings_are_said_again) {
  Configuration conf;
  conf.texts["channels/table.yaml"] +=
      "  more: { to: lab }\n";  // two routes to one peer, without an order between them
  conf.compile();
  const auto said = conf.compiled.diagnostics.warnings();
  EXPECT_GT(said, 0U);
  EXPECT_EQ(conf.compile(), 0);
  EXPECT_EQ(conf.compiled.diagnostics.warnings(), said);
}

TEST(Kept, an_edited_sample_or_test_has_its_channel_compiled) {
  const auto folder = std::filesystem::temp_directory_path() / ("myelin-kept-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder / "channels");
  const auto write = [&](const std::string& content) { std::ofstream(folder / "channels/a.hl7") << content; };
  write("MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5.1\r");
  Configuration conf;
  conf.root = folder.string() + "/";
  conf.texts["channels/plain.yaml"] += "tests:\n  - it: works\n    given: a.hl7\n    expect: { ack: AA }\n";
  conf.compile();
  ASSERT_TRUE(conf.compiled.diagnostics.ok());
  EXPECT_EQ(conf.compile(), 0);
  write("MSH|^~\\&|A|B|C|D|20260101||ADT^A01|22|P|2.5.1\r");
  EXPECT_EQ(conf.compile(), 1);
  EXPECT_EQ(conf.remade("channels/table.test.yaml",
                        "tests:\n  - it: works\n    given: { text: \"MSH|^~\\\\&|A\" }\n    expect: { ack: AA }\n"),
            "table");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace myelin::routes
