// What is known of routes before any message comes: which types can reach them, which of them share a peer without an
// order between them, and where one message may stop all that follow.
#include <fmt/format.h>

#include <algorithm>

#include "routes/compile/route_part.h"
#include "routes/expr/reach.h"

namespace myelin::routes {
namespace {

using expr::Reach;

// The first segment that the condition needs and the type does not have.
std::string needed(const expr::Grammar& grammar, std::string_view type, std::string_view text) {
  for (const auto& segment : grammar.dictionary()->segments())
    if (text.contains(segment.name) && !grammar.may_have(type, segment.name)) return std::string(segment.name);
  return "a segment";
}

}  // namespace

void check_reach(const Route& route, const config::Node& when, Workshop& workshop) {
  const auto* grammar = workshop.scope.grammar.get();
  if (!route.when || !grammar || workshop.reshaped || workshop.scope.body != BodyKind::hl7) return;
  const auto& types = grammar->types();
  const auto never = [&](const std::string& type, bool header, bool segments) {
    return expr::reach(*route.when, {*grammar, type, header, segments}) == Reach::never;
  };
  if (types.empty()) return;
  if (std::ranges::all_of(types, [&](const auto& type) { return never(type, true, true); })) {
    std::string all;
    for (const auto& type : types) all += (all.empty() ? "" : ", ") + type;
    workshop.diagnostics.add("C0127", when.place(), "no accepted type can reach route " + route.name,
                             "the channel accepts " + all);
    return;
  }
  // A type that `when` names on purpose is no surprise; one that only lacks a segment is.
  for (const auto& type : types)
    if (never(type, false, true) && !never(type, true, false)) {
      const auto segment = needed(*grammar, type, when.text());
      workshop.diagnostics.add(
          "W0107", when.place(),
          fmt::format("route {} can never receive {}: it has no {}, and `when` needs it", route.name, type, segment),
          "say so with MSH-9.2, or add what shall be so without " + segment);
    }
}

void check_holds(const Route& route, Workshop& workshop) {
  for (const auto& place : std::exchange(workshop.holds, {})) {
    if (route.name.empty())
      workshop.diagnostics.add("W0157", place, "one unknown code stops the whole channel here",
                               "park sets the message aside; or let it stand in the route that needs it");
    else if (route.lane.order == OrderKind::fifo)
      workshop.diagnostics.add("H0202", place,
                               "one unknown code stops the whole route, which keeps the order of arrival",
                               "with `order: { by: … }` only its own key waits");
  }
}

void check_peers(const config::Node& routes, const std::vector<Route>& made, config::Diagnostics& diagnostics) {
  const auto& entries = routes.entries();
  // The connection that an entry names by itself, where the route keeps an order.
  const auto peer = [&](const config::Node::Entry& entry) -> const config::Node* {
    const auto* to = entry.value.is_map() ? entry.value.find("to") : nullptr;
    if (!to || !to->is_scalar() || to->text().starts_with('=')) return nullptr;
    const auto route = std::ranges::find(made, entry.key, &Route::name);
    return route != made.end() && route->lane.order != OrderKind::none ? to : nullptr;
  };
  const auto after = [](const config::Node::Entry& entry) { return entry.value.find("after") != nullptr; };
  for (std::size_t second = 1; second < entries.size(); ++second) {
    const auto* to = peer(entries[second]);
    for (std::size_t first = 0; to && first < second; ++first) {
      const auto* other = peer(entries[first]);
      if (!other || other->text() != to->text() || after(entries[first]) || after(entries[second])) continue;
      diagnostics.add(
          "W0156", to->place(),
          "routes " + entries[first].key + " and " + entries[second].key + " both go to " + to->text() +
              ", and nothing keeps an order between them",
          "each is a queue of its own; make one route of them, or say `order: none` where it does not matter");
      break;
    }
  }
}

}  // namespace myelin::routes
