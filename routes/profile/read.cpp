// Reading a profile: YAML into constraints and rules, with every mistake at its place.
#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <set>

#include "engine/base/crypto.h"
#include "engine/schema/site.h"
#include "routes/profile/profile.h"

namespace myelin::routes {

using config::Node;
using config::Options;
using schema::ElementConstraint;
using schema::Severity;

namespace {

std::optional<Severity> severity_in(const Options& options) {
  return options.given("severity") ? schema::severity_of(options.text("severity")) : std::nullopt;
}

bool is_segment(std::string_view name) {
  return name.size() == 3 && name[0] >= 'A' && name[0] <= 'Z' &&
         std::ranges::all_of(name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

bool is_type(std::string_view text) {
  const auto caret = text.find('^');
  return is_segment(text.substr(0, caret)) &&
         (caret == std::string_view::npos || text.substr(caret + 1) == "*" || is_segment(text.substr(caret + 1)));
}

// A place that a profile can speak of: no groups, no conditions, no numbers of segments.
bool is_plain(const hl7::Path& path) {
  return path.groups.empty() && path.segment_pick == hl7::Pick{} && path.repetition == hl7::Pick{} && path.field != 0;
}

std::optional<std::uint32_t> whole(std::string_view text) {
  std::uint32_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

class ProfileReader {
 public:
  ProfileReader(const expr::Scope& scope, config::Diagnostics& diagnostics, Profile& profile)
      : scope_(scope), diagnostics_(diagnostics), profile_(profile) {
    scope_.facts = std::make_shared<std::vector<expr::FactUse>>();
  }

  void read(const Node& root) {
    const auto options = config::read_options(profile_spec(), root, diagnostics_);
    profile_.name_ = options.text("profile");
    if (options.given("version")) {
      profile_.version_ = schema::exact_version(options.text("version"));
      scope_.version = options.text("version");
      say("version", scope_.version);
    }
    read_messages(options);
    if (const auto* severities = options.nested("severity")) read_severities(*severities);
    read_tables(options.node("tables"));
    read_segments(options.node("segments"), {});
    read_fields(options.node("fields"), {});
    read_groups(options.node("groups"));
    for (const auto& rule : options.items("rules")) read_rule(*rule);
    profile_.rulebooks_ = std::make_unique<const schema::Rulebooks>(std::move(constraints_));
    profile_.facts_ = *scope_.facts;
  }

 private:
  void wrong(const config::Place& place, std::string what, std::string hint) {
    diagnostics_.add("C0160", place, std::move(what), std::move(hint));
  }

  void say(std::string place, std::string what) { profile_.says_.emplace_back(std::move(place), std::move(what)); }

  void read_messages(const Options& options) {
    for (auto& type : options.names("messages")) {
      if (!is_type(type)) {
        wrong(options.place("messages"), "'" + type + "' is no message type", "messages: [ORU^R01]");
        continue;
      }
      say("messages " + type, "is one");
      profile_.messages_.push_back(std::move(type));
    }
  }

  void read_severities(const Options& options) {
    for (std::size_t rule = 0; rule < schema::kRules; ++rule) {
      const auto severity = schema::severity_of(options.text(schema::kRuleNames[rule]));
      if (!severity || *severity == constraints_.severities[rule]) continue;
      constraints_.severities[rule] = *severity;
      say("severity " + std::string(schema::kRuleNames[rule]), std::string(to_string(*severity)));
    }
  }

  void read_tables(const Node& tables) {
    if (!tables) return;
    if (!tables.is_map()) return wrong(tables.place(), "`tables` is a map", "tables: { wards: [W1, W2] }");
    for (const auto& [name, place, value] : tables.entries()) {
      auto& codes = tables_[name];
      for (const auto& item : value.items())
        if (item.is_scalar()) codes.push_back(item.text());
      for (const auto& entry : value.entries()) codes.push_back(entry.key);
      if (codes.empty()) wrong(place, "the table has no codes", name + ": [A, B], or { A: what it means }");
    }
  }

  // `PID-3: R` is short for `PID-3: { usage: R }`.
  Options item(const config::Spec& spec, const Node& value) {
    if (!value.is_scalar()) return config::read_options(spec, value, diagnostics_);
    const auto usage = Node::map({{"usage", value.place(), value}}, value.place());
    return config::read_options(spec, usage, diagnostics_);
  }

  void read_segments(const Node& segments, const std::string& group) {
    if (!segments) return;
    if (!segments.is_map()) return wrong(segments.place(), "`segments` is a map", "segments: { NTE: X }");
    for (const auto& [name, place, value] : segments.entries()) {
      if (!is_segment(name)) {
        wrong(place, "'" + name + "' is no segment", "three capital letters or digits, such as OBX");
        continue;
      }
      const auto options = item(profile_segment_spec(), value);
      schema::SegmentConstraint made{.segment = name, .group = group};
      say(in(group) + name, read_count(options, made));
      constraints_.segments.push_back(std::move(made));
    }
  }

  // How many of a segment or of a group, and how much it weighs; in words.
  template <class Constraint>
  static std::string read_count(const Options& options, Constraint& made) {
    const auto& usage = options.text("usage");
    made.least = static_cast<std::uint32_t>(options.integer("least"));
    made.most = static_cast<std::uint32_t>(options.integer("most"));
    if (usage == "R" && made.least == 0) made.least = 1;
    made.unwanted = usage == "X";
    made.severity = severity_in(options);
    std::string said = made.unwanted ? "usage X" : "least " + std::to_string(made.least);
    if (made.most != 0) said.append(", most ").append(std::to_string(made.most));
    return said;
  }

  static std::string in(const std::string& group) { return group.empty() ? group : group + " "; }

  void read_groups(const Node& groups) {
    if (!groups) return;
    if (!groups.is_map()) return wrong(groups.place(), "`groups` is a map", "groups: { PATIENT: R }");
    for (const auto& [name, place, value] : groups.entries()) {
      if (!known_group(name, place)) continue;
      const auto options = item(profile_group_spec(), value);
      schema::GroupConstraint made{.group = name};
      say(name, read_count(options, made));
      constraints_.groups.push_back(std::move(made));
      read_segments(options.node("segments"), name);
      read_fields(options.node("fields"), name);
    }
  }

  // A name that no message of the profile has would say nothing, ever.
  bool known_group(const std::string& name, const config::Place& place) {
    if (profile_.messages_.empty()) {
      diagnostics_.add("C0222", place, "whether there is a group '" + name + "' depends on the message",
                       "messages: [ORU^R01]");
      return false;
    }
    std::set<std::string> groups;
    for (const auto version : versions())
      for (const auto& type : profile_.messages_) add_groups(schema::Dictionary::of(version), type, groups);
    if (groups.contains(name)) return true;
    std::string all;
    for (const auto& each : groups) all += (all.empty() ? "" : ", ") + each;
    diagnostics_.add("C0222", place, "no message of this profile has a group '" + name + "'",
                     all.empty() ? "its messages have no groups" : "groups are " + all);
    return false;
  }

  std::vector<schema::Version> versions() const {
    if (profile_.version_) return {*profile_.version_};
    std::vector<schema::Version> all;
    for (std::size_t i = 0; i < schema::kVersions; ++i) all.push_back(static_cast<schema::Version>(i));
    return all;
  }

  static void add_groups(const schema::Dictionary& dictionary, std::string_view type, std::set<std::string>& groups) {
    const auto caret = std::min(type.find('^'), type.size());
    const auto code = type.substr(0, caret);
    const auto event = caret == type.size() ? std::string_view() : type.substr(caret + 1);
    const auto add = [&](const schema::DocumentedStructure& structure) {
      for (const auto& node : structure.nodes)
        if (node.kind == hl7::StructureNode::Kind::group && &node != &structure.nodes.front())
          groups.emplace(node.name);
    };
    if (!event.empty() && event != "*") {
      if (const auto* structure = dictionary.structure(code, event, {})) add(*structure);
      return;
    }
    for (const auto& structure : dictionary.structures())
      if (structure.name.starts_with(code)) add(structure);
  }

  void read_fields(const Node& fields, const std::string& group) {
    if (!fields) return;
    if (!fields.is_map()) return wrong(fields.place(), "`fields` is a map", "fields: { PID-3: R }");
    for (const auto& [key, place, value] : fields.entries()) {
      const auto path = hl7::parse_path(key);
      if (!path || !is_plain(*path)) {
        wrong(place, "a profile speaks of a place such as PID-3 or PID-3.4.1",
              path ? "it holds for each segment and each repetition" : path.error().hint);
        continue;
      }
      read_field(*path, item(profile_field_spec(), value), group);
    }
  }

  void read_field(const hl7::Path& path, const Options& options, const std::string& group) {
    ElementConstraint made{.segment = path.segment,
                           .field = path.field,
                           .component = path.component,
                           .subcomponent = path.subcomponent,
                           .group = group};
    std::string said;
    const auto also = [&](const std::string& what) { said += (said.empty() ? "" : ", ") + what; };
    const auto& usage = options.text("usage");
    if (!usage.empty()) also("usage " + usage);
    if (options.given("when") && !group.empty())
      wrong(options.place("when"), "inside a group a usage has no `when`", "a rule with `each:` and `when:`");
    if (options.given("when") && group.empty()) {
      also("when " + options.node("when").text());
      conditional_usage(path, options);
    } else if (!usage.empty()) {
      made.required = usage == "R";
      made.unwanted = usage == "X";
    }
    for (const auto& [name, into] : {std::pair{"least", &made.least}, std::pair{"most", &made.most}}) {
      if (!options.given(name)) continue;
      *into = static_cast<std::uint16_t>(options.integer(name));
      also(std::string(name) + " " + std::to_string(**into));
    }
    if (options.given("length")) {
      read_length(options, made);
      also("length " + options.text("length"));
    }
    read_values(options, made);
    if (made.values) {
      also("values");
      for (const auto& value : *made.values) said += " " + value;
    }
    made.severity = severity_in(options);
    if (made.severity) also("severity " + std::string(to_string(*made.severity)));
    say(in(group) + hl7::to_string(path), said);
    constraints_.elements.push_back(std::move(made));
  }

  void read_length(const Options& options, ElementConstraint& made) {
    const std::string_view text = options.text("length");
    const auto dots = text.find("..");
    const auto most = whole(dots == std::string_view::npos ? text : text.substr(dots + 2));
    const auto least = dots == std::string_view::npos ? std::optional<std::uint32_t>(0) : whole(text.substr(0, dots));
    if (!most || !least || *least > *most)
      return wrong(options.place("length"), "this is no length", "length: 15, or length: 1..15");
    made.length = most;
    made.shortest = least;
  }

  void read_values(const Options& options, ElementConstraint& made) {
    if (options.given("values")) made.values = options.names("values");
    if (!options.given("table")) return;
    const auto found = tables_.find(options.text("table"));
    if (found == tables_.end())
      return wrong(options.place("table"), "the profile has no table called '" + options.text("table") + "'",
                   "name it below `tables:` with its codes");
    made.values = found->second;
    made.table = found->first;
  }

  void conditional_usage(const hl7::Path& path, const Options& options) {
    const auto& usage = options.text("usage");
    if (usage != "R" && usage != "X")
      return wrong(options.place("when"), "`when` says when `usage: R` or `usage: X` counts", "usage: R");
    Profile::Rule rule;
    rule.at = hl7::to_string(path);
    rule.each = path.segment;
    rule.path = path;
    rule.wanted = usage == "R";
    rule.text = rule.at + (rule.wanted ? " is required here" : " is not wanted here");
    rule.severity = severity_in(options);
    rule.when = expr::compile_condition(options.node("when"), scope_, diagnostics_);
    profile_.rules_.push_back(std::move(rule));
  }

  void read_rule(const Options& options) {
    Profile::Rule rule;
    rule.text = options.text("rule");
    rule.at = options.text("at");
    rule.each = options.text("each");
    rule.severity = severity_in(options);
    if (!rule.each.empty() && !is_segment(rule.each))
      wrong(options.place("each"), "`each` names a segment", "each: OBX");
    if (!rule.at.empty()) {
      const auto at = hl7::parse_path(rule.at);
      if (!at) wrong(options.place("at"), "`at` is a path: " + at.error().message, at.error().hint);
      else rule.path = *at;
    }
    std::string said = options.node("check").text();
    if (options.given("when")) {
      rule.when = expr::compile_condition(options.node("when"), scope_, diagnostics_);
      said += ", when " + options.node("when").text();
    }
    if (const auto& check = options.node("check")) rule.check = expr::compile_condition(check, scope_, diagnostics_);
    if (!rule.check) return;
    say("rule " + rule.text, said);
    profile_.rules_.push_back(std::move(rule));
  }

  expr::Scope scope_;
  config::Diagnostics& diagnostics_;
  Profile& profile_;
  schema::Constraints constraints_;
  std::map<std::string, std::vector<std::string>> tables_;
};

std::shared_ptr<const Profile> Profile::read(const std::shared_ptr<const config::SourceText>& source,
                                             const expr::Scope& scope, config::Diagnostics& diagnostics) {
  auto made = std::make_shared<Profile>();
  made->digest_ = hex(sha256(source->content()));
  const auto root = config::load_yaml(source, diagnostics);
  if (root) ProfileReader(scope, diagnostics, *made).read(root);
  if (!made->rulebooks_) made->rulebooks_ = std::make_unique<const schema::Rulebooks>();
  return made;
}

std::shared_ptr<const Profile> Profile::standard() {
  static std::mutex lock;
  static std::shared_ptr<const Profile> known;
  static unsigned generation = 0;  // of the site's facts
  const std::scoped_lock hold(lock);
  if (!known || generation != schema::site_generation()) {
    auto made = std::make_shared<Profile>();
    made->name_ = kStandardProfile;
    made->rulebooks_ = std::make_unique<const schema::Rulebooks>();
    known = std::move(made);
    generation = schema::site_generation();
  }
  return known;
}

}  // namespace myelin::routes
