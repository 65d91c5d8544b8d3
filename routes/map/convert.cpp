// The resources that the segments of a message become, their identities, what refers to what, and the bundle.
#include "routes/map/convert.h"

#include <algorithm>
#include <deque>
#include <map>

#include "engine/base/crypto.h"
#include "engine/hl7/charset_iconv.h"
#include "engine/schema/dictionary.h"
#include "routes/map/primitive.h"
#include "routes/map/values.h"

namespace myelin::mapping {
namespace {

// The system of identities of our own. Not the fullUrl: some servers take it for a reference wherever it stands.
constexpr std::string_view kIdentities = "urn:x-myelin:identity";
constexpr std::string_view kUuid = "urn:uuid:";

struct Instance {
  const Resource* resource = nullptr;
  Frame frame;
  json::Value content;
  std::string url;    // "urn:uuid:…"
  std::string query;  // what finds it at the receiver: "identifier=…"
  bool left_out = false;
};

// A value in a query: what has a meaning there, escaped.
std::string query_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ',' || c == '$' || c == '|' || c == '\\') out += '\\';
    out += c;
  }
  std::string encoded;
  for (const char c : percent(out))
    if (c == '?' || c == '=' || c == ';') encoded += c == '?' ? "%3F" : c == '=' ? "%3D" : "%3B";
    else encoded += c;
  return encoded;
}

bool is_utf8(const json::Value& value) {
  if (const auto* text = value.text()) return !hl7::find_non_utf8(*text);
  if (const auto* items = value.array()) return std::ranges::all_of(*items, is_utf8);
  const auto* members = value.object();
  return !members || std::ranges::all_of(*members, [](const json::Member& item) { return is_utf8(item.value); });
}

class Converter {
 public:
  Converter(const hl7::Tree& tree, const hl7::Structure& structure, const MessageMap& map, const Overlay& overlay,
            const Circumstances& circumstances)
      : map_(map),
        overlay_(overlay),
        circumstances_(circumstances),
        reader_(tree, structure),
        values_(reader_, Library::embedded(), overlay, circumstances,
                [this](const Resource& resource, const Frame& frame) { return reference(resource, frame); }) {}

  Result<Conversion> run() {
    make_resources();
    if (refused_) return std::unexpected(std::move(*refused_));
    for (std::size_t index = 0; index < made_.size(); ++index) refer(index);
    for (auto& instance : made_) check_needs(instance);
    for (const auto& [segment, field] : map_.ignored) reader_.ignore(segment, field);
    Conversion conversion{bundle(), values_.notes()};
    for (const auto& place : reader_.left_over()) conversion.notes.push_back(place + " has no place in the map");
    return conversion;
  }

 private:
  bool wanted(const Anchor& anchor, std::uint32_t segment) const {
    if (reader_.tree().segment_name(segment) != anchor.segment) return false;
    if (anchor.only_message && circumstances_.bundle != BundleKind::message) return false;
    if (!anchor.group.empty()) {
      auto group = reader_.groups().group_of(segment);
      while (group != 0 && !reader_.groups().name(group).starts_with(anchor.group))
        group = reader_.groups().groups()[group].parent;
      if (group == 0) return false;
    }
    return reader_.holds(anchor.when, {segment, {segment, 0, 0, 0, 0}, std::nullopt});
  }

  // What the message itself becomes stands where the map has it: before the other segments, or after them.
  void make_resources() {
    auto anchor = map_.anchors.begin();
    for (; anchor != map_.anchors.end() && anchor->segment == "MSH"; ++anchor) make(*anchor, 0);
    const auto body = anchor;
    for (std::uint32_t segment = 1; segment < reader_.tree().segment_count(); ++segment) {
      bool in_group = false;
      for (anchor = body; anchor != map_.anchors.end(); ++anchor)
        if (!in_group || !anchor->group.empty()) in_group = make(*anchor, segment) && !anchor->group.empty();
    }
    for (anchor = body; anchor != map_.anchors.end(); ++anchor)
      if (anchor->segment == "MSH") make(*anchor, 0);
  }

