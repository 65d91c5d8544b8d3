// The parts of a channel file that have a form of their own: accept, routes and their policies, tests.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "routes/compile/channel_file.h"
#include "routes/compile/test_case.h"

namespace myelin::routes {

Accept read_accept(const config::Options& options, Workshop& workshop);

// The map under `routes:`. The connections that are named are added to `used_connections`.
struct RoutesPart {
  std::vector<Route> routes;
  std::vector<std::string> names;  // also of those with mistakes, for the tests
  std::set<std::string, std::less<>> used_connections;
  std::vector<Feed> feeds;
  bool any_connection = false;                  // a message may name any of them
  std::map<std::string, config::Place> afters;  // of `after`, by route
  std::string templates;                        // texts with formulas that stand in connections
};
// When a person is told, and through what: the engine's own, those of the channel, of a route.
struct Alerting {
  std::vector<AlertRule> rules;
  std::map<std::string, Notified, std::less<>> notify;
};
// `alerts` are the channel's.
RoutesPart read_routes(const config::Node& node, const Alerting& alerts, RoutesPart part, const Surroundings& around,
                       Workshop& workshop);

// `to:` that is a formula or a list.
bool names_recipients(const config::Node& to);
struct RecipientNames {
  std::shared_ptr<const Recipients> reader;  // null: it has mistakes
  std::vector<std::string> names;            // those that are written out, or stand in a table
  bool open = false;                         // others may come out of a message
};
RecipientNames read_recipients(const config::Node& to, const std::string& route, const Surroundings& around,
                               Workshop& workshop);

// `split:`. Null after reporting why not. `name` becomes the group or segment of which a part has one only.
std::shared_ptr<const Splitter> read_split(const config::Node& node, Workshop& workshop, std::string& name);

// `order:`. `types` are those that the channel accepts.
void read_order(const config::Node& node, Route& route, Workshop& workshop);

// Warnings and mistakes about what no message can do: reachable.cpp. Of the channel's own steps the route is empty.
void check_reach(const Route& route, const config::Node& when, Workshop& workshop);
void check_holds(const Route& route, Workshop& workshop);
void check_peers(const config::Node& routes, const std::vector<Route>& made, config::Diagnostics& diagnostics);

// `reply:`, after the routes; `body` is what the channel carries.
std::optional<ReplyPolicy> read_reply(const config::Options& options, const RoutesPart& routes, BodyKind body,
                                      Workshop& workshop);
// The values at these places, in the order of the paths.
std::shared_ptr<const KeyReader> path_keys(std::vector<hl7::Path> paths);

// `index:` and `duplicates:` of the channel.
std::vector<IndexKey> read_index(const config::Node& node, Workshop& workshop);
DuplicatePolicy read_duplicates(const config::Node& node, Workshop& workshop);
void read_duplicates(const config::Node& node, Workshop& workshop, Route& route);  // and of a route

// `alerts:`: what it says, and of what it does not speak of the `usual`.
Alerting read_alerts(const config::Node& node, Alerting usual, const Surroundings& around, RoutesPart& part,
                     config::Diagnostics& diagnostics);

// `priority:`, `open:`; `after:` when all routes are read. `places`: of each route's `after`.
std::shared_ptr<const PriorityReader> read_priority(const config::Node& node, const Route& route, Workshop& workshop);
std::shared_ptr<const OpeningHours> read_open(const config::Node& node, Workshop& workshop);
// `collect:`, when the steps and the alerts of the route are read.
std::shared_ptr<const CollectPolicy> read_collect(const config::Options& route_options, Route& route,
                                                  Workshop& workshop);
void check_after(const std::vector<Route>& routes, const std::vector<std::string>& names,
                 const std::map<std::string, config::Place>& places, config::Diagnostics& diagnostics);

// `on_reply:`, tried in order.
std::vector<ReplyRule> read_replies(const config::Node& node, Workshop& workshop);
RetryPolicy read_retry(const config::Options& options);
// AA AE AR CA CE CR, or an HTTP status.
bool is_answer_code(std::string_view text);

struct TestSurroundings {
  const ConfigurationFiles& files;
  const std::vector<std::string>& routes;
  const expr::Scope& scope;
  config::Diagnostics& diagnostics;
  std::vector<Sample>& samples;  // that were read from the disk
  BodyKind body;                 // that the channel accepts

  // Also of a recipient whose route nobody can tell the recipients of.
  bool is_route(const std::string& name) const;
};
// The map under `expect:`.
void read_expect(const config::Node& node, const TestSurroundings& around, TestCase& test);
// A map of places and what they read, under `json`, `xml` or `fhirpath` of an expectation.
void read_places(const config::Node::Entry& entry, RouteExpectation& expected, config::Diagnostics& diagnostics);
// The list under `tests:`. `file` is the channel file: samples stand beside it.
std::vector<TestCase> read_tests(const config::Node& node, const std::string& file, const TestSurroundings& around);

// A fault of an adapter's factory, shown at the option it speaks of, else at the connection.
void report_fault(const Fault& fault, const Connection& connection, config::Diagnostics& diagnostics);

}  // namespace myelin::routes
