// A list of steps: one step's key each, with `when` and `note` beside it. Unknown, doubled and misplaced keys are
// told apart here, for every step in the same words.
#include <algorithm>

#include "routes/steps/catalog.h"
#include "routes/steps/document.h"
#include "routes/steps/place.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Node;

constexpr std::string_view kStepForm = "a step is one key, for example: - set: { MSH-5: LAB }";

std::string_view name_of(Stand stand) {
  switch (stand) {
    case Stand::accept:
      return "`accept: validate:`";
    case Stand::channel:
      return "the channel's steps";
    case Stand::route:
      return "a route's steps";
  }
  return {};
}

bool may_stand(const StepKind& kind, Stand stand) { return (kind.stands & static_cast<unsigned>(stand)) != 0; }

std::vector<std::string_view> legal_names(Stand stand) {
  std::vector<std::string_view> names;
  for (const auto& kind : step_catalog())
    if (may_stand(kind, stand)) names.push_back(kind.name);
  return names;
}

bool is_beside(std::string_view key) {
  constexpr std::array<std::string_view, 5> kBeside = {"when", "note", "do", "then", "else"};
  return std::ranges::find(kBeside, key) != kBeside.end();
}

// The entry that names the step; nullptr after reporting none, two, or an unknown one.
const Node::Entry* find_action(const Node& item, Workshop& workshop) {
  const Node::Entry* action = nullptr;
  bool unknown = false;
  for (const auto& entry : item.entries()) {
    if (is_beside(entry.key)) continue;
    if (!find_step(entry.key)) {
      workshop.diagnostics.add("C0118", entry.key_place, "there is no step called '" + entry.key + "'",
                               suggestion(entry.key, legal_names(workshop.stand), "here stand"));
      unknown = true;
    } else if (action) {
      workshop.diagnostics.add("C0112", entry.key_place,
                               "one item has two steps, `" + action->key + "` and `" + entry.key + "`",
                               "begin a new item: - " + entry.key + ": …");
      unknown = true;
    } else {
      action = &entry;
    }
  }
  if (!action && !unknown)
    workshop.diagnostics.add("C0112", item.place(), "this item has no step", std::string(kStepForm));
  return unknown ? nullptr : action;
}

bool check_stand(const StepKind& kind, const Node::Entry& action, Workshop& workshop) {
  const auto name = std::string(kind.name);
  const bool writes = kind.documents && is_document(workshop.scope.body);
  if (workshop.rendered && !writes && !(kind.any_body && !kind.remakes)) {
    workshop.diagnostics.add("C0116", action.key_place,
                             "`" + name + "` needs the message, and a step above has made something else of it",
                             "`render` and `encode` stand last");
    return false;
  }
  if (workshop.scope.body != BodyKind::hl7 && !writes && !kind.any_body) {
    workshop.diagnostics.add(
        "C0138", action.key_place,
        "`" + name + "` works on HL7 messages, and the body is " + std::string(myelin::name_of(workshop.scope.body)),
        "`decode: xml` makes HL7 of HL7 v2 XML; `build` begins a message");
    return false;
  }
  const std::size_t of_the_part = workshop.scope.parts ? 1 : 0;  // `split` is around all steps of its route
  if (kind.once && (workshop.branches > 0 || workshop.scope.around.size() > of_the_part)) {
    workshop.diagnostics.add("C0116", action.key_place, "`" + name + "` does not stand inside `if` or `each`",
                             "which kind of body there is, is known at each line; say it with `when` of the route");
    return false;
  }
  if (may_stand(kind, workshop.stand)) return true;
  workshop.diagnostics.add(
      "C0116", action.key_place, "`" + name + "` cannot stand in " + std::string(name_of(workshop.stand)),
      kind.stands == kInRoute    ? "it makes what one peer gets, so it stands in a route's steps"
      : kind.stands == kInAccept ? "it refuses before the message is stored, so it stands in `accept: validate:`"
                                 : "`accept` only refuses: `validate`, `require` and `reject` stand there");
  return false;
}

void check_beside(const StepKind& kind, const Node& item, Workshop& workshop) {
  for (const auto& entry : item.entries()) {
    if (!is_beside(entry.key) || entry.key == "when" || entry.key == "note") continue;
    if (std::ranges::find(kind.beside, std::string_view(entry.key)) == kind.beside.end())
      workshop.diagnostics.add("C0112", entry.key_place,
                               "`" + entry.key + "` does not stand beside `" + std::string(kind.name) + "`",
                               "`do` belongs to `each`; `then` and `else` belong to `if`");
  }
}