  bool make(const Anchor& anchor, std::uint32_t segment) {
    if (!wanted(anchor, segment)) return false;
    for (const auto& [why, when] : anchor.resource->refusals)
      if (!refused_ && reader_.holds(when, {segment, {segment, 0, 0, 0, 0}, std::nullopt}))
        refused_ = Fault{FaultCode::required_missing, why, hl7::to_string(reader_.tree(), {segment, 0, 0, 0, 0}), {}};
    build(*anchor.resource, {segment, {segment, 0, 0, 0, 0}, std::nullopt}, true);
    return true;
  }

  // Its place among the others; the one that is there already, where it is the same.
  std::optional<std::size_t> build(const Resource& resource, const Frame& frame, bool anchored) {
    auto index = made_.size();
    made_.push_back({&resource, frame, {}, {}, {}, false});
    json::Value content;
    content.set("resourceType", resource.fhir);
    for (const auto& row : resource.rows)
      if (!row.otherwise_of_reference) values_.apply(row, frame, content);
    made_[index].content = std::move(content);
    if (!identify(made_[index], anchored)) {
      made_[index].left_out = true;
      return std::nullopt;
    }
    const auto [known, fresh] = by_url_.emplace(made_[index].url, index);
    if (!fresh) {
      merge(made_[known->second].content, std::move(made_[index].content));
      made_[index].left_out = true;
      index = known->second;
    }
    if (anchored) {
      auto& named = by_name_[resource.name];
      named.segments.push_back(frame.segment);
      named.instances.push_back(index);
    }
    return index;
  }

  // What the first does not say; nothing is overwritten.
  static void merge(json::Value& into, json::Value from) { put_at(into, {}, std::move(from)); }

  bool identify(Instance& instance, bool anchored) {
    using enum Resource::Identity;
    const auto& resource = *instance.resource;
    if (resource.identity == identifier) {
      if (const auto* number = best_identifier(instance)) {
        const auto system = (*number)["system"].text_or(""), value = (*number)["value"].text_or("");
        instance.url = url_of(resource.fhir + "\n" + system + "\n" + value);
        instance.query = "identifier=" + query_value(system) + "|" + query_value(value);
        note_shared(instance, *number);
        return true;
      }
      if (!anchored) return false;
    }
    std::string parts;
    if (resource.identity == message || !own_parts(resource, instance.frame, parts))
      parts = "message\n" + raw({0, 10}) + "\n" + raw({0, 7});
    parts = resource.fhir + "\n" + values_.authority() + "\n" + parts;
    if (const auto times = ++seen_[parts]; times > 1) parts += "\n#" + std::to_string(times);
    instance.url = url_of(parts);
    if (resource.identity == message) {
      tag(instance);
      return true;
    }
    json::Value number;
    number.set("system", kIdentities).set("value", instance.url.substr(kUuid.size()));
    put_at(instance.content, {{TargetStep::Mode::append, "identifier", {}}}, std::move(number));
    instance.query = "identifier=" + std::string(kIdentities) + "|" + instance.url.substr(kUuid.size());
    return true;
  }

  // What is found by its system and number alone could be found by another number of that system.
  void note_shared(const Instance& instance, const json::Value& number) {
    for (const auto& other : *instance.content["identifier"].array())
      if (other["system"] == number["system"] && other["type"] != number["type"] && other["value"] != number["value"])
        return values_.note(std::string(reader_.tree().segment_name(instance.frame.segment)) +
                            ": numbers of two types have one system, so that one can be taken for the other; `systems` "
                            "of the overlay tells them apart by NAME:TYPE");
  }

  // Where there is no identifier to find it by.
  void tag(Instance& instance) const {
    json::Value coding;
    coding.set("system", kIdentities).set("code", instance.url.substr(kUuid.size()));
    put_at(instance.content, {{TargetStep::Mode::set, "meta", {}}, {TargetStep::Mode::append, "tag", {}}},
           std::move(coding));
    instance.query = "_tag=" + std::string(kIdentities) + "|" + instance.url.substr(kUuid.size());
  }

  std::string url_of(const std::string& name) const { return std::string(kUuid) + name_uuid(name); }
  std::string raw(const hl7::Spot& spot) const { return clean_code(reader_.tree().raw(spot)); }

