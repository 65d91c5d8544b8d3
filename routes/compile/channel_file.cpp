// One channel file, read in the order in which it runs: source, accept, steps, routes. What goes wrong in one part
// does not keep the others from being checked; a Plan is made only when nothing went wrong.
#include "routes/compile/channel_file.h"

#include <algorithm>

#include "engine/base/crypto.h"
#include "routes/compile/retain.h"
#include "routes/compile/route_part.h"
#include "routes/expr/grammar.h"
#include "routes/expr/zoned.h"

namespace myelin::routes {
namespace {

using config::Diagnostics;
using config::Options;

// The connection is right as it stands, and the mistake is to take it for a source.
void report_wrong_way(const config::Node& source, const Fault& fault, Diagnostics& diagnostics) {
  diagnostics.add("C0132", source.place(), "connection '" + source.text() + "' is one to send to: " + fault.detail,
                  "name one that listens or reads here; " + source.text() + " stands behind `to`");
}

void read_source(const Options& options, const Surroundings& around, Plan& plan, CompiledChannel& made,
                 Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  const auto& node = options.node("source");
  if (!node) return;
  if (node.is_scalar()) made.uses.connections.insert(made.source = node.text());
  const auto connection = find_connection(node, "source", around.connections, around.adapters, diagnostics);
  if (!connection) return;
  plan.source_name = connection->name;
  plan.source_fingerprint = connection->fingerprint();
  plan.charset = connection->charset;
  made.knows = connection->kind->facts ? connection->kind->facts(connection->options) : std::vector<std::string_view>();
  if (!options.given("zone") && !connection->zone.empty())
    workshop.scope.zone = expr::find_zone(connection->zone, connection->zone_place, diagnostics);
  auto factory = connection->kind->make_source(connection->options);
  if (!factory) {
    const bool named = node.is_scalar();
    if (named && connection->kind->make_destination(connection->options))
      report_wrong_way(node, factory.error(), diagnostics);
    else report_fault(factory.error(), *connection, diagnostics);
    return;
  }
  plan.listen = std::move(*factory);
  if (auto address = connection->kind->listens_on(connection->options); !address.empty())
    made.listening = Listening{std::move(address), node.place()};
}

// A formula names a table as a text, so what reads like the name of one counts as used.
void find_tables_in_formulas(std::string_view text, const Surroundings& around, Uses& uses) {
  if (!text.contains("lookup")) return;
  for (const auto& [name, table] : around.tables)
    if (text.contains("\"" + name + "\"") || text.contains("'" + name + "'")) uses.tables.insert(name);
}

std::string_view text_of_profile(std::string_view name, const Surroundings& around) {
  const auto source =
      std::ranges::find(around.files.profiles, name, [](const auto& each) { return name_of_file(each->path()); });
  return source == around.files.profiles.end() ? std::string_view() : (*source)->content();
}

Uses uses_of(const config::SourceText& source, Workshop& workshop, RoutesPart& routes, const Surroundings& around) {
  Uses uses;
  uses.tables = std::move(workshop.used_tables);
  uses.blocks = std::move(workshop.used_blocks);
  uses.profiles = std::move(workshop.used_profiles);
  uses.overlays = std::move(workshop.used_overlays);
  uses.connections = std::move(routes.used_connections);
  uses.any_connection = routes.any_connection;
  find_tables_in_formulas(source.content(), around, uses);
  find_tables_in_formulas(routes.templates, around, uses);
  for (const auto& block : uses.blocks) find_tables_in_formulas(around.blocks.find(block)->second.text, around, uses);
  for (const auto& profile : uses.profiles) find_tables_in_formulas(text_of_profile(profile, around), around, uses);
  return uses;
}

void read_all_tests(const config::SourceText& source, const Options& options, const Surroundings& around,
                    const RoutesPart& routes, BodyKind body, Workshop& workshop, CompiledChannel& made) {
  if (!around.files.tested) return;
  const TestSurroundings of_tests{around.files, routes.names, workshop.scope, workshop.diagnostics, made.samples, body};
  if (const auto& tests = options.node("tests")) made.tests.cases = read_tests(tests, source.path(), of_tests);
  const auto beside = around.files.tests.find(source.path());
  if (beside == around.files.tests.end()) return;
  const auto root = config::load_yaml(beside->second, workshop.diagnostics);
  const auto* tests = root.find("tests");
  if (!tests) {
    workshop.diagnostics.add("C0140", config::Place{beside->second, 0, 0, 1}, "a file of tests has one key, `tests`",
                             "tests: and below it a list, as in a channel file");
    return;
  }
  auto more = read_tests(*tests, beside->second->path(), of_tests);
  made.tests.cases.insert(made.tests.cases.end(), std::make_move_iterator(more.begin()),
                          std::make_move_iterator(more.end()));
}

bool is_connected(const Route& route) { return route.connect != nullptr; }

}  // namespace

std::string digest_of(const config::SourceText& source, const Uses& uses, const Surroundings& around) {
  std::string all(source.content());
  bool site = all.contains("$site");
  const auto part = [&](std::string_view kind, std::string_view name, std::string_view content) {
    all.append("\n--- ").append(kind).append(" ").append(name).append(" ").append(hex(sha256(content)));
  };
  const auto parts = [&](std::string_view kind, const auto& names, const auto& known, const auto& text) {
    for (const auto& name : names)
      if (const auto found = known.find(name); found != known.end()) part(kind, name, text(found->second));
  };
  parts("block", uses.blocks, around.blocks, [&](const Block& block) {
    site = site || block.text.contains("$site");
    return block.text;
  });
  parts("table", uses.tables, around.tables, [](const auto& table) { return table->digest(); });
  parts("overlay", uses.overlays, around.overlays, [](const auto& overlay) { return overlay->digest; });
  parts("profile", uses.profiles, around.profiles, [](const auto& profile) { return profile->digest(); });
  for (const auto& name : uses.profiles) site = site || text_of_profile(name, around).contains("$site");
  for (const auto& dictionary : around.files.dictionaries) part("dictionary", {}, dictionary->content());
  const auto fingerprint = [&](const Connection& connection) {
    auto said = connection.fingerprint();
    site = site || said.contains("$site");
    return said;
  };
  if (uses.any_connection)
    for (const auto& [name, connection] : around.connections.by_name) part("connection", name, fingerprint(connection));
  else parts("connection", uses.connections, around.connections.by_name, fingerprint);
  if (site) part("site", {}, around.connections.site_text);
  return hex(sha256(all));
}

Sample Sample::of(const std::string& path) {
  std::error_code ignored;
  return {path, std::filesystem::last_write_time(path, ignored), std::filesystem::file_size(path, ignored)};
}

CompiledChannel compile_channel(const std::shared_ptr<const config::SourceText>& source, const Surroundings& around,
                                Diagnostics& diagnostics) {
  CompiledChannel made;
  auto plan = std::make_shared<Plan>();
  const auto root = config::load_yaml(source, diagnostics);
  if (!root) return made;
  const auto options = config::read_options(channel_spec(), root, diagnostics);
  made.name = plan->channel = made.tests.channel = options.text("channel");
  made.name_place = options.place("channel");
  made.was = options.text("was");
  made.was_place = options.place("was");
  plan->about = options.text("about");
  plan->was = options.text("was");
  plan->version = options.text("version");
  plan->paused = options.text("state") == "paused";
  plan->place = source->path();

  Workshop workshop{.diagnostics = diagnostics,
                    .scope = {},
                    .tables = around.tables,
                    .blocks = around.blocks,
                    .profiles = &around.profiles,
                    .overlays = &around.overlays};
  workshop.scope.facts = std::make_shared<std::vector<expr::FactUse>>();
  workshop.scope.version = plan->version;
  workshop.scope.tables = {around.tables.begin(), around.tables.end()};
  workshop.scope.site = around.connections.site;
  if (options.given("zone"))
    workshop.scope.zone = expr::find_zone(options.text("zone"), options.place("zone"), diagnostics);

  if (plan->version.empty()) plan->version = "2.5.1";  // not a version: reported
  workshop.scope.grammar = std::make_shared<const expr::Grammar>(plan->version, std::vector<std::string>());

  read_source(options, around, *plan, made, workshop);
  if (const auto* accept = options.nested("accept")) plan->accept = read_accept(*accept, workshop);
  workshop.types = plan->accept.types;
  plan->duplicates = read_duplicates(options.node("duplicates"), workshop);
  plan->index = read_index(options.node("index"), workshop);
  if (const auto* retain = options.nested("retain")) plan->retain = read_retain(*retain, diagnostics);
  plan->refuses_faults = options.text("on_fault") == "refuse";
  workshop.stand = Stand::channel;
  if (const auto& steps = options.node("steps")) plan->steps = compile_steps(steps, workshop);
  check_holds({}, workshop);
  RoutesPart part;
  const Alerting usual{plan->alerts, {}};
  const auto alerts = read_alerts(options.node("alerts"), usual, around, part, diagnostics);
  plan->alerts = alerts.rules;
  plan->notify = alerts.notify;
  auto routes = read_routes(options.node("routes"), alerts, std::move(part), around, workshop);
  if (const auto* reply = options.nested("reply"))
    plan->reply = read_reply(*reply, routes, plan->accept.body, workshop);
  plan->routes = std::move(routes.routes);
  for (const auto& name : workshop.used_profiles)
    if (const auto found = around.profiles.find(name); found != around.profiles.end())
      std::ranges::copy(found->second->facts(), std::back_inserter(*workshop.scope.facts));
  made.facts = *workshop.scope.facts;
  plan->facts = asked_for(made.facts);
  read_all_tests(*source, options, around, routes, plan->accept.body, workshop, made);

  auto own = std::move(made.uses.connections);
  made.uses = uses_of(*source, workshop, routes, around);
  made.uses.connections.merge(own);
  made.digest = plan->hash = digest_of(*source, made.uses, around);
  made.feeds = std::move(routes.feeds);
  // A connection with mistakes is reported once, where it stands; a channel that needs it has no plan either.
  const bool connected = plan->listen && std::ranges::all_of(plan->routes, &is_connected);
  if (options.text("state") == "disabled") made.listening.reset();
  else if (diagnostics.ok() && connected) made.plan = std::move(plan);
  return made;
}

}  // namespace myelin::routes
