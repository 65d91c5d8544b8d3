// let: names a value for the formulas of the steps below it.
#include "routes/steps/steps.h"

#include <algorithm>

namespace myelin::routes {
namespace {

struct Naming {
  std::string name;
  std::shared_ptr<const expr::TextSource> value;
};

class LetStep final : public StepBase {
 public:
  LetStep(StepHead head, std::vector<Naming> namings) : StepBase(std::move(head)), namings_(std::move(namings)) {}

  Verdict apply(Body& body, Context& context) const override {
    for (const auto& naming : namings_) context.lets[naming.name] = naming.value->text(body, context);
    return {};
  }

 private:
  std::vector<Naming> namings_;
};

}  // namespace

bool is_let_name(std::string_view text) {
  return !text.empty() && text.front() >= 'a' && text.front() <= 'z' && !expr::is_function(text) &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::shared_ptr<const Step> build_let(StepItem item, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  if (!item.value.is_map()) {
    diagnostics.add("C0112", item.value.place(), "`let` needs a map of names and values", "let: { ward: =PV1-3.1 }");
    return nullptr;
  }
  std::vector<Naming> namings;
  for (const auto& entry : item.value.entries()) {
    if (!is_let_name(entry.key)) {
      diagnostics.add("C0112", entry.key_place, "'" + entry.key + "' cannot be a name",
                      "small letters, digits and _, a letter first; not the name of a function");
      continue;
    }
    auto value = expr::compile_value(entry.value, expr::Target::text, workshop.scope, diagnostics);
    workshop.scope.lets.insert(entry.key);
    if (value) namings.push_back({entry.key, std::move(value)});
  }
  return std::make_shared<LetStep>(std::move(item.head), std::move(namings));
}

}  // namespace myelin::routes
