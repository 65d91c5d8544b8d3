#include "routes/compile/connections.h"

#include <algorithm>

#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Diagnostics;
using config::Node;
using config::Stage;
using config::Type;

const AdapterKind* find_kind(std::string_view name, AdapterCatalog adapters) {
  const auto found = std::ranges::find(adapters, name, &AdapterKind::name);
  return found == adapters.end() ? nullptr : &*found;
}

std::vector<std::string_view> kinds(AdapterCatalog adapters) {
  std::vector<std::string_view> names;
  for (const auto& kind : adapters) names.push_back(kind.name);
  return names;
}

const AdapterKind* expect_kind(std::string_view name, const config::Place& place, AdapterCatalog adapters,
                               Diagnostics& diagnostics) {
  const auto* kind = find_kind(name, adapters);
  if (!kind)
    diagnostics.add("C0130", place, "there is no kind of connection called '" + std::string(name) + "'",
                    suggestion(name, kinds(adapters), "this version has"));
  return kind;
}

// The adapter's own options: the map without what every connection has.
Node without_common(const Node& map, const config::Spec& own) {
  std::vector<Node::Entry> entries;
  for (const auto& entry : map.entries())
    if (!connection_spec().find(entry.key) || own.find(entry.key)) entries.push_back(entry);
  return Node::map(std::move(entries), map.place());
}

Node only_common(const Node& map, const config::Spec* own) {
  std::vector<Node::Entry> entries;
  for (const auto& entry : map.entries())
    if (connection_spec().find(entry.key) && (entry.key == "kind" || !own || !own->find(entry.key)))
      entries.push_back(entry);
  return Node::map(std::move(entries), map.place());
}

std::optional<Connection> read_connection(const Node::Entry& entry, AdapterCatalog adapters, Diagnostics& diagnostics) {
  if (!entry.value.is_map()) {
    diagnostics.add("C0123", entry.value.place(), "a connection is a map of options",
                    entry.key + ": { kind: mllp, connect: HOST:PORT }");
    return std::nullopt;
  }
  const auto* kind_node = entry.value.find("kind");
  const AdapterKind* kind = nullptr;
  if (kind_node && kind_node->is_scalar())
    kind = expect_kind(kind_node->text(), kind_node->place(), adapters, diagnostics);
  config::read_options(connection_spec(), only_common(entry.value, kind ? kind->connection : nullptr), diagnostics);
  if (!kind) return std::nullopt;
  const auto before = diagnostics.errors();
  auto options = config::read_options(*kind->connection, without_common(entry.value, *kind->connection), diagnostics);
  if (diagnostics.errors() != before) return std::nullopt;
  return Connection{entry.key, entry.key_place, kind, std::move(options)};
}

void read_site(const Node& node, Connections& connections, Diagnostics& diagnostics) {
  if (!node.is_map()) {
    diagnostics.add("C0123", node.place(), "`site` is a map of names and texts", "site: { name: West }");
    return;
  }
  for (const auto& entry : node.entries()) {
    if (!entry.value.is_scalar()) {
      diagnostics.add("C0123", entry.value.place(), "a `site` value is text", entry.key + ": text");
      continue;
    }
    connections.site.emplace(entry.key, entry.value.text());
    connections.site_text += entry.key + "=" + entry.value.text() + "\n";
  }
}

std::string listed(const Connections& connections) {
  auto names = names_of(connections.by_name);
  for (const auto& name : connections.broken) names.push_back(name);
  return "connections.yaml has " + joined(names);
}

std::optional<Connection> by_name(const Node& node, const Connections& connections, Diagnostics& diagnostics) {
  const auto& name = node.text();
  if (const auto found = connections.by_name.find(name); found != connections.by_name.end()) return found->second;
  if (connections.unreadable || connections.broken.contains(name)) return std::nullopt;  // that is the mistake to mend
  auto hint = connections.file ? listed(connections) : "there is no connections.yaml; or say it here: { mllp: { … } }";
  const auto legal = names_of(connections.by_name);
  if (const auto near = config::nearest(name, legal); !near.empty())
    hint = "did you mean " + std::string(near) + "? " + hint;
  diagnostics.add("C0031", node.place(), "there is no connection called '" + name + "'", std::move(hint));
  return std::nullopt;
}

}  // namespace

