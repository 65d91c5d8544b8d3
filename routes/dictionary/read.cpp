// YAML into the text of schemas/README.md, with every mistake at its place.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "engine/hl7/structure.h"
#include "engine/schema/dictionary.h"
#include "routes/dictionary/dictionary.h"

namespace myelin::routes {
namespace {

using config::Node;
using config::Options;
using config::Place;

constexpr std::string_view kAllVersions = "2.1-2.8.2";
constexpr std::size_t kMostElements = 999;

bool capital(char c) { return c >= 'A' && c <= 'Z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

// ZPI, ADT_Z01: letters, digits and underscores, a letter first.
bool is_word(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most && capital(text.front()) &&
         std::ranges::all_of(text, [](char c) { return capital(c) || digit(c) || c == '_'; });
}
bool is_segment(std::string_view text) { return text.size() == 3 && is_word(text, 3) && !text.contains('_'); }

// Tabs and line ends separate columns and lines of the facts.
bool is_plain(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

void append(std::string& into, std::initializer_list<std::string_view> pieces) {
  for (const auto piece : pieces) into += piece;
}

// "2.3-2.5.1", of the versions that there are.
bool is_versions(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = schema::exact_version(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : schema::exact_version(text.substr(dash + 1));
  return first && last && *first <= *last;
}

std::optional<std::size_t> number_in(std::string_view text) {
  std::size_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

// Where in the grammar something stands that comes after this segment: behind what is around it alone. "[PV1] OBX".
std::optional<std::size_t> place_after(std::string_view grammar, std::string_view segment) {
  for (std::size_t at = 0; (at = grammar.find(segment, at)) != std::string_view::npos; at += segment.size()) {
    const auto end = at + segment.size();
    const auto part_of_a_word = [](char c) { return capital(c) || digit(c) || c == '_' || c == '(' || c == ','; };
    const bool whole = (at == 0 || !part_of_a_word(grammar[at - 1]) || grammar[at - 1] == '(') &&
                       (end == grammar.size() || !part_of_a_word(grammar[end]));
    if (!whole) continue;
    std::size_t around = 0;
    while (at > around && (grammar[at - 1 - around] == '[' || grammar[at - 1 - around] == '{')) ++around;
    auto behind = end;
    for (; around > 0 && behind < grammar.size() && (grammar[behind] == ']' || grammar[behind] == '}'); --around)
      ++behind;
    return behind;
  }
  return std::nullopt;
}

class DictionaryReader {
 public:
  DictionaryReader(schema::SiteFacts& facts, config::Diagnostics& diagnostics)
      : facts_(facts), diagnostics_(diagnostics) {}

  void read(const Node& root) {
    const auto options = config::read_options(dictionary_spec(), root, diagnostics_);
    read_composites(options.node("segments"), "segments", '-', "fields", facts_.segments);
    read_composites(options.node("types"), "types", '.', "components", facts_.types);
    read_tables(options.node("tables"));
    read_structures(options.node("structures"));
    read_events(options.node("events"));
  }

 private:
  void wrong(const Place& place, std::string what, std::string hint) {
    diagnostics_.add("C0165", place, std::move(what), std::move(hint));
  }
  bool is_map(const Node& node, std::string_view name, std::string hint) {
    if (node && !node.is_map()) wrong(node.place(), "`" + std::string(name) + "` is a map", std::move(hint));
    return node.is_map();
  }
  std::string plain(const Options& options, std::string_view name) {
    const auto& text = options.text(name);
    if (is_plain(text)) return text;
    wrong(options.place(name), "a tab or a line end stands in it", "one line of text");
    return {};
  }

  void read_composites(const Node& all, std::string_view key, char mark, std::string_view parts, std::string& into) {
    if (!is_map(all, key, "segments: { ZPI: { fields: … } }")) return;
    for (const auto& [name, place, value] : all.entries()) {
      const bool good = mark == '-' ? is_segment(name) : is_word(name, 12);
      if (!good) {
        wrong(place, "'" + name + "' cannot be a name", mark == '-' ? "three capital letters or digits: ZPI" : "ZWD");
        continue;
      }
      const auto& known = schema::Dictionary::of(schema::Version::v2_8_2);
      if (!name.starts_with('Z') && (mark == '-' ? known.segment(name) : known.type(name)) != nullptr) {
        wrong(place, "'" + name + "' is HL7's own", "a site's begin with Z");
        continue;
      }
      const auto options = config::read_options(dictionary_segment_spec(), value, diagnostics_);
      std::string versions(kAllVersions);
      if (options.given("versions")) versions = options.text("versions");
      if (!is_versions(versions)) {
        wrong(options.place("versions"), "this is no span of versions", "versions: 2.3-2.5.1");
        continue;
      }
      append(into, {name, "\t", plain(options, "title"), "\t", versions, "\n"});
      read_elements(name, mark, options.node(parts), parts, versions, into);
    }
  }

  void read_elements(const std::string& owner, char mark, const Node& all, std::string_view key,
                     const std::string& versions, std::string& into) {
    if (!is_map(all, key, std::string(key) + ": { " + owner + mark + "1: { name: Set ID, type: SI } }")) return;
    std::size_t last = 0;
    for (const auto& [name, place, value] : all.entries()) {
      const bool its_own = name.starts_with(owner) && name.size() > owner.size() && name[owner.size()] == mark;
      const auto number = its_own ? number_in(std::string_view(name).substr(owner.size() + 1)) : std::nullopt;
      if (!number || *number <= last || *number > kMostElements) {
        wrong(place, fmt::format("'{}' is not the next place of {}", name, owner),
              fmt::format("{}{}{}, and so on, rising", owner, mark, last + 1));
        continue;
      }
      last = *number;
      const auto options = config::read_options(dictionary_element_spec(), value, diagnostics_);
      const auto type = options.given("type") ? options.text("type") : std::string("ST");
      if (!is_word(type, 12)) {
        wrong(options.place("type"), "'" + type + "' is no data type", "type: CWE");
        continue;
      }
      append(into, {name, "\t", plain(options, "name"), "\t", versions, ":", type});
      if (options.boolean("required")) into += "!";
      const auto most = options.integer("most");
      if (options.boolean("repeats") || most > 0) into += "*" + (most > 0 ? std::to_string(most) : std::string());
      if (const auto length = options.integer("length"); length > 0) into += "/" + std::to_string(length);
      if (const auto table = options.integer("table"); table > 0) into += "#" + std::to_string(table);
      into += "\n";
    }
  }

  void read_tables(const Node& tables) {
    if (!is_map(tables, "tables", "tables: { \"9001\": { codes: { A: what it means } } }")) return;
    for (const auto& [name, place, value] : tables.entries()) {
      const auto number = number_in(name);
      if (!number || *number == 0 || *number > 65'535) {
        wrong(place, "'" + name + "' is no number of a table", "HL7 leaves 9000 to 9999 to sites");
        continue;
      }
      const auto options = config::read_options(dictionary_table_spec(), value, diagnostics_);
      append(facts_.tables, {name, "\t", plain(options, "name"), "\n"});
      for (const auto& [code, at, text] : options.node("codes").entries()) {
        if (code.empty() || !is_plain(code) || !is_plain(text.text()))
          wrong(at, "this cannot be a code", "codes: { NS: No salt }");
        else append(facts_.tables, {name, ".", code, "\t", text.text(), "\n"});
      }
    }
  }

  void read_structures(const Node& structures) {
    if (!is_map(structures, "structures", "structures: { ADT_A01: { after: PV1, add: \"[ZPI]\" } }")) return;
    for (const auto& [name, place, value] : structures.entries()) {
      if (!is_word(name, 20)) wrong(place, "'" + name + "' is no name of a structure", "ADT_A01");
      else if (!value.is_scalar()) add_to_structure(name, place, value);
      else if (const auto& grammar = value.text(); !is_plain(grammar) || !hl7::read_structure(name, grammar))
        wrong(value.place(), "this is no grammar", "\"MSH EVN PID [ZPI] [{OBX}]\"");
      else append(facts_.structures, {name, "\t", kAllVersions, "\t", grammar, "\n"});
    }
  }

  // Each grammar that HL7 has for it, with the addition.
  void add_to_structure(const std::string& name, const Place& place, const Node& value) {
    const auto options = config::read_options(dictionary_structure_spec(), value, diagnostics_);
    const auto &after = options.text("after"), &added = options.text("add");
    if (after.empty() || added.empty()) return;
    std::string lines;
    bool found = false, placed = false;
    auto rest = schema::embedded_facts().structures;
    while (!rest.empty()) {
      const auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (!line.starts_with(name) || !line.substr(name.size()).starts_with('\t')) continue;
      found = true;
      const auto grammar = line.find('\t', name.size() + 1) + 1;
      const auto at = place_after(line.substr(grammar), after);
      auto changed = std::string(line);
      if (at) changed.insert(grammar + *at, " " + added);
      if (!is_plain(added) || !hl7::read_structure(name, std::string_view(changed).substr(grammar)))
        return wrong(options.place("add"), "this is no grammar", "add: \"[{ZPI}]\"");
      placed = placed || at;
      lines += changed + "\n";
    }
    if (!found) return wrong(place, "HL7 has no structure '" + name + "'", "say its whole grammar: \"MSH EVN PID …\"");
    if (!placed) return wrong(options.place("after"), name + " has no " + after, "a segment of it");
    facts_.structures += lines;
  }

  void read_events(const Node& events) {
    if (!is_map(events, "events", "events: { ADT^Z01: ADT_A01 }")) return;
    for (const auto& [key, place, value] : events.entries()) {
      const auto caret = key.find('^');
      const bool type = caret == 3 && is_segment(key.substr(0, 3)) && is_segment(key.substr(4));
      if (!type) wrong(place, "'" + key + "' is no message type", "ADT^Z01");
      else if (!is_word(value.text(), 20)) wrong(value.place(), "this is no structure", key + ": ADT_A01");
      else facts_.events += key + "\t" + std::string(kAllVersions) + ":" + value.text() + "\n";
    }
  }

  schema::SiteFacts& facts_;
  config::Diagnostics& diagnostics_;
};

}  // namespace

void read_dictionary(const std::shared_ptr<const config::SourceText>& source, schema::SiteFacts& facts,
                     config::Diagnostics& diagnostics) {
  if (const auto root = config::load_yaml(source, diagnostics)) DictionaryReader(facts, diagnostics).read(root);
}

void use_dictionaries(const std::vector<std::shared_ptr<const config::SourceText>>& sources,
                      config::Diagnostics& diagnostics) {
  schema::SiteFacts facts;
  for (const auto& source : sources) read_dictionary(source, facts, diagnostics);
  schema::use_site_facts(std::move(facts));
}

}  // namespace myelin::routes