  const json::Value* best_identifier(const Instance& instance) const {
    const auto* all = instance.content["identifier"].array();
    if (!all) return nullptr;
    const auto usable = [](const json::Value& one) { return one["value"].text() && one["system"].text(); };
    auto types = instance.resource->prefer;
    if (instance.resource->name == "patient" && !overlay_.identity.empty()) types = overlay_.identity;
    for (const auto& type : types)
      for (const auto& one : *all)
        if (const auto* codings = one["type"]["coding"].array(); codings && usable(one))
          for (const auto& coding : *codings)
            if (coding["code"].text_or("") == type) return &one;
    const auto found = std::ranges::find_if(*all, usable);
    return found == all->end() ? nullptr : &*found;
  }

  // False: what the identity stands on is not there.
  bool own_parts(const Resource& resource, const Frame& frame, std::string& parts) const {
    const bool all = resource.identity == Resource::Identity::identifier;
    for (const auto& part : resource.parts) {
      const auto text = part_text(part, frame);
      if (text.empty() && (all || &part == resource.parts.data())) return false;
      parts += text + "\n";
    }
    return !resource.parts.empty();
  }

  std::string part_text(const Alternatives& part, const Frame& frame) const {
    for (const auto& source : part) {
      if (source.kind == Source::Kind::identity) {
        if (const auto index = nearest(source.text, frame.segment)) return made_[*index].url;
      } else if (const auto found = reader_.find(Alternatives{source}, frame); !found.spots.empty()) {
        return raw(found.spots.front());
      }
    }
    return {};
  }

  std::optional<std::size_t> nearest(const std::string& name, std::uint32_t segment) const {
    const auto named = by_name_.find(name);
    if (named == by_name_.end()) return std::nullopt;
    const auto& segments = named->second.segments;
    const auto own = std::ranges::lower_bound(segments, segment);
    const auto at =
        own != segments.end() && *own == segment ? std::optional(segment) : reader_.nearest(segments, segment);
    if (!at) return std::nullopt;
    return named->second
        .instances[static_cast<std::size_t>(std::ranges::lower_bound(segments, *at) - segments.begin())];
  }

  // All of that name in the group at hand; where there are none, the nearest.
  std::vector<std::size_t> all_of(const std::string& name, std::uint32_t segment) const {
    std::vector<std::size_t> all;
    const auto named = by_name_.find(name);
    if (named == by_name_.end()) return all;
    const auto& segments = named->second.segments;
    const auto inside = reader_.with(segments, segment);
    for (std::size_t at = static_cast<std::size_t>(inside.data() - segments.data()), n = 0; n < inside.size();
         ++at, ++n)
      all.push_back(named->second.instances[at]);
    if (all.empty())
      if (const auto one = nearest(name, segment)) all.push_back(*one);
    return all;
  }

  void refer(std::size_t index) {
    if (made_[index].left_out) return;
    for (const auto& row : made_[index].resource->rows) {
      if (row.otherwise_of_reference) values_.apply(row, made_[index].frame, made_[index].content);
      if (row.references.empty() || !reader_.holds(row.when, made_[index].frame)) continue;
      const bool list = row.target.back().mode == TargetStep::Mode::append;
      for (const auto& names : row.references) {
        bool any = false;
        for (const auto& name : names) any = put_references(index, row, name, list) || any;
        if (any) break;
      }
    }
  }

  bool put_references(std::size_t index, const Row& row, const std::string& name, bool list) {
    const auto segment = made_[index].frame.segment;
    std::vector<std::size_t> others;
    if (!row.named_by.empty()) others = numbered(name, clean_code(reader_.text(row.named_by, made_[index].frame)));
    else if (list) others = all_of(name, segment);
    else if (row.alone && several(name, segment)) return false;
    else if (const auto one = nearest(name, segment)) others.push_back(*one);
    for (const auto other : others) {
      json::Value reference;
      reference.set("reference", made_[other].url);
      put_at(made_[index].content, row.target, std::move(reference));
    }
    return !others.empty();
  }

  // More than one that nearest() could mean.
  bool several(const std::string& name, std::uint32_t segment) const {
    const auto named = by_name_.find(name);
    if (named == by_name_.end()) return false;
    const auto all = reader_.all_nearest(named->second.segments, segment);
    return all.size() > 1 && !std::ranges::binary_search(all, segment);
  }