std::shared_ptr<const Step> compile_step(const Node& item, Workshop& workshop) {
  if (!item.is_map()) {
    workshop.diagnostics.add("C0112", item.place(), "a step is expected here", std::string(kStepForm));
    return nullptr;
  }
  const auto* action = find_action(item, workshop);
  if (!action) return nullptr;
  const auto& kind = *find_step(action->key);
  if (!check_stand(kind, *action, workshop)) return nullptr;
  check_beside(kind, item, workshop);
  workshop.reshaped = workshop.reshaped || kind.reshapes;
  StepItem made{{kind.name, config::to_string(action->key_place), nullptr}, action->key_place, action->value, item};
  if (const auto* when = item.find("when"))
    made.head.when = expr::compile_condition(*when, workshop.scope, workshop.diagnostics);
  if (const auto* note = item.find("note"); note && !note->is_scalar())
    workshop.diagnostics.add("C0112", note->place(), "`note` is text", "note: why this step is here");
  const auto before = workshop.scope.body;
  auto step = kind.build(std::move(made), workshop);
  if (const auto* when = item.find("when"); when && workshop.scope.body != before)
    workshop.diagnostics.add(
        "C0241", when->place(),
        "`" + std::string(kind.name) + "` makes " + std::string(name_of(workshop.scope.body)) + " of " +
            std::string(name_of(before)) + ", so it has no `when`",
        "what a body is, is known at each line; two routes, each with its `when`, tell them apart");
  return step;
}

}  // namespace

Steps compile_steps(const Node& list, Workshop& workshop) {
  Steps steps;
  if (!list.is_list()) {
    workshop.diagnostics.add("C0112", list.place(), "a list of steps is expected here", std::string(kStepForm));
    return steps;
  }
  if (workshop.nesting == kMaxNesting || list.items().size() > kMaxSteps) {
    workshop.diagnostics.add("C0112", list.place(), "too many steps: 1000 in a list, 16 lists inside each other",
                             "split the channel in two");
    return steps;
  }
  ++workshop.nesting;
  for (const auto& item : list.items())
    if (auto step = compile_step(item, workshop)) steps.push_back(std::move(step));
  --workshop.nesting;
  return steps;
}

std::shared_ptr<const Table> Workshop::table(std::string_view name, const config::Place& place) {
  if (const auto found = tables.find(name); found != tables.end()) {
    used_tables.emplace(name);
    return found->second;
  }
  diagnostics.add("C0087", place, "there is no table called '" + std::string(name) + "'",
                  suggestion(name, names_of(tables), "conf/tables has"));
  return nullptr;
}

std::shared_ptr<const Profile> Workshop::profile(std::string_view name, const config::Place& place) {
  static const Profiles kNone;
  const auto& known = profiles ? *profiles : kNone;
  if (const auto found = known.find(name); found != known.end()) {
    used_profiles.emplace(name);
    return found->second;
  }
  diagnostics.add("C0161", place, "there is no profile called '" + std::string(name) + "'",
                  suggestion(name, names_of(known), "conf/profiles has"));
  return nullptr;
}

std::shared_ptr<const mapping::Overlay> Workshop::overlay(std::string_view name, const config::Place& place) {
  static const Overlays kNone;
  const auto& known = overlays ? *overlays : kNone;
  if (const auto found = known.find(name); found != known.end()) {
    used_overlays.emplace(name);
    return found->second;
  }
  diagnostics.add("C0173", place, "there is no overlay called '" + std::string(name) + "'",
                  suggestion(name, names_of(known), "conf/maps has"));
  return nullptr;
}

Verdict fault_of(FaultCode code, std::string detail, std::string at) {
  return {Verdict::Kind::fault, {}, Fault{code, std::move(detail), std::move(at), {}}};
}

Verdict verdict_of(Fault fault) { return {Verdict::Kind::fault, {}, std::move(fault)}; }

void put_form(Body form, Body& body, Context& context) {
  if (!context.before) context.before = std::make_shared<const Body>(std::move(body));
  body = std::move(form);
}

hl7::Tree* hl7_of(Body& body, Verdict& verdict) {
  auto* tree = body.hl7();
  if (!tree) verdict = fault_of(FaultCode::wrong_body, "the step needs an HL7 message");
  return tree;
}

}  // namespace myelin::routes
