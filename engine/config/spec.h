// Spec: the declaration of an option, once. From it come parsing, defaults, lint, docs, JSON Schema, completion and
// the scrubbing of secrets; whatever is declared twice drifts. Adapters, steps, channels and routes each have one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/config/node.h"

namespace myelin::config {

enum class Type : std::uint8_t {
  text,       // literal text
  name,       // a word: letters, digits, - _ .
  integer,    // whole number
  duration,   // 500ms 30s 10m 2h 7d
  size,       // 64KiB 16MiB 1GiB or plain bytes
  boolean,    // true | false
  choice,     // one of `choices`
  address,    // HOST:PORT, [V6]:PORT or :PORT
  secret,     // { env: NAME } | { file: PATH } | { credential: NAME }; never literal text
  file,       // a path, relative to the configuration directory
  value,      // literal text, =formula or {{ }} template (channel language)
  condition,  // a formula that is true or false
  path,       // an HL7 path
  names,      // a name or a list of names
  map,        // a map; `nested` says of what, where it has a Spec
  list,       // a list; likewise
  any,        // read by the owner itself, from node()
};

struct Spec;

struct Option {
  std::string_view name;
  Type type;
  std::string_view fallback;  // default, as it would be typed; empty: none
  bool required = false;
  std::string_view doc;      // one line
  std::string_view example;  // as it would be typed
  std::vector<std::string_view> choices = {};
  const Spec* nested = nullptr;
  std::int64_t least = 0, most = 0;  // for integer, duration (ms) and size; 0, 0: no bound
};

struct Spec {
  std::string_view name;  // "mllp source"
  std::string_view doc;
  std::vector<Option> options;
  std::string_view example = {};  // a whole, legal YAML example, compiled by a test

  const Option* find(std::string_view option) const;
};

// The values that were read by a Spec: defaults filled in, types checked, places kept.
class Options {
 public:
  bool given(std::string_view name) const;  // typed in the file, not by default
  // The accessors assert that the Spec has the option with a fitting type. Without value and default: empty, 0, false.
  const std::string& text(std::string_view name) const;  // text name choice address file value condition path
  std::int64_t integer(std::string_view name) const;
  Duration duration(std::string_view name) const;
  std::int64_t size(std::string_view name) const;
  bool boolean(std::string_view name) const;
  std::vector<std::string> names(std::string_view name) const;
  // Resolved when called, never stored; secret_missing when it is not there.
  Result<std::string> secret(std::string_view name) const;
  const Options* nested(std::string_view name) const;  // a map with a Spec; nullptr when not given
  // A list whose items have a Spec, in the order of the file.
  const std::vector<std::shared_ptr<const Options>>& items(std::string_view name) const;
  const Node& node(std::string_view name) const;  // Kind::missing when not given
  Place place(std::string_view name) const;       // of the value; of the whole when not given
  const Place& place() const { return place_; }

  // Stable text of all values, secrets as references only: two equal fingerprints need no restart.
  std::string fingerprint() const;

 private:
  friend class OptionReader;  // spec.cpp
  struct Value {
    Type type = Type::any;
    std::string text;
    std::int64_t number = 0;
    std::vector<std::string> list;
    std::vector<std::shared_ptr<const Options>> nested;
    Node node;
    bool given = false;
  };
  const Value& value(std::string_view name) const;
  Place place_;
  std::map<std::string, Value, std::less<>> values_;
};

// Unknown, missing, misspelt, mistyped and out-of-range options become diagnostics (C0001 …); reading goes on.
Options read_options(const Spec& spec, const Node& node, Diagnostics& diagnostics);

// The scalar forms, each on its own: "10m", "64KiB", "host:2575". Nothing when it is not one.
std::optional<Duration> parse_duration(std::string_view text);
std::optional<std::int64_t> parse_size(std::string_view text);
struct HostPort {
  std::string host;  // empty: all interfaces (listen) or loopback (connect)
  std::uint16_t port;
};
std::optional<HostPort> parse_address(std::string_view text);
// Of a text that is no address: "the port 99999 is out of range: 1 to 65535"; empty where something else is wrong.
std::string port_mistake(std::string_view text);

}  // namespace myelin::config