  // The one that has a number of this value.
  std::vector<std::size_t> numbered(const std::string& name, const std::string& value) const {
    const auto named = by_name_.find(name);
    if (named == by_name_.end() || value.empty()) return {};
    for (const auto index : named->second.instances)
      if (const auto* numbers = made_[index].content["identifier"].array())
        for (const auto& number : *numbers)
          if (number["value"].text_or("") == value) return {index};
    return {};
  }

  // What a field names: the resource, where it has a number to be known by, else its name alone.
  json::Value reference(const Resource& resource, const Frame& frame) {
    json::Value made;
    std::string display;
    for (const auto& part : resource.display) {
      const auto text = clean_code(reader_.text(part, frame));
      if (!text.empty()) display += (display.empty() ? "" : " ") + text;
    }
    if (const auto index = build(resource, frame, false)) made.set("reference", made_[*index].url);
    if (!display.empty()) made.set("display", display);
    return made;
  }

  void check_needs(Instance& instance) {
    if (instance.left_out) return;
    for (const auto& needed : instance.resource->needs)
      if (!instance.content.has(needed)) instance.left_out = true;
  }

  json::Value bundle() {
    json::Value made;
    constexpr std::array<std::string_view, 3> kKinds = {"transaction", "message", "collection"};
    made.set("resourceType", "Bundle");
    if (const auto id = clean_code(reader_.tree().text({0, 10, 1, 1, 0})); !id.empty()) {
      json::Value number;
      number.set("system", "urn:x-hl7v2:message:" + percent(values_.authority())).set("value", id);
      made.set("identifier", std::move(number));
    }
    made.set("type", kKinds[static_cast<std::size_t>(circumstances_.bundle)]);
    const auto sent = fhir_instant(reader_.tree().text({0, 7, 1, 1, 0}), circumstances_.zone);
    if (sent) made.set("timestamp", *sent);
    json::Array entries;
    for (auto& instance : made_)
      if (!instance.left_out) entries.push_back(entry(instance));
    made.set("entry", std::move(entries));
    return made;
  }

  json::Value entry(Instance& instance) const {
    json::Value made, request;
    const auto& resource = *instance.resource;
    made.set("fullUrl", instance.url).set("resource", std::move(instance.content));
    if (circumstances_.bundle != BundleKind::transaction) return made;
    if (resource.update) request.set("method", "PUT").set("url", resource.fhir + "?" + instance.query);
    else request.set("method", "POST").set("url", resource.fhir).set("ifNoneExist", instance.query);
    made.set("request", std::move(request));
    return made;
  }

  struct Named {
    std::vector<std::uint32_t> segments;  // they rise
    std::vector<std::size_t> instances;
  };

  const MessageMap& map_;
  const Overlay& overlay_;
  const Circumstances& circumstances_;
  Reader reader_;
  Values values_;
  std::deque<Instance> made_;
  std::map<std::string, std::size_t, std::less<>> by_url_;
  std::map<std::string, Named, std::less<>> by_name_;
  std::map<std::string, int, std::less<>> seen_;
  std::optional<Fault> refused_;
};

}  // namespace

Result<Conversion> convert(const hl7::Tree& tree, const MessageMap& map, const Overlay& overlay,
                           const Circumstances& circumstances) {
  const auto code = tree.text({0, 9, 1, 1, 0}), event = tree.text({0, 9, 1, 2, 0}),
             declared = tree.text({0, 9, 1, 3, 0});
  const bool known = std::ranges::any_of(map.types, [&](const std::string& type) {
    return type == code + "^" + event || (event.empty() && type.starts_with(code + "^"));
  });
  if (!known) return fail(FaultCode::type_not_accepted, "the map " + map.name + " is of other messages", "MSH-9");
  const auto version = tree.text({0, 12, 1, 1, 0});
  const auto& dictionary = schema::Dictionary::of(version.empty() ? circumstances.version : std::string_view(version));
  const auto* structure = event.empty() ? nullptr : dictionary.structure(code, event, declared);
  if (!structure) structure = dictionary.structure(map.structure);
  if (!structure)
    return fail(FaultCode::type_not_accepted, "nothing is known of the structure " + map.structure, "MSH-9");
  auto conversion = Converter(tree, *structure, map, overlay, circumstances).run();
  if (conversion && !is_utf8(conversion->bundle))
    return fail(FaultCode::bad_charset, "a value is not UTF-8, and JSON is");
  return conversion;
}

}  // namespace myelin::mapping
