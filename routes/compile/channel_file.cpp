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

void read_source(const Options& options, const Surroundings& around, Plan& plan, CompiledChannel& made,
                 Diagnostics& diagnostics) {
  const auto& node = options.node("source");
  if (!node) return;
  if (node.is_scalar()) made.used_connections.insert(node.text());
  const auto connection = find_connection(node, "source", around.connections, around.adapters, diagnostics);
  if (!connection) return;
  plan.source_name = connection->name;
  plan.source_fingerprint = connection->fingerprint();
  plan.charset = connection->charset;
  auto factory = connection->kind->make_source(connection->options);
  if (!factory) {
    report_fault(factory.error(), *connection, diagnostics);
    return;
  }
  plan.listen = std::move(*factory);
  if (auto address = connection->kind->listens_on(connection->options); !address.empty())
    made.listening = Listening{std::move(address), node.place()};
}

// Everything that can change what the channel does, so that an edit of a table changes the hash of those who use it.
std::string hash_of(const config::SourceText& source, const Surroundings& around, const Workshop& workshop,
                    const std::string& connections, const std::string& templates) {
  std::string all(source.content());
  const auto part = [&](std::string_view name, std::string_view content) {
    all.append("\n--- ").append(name).append(" ").append(hex(sha256(content)));
  };
  std::string blocks;
  for (const auto& name : workshop.used_blocks) {
    const auto& block = around.blocks.find(name)->second;
    part("block " + name, block.text);
    blocks += block.text;
  }
  // A formula names a table as a text, so what reads like the name of one counts as used.
  for (const auto& [name, table] : around.tables)
    if (workshop.used_tables.contains(name)) part("table " + name, table->digest());
  for (const auto& name : workshop.used_overlays) part("overlay " + name, around.overlays.find(name)->second->digest);
  for (const auto& name : workshop.used_profiles) part("profile " + name, around.profiles.find(name)->second->digest());
  for (const auto& dictionary : around.files.dictionaries) part("dictionary", dictionary->content());
  part("connections", connections);
  if (all.contains("$site") || blocks.contains("$site") || templates.contains("$site"))
    part("site", around.connections.site_text);
  return hex(sha256(all));
}

void find_tables_in_formulas(std::string_view text, Workshop& workshop) {
  if (!text.contains("lookup")) return;
  for (const auto& [name, table] : workshop.tables)
    if (text.contains("\"" + name + "\"") || text.contains("'" + name + "'")) workshop.used_tables.insert(name);
}

void read_all_tests(const config::SourceText& source, const Options& options, const Surroundings& around,
                    const RoutesPart& routes, Workshop& workshop, CompiledChannel& made) {
  const TestSurroundings of_tests{around.files, routes.names, workshop.scope, workshop.diagnostics};
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
  workshop.scope.version = plan->version;
  workshop.scope.tables = {around.tables.begin(), around.tables.end()};
  workshop.scope.site = around.connections.site;
  if (options.given("zone"))
    workshop.scope.zone = expr::find_zone(options.text("zone"), options.place("zone"), diagnostics);

  if (plan->version.empty()) plan->version = "2.5.1";  // not a version: reported
  workshop.scope.grammar = std::make_shared<const expr::Grammar>(plan->version, std::vector<std::string>());

  read_source(options, around, *plan, made, diagnostics);
  if (const auto* accept = options.nested("accept")) plan->accept = read_accept(*accept, workshop);
  workshop.types = plan->accept.types;
  read_duplicates(options.node("duplicates"), workshop, *plan);
  plan->index = read_index(options.node("index"), workshop);
  if (const auto* retain = options.nested("retain")) plan->retain = read_retain(*retain, diagnostics);
  workshop.stand = Stand::channel;
  if (const auto& steps = options.node("steps")) plan->steps = compile_steps(steps, workshop);
  check_holds({}, workshop);
  auto routes = read_routes(options.node("routes"), around, workshop);
  if (const auto* reply = options.nested("reply"))
    plan->reply = read_reply(*reply, routes, plan->accept.body, workshop);
  plan->routes = std::move(routes.routes);
  read_all_tests(*source, options, around, routes, workshop, made);

  find_tables_in_formulas(source->content(), workshop);
  find_tables_in_formulas(routes.templates, workshop);
  for (const auto& block : workshop.used_blocks)
    find_tables_in_formulas(around.blocks.find(block)->second.text, workshop);
  plan->hash =
      hash_of(*source, around, workshop, plan->source_fingerprint + "\n" + routes.fingerprint, routes.templates);
  made.used_tables = std::move(workshop.used_tables);
  made.used_blocks = std::move(workshop.used_blocks);
  made.used_profiles = std::move(workshop.used_profiles);
  made.used_overlays = std::move(workshop.used_overlays);
  made.used_connections.merge(routes.used_connections);
  made.feeds = std::move(routes.feeds);
  // A connection with mistakes is reported once, where it stands; a channel that needs it has no plan either.
  const bool connected = plan->listen && std::ranges::all_of(plan->routes, &is_connected);
  if (options.text("state") == "disabled") made.listening.reset();
  else if (diagnostics.ok() && connected) made.plan = std::move(plan);
  return made;
}

}  // namespace myelin::routes
