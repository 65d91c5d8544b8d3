// connections.yaml: the peers by name, each of one kind of the adapter catalogue, and the `site:` values. Also the
// inline form, `to: { mllp: { connect: … } }`, which is the same without a name.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "engine/config/spec.h"
#include "engine/hl7/charset.h"
#include "engine/model/adapter.h"
#include "routes/compile/files.h"

namespace myelin::routes {

struct Connection {
  std::string name;  // as the file calls it; the kind, for an inline one
  config::Place place;
  const AdapterKind* kind = nullptr;
  config::Options options;
  hl7::CharsetChoice charset;
  std::string zone;  // of what it sends, where the channel does not say one
  config::Place zone_place;
  // Stable text of all that it says: equal, and the adapter need not restart.
  std::string fingerprint() const {
    return std::string(kind->name) + " " + options.fingerprint() + " " + charset.charset +
           (charset.instead_of_msh ? " instead of MSH-18" : "") + (zone.empty() ? "" : " in " + zone);
  }
};

struct Connections {
  bool unreadable = false;  // it has no names that could be checked against
  bool file = false;        // there is a connections.yaml
  std::map<std::string, Connection, std::less<>> by_name;
  std::set<std::string, std::less<>> broken;  // named, but with mistakes: naming them is no further mistake
  std::map<std::string, std::string, std::less<>> site;
  std::string site_text;  // for Plan.hash
};

Connections read_connections(const ConfigurationFiles& files, AdapterCatalog adapters,
                             config::Diagnostics& diagnostics);

// `source:` and `to:`: the name of a connection, or an inline one. Nothing after reporting why not. `key` is the word
// for the reader.
std::optional<Connection> find_connection(const config::Node& node, std::string_view key,
                                          const Connections& connections, AdapterCatalog adapters,
                                          config::Diagnostics& diagnostics);

// For routes/README.md: what stands beside the adapter's own options.
const config::Spec& connection_spec();

}  // namespace myelin::routes
