// Arbitrary text as a formula, a condition and a value. Held: no crash, a mistake or a compiled object but never
// neither, every mistake can be printed, and evaluating what compiled gives the same twice.
#include <cstdint>
#include <string>

#include "routes/expr/formula.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;
using namespace myelin::expr;

constexpr std::string_view kMessage =
    "MSH|^~\\&|PAS|NORTH|LAB|WEST|20260301101500||ADT^A01|1|P|2.5.1\r"
    "PID|1||12345^^^WEST&1.2.3&ISO^MR~67890^^^EAST^PI||Everywoman^Eve|\"\"|19530518|F\r"
    "OBX|1|NM|718-7^Hb^LN||13.2|g/dL\rOBX|2|NM|4548-4^HbA1c^LN||7.2|%||H\r";

class OneTable final : public Table {
 public:
  std::optional<std::string_view> lookup(std::string_view key, std::string_view) const override {
    if (key == "F") return "2";
    return std::nullopt;
  }
  bool has_column(std::string_view column) const override { return column == "code"; }
};

Scope make_scope() {
  Scope scope;
  scope.tables["sex"] = std::make_shared<const OneTable>();
  scope.site["facility"] = "NORTH";
  scope.lets = {"ward"};
  return scope;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Scope scope = make_scope();
  static const Body body(*hl7::Tree::parse(Bytes(std::string(kMessage))));
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto source = std::make_shared<const config::SourceText>("fuzz.yaml", text);
  const config::Node node = config::Node::scalar(text, config::Place{source, 1, 1, 1}, false);
  Message message;
  message.channel = "fuzz";
  Context context;
  context.message = &message;
  context.original = &body;

  config::Diagnostics of_formula, of_condition, of_value;
  const auto formula = compile_formula(node, 0, scope, of_formula);
  require((formula != nullptr) == of_formula.ok());
  if (formula) require(to_text(formula->evaluate(body, context)) == to_text(formula->evaluate(body, context)));
  const auto condition = compile_condition(node, scope, of_condition);
  require((condition != nullptr) == of_condition.ok());
  if (condition) require(condition->holds(body, context) == condition->holds(body, context));
  for (const Target target : {Target::text, Target::leaf, Target::component, Target::field}) {
    const auto value = compile_value(node, target, scope, of_value);
    if (!value) continue;
    (void)value->write(body, context);
    (void)value->text(body, context);
  }
  for (const auto* diagnostics : {&of_formula, &of_condition, &of_value})
    for (const auto& diagnostic : diagnostics->sorted()) require(!render(diagnostic, config::Colour::never).empty());
  return 0;
}
