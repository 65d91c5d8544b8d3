// Mistakes of formulas and values, as they are printed (channel-language.md, Values and Mistakes).
// In a case: `when` is a condition, `leaf` and `component` are written to parts, `text` is no HL7; all else to a field.
#include "engine/config/node.h"
#include "routes/expr/formula.h"
#include "tests/golden/diagnostics/golden.h"
#include "tests/unit/expr/sample.h"

namespace myelin::expr {
namespace {

void compile_each(const config::Node& node, std::string_view key, config::Diagnostics& diagnostics) {
  if (key == "when" && !node.is_scalar()) (void)compile_condition(node, sample::scope(), diagnostics);
  for (const auto& entry : node.entries()) compile_each(entry.value, entry.key, diagnostics);
  for (const auto& item : node.items()) compile_each(item, key, diagnostics);
  if (!node.is_scalar()) return;
  const Scope scope = sample::scope();
  if (key == "when") {
    (void)compile_condition(node, scope, diagnostics);
    return;
  }
  const Target target = key == "leaf"        ? Target::leaf
                        : key == "component" ? Target::component
                        : key == "text"      ? Target::text
                                             : Target::field;
  (void)compile_value(node, target, scope, diagnostics);
}

TEST(FormulaDiagnostics, print_what_the_golden_cases_say) {
  const auto all = golden::cases_in(MYELIN_SOURCE_DIR "/tests/golden/diagnostics/expr");
  EXPECT_GE(all.size(), 30U);
  for (const auto& path : all) {
    golden::run_case(path,
                     [](const std::shared_ptr<const config::SourceText>& source, config::Diagnostics& diagnostics) {
                       compile_each(config::load_yaml(source, diagnostics), "", diagnostics);
                     });
  }
}

}  // namespace
}  // namespace myelin::expr