const config::Spec& connection_spec() {
  static const config::Spec kSpec{
      .name = "connection",
      .doc = "what every connection has, beside the options of its kind",
      .options =
          {
              {.name = "kind",
               .type = Type::name,
               .fallback = {},
               .required = true,
               .doc = "the adapter that talks to this peer",
               .example = "mllp"},
              {.name = "about",
               .type = Type::text,
               .fallback = {},
               .required = false,
               .doc = "what this peer is, for a colleague",
               .example = "patient administration, building B"},
              {.name = "charset",
               .type = Type::name,
               .fallback = {},
               .required = false,
               .doc = "the character set where MSH-18 is silent or wrong",
               .example = "windows-1252",
               .stage = Stage::designed},
              {.name = "zone",
               .type = Type::text,
               .fallback = {},
               .required = false,
               .doc = "the time zone of times without an offset",
               .example = "Europe/Amsterdam",
               .stage = Stage::designed},
          },
      .example = "lab:\n  kind: mllp\n  connect: 127.0.0.1:2601",
  };
  return kSpec;
}

Connections read_connections(const ConfigurationFiles& files, AdapterCatalog adapters, Diagnostics& diagnostics) {
  Connections connections;
  if (!files.connections) return connections;
  connections.file = true;
  const auto root = config::load_yaml(files.connections, diagnostics);
  connections.unreadable = !root.is_map();
  if (root && !root.is_map()) {
    diagnostics.add("C0123", root.place(), "connections.yaml is a map of names and connections",
                    "lab: { kind: mllp, connect: HOST:PORT }");
    return connections;
  }
  for (const auto& entry : root.entries()) {
    if (entry.key == "site") {
      read_site(entry.value, connections, diagnostics);
      continue;
    }
    auto connection = read_connection(entry, adapters, diagnostics);
    if (connection) connections.by_name.emplace(entry.key, std::move(*connection));
    else connections.broken.insert(entry.key);
  }
  return connections;
}

std::optional<Connection> find_connection(const Node& node, std::string_view key, const Connections& connections,
                                          AdapterCatalog adapters, Diagnostics& diagnostics) {
  if (node.is_scalar() && !node.text().starts_with('=')) return by_name(node, connections, diagnostics);
  const auto designed = [&](const config::Place& place, std::string what) -> std::optional<Connection> {
    diagnostics.add("C0009", place, std::move(what) + " is designed, but not in this version",
                    "name one connection of connections.yaml");
    return std::nullopt;
  };
  if (node.is_scalar()) return designed(node.place(), "a formula for `" + std::string(key) + "`");
  if (node.is_list()) return designed(node.place(), "a list for `" + std::string(key) + "`");
  if (!node.is_map() || node.entries().size() != 1) {
    diagnostics.add("C0131", node.place(),
                    "`" + std::string(key) + "` needs a connection: its name, or one kind with its options",
                    "for example " + std::string(key) + ": lab");
    return std::nullopt;
  }
  const auto& entry = node.entries().front();
  if (entry.key == "channel") return designed(entry.key_place, "`" + std::string(key) + ": { channel: … }`");
  const auto* kind = expect_kind(entry.key, entry.key_place, adapters, diagnostics);
  if (!kind) return std::nullopt;
  const auto before = diagnostics.errors();
  auto options = config::read_options(*kind->connection, entry.value, diagnostics);
  if (diagnostics.errors() != before) return std::nullopt;
  return Connection{std::string(kind->name), entry.key_place, kind, std::move(options)};
}

}  // namespace myelin::routes
