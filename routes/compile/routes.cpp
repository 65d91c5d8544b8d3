// The map under `routes:`. A route reads in the order in which it runs: `when` is decided at the commit, `to` says
// who gets it, `steps` are done when it is sent, and the policies say what an answer means.
#include <algorithm>
#include <charconv>

#include "routes/compile/route_part.h"
#include "routes/expr/filling.h"

namespace myelin::routes {
namespace {

using config::Node;
using config::Options;

// Words that `expect:` of a test has for itself.
constexpr std::array<std::string_view, 6> kReserved = {"ack", "fault", "at", "filtered", "others", "reply"};

bool is_route_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

void check_name(const Node::Entry& entry, config::Diagnostics& diagnostics) {
  if (!is_route_name(entry.key))
    diagnostics.add("C0126", entry.key_place, "'" + entry.key + "' cannot be the name of a route",
                    "letters, digits, - and _, at most 64");
  else if (std::ranges::find(kReserved, entry.key) != kReserved.end())
    diagnostics.add("C0126", entry.key_place, "'" + entry.key + "' is a word of `expect:` and cannot name a route",
                    "call it " + entry.key + "-route");
}

std::string fed_by(const Connection& connection) {
  return connection.kind->feeds ? connection.kind->feeds(connection.options) : std::string();
}

// The peer of a route, or of one of its recipients. What it says with formulas in it, for the end of the route's steps.
std::vector<Template> connect(Route& route, const Connection& connection, config::Diagnostics& diagnostics) {
  const auto channel = fed_by(connection);
  route.destination = channel.empty() ? connection.name : "channel " + channel;
  route.charset = connection.charset.charset;
  auto factory = connection.kind->make_destination(connection.options);
  if (factory) route.connect = std::move(*factory);
  else report_fault(factory.error(), connection, diagnostics);
  if (connection.kind->numbers && connection.kind->numbers(connection.options)) {
    route.lane.numbered = route.lane.settle_each = true;
    if (route.lane.order != OrderKind::fifo)
      diagnostics.add("C0221", connection.place,
                      "the connection numbers its messages, and the route " + route.name + " has no one order",
                      "leave out `order:`, or `sequence:` of the connection");
  }
  return connection.kind->templates ? connection.kind->templates(connection.options) : std::vector<Template>();
}

// A peer that is told HL7 of what is JSON refuses it, or reads it as something else.
void check_content_type(const Connection& connection, BodyKind body, const config::Place& place,
                        config::Diagnostics& diagnostics) {
  const auto& spec = *connection.kind->connection;
  const auto* option = spec.find("content_type");
  if ((body != BodyKind::json && body != BodyKind::xml) || !option || connection.options.given("content_type")) return;
  if (spec.find("body") && connection.options.given("body")) return;
  const std::string kind(myelin::name_of(body));
  diagnostics.add(
      "W0176", place,
      "what is sent is " + kind + ", and '" + connection.name + "' calls it " + std::string(option->fallback),
      body == BodyKind::json ? "content_type: application/json, or application/fhir+json for FHIR"
                             : "content_type: application/xml");
}

// What a step asks is a destination of its own.
std::optional<Workshop::CallTarget> find_call(const Node& to, const Surroundings& around, RoutesPart& part,
                                              config::Diagnostics& diagnostics) {
  if (to.is_scalar()) part.used_connections.insert(to.text());
  const auto connection = find_connection(to, "to", around.connections, around.adapters, diagnostics);
  if (!connection) return std::nullopt;
  auto factory = connection->kind->make_destination(connection->options);
  if (!factory) {
    report_fault(factory.error(), *connection, diagnostics);
    return std::nullopt;
  }
  Workshop::CallTarget target;
  target.call.connection = connection->name;
  target.call.connect = std::move(*factory);
  if (connection->kind->templates) target.templates = connection->kind->templates(connection->options);
  return target;
}

// Where the steps end in the peer's form, the texts are about the message as it stood before.
void fill(Route& route, const std::vector<Template>& templates, RoutesPart& part, Workshop& workshop) {
  route.remade = workshop.rendered;
  if (route.remade) {
    workshop.scope.body = workshop.body_before;
    workshop.scope.grammar = workshop.grammar_before;
  }
  for (const auto& text : templates) {
    part.templates += text.text.text() + "\n";
    if (auto filling = expr::compile_filling(text, workshop.scope, workshop.diagnostics))
      route.fillings.emplace(text.name, std::move(filling));
  }
}

// All but the peer.
Route read_common(const Node::Entry& entry, const Options& options, const Alerting& alerts, const Surroundings& around,
                  Workshop& workshop, RoutesPart& part) {
  auto& diagnostics = workshop.diagnostics;
  Route route;
  route.name = entry.key;
  route.place = config::to_string(entry.key_place);
  route.was = options.text("was");
  if (const auto& when = options.node("when")) {
    route.when = expr::compile_condition(when, workshop.scope, diagnostics);
    check_reach(route, when, workshop);
  }
  const auto& split = options.node("split");
  std::string one;  // of what a part has only one
  if (split) route.split = read_split(split, workshop, one);
  read_order(options.node("order"), route, workshop);
  route.priority = read_priority(options.node("priority"), route, workshop);
  route.open = read_open(options.node("open"), workshop);
  route.after = options.text("after");
  if (options.given("after")) part.afters.emplace(route.name, options.place("after"));
  if (const auto* answers = options.nested("answers")) {
    route.answers = answers->text("channel");
    part.feeds.push_back(Feed{route.answers, answers->place("channel"), false});
  }
  workshop.stand = Stand::route;
  workshop.scope.parts = static_cast<bool>(split);
  if (!one.empty()) workshop.scope.around.push_back(one);
  workshop.also = 0;
  if (const auto& steps = options.node("steps")) route.steps = compile_steps(steps, workshop);
  route.calls = std::exchange(workshop.calls, {});
  route.also = workshop.also;
  if (route.also > 0 && route.lane.order == OrderKind::none)
    diagnostics.add("C0125", options.node("order").place(),
                    "`also` sends a second message behind the first, so it needs an order",
                    "order: fifo, or { by: \"PID[*]-3[5=MR].1\" }");
  check_holds(route, workshop);
  if (const auto* retry = options.nested("retry")) route.lane.retry = read_retry(*retry);
  route.lane.delay = options.duration("delay");
  if (const auto* rate = options.nested("rate")) {
    route.lane.per_minute = static_cast<int>(rate->integer("per_minute"));
    route.lane.burst = static_cast<int>(rate->integer("burst"));
  }
  route.lane.on_reply = read_replies(options.node("on_reply"), workshop);
  auto alerting = read_alerts(options.node("alerts"), alerts, around, part, diagnostics);
  route.alerts = std::move(alerting.rules);
  route.notify = std::move(alerting.notify);
  route.lane.settle_each = options.text("settle") == "each";
  route.collect = read_collect(options, route, workshop);
  read_duplicates(options.node("duplicates"), workshop, route);
  route.keeps_sent = options.text("keep") == "bytes";
  return route;
}

// A technology that has no texts of its own carries one HL7 message at a time.
void check_collects(const Route& route, const Connection& connection, const config::Place& place,
                    config::Diagnostics& diagnostics) {
  if (route.collect && connection.kind->templates == nullptr)
    diagnostics.add("C0185", place, "this connection takes one message at a time",
                    "`collect` is for files and requests: kind file or http");
}

// A zone says what times mean that come in. A connection with a name may be a source somewhere: compile.cpp looks.
void check_zone(const Connection& connection, const Node& to, config::Diagnostics& diagnostics) {
  if (to.is_map() && !connection.zone.empty()) warn_of_zone(connection, diagnostics);
}

void add_to_one(const Node& to, Route route, const Surroundings& around, Workshop& workshop, RoutesPart& part) {
  auto& diagnostics = workshop.diagnostics;
  const auto connection =
      to ? find_connection(to, "to", around.connections, around.adapters, diagnostics) : std::optional<Connection>();
  if (to.is_scalar()) part.used_connections.insert(to.text());
  if (connection) {
    check_collects(route, *connection, to.place(), diagnostics);
    if (auto channel = fed_by(*connection); !channel.empty())
      part.feeds.push_back(Feed{std::move(channel), to.place()});
    check_content_type(*connection, workshop.scope.body, to.place(), diagnostics);
    check_zone(*connection, to, diagnostics);
    if (route.keeps_sent && !fed_by(*connection).empty())
      diagnostics.add("C0233", to.place(), "what is handed to a channel is kept there, as a message of its own",
                      "leave out `keep`");
    fill(route, connect(route, *connection, diagnostics), part, workshop);
  }
  part.routes.push_back(std::move(route));
}

// One lane for each connection that may be named. Of those that only a message names, what cannot be a destination, or
// has texts that do not fit this route, is left out: naming it is a fault of that message.
void add_to_several(const RecipientNames& recipients, const config::Place& place, const Route& route,
                    const Surroundings& around, Workshop& workshop, RoutesPart& part) {
  if (!recipients.reader) part.names.push_back(route.name + ":*");  // for tests, which may name what is not known now
  if (!recipients.reader) return;
  const auto add = [&](const Connection& connection, bool on_demand, config::Diagnostics& mistakes) {
    auto lane = route;
    lane.name = route.name + ":" + connection.name;
    if (!route.was.empty()) lane.was = route.was + ":" + connection.name;
    lane.recipients = recipients.reader;
    lane.on_demand = on_demand;
    Workshop own{
        .diagnostics = mistakes, .scope = workshop.scope, .tables = workshop.tables, .blocks = workshop.blocks};
    own.rendered = workshop.rendered;
    own.body_before = workshop.body_before;
    own.grammar_before = workshop.grammar_before;
    check_collects(lane, connection, place, mistakes);
    if (!on_demand) check_content_type(connection, workshop.scope.body, place, mistakes);
    fill(lane, connect(lane, connection, mistakes), part, own);
    if (on_demand && !mistakes.ok()) return;
    part.used_connections.insert(connection.name);
    part.names.push_back(lane.name);
    part.routes.push_back(std::move(lane));
  };
  for (const auto& name : recipients.names) {
    const auto& connection = around.connections.by_name.find(name)->second;
    if (auto channel = fed_by(connection); !channel.empty()) part.feeds.push_back(Feed{std::move(channel), place});
    add(connection, false, workshop.diagnostics);
  }
  part.any_connection = part.any_connection || recipients.open;
  for (const auto& [name, connection] : around.connections.by_name) {
    const bool named = std::ranges::find(recipients.names, name) != recipients.names.end();
    if (!recipients.open || named || !fed_by(connection).empty()) continue;
    config::Diagnostics of_this;
    add(connection, true, of_this);
  }
}

// Recipients are decided at the commit, so their formula does not see what the route's steps name.
void read_route(const Node::Entry& entry, const Alerting& alerts, const Surroundings& around, Workshop& workshop,
                RoutesPart& part) {
  check_name(entry, workshop.diagnostics);
  const auto options = config::read_options(route_spec(), entry.value, workshop.diagnostics);
  const auto& to = options.node("to");
  const bool several = to && names_recipients(to);
  const auto recipients = several ? read_recipients(to, entry.key, around, workshop) : RecipientNames();
  workshop.find_call = [&](const Node& asked) { return find_call(asked, around, part, workshop.diagnostics); };
  auto route = read_common(entry, options, alerts, around, workshop, part);
  workshop.find_call = nullptr;
  if (several) add_to_several(recipients, to.place(), route, around, workshop, part);
  else add_to_one(to, std::move(route), around, workshop, part);
}

// A queue goes to one route, and only where nobody has it any more.
void check_former_names(const Node& routes, config::Diagnostics& diagnostics) {
  std::set<std::string> taken;
  for (const auto& entry : routes.entries()) {
    const auto* was = entry.value.find("was");
    if (!was || !was->is_scalar()) continue;
    if (routes.find(was->text()))
      diagnostics.add("C0126", was->place(), "there is still a route '" + was->text() + "' in this channel",
                      "`was` names a route that is gone; its queue becomes this one's");
    else if (!taken.insert(was->text()).second)
      diagnostics.add("C0126", was->place(), "two routes were '" + was->text() + "'", "one of them gets its queue");
  }
}

}  // namespace

void warn_of_zone(const Connection& connection, config::Diagnostics& diagnostics) {
  diagnostics.add("W0177", connection.zone_place, "`zone` of a connection that nothing is received from does nothing",
                  "it is for a source, or for the channel: times are sent as the steps of the route make them");
}

RoutesPart read_routes(const Node& node, const Alerting& alerts, RoutesPart part, const Surroundings& around,
                       Workshop& workshop) {
  if (!node) return part;
  if (!node.is_map() || node.entries().empty()) {
    workshop.diagnostics.add("C0126", node.place(), "`routes` is a map of names and routes",
                             "routes: { lab: { to: lab } }");
    return part;
  }
  for (const auto& entry : node.entries()) {
    // What a route names, and what it makes of the message, is its own.
    const auto lets = workshop.scope.lets;
    const auto shape = workshop.shape();
    const auto around_it = workshop.scope.around;
    part.names.push_back(entry.key);
    read_route(entry, alerts, around, workshop, part);
    workshop.scope.lets = lets;
    workshop.restore(shape);
    workshop.scope.around = around_it;
    workshop.scope.parts = false;
  }
  check_peers(node, part.routes, workshop.diagnostics);
  check_former_names(node, workshop.diagnostics);
  check_after(part.routes, part.names, part.afters, workshop.diagnostics);
  return part;
}

void report_fault(const Fault& fault, const Connection& connection, config::Diagnostics& diagnostics) {
  auto place = connection.place;
  // "conf/connections.yaml:9:14": a place in the same file is shown with its line.
  if (place.source && fault.place.starts_with(place.source->path() + ":")) {
    const auto rest = std::string_view(fault.place).substr(place.source->path().size() + 1);
    const auto colon = std::min(rest.find(':'), rest.size());
    int line = 0, column = 0;
    std::from_chars(rest.begin(), rest.begin() + colon, line);
    if (colon < rest.size()) std::from_chars(rest.begin() + colon + 1, rest.end(), column);
    if (line > 0) place = {place.source, line, std::max(column, 1), 1};
  }
  const auto& entry = myelin::entry(fault.code);
  diagnostics.add(
      "C0132", place,
      "connection '" + connection.name + "': " + (fault.detail.empty() ? std::string(entry.title) : fault.detail),
      "`myelin explain " + std::string(entry.id) + "` says more");
}

}  // namespace myelin::routes
