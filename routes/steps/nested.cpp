// The steps that hold steps: if (then, else), each (do) and use (a block). Their inner steps run as any list does, so
// an inner step that does not pass ends the outer list too.
#include <algorithm>

#include "routes/steps/each.h"
#include "routes/steps/steps.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

class IfStep final : public StepBase {
 public:
  IfStep(StepHead head, std::shared_ptr<const Condition> condition, Steps then, Steps otherwise)
      : StepBase(std::move(head)),
        condition_(std::move(condition)),
        then_(std::move(then)),
        else_(std::move(otherwise)) {}

  Verdict apply(Body& body, Context& context) const override {
    return run_steps(condition_->holds(body, context) ? then_ : else_, body, context);
  }

 private:
  std::shared_ptr<const Condition> condition_;
  Steps then_, else_;
};

class UseStep final : public StepBase {
 public:
  UseStep(StepHead head, Steps steps) : StepBase(std::move(head)), steps_(std::move(steps)) {}
  Verdict apply(Body& body, Context& context) const override { return run_steps(steps_, body, context); }

 private:
  Steps steps_;
};

class EachStep final : public StepBase {
 public:
  EachStep(StepHead head, std::shared_ptr<const Each> each, Steps steps)
      : StepBase(std::move(head)), each_(std::move(each)), steps_(std::move(steps)) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    each_->run(body, context, [&] {
      verdict = run_steps(steps_, body, context);
      return verdict.kind == Verdict::Kind::pass;
    });
    return verdict;
  }

 private:
  std::shared_ptr<const Each> each_;
  Steps steps_;
};

// The list under `do`, `then` or `else`; empty and reported when a needed one is missing.
Steps inner(const StepItem& item, std::string_view key, bool needed, Workshop& workshop) {
  if (const auto* list = item.whole.find(key)) {
    // What `build` and `render` make of the message in there is not so for certain below.
    const auto shape = workshop.shape();
    ++workshop.branches;
    auto steps = compile_steps(*list, workshop);
    --workshop.branches;
    workshop.restore(shape);
    return steps;
  }
  if (needed)
    workshop.diagnostics.add("C0112", item.key_place,
                             "`" + std::string(item.head.name) + "` needs `" + std::string(key) + ":` beside it",
                             std::string(key) + ": a list of steps");
  return {};
}

}  // namespace

std::shared_ptr<const Step> build_if(StepItem item, Workshop& workshop) {
  auto condition = expr::compile_condition(item.value, workshop.scope, workshop.diagnostics);
  auto then = inner(item, "then", true, workshop);
  auto otherwise = inner(item, "else", false, workshop);
  if (!condition) return nullptr;
  return std::make_shared<IfStep>(std::move(item.head), std::move(condition), std::move(then), std::move(otherwise));
}

std::shared_ptr<const Step> build_each(StepItem item, Workshop& workshop) {
  const auto each = Each::read(item.value, workshop);
  if (each) each->enter(workshop);
  auto steps = inner(item, "do", true, workshop);
  if (!each) return nullptr;
  each->leave(workshop);
  return std::make_shared<EachStep>(std::move(item.head), each, std::move(steps));
}

std::shared_ptr<const Step> build_use(StepItem item, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  if (!item.value.is_scalar()) {
    diagnostics.add("C0112", item.value.place(), "`use` needs the name of a block", "use: normalise-names");
    return nullptr;
  }
  const auto& name = item.value.text();
  const auto block = workshop.blocks.find(name);
  if (block == workshop.blocks.end()) {
    diagnostics.add("C0111", item.value.place(), "there is no block called '" + name + "'",
                    suggestion(name, names_of(workshop.blocks), "conf/blocks has"));
    return nullptr;
  }
  workshop.used_blocks.insert(name);
  if (std::ranges::find(workshop.inside, name) != workshop.inside.end()) {
    std::string circle;
    for (const auto& outer : workshop.inside) circle += outer + " uses ";
    diagnostics.add("C0113", item.value.place(), "block '" + name + "' uses itself: " + circle + name,
                    "take this `use` out, or move what both need to a third block");
    return nullptr;
  }
  if (!block->second.steps) return nullptr;  // reported where the block stands
  workshop.inside.push_back(name);
  auto steps = compile_steps(block->second.steps, workshop);
  workshop.inside.pop_back();
  return std::make_shared<UseStep>(std::move(item.head), std::move(steps));
}

}  // namespace myelin::routes
