// The whole configuration: what channels share, each channel on its own, then what only shows across files.
#include "routes/compile/compile.h"

#include <algorithm>
#include <map>

#include "routes/compile/channel_file.h"
#include "routes/compile/compile_files.h"
#include "routes/dictionary/dictionary.h"

namespace myelin::routes {
namespace {

using config::Diagnostics;
using config::Place;

using Tables = std::map<std::string, std::shared_ptr<const Table>, std::less<>>;
using Blocks = std::map<std::string, Block, std::less<>>;

const config::Spec& block_spec() {
  using config::Type;
  static const config::Spec kSpec{
      .name = "block",
      .doc = "a named list of steps that channels share with `use:`",
      .options =
          {
              {.name = "block",
               .type = Type::name,
               .fallback = {},
               .required = true,
               .doc = "the name, as the file is called",
               .example = "normalise-names"},
              {.name = "about",
               .type = Type::text,
               .fallback = {},
               .required = false,
               .doc = "what it does",
               .example = "…"},
              {.name = "steps",
               .type = Type::any,
               .fallback = {},
               .required = true,
               .doc = "the steps",
               .example = "[ { set: { MSH-5: LAB } } ]"},
          },
      .example = "block: to-lab\nsteps:\n  - set: { MSH-5: LAB }",
  };
  return kSpec;
}

Tables read_tables(const ConfigurationFiles& files, Diagnostics& diagnostics) {
  Tables tables;
  for (const auto& source : files.tables) {
    const auto name = name_of_file(source->path());
    tables.emplace(name, Table::read(source, name, diagnostics));
  }
  return tables;
}

Blocks read_blocks(const ConfigurationFiles& files, Diagnostics& diagnostics) {
  Blocks blocks;
  for (const auto& source : files.blocks) {
    const auto root = config::load_yaml(source, diagnostics);
    if (!root) continue;
    const auto options = config::read_options(block_spec(), root, diagnostics);
    const auto file = name_of_file(source->path());
    if (options.given("block") && options.text("block") != file)
      diagnostics.add("C0123", options.place("block"),
                      "the block is called '" + options.text("block") + "' and its file " + file,
                      "give both one name: `use` finds a block by its file");
    blocks.emplace(file, Block{file, options.node("steps"), std::string(source->content())});
  }
  return blocks;
}

// The formulas of a profile know the tables and the site's names, as those of a channel do.
Profiles read_profiles(const ConfigurationFiles& files, const Tables& tables, const Connections& connections,
                       Diagnostics& diagnostics) {
  Profiles profiles;
  expr::Scope scope;
  scope.tables = {tables.begin(), tables.end()};
  scope.site = connections.site;
  for (const auto& source : files.profiles) {
    const auto file = name_of_file(source->path());
    auto profile = Profile::read(source, scope, diagnostics);
    if (profile->name() != file || file == kStandardProfile)
      diagnostics.add("C0160", Place{source, 1, 1, 1},
                      file == kStandardProfile ? "standard is the dictionary itself"
                                               : "the profile is called '" + profile->name() + "' and its file " + file,
                      "give both one name: `validate` finds a profile by its file");
    profiles.emplace(file, std::move(profile));
  }
  return profiles;
}

// "[::]:2575" and ":2575" take the port on every interface.
bool same_address(std::string_view left, std::string_view right) {
  const auto a = config::parse_address(left);
  const auto b = config::parse_address(right);
  if (!a || !b || a->port != b->port || a->port == 0) return false;
  const auto every = [](const std::string& host) { return host.empty() || host == "0.0.0.0" || host == "::"; };
  return every(a->host) || every(b->host) || a->host == b->host;
}

void check_across(const std::vector<CompiledChannel>& channels, Diagnostics& diagnostics) {
  std::map<std::string, const CompiledChannel*, std::less<>> names;
  std::multimap<int, const CompiledChannel*> by_port;
  for (const auto& channel : channels) {
    if (!channel.name.empty())
      if (const auto [first, added] = names.emplace(channel.name, &channel); !added)
        diagnostics.add("C0134", channel.name_place, "there are two channels called '" + channel.name + "'",
                        "the other stands in " + config::to_string(first->second->name_place));
    if (!channel.listening) continue;
    const auto address = config::parse_address(channel.listening->address);
    if (!address) continue;
    const auto [begin, end] = by_port.equal_range(address->port);
    const auto clash = std::find_if(begin, end, [&](const auto& other) {
      return same_address(other.second->listening->address, channel.listening->address);
    });
    if (clash != end)
      diagnostics.add("C0133", channel.listening->place,
                      "channel '" + clash->second->name + "' listens on " + clash->second->listening->address + " too",
                      "see " + config::to_string(clash->second->listening->place) + "; give one of them another port");
    by_port.emplace(address->port, &channel);
  }
  for (const auto& channel : channels)
    if (const auto still = names.find(channel.was); still != names.end())
      diagnostics.add("C0134", channel.was_place, "there is still a channel called '" + channel.was + "'",
                      "`was` names a channel that is gone; its queues become this one's");
}

struct Used {
  std::set<std::string, std::less<>> tables, blocks, profiles, overlays, connections;
};

// Compiled once on its own, so that a block that nothing uses is still checked.
void check_unused_block(const Block& block, const Surroundings& around, Used& used, Diagnostics& diagnostics) {
  const auto& [adapters, files, connections, tables, blocks, profiles, overlays] = around;
  Workshop workshop{.diagnostics = diagnostics,
                    .scope = {},
                    .tables = tables,
                    .blocks = blocks,
                    .profiles = &profiles,
                    .overlays = &overlays};
  workshop.scope.tables = {tables.begin(), tables.end()};
  workshop.scope.site = connections.site;
  workshop.inside.push_back(block.name);
  if (block.steps) compile_steps(block.steps, workshop);
  used.tables.merge(workshop.used_tables);
  used.profiles.merge(workshop.used_profiles);
  used.overlays.merge(workshop.used_overlays);
}

void check_unused(const Surroundings& around, Used used, Diagnostics& diagnostics) {
  const auto& [adapters, files, connections, tables, blocks, profiles, overlays] = around;
  Diagnostics unused;
  for (const auto& source : files.blocks) {
    const auto name = name_of_file(source->path());
    const auto block = blocks.find(name);
    if (block == blocks.end() || used.blocks.contains(name)) continue;
    check_unused_block(block->second, around, used, diagnostics);
    unused.add("W0153", Place{source, 1, 1, 1}, "no channel uses block '" + name + "'", "use: " + name);
  }
  for (const auto& source : files.tables)
    if (const auto name = name_of_file(source->path()); !used.tables.contains(name))
      unused.add("W0151", Place{source, 1, 1, 1}, "no channel uses table '" + name + "'", "map or lookup() would");
  for (const auto& source : files.profiles)
    if (const auto name = name_of_file(source->path()); !used.profiles.contains(name))
      unused.add("W0155", Place{source, 1, 1, 1}, "no channel uses profile '" + name + "'",
                 "validate: { profile: " + name + " }");
  for (const auto& source : files.maps)
    if (const auto name = name_of_file(source->path()); !used.overlays.contains(name))
      unused.add("W0158", Place{source, 1, 1, 1}, "no channel uses overlay '" + name + "'",
                 "to_fhir: { map: oru, overlay: " + name + " }");
  for (const auto& [name, connection] : connections.by_name)
    if (!used.connections.contains(name))
      unused.add("W0152", connection.place, "no channel uses connection '" + name + "'", "source: or to: would");
  if (!diagnostics.ok()) return;  // a misspelt name would be told twice: as unknown, and as unused
  for (const auto& item : unused.all()) diagnostics.add(item.code, item.place, item.message, item.hint);
}

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

// Patients' data in clear on a network that others share.
void check_plain_listener(const CompiledChannel& channel, const Connections& connections, bool live,
                          Diagnostics& diagnostics) {
  if (!channel.plan || !channel.listening) return;
  const auto address = config::parse_address(channel.listening->address);
  if (!address || is_loopback(address->host)) return;
  const auto found = connections.by_name.find(channel.plan->source_name);
  if (found == connections.by_name.end() || !found->second.kind->connection->find("tls")) return;
  if (found->second.options.given("tls")) return;
  diagnostics.add(live ? "C0162" : "W0154", found->second.place,
                  "connection '" + found->first + "' listens on " + channel.listening->address + " without TLS",
                  "add `tls:`, or listen on 127.0.0.1");
}

}  // namespace

Compiled compile_files(const ConfigurationFiles& files, AdapterCatalog adapters) {
  Compiled compiled;
  auto& diagnostics = compiled.diagnostics;
  // First: places are checked by what the site's dictionary says.
  use_dictionaries(files.dictionaries, diagnostics);
  const auto connections = read_connections(files, adapters, diagnostics);
  const auto tables = read_tables(files, diagnostics);
  const auto blocks = read_blocks(files, diagnostics);
  const auto profiles = read_profiles(files, tables, connections, diagnostics);
  Overlays overlays;
  for (const auto& source : files.maps) {
    const auto name = name_of_file(source->path());
    overlays.emplace(name, mapping::Overlay::read(source, name, diagnostics));
  }
  const Surroundings around{adapters, files, connections, tables, blocks, profiles, overlays};
  compiled.files =
      static_cast<int>(files.channels.size() + files.tables.size() + files.blocks.size() + files.profiles.size() +
                       files.dictionaries.size() + files.maps.size() + files.tests.size()) +
      (files.connections ? 1 : 0);

  std::vector<CompiledChannel> channels;
  Used used;
  for (const auto& source : files.channels) {
    Diagnostics own;  // of this channel, so that its mistakes keep only its own plan back
    channels.push_back(compile_channel(source, around, own));
    auto& channel = channels.back();
    check_plain_listener(channel, connections, files.live, own);
    for (const auto& item : own.all()) diagnostics.add(item.code, item.place, item.message, item.hint);
    used.tables.insert(channel.used_tables.begin(), channel.used_tables.end());
    used.blocks.insert(channel.used_blocks.begin(), channel.used_blocks.end());
    used.profiles.insert(channel.used_profiles.begin(), channel.used_profiles.end());
    used.overlays.insert(channel.used_overlays.begin(), channel.used_overlays.end());
    used.connections.insert(channel.used_connections.begin(), channel.used_connections.end());
    if (!channel.plan) continue;
    compiled.plans.push_back(channel.plan);
    compiled.texts.emplace_back(source->content());
    compiled.tests.push_back(std::move(channel.tests));
  }
  for (const auto& [name, table] : tables)
    if (used.tables.contains(name)) compiled.tables.push_back(table);
  check_across(channels, diagnostics);
  check_feeds(channels, diagnostics);
  check_unused(around, std::move(used), diagnostics);
  return compiled;
}

Compiled compile(const std::string& directory, AdapterCatalog adapters, const std::string& site) {
  Diagnostics reading;
  const auto files = read_files(directory, reading, site);
  auto compiled = compile_files(files, adapters);
  for (const auto& item : reading.all()) compiled.diagnostics.add(item.code, item.place, item.message, item.hint);
  return compiled;
}

Compiled compile_text(std::string_view channel, AdapterCatalog adapters,
                      const std::map<std::string, std::string>& others) {
  ConfigurationFiles files;
  const auto text = [](const std::string& path, std::string_view content) {
    return std::make_shared<const config::SourceText>(path, std::string(content));
  };
  if (!channel.empty()) files.channels.push_back(text("channels/channel.yaml", channel));
  for (const auto& [path, content] : others) {
    if (path == "connections.yaml") files.connections = text(path, content);
    else if (path.starts_with("tables/")) files.tables.push_back(text(path, content));
    else if (path.starts_with("blocks/")) files.blocks.push_back(text(path, content));
    else if (path.starts_with("dictionary/")) files.dictionaries.push_back(text(path, content));
    else if (path.starts_with("profiles/")) files.profiles.push_back(text(path, content));
    else if (path.starts_with("maps/")) files.maps.push_back(text(path, content));
    else if (path.ends_with(".test.yaml"))
      files.tests.emplace(path.substr(0, path.size() - 10) + ".yaml", text(path, content));
    else if (path.starts_with("channels/") && path.ends_with(".yaml")) files.channels.push_back(text(path, content));
    else files.samples.emplace(path, content);
  }
  return compile_files(files, adapters);
}

}  // namespace myelin::routes
