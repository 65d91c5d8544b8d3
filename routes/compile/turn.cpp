// When a route may send beside its order: `priority` (which of its lanes goes first), `open` (the peer's hours),
// `after` (another route has delivered the message), and `answers` (where the peer's answer goes).
#include <algorithm>

#include "routes/compile/hours.h"
#include "routes/compile/route_part.h"
#include "routes/expr/compiled.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Node;

void no_such_priority(const std::string& word, const config::Place& place, config::Diagnostics& diagnostics) {
  const auto near = config::nearest(word, kPriorityNames);
  diagnostics.add("C0182", place, "there is no priority '" + word + "'",
                  (near.empty() ? std::string() : "did you mean " + std::string(near) + "? ") +
                      "critical, high, normal, low, or a formula that gives one of them");
}

class PriorityOfFormula final : public PriorityReader {
 public:
  explicit PriorityOfFormula(std::shared_ptr<const expr::Formula> formula) : formula_(std::move(formula)) {}
  Priority priority(const Body& body, const Context& context) const override {
    return parse_priority(expr::to_text(formula_->evaluate(body, context))).value_or(Priority::normal);
  }

 private:
  std::shared_ptr<const expr::Formula> formula_;
};

class OnePriority final : public PriorityReader {
 public:
  explicit OnePriority(Priority priority) : priority_(priority) {}
  Priority priority(const Body&, const Context&) const override { return priority_; }

 private:
  Priority priority_;
};

// The words that a formula can give: as far as they are written out, each is a priority.
void check_words(const expr::Expression& e, const Node& node, config::Diagnostics& diagnostics) {
  if (e.kind == expr::Expression::Kind::literal) {
    const auto* word = e.literal.text();
    if (word && !parse_priority(*word)) no_such_priority(*word, node.place_of(e.offset + 1, e.length), diagnostics);
  } else if (e.kind == expr::Expression::Kind::call && (e.text == "if" || e.text == "coalesce")) {
    for (std::size_t at = e.text == "if" ? 1 : 0; at < e.children.size(); ++at)
      check_words(e.children[at], node, diagnostics);
  }
}

}  // namespace

std::shared_ptr<const PriorityReader> read_priority(const Node& node, const Route& route, Workshop& workshop) {
  if (!node) return nullptr;
  auto& diagnostics = workshop.diagnostics;
  if (route.lane.order == OrderKind::fifo)
    diagnostics.add("C0182", node.place(), "this route sends in the order of arrival, so nothing can go first",
                    "order: { by: PATH }, where priority chooses between the keys, or order: none");
  const auto text = node.is_scalar() ? node.text() : std::string();
  if (!text.starts_with('=')) {
    const auto priority = parse_priority(text);
    if (!priority) no_such_priority(text, node.place(), diagnostics);
    return std::make_shared<OnePriority>(priority.value_or(Priority::normal));
  }
  auto formula = expr::compile_part(node, 1, std::string::npos, workshop.scope, diagnostics, expr::Use::decides);
  if (!formula) return nullptr;
  check_words(formula->root(), node, diagnostics);
  return std::make_shared<PriorityOfFormula>(std::move(formula));
}

std::shared_ptr<const OpeningHours> read_open(const Node& node, Workshop& workshop) {
  if (!node) return nullptr;
  auto& diagnostics = workshop.diagnostics;
  std::vector<HoursRow> windows;
  const auto one = [&](const Node& item) {
    const auto window = item.is_scalar() ? read_hours(item.text()) : std::nullopt;
    if (window) windows.push_back(*window);
    else
      diagnostics.add("C0183", item.place(), "these are no hours",
                      "\"07:00-19:00\", \"mon-fri 07:00-19:00\", or \"22:00-06:00\" over midnight");
  };
  if (node.is_list())
    for (const auto& item : node.items()) one(item);
  else one(node);
  if (!workshop.scope.zone) {
    diagnostics.add("C0102", node.place(), "nothing says in which zone these hours are meant",
                    "say `zone:` on the channel");
    return nullptr;
  }
  if (windows.empty()) return nullptr;
  return opening_hours(*workshop.scope.zone, std::move(windows));
}

void check_after(const std::vector<Route>& routes, const std::vector<std::string>& names,
                 const std::map<std::string, config::Place>& places, config::Diagnostics& diagnostics) {
  const auto find = [&](const std::string& name) { return std::ranges::find(routes, name, &Route::name); };
  for (const auto& route : routes) {
    if (route.after.empty()) continue;
    // A recipient's lane is called after its route: "results:lab".
    const auto found = places.find(route.name.substr(0, route.name.find(':')));
    if (found == places.end()) continue;
    const auto& place = found->second;
    if (std::ranges::find(names, route.after) == names.end()) {
      const std::vector<std::string_view> legal(names.begin(), names.end());
      diagnostics.add("C0143", place, "the channel has no route '" + route.after + "'",
                      suggestion(route.after, legal, "it has"));
      continue;
    }
    std::size_t steps = 0;
    auto next = find(route.after);
    while (next != routes.end() && next->name != route.name && !next->after.empty() && ++steps <= routes.size())
      next = find(next->after);
    if (next != routes.end() && next->name == route.name)
      diagnostics.add("C0184", place, "route " + route.name + " waits for itself", "let one of them go first");
  }
}

const config::Spec& answers_spec() {
  static const config::Spec kSpec{
      .name = "answers",
      .doc = "where the peer's answers go",
      .options = {{.name = "channel",
                   .type = config::Type::name,
                   .fallback = {},
                   .required = true,
                   .doc = "the channel that gets each answer with which a message was delivered, as a message of its "
                          "own, in the same commit",
                   .example = "order-answers"}},
      .example = "channel: order-answers",
  };
  return kSpec;
}

}  // namespace myelin::routes
