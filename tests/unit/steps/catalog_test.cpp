#include "routes/steps/catalog.h"

#include <gtest/gtest.h>

#include <set>

namespace myelin::routes {
namespace {

TEST(StepCatalog, documents_every_step) {
  std::set<std::string_view> names;
  for (const auto& kind : step_catalog()) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name << " stands twice";
    EXPECT_FALSE(kind.doc.empty()) << kind.name;
    EXPECT_FALSE(kind.value.empty()) << kind.name;
    EXPECT_TRUE(kind.example.starts_with("- " + std::string(kind.name) + ":")) << kind.name;
  }
}

TEST(StepCatalog, has_a_builder_for_every_step) {
  for (const auto& kind : step_catalog()) EXPECT_NE(kind.build, nullptr) << kind.name;
}

class Example : public ::testing::TestWithParam<std::string> {};

TEST_P(Example, compiles) {
  const auto& kind = *find_step(GetParam());
  config::Diagnostics diagnostics;
  const std::map<std::string, std::shared_ptr<const Table>, std::less<>> tables = {
      {"sex-to-lab",
       Table::read(std::make_shared<const config::SourceText>("t.csv", "code,lab\nM,1\n"), "sex-to-lab", diagnostics)}};
  const auto block =
      config::load_yaml(std::make_shared<const config::SourceText>("b.yaml", "- delete: [ZPI]\n"), diagnostics);
  const std::map<std::string, Block, std::less<>> blocks = {{"normalise-names", {"normalise-names", block, {}}}};
  Workshop workshop{.diagnostics = diagnostics, .scope = {}, .tables = tables, .blocks = blocks};
  workshop.scope.version = "2.5.1";
  workshop.scope.zone = hl7::Zone::find("UTC");
  workshop.find_call = [](const config::Node&) { return Workshop::CallTarget(); };
  if (kind.name == "decode") workshop.scope.body = BodyKind::xml;
  if (kind.name == "from_fhir") workshop.scope.body = BodyKind::json;
  if (kind.stands == kInAccept) workshop.stand = Stand::accept;
  if (kind.stands == kInRoute) workshop.stand = Stand::route;
  const auto list = config::load_yaml(
      std::make_shared<const config::SourceText>("s.yaml", std::string(kind.example) + "\n"), diagnostics);
  const auto steps = compile_steps(list, workshop);
  EXPECT_EQ(steps.size(), 1U);
  for (const auto& mistake : diagnostics.all())
    if (mistake.severity == config::Severity::error) ADD_FAILURE() << config::render(mistake, config::Colour::never);
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto& kind : step_catalog()) names.emplace_back(kind.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Of, Example, ::testing::ValuesIn(all_names()),
                         [](const ::testing::TestParamInfo<std::string>& info) { return info.param; });

TEST(StepList, stops_at_its_depth_and_not_before) {
  const auto nested = [](int depth) {
    std::string text = "- delete: [ZPI]\n";
    for (int level = 1; level < depth; ++level) {
      std::string inner;
      for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        inner += "    " + text.substr(at, end - at) + "\n";
        at = end + 1;
      }
      text = "- if: PV1-2 == \"I\"\n  then:\n" + inner;
    }
    config::Diagnostics diagnostics;
    const std::map<std::string, std::shared_ptr<const Table>, std::less<>> tables;
    const std::map<std::string, Block, std::less<>> blocks;
    Workshop workshop{.diagnostics = diagnostics, .scope = {}, .tables = tables, .blocks = blocks};
    compile_steps(config::load_yaml(std::make_shared<const config::SourceText>("s.yaml", text), diagnostics), workshop);
    return diagnostics.errors();
  };
  EXPECT_EQ(nested(kMaxNesting), 0U);
  EXPECT_EQ(nested(kMaxNesting + 1), 1U);
}

TEST(Steps, fault_on_a_body_that_is_no_message) {
  config::Diagnostics diagnostics;
  const std::map<std::string, std::shared_ptr<const Table>, std::less<>> tables;
  const std::map<std::string, Block, std::less<>> blocks;
  Workshop workshop{.diagnostics = diagnostics, .scope = {}, .tables = tables, .blocks = blocks};
  const auto text = "- set: { MSH-5: LAB }\n";
  const auto steps = compile_steps(
      config::load_yaml(std::make_shared<const config::SourceText>("s.yaml", text), diagnostics), workshop);
  Body body(Bytes("not a message"));
  Context context;
  const auto verdict = run_steps(steps, body, context);
  ASSERT_TRUE(verdict.fault);
  EXPECT_EQ(verdict.fault->code, FaultCode::wrong_body);
  EXPECT_EQ(verdict.fault->place, "s.yaml:1:3");
}

}  // namespace
}  // namespace myelin::routes
