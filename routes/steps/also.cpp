// also: a second message behind this one, to the same peer. Each has a delivery of its own from the commit on, so each
// is retried, parked and repeated on its own, and in order. A delivery runs the route's steps: that of the first
// message passes by `also`, that of the second ends in it. Where `when` does not hold, it is filtered.
#include <algorithm>

#include "engine/base/crypto.h"
#include "engine/hl7/escape.h"
#include "routes/expr/grammar.h"
#include "routes/steps/steps.h"

namespace myelin::routes {
namespace {

constexpr std::size_t kControlId = 20;  // characters of MSH-10 that every version has room for

class AlsoStep final : public StepBase {
 public:
  AlsoStep(StepHead head, std::shared_ptr<const Condition> wanted, int number, std::string type, std::string event,
           Steps steps)
      : StepBase(std::move(head)),
        wanted_(std::move(wanted)),
        number_(number),
        type_(std::move(type)),
        event_(std::move(event)),
        steps_(std::move(steps)) {}

  // Its `when` is asked here: where it does not hold, the steps below are nothing to the second message either.
  Verdict apply(Body& body, Context& context) const override {
    if (context.piece.also != number_) return {};
    if (wanted_ && !wanted_->holds(body, context)) return {Verdict::Kind::drop, "no second message is wanted here", {}};
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    const auto id = derived_control_id(tree->text({0, 10, 1, 1, 1}), "-" + std::to_string(number_ + 1));
    if (auto done = head(*tree, id); !done) return fault_of(done.error().code, done.error().detail, "MSH-9");
    verdict = run_steps(steps_, body, context);
    if (verdict.kind == Verdict::Kind::pass) verdict.kind = Verdict::Kind::taken;
    return verdict;
  }

 private:
  Result<void> head(hl7::Tree& tree, const std::string& id) const {
    const auto type = hl7::translate(type_, hl7::Delimiters{}, tree.delimiters());
    if (auto done = tree.write_raw({0, 9, 1, 0, 0}, type); !done) return done;
    for (std::uint32_t at = 1; at < tree.segment_count(); ++at)
      if (tree.segment_name(at) == "EVN" && tree.presence({at, 1, 1, 0, 0}) == hl7::Presence::valued)
        if (auto done = tree.write_text({at, 1, 1, 0, 0}, event_); !done) return done;
    return tree.write_text({0, 10, 1, 0, 0}, id);
  }

  std::shared_ptr<const Condition> wanted_;  // null: always
  int number_;
  std::string type_, event_;
  Steps steps_;
};

}  // namespace

std::string derived_control_id(std::string id, std::string_view suffix) {
  id += suffix;
  return id.size() <= kControlId ? id : hex(sha256(id)).substr(0, kControlId);
}

std::shared_ptr<const Step> build_also(StepItem item, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  const auto text = item.value.is_scalar() ? item.value.text() : std::string();
  const auto caret = text.find('^');
  const auto event =
      caret == std::string::npos ? std::string() : text.substr(caret + 1, text.find('^', caret + 1) - caret - 1);
  const bool capitals = std::ranges::all_of(
      text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '^' || c == '_'; });
  if (event.empty() || !capitals) {
    diagnostics.add("C0112", item.value.place(), "`also` needs the type of the second message", "also: ADT^A08");
    return nullptr;
  }
  if (workshop.nesting != 1) {
    diagnostics.add("C0116", item.key_place, "`also` does not stand inside `if`, `each` or a block",
                    "how many messages there may be is known when they are stored; say it with `when` beside it");
    return nullptr;
  }
  auto type = text;
  if (const auto* dictionary = workshop.scope.grammar ? workshop.scope.grammar->dictionary() : nullptr;
      dictionary && type.find('^', caret + 1) == std::string::npos)
    if (const auto structure = dictionary->structure_name(text.substr(0, caret), event); !structure.empty())
      type += "^" + std::string(structure);
  const int number = ++workshop.also;
  Steps steps;
  if (const auto* list = item.whole.find("do")) {
    const auto shape = workshop.shape();
    const auto lets = workshop.scope.lets;
    steps = compile_steps(*list, workshop);
    workshop.scope.lets = lets;
    workshop.restore(shape);
  }
  auto wanted = std::exchange(item.head.when, nullptr);
  return std::make_shared<AlsoStep>(std::move(item.head), std::move(wanted), number, std::move(type), event,
                                    std::move(steps));
}

}  // namespace myelin::routes
