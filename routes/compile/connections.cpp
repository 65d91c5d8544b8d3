#include "routes/compile/connections.h"

#include <algorithm>

#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Diagnostics;
using config::Node;
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

// What stands beside the adapter's own options, in connections.yaml and in an inline connection alike.
const config::Spec& common_spec() {
  static const config::Spec kSpec{
      .name = "connection",
      .doc = {},
      .options =
          {
              {.name = "about",
               .type = Type::text,
               .fallback = {},
               .required = false,
               .doc = "what this peer is, for a colleague",
               .example = "patient administration, building B"},
              {.name = "charset",
               .type = Type::text,
               .fallback = {},
               .required = false,
               .doc = "of a source: the character set where MSH-18 is silent (without it the bytes pass as they are); "
                      "of a destination: what it is sent, and MSH-18 says so",
               .example = "windows-1252"},
              {.name = "charset_from",
               .type = Type::choice,
               .fallback = "msh",
               .required = false,
               .doc = "`connection`: a source whose MSH-18 is wrong is read in `charset`, whatever it says",
               .example = "connection",
               .choices = {"msh", "connection"}},
              {.name = "zone",
               .type = Type::text,
               .fallback = {},
               .required = false,
               .doc = "of a source: the time zone of times without an offset, where the channel does not say `zone`",
               .example = "Europe/Amsterdam"},
          },
      .example = {},
  };
  return kSpec;
}

// The adapter's own options: the map without what every connection has.
Node without_common(const Node& map, const config::Spec& own) {
  std::vector<Node::Entry> entries;
  for (const auto& entry : map.entries())
    if ((entry.key != "kind" && !common_spec().find(entry.key)) || own.find(entry.key)) entries.push_back(entry);
  return Node::map(std::move(entries), map.place());
}

Node only_common(const Node& map, const config::Spec* own) {
  std::vector<Node::Entry> entries;
  for (const auto& entry : map.entries())
    if (connection_spec().find(entry.key) && (entry.key == "kind" || !own || !own->find(entry.key)))
      entries.push_back(entry);
  return Node::map(std::move(entries), map.place());
}

hl7::CharsetChoice charset_of(const config::Options& common, Diagnostics& diagnostics) {
  hl7::CharsetChoice choice;
  choice.charset = common.text("charset");
  choice.instead_of_msh = common.text("charset_from") == "connection";
  if (common.given("charset") && !hl7::knows_charset(choice.charset))
    diagnostics.add("C0005", common.place("charset"), "there is no character set called '" + choice.charset + "'",
                    "as MSH-18 says it (8859/1, UNICODE UTF-8, ~ISO IR87), or as `iconv -l` does (windows-1252)");
  else if (choice.instead_of_msh && choice.charset.empty())
    diagnostics.add("C0005", common.place("charset_from"), "`charset_from: connection` needs `charset`",
                    "charset: 8859/1");
  return choice;
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
  const auto before = diagnostics.errors();
  const auto common =
      config::read_options(connection_spec(), only_common(entry.value, kind ? kind->connection : nullptr), diagnostics);
  if (!kind) return std::nullopt;
  auto charset = charset_of(common, diagnostics);
  auto options = config::read_options(*kind->connection, without_common(entry.value, *kind->connection), diagnostics);
  if (diagnostics.errors() != before) return std::nullopt;
  return Connection{entry.key,           entry.key_place,     kind, std::move(options), std::move(charset),
                    common.text("zone"), common.place("zone")};
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

// `to: { channel: lab }` is short for `to: { channel: { name: lab } }`, for the kinds that have such a main option.
Node::Entry in_full(Node::Entry entry, AdapterCatalog adapters) {
  const auto* kind = find_kind(entry.key, adapters);
  if (!kind || kind->short_for.empty() || !entry.value.is_scalar()) return entry;
  const auto place = entry.value.place();
  entry.value = Node::map({Node::Entry{std::string(kind->short_for), place, entry.value}}, place);
  return entry;
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
  static const config::Spec kSpec = [] {
    config::Spec spec{
        .name = "connection",
        .doc = "what every connection has, beside the options of its kind",
        .options = {{.name = "kind",
                     .type = Type::name,
                     .fallback = {},
                     .required = true,
                     .doc = "the adapter that talks to this peer",
                     .example = "mllp"}},
        .example = "lab:\n  kind: mllp\n  connect: 127.0.0.1:2601",
    };
    const auto& common = common_spec().options;
    spec.options.insert(spec.options.end(), common.begin(), common.end());
    return spec;
  }();
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
  if (!node.is_map() || node.entries().size() != 1) {
    diagnostics.add(
        "C0131", node.place(), "`" + std::string(key) + "` needs a connection: its name, or one kind with its options",
        key == "source" ? "one source; for several, a channel for each, which hands over: to: { channel: NAME }"
                        : "for example " + std::string(key) + ": lab");
    return std::nullopt;
  }
  const auto entry = in_full(node.entries().front(), adapters);
  const auto* kind = expect_kind(entry.key, entry.key_place, adapters, diagnostics);
  if (!kind) return std::nullopt;
  const auto before = diagnostics.errors();
  hl7::CharsetChoice charset;
  std::string zone;
  config::Place zone_place;
  if (entry.value.is_map()) {
    const auto common = config::read_options(common_spec(), only_common(entry.value, kind->connection), diagnostics);
    charset = charset_of(common, diagnostics);
    zone = common.text("zone");
    zone_place = common.place("zone");
  }
  const auto own = entry.value.is_map() ? without_common(entry.value, *kind->connection) : entry.value;
  auto options = config::read_options(*kind->connection, own, diagnostics);
  if (diagnostics.errors() != before) return std::nullopt;
  return Connection{std::string(kind->name), entry.key_place,      kind, std::move(options), std::move(charset),
                    std::move(zone),         std::move(zone_place)};
}

}  // namespace myelin::routes
