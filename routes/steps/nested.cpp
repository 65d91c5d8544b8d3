// The steps that hold steps: if (then, else), each (do) and use (a block). Their inner steps run as any list does, so
// an inner step that does not pass ends the outer list too.
#include <algorithm>
#include <expected>

#include "engine/hl7/select_groups.h"
#include "routes/expr/grammar.h"
#include "routes/steps/place.h"
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

// Runs over the segments or groups that were there when it began. When inner steps take segments out or put some in,
// the positions of those still to come move with them, counted from the end of the message. A group is where its first
// segment is.
class EachStep final : public StepBase {
 public:
  EachStep(StepHead head, NamedPath path, Steps steps)
      : StepBase(std::move(head)), path_(std::move(path)), steps_(std::move(steps)) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    struct Current {
      std::size_t from_end;
      std::string name;
    };
    std::vector<Current> snapshot;
    for (const auto segment : currents(*tree, context))
      snapshot.push_back({tree->segment_count() - segment, std::string(tree->segment_name(segment))});
    const auto outer = context.scope;
    for (const auto& current : snapshot) {
      if (current.from_end > tree->segment_count()) continue;
      context.scope = static_cast<std::uint32_t>(tree->segment_count() - current.from_end);
      if (tree->segment_name(context.scope) != current.name) continue;
      verdict = run_steps(steps_, body, context);
      if (verdict.kind != Verdict::Kind::pass) break;
    }
    context.scope = outer;
    return verdict;
  }

 private:
  std::vector<std::uint32_t> currents(const hl7::Tree& tree, const Context& context) const {
    std::vector<std::uint32_t> segments;
    if (!path_.path.segment.empty()) {
      for (const auto& spot : places(tree, path_, context)) segments.push_back(spot.segment);
      return segments;
    }
    const auto* groups = expr::groups_of(tree, path_.dictionary, context);
    if (!groups) return segments;
    for (const auto group : hl7::select_groups(tree, *groups, path_.path, context.scope))
      segments.push_back(groups->groups()[group].begin);
    return segments;
  }

  NamedPath path_;
  Steps steps_;
};

// The list under `do`, `then` or `else`; empty and reported when a needed one is missing.
Steps inner(const StepItem& item, std::string_view key, bool needed, Workshop& workshop) {
  if (const auto* list = item.whole.find(key)) return compile_steps(*list, workshop);
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

namespace {

// ORDER, PATIENT_RESULT[1]/ORDER_OBSERVATION: a path that ends at a group. Nothing when the last name is a segment's.
std::optional<NamedPath> read_group(const config::Node& node, Workshop& workshop) {
  if (!node.is_scalar()) return std::nullopt;
  const auto& text = node.text();
  const auto last = std::string_view(text).substr(text.rfind('/') == std::string::npos ? 0 : text.rfind('/') + 1);
  const auto name = last.substr(0, last.find('['));
  const auto* grammar = workshop.scope.grammar.get();
  const bool group = name.size() > 3 ? name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == name.npos
                                     : grammar && grammar->is_group(name);
  // A path ends at a segment, so it is given one, which is taken off again.
  auto path = group ? hl7::parse_path_with_groups(text + "/MSH") : std::unexpected(hl7::PathError{});
  if (!path) return std::nullopt;
  if (grammar)
    if (const auto finding = grammar->check(*path)) {
      workshop.diagnostics.add(finding->code, node.place(), finding->message, finding->hint);
      return std::nullopt;
    }
  path->segment.clear();
  return NamedPath{std::move(*path), text, node.place(), grammar ? grammar->dictionary() : nullptr};
}

std::optional<NamedPath> read_each(const config::Node& node, Workshop& workshop) {
  const auto mistakes = workshop.diagnostics.all().size();
  auto path = read_group(node, workshop);
  if (!path && workshop.diagnostics.all().size() == mistakes) path = read_path(node, workshop);
  if (path && path->path.field != 0) {
    workshop.diagnostics.add("C0112", node.place(), "`each` runs over segments; " + path->text + " is a field",
                             "name the segment, for example " + path->path.segment);
    return std::nullopt;
  }
  if (!path) return path;
  if (path->path.segment_pick.kind == hl7::Pick::Kind::implicit) path->path.segment_pick.kind = hl7::Pick::Kind::all;
  for (auto& group : path->path.groups)
    if (group.pick.kind == hl7::Pick::Kind::implicit) group.pick.kind = hl7::Pick::Kind::all;
  return path;
}

}  // namespace

std::shared_ptr<const Step> build_each(StepItem item, Workshop& workshop) {
  auto path = read_each(item.value, workshop);
  auto& around = workshop.scope.around;
  if (path) around.push_back(path->path.segment.empty() ? path->path.groups.back().name : path->path.segment);
  auto steps = inner(item, "do", true, workshop);
  if (!path) return nullptr;
  around.pop_back();
  return std::make_shared<EachStep>(std::move(item.head), std::move(*path), std::move(steps));
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
