#include "routes/reverse/bundle.h"
#include "engine/base/counted.h"

#include <algorithm>

namespace myelin::reverse {
namespace {

constexpr std::size_t kMostLeftOver = 100;

std::string_view type_of(const json::Value& resource) {
  const auto* type = resource["resourceType"].text();
  return type ? std::string_view(*type) : std::string_view();
}

// Each object that has a text under `reference`.
void each_reference(const json::Value& value, const std::function<void(const json::Value&)>& visit) {
  if (const auto* items = value.array())
    for (const auto& item : *items) each_reference(item, visit);
  const auto* members = value.object();
  if (!members) return;
  if (value["reference"].text()) visit(value);
  for (const auto& member : *members) each_reference(member.value, visit);
}

class LeftOver {
 public:
  LeftOver(const std::unordered_set<const json::Value*>& read, const std::vector<std::string>& ignored)
      : read_(read), ignored_(ignored) {}

  // Whether anything in `value` was read; what was not is in `found` then, else the caller names the whole.
  bool walk(const json::Value& value, const std::string& place, std::string_view type,
            std::vector<std::string>& found) {
    if (read_.contains(&value) || value.is_null() || (value.text() && value.text()->empty())) return true;
    if (const auto* items = value.array()) return walk_items(*items, place, type, found);
    const auto* members = value.object();
    if (!members) return false;
    const auto own = type_of(value);
    if (!own.empty()) type = own;
    const bool of_resource = !own.empty() || type == "Bundle";
    bool any = members->empty();
    std::vector<std::string> inner;
    for (const auto& member : *members) {
      if ((of_resource && is_ignored(type, member.key)) || says_the_same(value, member)) continue;
      const auto at = place + "." + member.key;
      std::vector<std::string> below;
      if (walk(member.value, at, type, below)) any = true;
      else below = {at};
      add(inner, below);
    }
    if (any || inner.empty()) add(found, inner);
    return any || inner.empty();
  }

  std::size_t more() const { return more_; }

 private:
  bool walk_items(const json::Array& items, const std::string& place, std::string_view type,
                  std::vector<std::string>& found) {
    bool any = items.empty();
    std::vector<std::string> inner;
    for (std::size_t at = 0; at < items.size(); ++at) {
      const auto name = place + "[" + std::to_string(at) + "]";
      std::vector<std::string> below;
      if (walk(items[at], name, type, below)) any = true;
      else below = {name};
      add(inner, below);
    }
    if (any) add(found, inner);
    return any;
  }

  void add(std::vector<std::string>& to, const std::vector<std::string>& from) {
    for (const auto& one : from)
      if (to.size() < kMostLeftOver) to.push_back(one);
      else ++more_;
  }

  bool is_ignored(std::string_view type, std::string_view key) const {
    return std::ranges::any_of(ignored_, [&](const std::string& one) {
      const auto dot = one.find('.');
      return std::string_view(one).substr(dot + 1) == key && (one[0] == '*' || one.substr(0, dot) == type);
    });
  }

  // The text of a CodeableConcept that only repeats what a coding displays, and how a reference shows what it names.
  static bool says_the_same(const json::Value& around, const json::Member& member) {
    if ((member.key == "display" || member.key == "type") && around.has("reference")) return true;
    const auto* codings = member.key == "text" ? around["coding"].array() : nullptr;
    return codings &&
           std::ranges::any_of(*codings, [&](const json::Value& coding) { return coding["display"] == member.value; });
  }

  const std::unordered_set<const json::Value*>& read_;
  const std::vector<std::string>& ignored_;
  std::size_t more_ = 0;
};

bool find(const json::Value& in, const json::Value* wanted, std::string& place) {
  if (&in == wanted) return true;
  const auto before = place.size();
  if (const auto* items = in.array())
    for (std::size_t at = 0; at < items->size(); ++at) {
      place += "[" + std::to_string(at) + "]";
      if (find((*items)[at], wanted, place)) return true;
      place.resize(before);
    }
  if (const auto* members = in.object())
    for (const auto& member : *members) {
      place += "." + member.key;
      if (find(member.value, wanted, place)) return true;
      place.resize(before);
    }
  return false;
}

}  // namespace

Bundle::Bundle(const json::Value& root) : root_(root) {
  const auto* entries = root["entry"].array();
  if (type_of(root) != "Bundle") add(root, {});
  else if (entries)
    for (const auto& entry : *entries)
      // What an entry asks to delete is said of nobody any more.
      if (entry["request"]["method"].text_or("") != "DELETE") add(entry["resource"], entry["fullUrl"].text_or(""));
  for (const auto& [type, resources] : by_type_)
    for (const auto* resource : resources)
      if (const auto* members = (*resource)["hasMember"].array())
        for (const auto& member : *members)
          if (const auto* other = resolve(member)) members_.insert(other);
}

void Bundle::add(const json::Value& resource, std::string_view url) {
  const std::string type(type_of(resource)), id(resource["id"].text_or(""));
  if (type.empty()) return;
  by_type_[type].push_back(&resource);
  if (!url.empty()) by_url_.emplace(url, &resource);
  if (!id.empty()) by_url_.emplace(type + "/" + id, &resource);
  if (resource.has("contained")) add_contained(resource);
}

void Bundle::add_contained(const json::Value& resource) {
  std::map<std::string, const json::Value*, std::less<>> inside;
  if (const auto* all = resource["contained"].array())
    for (const auto& one : *all) inside.emplace("#" + std::string(one["id"].text_or("")), &one);
  each_reference(resource, [&](const json::Value& reference) {
    const auto found = inside.find(reference["reference"].text_or(""));
    if (found != inside.end()) contained_.emplace(&reference, found->second);
  });
}

const std::vector<const json::Value*>& Bundle::resources(std::string_view type) const {
  static const std::vector<const json::Value*> kNone;
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? kNone : found->second;
}

const json::Value* Bundle::resolve(const json::Value& reference) const {
  if (const auto inside = contained_.find(&reference); inside != contained_.end()) return inside->second;
  const auto* text = reference["reference"].text();
  if (!text) return nullptr;
  auto found = by_url_.find(*text);
  // https://server/fhir/Patient/7/_history/2: the last two words before a version.
  if (found == by_url_.end()) {
    auto plain = std::string_view(*text);
    plain = plain.substr(0, plain.find("/_history/"));
    auto slash = plain.rfind('/');
    if (slash != plain.npos && slash > 0) slash = plain.rfind('/', slash - 1);
    found = by_url_.find(std::string(slash == plain.npos ? plain : plain.substr(slash + 1)));
  }
  return found == by_url_.end() ? nullptr : found->second;
}

std::string Bundle::place(const json::Value& value) const {
  std::string place(type_of(root_));
  return find(root_, &value, place) ? place : std::string();
}

std::vector<std::string> Bundle::left_over(const std::vector<std::string>& ignored) const {
  std::vector<std::string> found;
  LeftOver walk(read_, ignored);
  const std::string root(type_of(root_));
  if (!walk.walk(root_, root, root, found)) found = {root};
  for (auto& place : found) place += " has no place in the map";
  if (walk.more() > 0)
    found.push_back("and " + counted(walk.more(), "more element") + (walk.more() == 1 ? " has none" : " have none"));
  return found;
}

}  // namespace myelin::reverse
