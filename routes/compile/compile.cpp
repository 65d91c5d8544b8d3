// The whole configuration: what channels share, each channel on its own, then what only shows across files.
#include "routes/compile/compile.h"

#include <algorithm>
#include <map>

#include "routes/compile/channel_file.h"
#include "routes/compile/compile_files.h"
#include "routes/compile/kept.h"
#include "routes/dictionary/dictionary.h"

namespace myelin::routes {
namespace {

using config::Diagnostics;
using config::Place;

using Tables = std::map<std::string, std::shared_ptr<const Table>, std::less<>>;
using Blocks = std::map<std::string, Block, std::less<>>;

void append(Diagnostics& all, const Diagnostics& own) {
  for (const auto& item : own.all()) all.add(item.code, item.place, item.message, item.hint);
}

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

bool same_text(const std::shared_ptr<const config::SourceText>& one,
               const std::shared_ptr<const config::SourceText>& other) {
  return one && other ? one->content() == other->content() : one == other;
}

Tables read_tables(const ConfigurationFiles& files, Kept& kept, Diagnostics& diagnostics) {
  Tables tables;
  std::map<std::string, Kept::ReadTable> read;
  for (const auto& source : files.tables) {
    const auto name = name_of_file(source->path());
    const auto known = kept.tables.find(source->path());
    const bool same = known != kept.tables.end() && same_text(known->second.source, source);
    const auto before = diagnostics.all().size();
    auto table = same ? known->second.table : Table::read(source, name, diagnostics);
    if (diagnostics.all().size() == before) read.emplace(source->path(), Kept::ReadTable{source, table});
    tables.emplace(name, std::move(table));
  }
  kept.tables = std::move(read);
  return tables;
}

std::shared_ptr<const Connections> read_connections(const ConfigurationFiles& files, AdapterCatalog adapters,
                                                    Kept& kept, Diagnostics& diagnostics) {
  if (kept.connections && same_text(kept.connections_file, files.connections)) return kept.connections;
  Diagnostics own;
  auto connections = std::make_shared<const Connections>(read_connections(files, adapters, own));
  append(diagnostics, own);
  kept.connections = own.all().empty() ? connections : nullptr;
  // Its warnings stand in a file whose lines have moved.
  std::erase_if(kept.channels, [](const auto& channel) { return !channel.second.own.all().empty(); });
  kept.connections_file = files.connections;
  return connections;
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

using Channels = std::vector<std::shared_ptr<const CompiledChannel>>;

void check_across(const Channels& channels, Diagnostics& diagnostics) {
  std::map<std::string, const CompiledChannel*, std::less<>> names;
  std::multimap<int, const CompiledChannel*> by_port;
  for (const auto& each : channels) {
    const auto& channel = *each;
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
    if (const auto still = names.find(channel->was); still != names.end())
      diagnostics.add("C0134", channel->was_place, "there is still a channel called '" + channel->was + "'",
                      "`was` names a channel that is gone; its queues become this one's");
}

// Compiled once on its own, so that a block that nothing uses is still checked.
void check_unused_block(const Block& block, const Surroundings& around, Uses& used, Diagnostics& diagnostics) {
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

using Names = std::set<std::string, std::less<>>;

void check_unused(const Surroundings& around, Uses used, const Names& sources, Diagnostics& diagnostics) {
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
  for (const auto& [name, connection] : connections.by_name) {
    if (!used.connections.contains(name))
      unused.add("W0152", connection.place, "no channel uses connection '" + name + "'", "source: or to: would");
    else if (!connection.zone.empty() && !sources.contains(name)) warn_of_zone(connection, unused);
  }
  if (!diagnostics.ok()) return;  // a misspelt name would be told twice: as unknown, and as unused
  append(diagnostics, unused);
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

std::string tests_of(const config::SourceText& source, const ConfigurationFiles& files) {
  const auto beside = files.tests.find(source.path());
  return beside == files.tests.end() ? std::string() : std::string(beside->second->content());
}

// Whether all that the channel was made of says the same as then.
bool is_current(const Kept::Channel& channel, const config::SourceText& source, const Surroundings& around) {
  const auto& made = *channel.made;
  return digest_of(source, made.uses, around) == made.digest && tests_of(source, around.files) == channel.tests &&
         std::ranges::all_of(made.samples, [](const Sample& sample) { return Sample::of(sample.path) == sample; });
}

// From what was kept, or made anew.
Kept::Channel channel_of(const std::shared_ptr<const config::SourceText>& source, const Surroundings& around,
                         Kept& kept) {
  if (const auto known = kept.channels.find(source->path());
      known != kept.channels.end() && is_current(known->second, *source, around))
    return std::move(known->second);
  ++kept.compiled;
  Kept::Channel channel;
  channel.made = std::make_shared<const CompiledChannel>(compile_channel(source, around, channel.own));
  channel.tests = tests_of(*source, around.files);
  return channel;
}

Channels compile_channels(const Surroundings& around, Kept& kept, Diagnostics& diagnostics) {
  Channels channels;
  std::map<std::string, Kept::Channel> made;
  kept.compiled = 0;
  for (const auto& source : around.files.channels) {
    auto channel = channel_of(source, around, kept);
    append(diagnostics, channel.own);
    check_plain_listener(*channel.made, around.connections, around.files.live, diagnostics);
    channels.push_back(channel.made);
    if (channel.own.ok()) made.emplace(source->path(), std::move(channel));
  }
  kept.channels = std::move(made);
  return channels;
}

Uses all_uses(const Channels& channels) {
  Uses all;
  for (const auto& channel : channels) {
    const auto& [tables, blocks, profiles, overlays, connections, any] = channel->uses;
    all.tables.insert(tables.begin(), tables.end());
    all.blocks.insert(blocks.begin(), blocks.end());
    all.profiles.insert(profiles.begin(), profiles.end());
    all.overlays.insert(overlays.begin(), overlays.end());
    all.connections.insert(connections.begin(), connections.end());
  }
  return all;
}

// A mistake in a block is met by each route that uses it, and is one.
Diagnostics each_once(const Diagnostics& all) {
  Diagnostics once;
  for (const auto& each : all.sorted()) once.add(each.code, each.place, each.message, each.hint);
  return once;
}

int count_of(const ConfigurationFiles& files) {
  const auto count = files.channels.size() + files.tables.size() + files.blocks.size() + files.profiles.size() +
                     files.dictionaries.size() + files.maps.size() + files.tests.size();
  return static_cast<int>(count) + (files.connections ? 1 : 0);
}

}  // namespace

Compiled compile_files(const ConfigurationFiles& files, AdapterCatalog adapters) {
  Kept nothing;
  return compile_files(files, adapters, nothing);
}

Compiled compile_files(const ConfigurationFiles& files, AdapterCatalog adapters, Kept& kept) {
  Compiled compiled;
  auto& diagnostics = compiled.diagnostics;
  // First: places are checked by what the site's dictionary says.
  use_dictionaries(files.dictionaries, diagnostics);
  const auto connections = read_connections(files, adapters, kept, diagnostics);
  const auto tables = read_tables(files, kept, diagnostics);
  const auto blocks = read_blocks(files, diagnostics);
  const auto profiles = read_profiles(files, tables, *connections, diagnostics);
  Overlays overlays;
  for (const auto& source : files.maps) {
    const auto name = name_of_file(source->path());
    overlays.emplace(name, mapping::Overlay::read(source, name, diagnostics));
  }
  const Surroundings around{adapters, files, *connections, tables, blocks, profiles, overlays};
  compiled.files = count_of(files);

  auto channels = compile_channels(around, kept, diagnostics);
  keep_facts(channels);
  for (std::size_t at = 0; at < channels.size(); ++at) {
    if (!channels[at]->plan) continue;
    compiled.plans.push_back(channels[at]->plan);
    compiled.texts.emplace_back(files.channels[at]->content());
    compiled.tests.push_back(channels[at]->tests);
  }
  auto uses = all_uses(channels);
  for (const auto& [name, table] : tables)
    if (uses.tables.contains(name)) compiled.tables.push_back(table);
  check_across(channels, diagnostics);
  std::set<std::string, std::less<>> unread;
  for (std::size_t at = 0; at < channels.size(); ++at)
    if (channels[at]->name.empty()) unread.insert(name_of_file(files.channels[at]->path()));
  check_feeds(channels, unread, diagnostics);
  check_facts(channels, diagnostics);
  warn_of_passed_over(files, diagnostics);
  Names sources;
  for (const auto& channel : channels) sources.insert(channel->source);
  check_unused(around, std::move(uses), sources, diagnostics);
  diagnostics = each_once(diagnostics);
  return compiled;
}

Compiler::Compiler(std::string directory, AdapterCatalog adapters, std::string site)
    : directory_(std::move(directory)), site_(std::move(site)), adapters_(adapters), kept_(std::make_unique<Kept>()) {}

Compiler::~Compiler() = default;

Compiled Compiler::compile() {
  Diagnostics reading;
  auto files = std::make_shared<ConfigurationFiles>(read_files(directory_, reading, site_));
  auto compiled = compile_files(*files, adapters_, *kept_);
  append(compiled.diagnostics, reading);
  compiled.read = std::move(files);
  return compiled;
}

Compiled compile_text(std::string_view channel, AdapterCatalog adapters,
                      const std::map<std::string, std::string>& others) {
  auto texts = others;
  if (!channel.empty()) texts.emplace("channels/channel.yaml", channel);
  return compile_files(files_of({}, texts), adapters);
}

}  // namespace myelin::routes
