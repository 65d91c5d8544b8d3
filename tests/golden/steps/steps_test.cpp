// Each file of cases/: a message, steps, and the message as it must be after them (or the verdict that ended them).
#include <gtest/gtest.h>

#include <array>
#include <sstream>

#include "engine/fhir/json.h"
#include "engine/model/batch.h"
#include "routes/expr/grammar.h"
#include "routes/steps/catalog.h"
#include "tests/golden/steps/golden_file.h"

namespace myelin {
namespace {

constexpr auto kFolder = MYELIN_SOURCE_DIR "/tests/golden/steps/cases";

class StepCase : public ::testing::TestWithParam<std::string> {};

std::string with_carriage_returns(std::string text) {
  std::ranges::replace(text, '\n', '\r');
  return text;
}

std::string in_words(const Verdict& verdict) {
  constexpr std::array<std::string_view, 7> kKinds = {"pass", "drop", "park", "hold", "fault", "ask", "taken"};
  std::string text(kKinds[static_cast<std::size_t>(verdict.kind)]);
  if (!verdict.reason.empty()) text += ": " + verdict.reason;
  if (verdict.question) text += ": " + std::string(verdict.question->bytes.view());
  if (verdict.fault) text += "\n" + to_string(*verdict.fault);
  return text + "\n";
}

// What a step passed and still had to say.
class Notes final : public StepObserver {
 public:
  void decided(const Route& /*route*/, bool /*wanted*/) override {}
  void entering(const Route& /*route*/, DeliveryId /*delivery*/) override {}
  void before(const Step& /*step*/, const Body& /*body*/) override {}
  void after(const Step& /*step*/, const Body& /*body*/, bool /*skipped*/) override {}
  void noted(const Step& /*step*/, const std::string& what) override { text += "note: " + what + "\n"; }
  std::string text;
};

std::string content_of(const Body& body) {
  const auto text = std::string(body.bytes().view());
  return text.starts_with("{\"resourceType\"") ? json::write(*json::read(text), json::Layout::pretty) : text;
}

// What the case names under `---- tables/NAME.csv` and `---- blocks/NAME.yaml`.
struct Shared {
  std::map<std::string, std::shared_ptr<const routes::Table>, std::less<>> tables;
  std::map<std::string, routes::Block, std::less<>> blocks;
  routes::Overlays overlays;
};

Shared shared_of(const testing::GoldenFile& file, config::Diagnostics& diagnostics) {
  Shared shared;
  for (const auto& [title, text] : file.sections()) {
    const auto source = std::make_shared<const config::SourceText>(title, text);
    const auto name = std::filesystem::path(title).stem().string();
    if (title.starts_with("tables/")) shared.tables.emplace(name, routes::Table::read(source, name, diagnostics));
    if (title.starts_with("maps/")) shared.overlays.emplace(name, mapping::Overlay::read(source, name, diagnostics));
    if (title.starts_with("blocks/")) {
      const auto root = config::load_yaml(source, diagnostics);
      shared.blocks.emplace(name, routes::Block{name, *root.find("steps"), text});
    }
  }
  return shared;
}

TEST_P(StepCase, changes_the_message_as_written) {
  testing::GoldenFile file(GetParam());
  config::Diagnostics diagnostics;
  const auto shared = shared_of(file, diagnostics);
  const auto source = std::make_shared<const config::SourceText>("steps.yaml", file.section("steps"));
  routes::Workshop workshop{.diagnostics = diagnostics, .scope = {}, .tables = shared.tables, .blocks = shared.blocks};
  workshop.overlays = &shared.overlays;
  workshop.scope.version = "2.5.1";
  workshop.scope.tables = {shared.tables.begin(), shared.tables.end()};
  workshop.scope.zone = hl7::Zone::find("Europe/Amsterdam");
  std::vector<std::string> types;
  std::istringstream named(file.section("types"));
  for (std::string type; named >> type;) types.push_back(type);
  workshop.scope.grammar = std::make_shared<const expr::Grammar>("2.5.1", types);
  workshop.scope.site = {{"name", "WEST"}};
  workshop.stand = file.section("accept").empty() ? routes::Stand::route : routes::Stand::accept;
  std::istringstream named_body(file.section("body"));
  std::string kind_name;
  const auto kind = named_body >> kind_name ? *parse_body_kind(kind_name) : BodyKind::hl7;
  workshop.scope.body = workshop.scope.original_body = kind;
  workshop.types = types;
  workshop.find_call = [](const config::Node& to) {
    routes::Workshop::CallTarget target;
    target.call.connection = to.text();
    return target;
  };
  const auto steps = routes::compile_steps(config::load_yaml(source, diagnostics), workshop);
  for (const auto& mistake : diagnostics.sorted())
    if (mistake.severity == config::Severity::error) ADD_FAILURE() << config::render(mistake, config::Colour::never);

  const Bytes received(kind == BodyKind::hl7 ? with_carriage_returns(file.section("")) : file.section(""));
  auto read = Body::read(kind, received, {});
  ASSERT_TRUE(read) << to_string(read.error());
  const Body original(*read);
  Body body(std::move(*read));
  Message message;
  message.received_at = WallTime(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
  Context context;
  context.message = &message;
  context.original = &original;
  message.bytes = received;
  message.batch = with_carriage_returns(file.section("batch"));
  if (auto batch = read_batch(message, {})) context.batch = std::move(*batch);
  Notes notes;
  context.observer = &notes;
  // Of the first `call`: what it is answered, and the status where it is refused.
  Answers answers;
  if (const auto answer = file.section("answer"); !answer.empty()) {
    auto& outcome = answers[0];
    outcome.kind = answer.starts_with("503") ? Outcome::Kind::refused : Outcome::Kind::accepted;
    if (answer.starts_with("503")) outcome.fault = Fault{FaultCode::unsuitable_answer, "the peer answered 503", {}, {}};
    outcome.response = Bytes(answer);
  }
  context.answers = &answers;
  context.piece.also = file.section("also").empty() ? 0 : 1;
  const auto verdict = run_steps(steps, body, context);
  const bool goes = verdict.kind == (context.piece.also == 0 ? Verdict::Kind::pass : Verdict::Kind::taken);
  std::string result = goes ? content_of(body) : in_words(verdict);
  std::ranges::replace(result, '\r', '\n');
  if (!result.ends_with('\n')) result += '\n';
  result += notes.text;
  file.expect(result);
}

INSTANTIATE_TEST_SUITE_P(Golden, StepCase, ::testing::ValuesIn(testing::golden_cases(kFolder)), testing::case_name);

TEST(StepGolden, has_a_case_for_every_step) {
  std::string all;
  for (const auto& path : testing::golden_cases(kFolder)) all += testing::GoldenFile(path).section("steps");
  for (const auto& kind : routes::step_catalog())
    EXPECT_TRUE(all.contains("- " + std::string(kind.name) + ":")) << kind.name;
}

}  // namespace
}  // namespace myelin
