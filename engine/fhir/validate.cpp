#include "engine/fhir/validate.h"

#include <algorithm>
#include <array>
#include <set>

#include "engine/fhir/definitions.h"

namespace myelin::fhir {
namespace {

bool is_primitive(std::string_view type) { return !type.empty() && type.front() >= 'a' && type.front() <= 'z'; }

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Each # of the form is a digit, the rest stands for itself.
bool fits(std::string_view text, std::string_view form) {
  if (text.size() != form.size()) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool digit = text[at] >= '0' && text[at] <= '9';
    if (form[at] == '#' ? !digit : text[at] != form[at]) return false;
  }
  return true;
}

bool is_date(std::string_view text) { return fits(text, "####") || fits(text, "####-##") || fits(text, "####-##-##"); }

bool is_time(std::string_view text) {
  const auto dot = text.find('.');
  return fits(text.substr(0, dot), "##:##:##") && (dot == text.npos || all_digits(text.substr(dot + 1)));
}

bool is_instant(std::string_view text) {
  if (text.size() < 20 || text[10] != 'T' || !is_date(text.substr(0, 10))) return false;
  const auto zone = text.find_first_of("Z+-", 11);
  if (zone == text.npos) return false;
  const auto offset = text.substr(zone);
  return is_time(text.substr(11, zone - 11)) && (offset == "Z" || fits(offset, "+##:##") || fits(offset, "-##:##"));
}

bool is_code(std::string_view text) {
  return !text.empty() && text.front() != ' ' && text.back() != ' ' && !text.contains("  ") &&
         text.find_first_of("\t\r\n") == text.npos;
}

bool is_base64(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
           c == '=';
  };
  return text.size() % 4 == 0 && std::ranges::all_of(text, letter);
}

// Whether JSON says it as it says values of this type.
bool is_of_kind(std::string_view type, const json::Value& value) {
  using enum json::Kind;
  if (type == "boolean") return value.kind() == boolean;
  if (type == "decimal") return value.kind() == number;
  if (type == "integer") return value.integer().has_value();
  if (type == "unsignedInt") return value.integer() && *value.integer() >= 0;
  if (type == "positiveInt") return value.integer() && *value.integer() > 0;
  return value.text() && has_form(type, *value.text());
}

class Validator {
 public:
  std::vector<Finding> run(const json::Value& resource) {
    check_resource(resource, "");
    if (resource["resourceType"].text_or("") == "Bundle") check_references(resource);
    if (findings_.size() > kMostFindings) findings_.resize(kMostFindings);
    return std::move(findings_);
  }

 private:
  void wrong(const std::string& at, std::string what) {
    if (findings_.size() <= kMostFindings) findings_.push_back({at, std::move(what)});
  }

  static std::string below(const std::string& at, std::string_view name) {
    return at.empty() ? std::string(name) : at + "." + std::string(name);
  }

  void check_resource(const json::Value& resource, const std::string& at) {
    const auto type = resource["resourceType"].text_or("");
    if (type.empty()) return wrong(at, "has no resourceType");
    if (!definitions_.parts_of(type)) return wrong(at, "is a resource of a type that is not known here");
    check_object(resource, type, at, true);
  }

  void check_object(const json::Value& value, std::string_view path, const std::string& at, bool resource = false) {
    const auto* members = value.object();
    const auto* parts = definitions_.parts_of(path);
    if (!members) return wrong(at, "is no object");
    if (members->empty()) return wrong(at, "is empty");
    if (!parts) return;
    std::set<std::string_view> met;
    for (const auto& member : *members) {
      if (resource && member.key == "resourceType") continue;
      check_member(member, *parts, at, met);
    }
    for (const auto& part : *parts)
      if (part.required && !met.contains(part.name)) wrong(below(at, part.name), "is required and not there");
  }

  void check_member(const json::Member& member, const std::vector<Element>& parts, const std::string& at,
                    std::set<std::string_view>& met) {
    const bool beside = member.key.starts_with('_');  // the extensions of a primitive
    const auto name = std::string_view(member.key).substr(beside ? 1 : 0);
    const auto place = below(at, member.key);
    for (const auto& part : parts) {
      const auto type = type_of(part, name);
      if (type.empty()) continue;
      const bool again = !met.insert(part.name).second;
      if (again && part.name.ends_with("[x]") && last_choice_ != name) wrong(place, "stands beside another kind of it");
      last_choice_ = name;
      if (beside) return check_beside(member.value, type, place);
      return check_items(member.value, part, type, place);
    }
    wrong(place, "is no element");
  }

  // The type of the element by that name; "": it is another.
  static std::string_view type_of(const Element& part, std::string_view name) {
    if (!part.name.ends_with("[x]")) return part.name == name && !part.types.empty() ? part.types.front() : "";
    const auto stem = part.name.substr(0, part.name.size() - 3);
    if (!name.starts_with(stem)) return "";
    const auto kind = name.substr(stem.size());
    for (const auto type : part.types)
      if (type.size() == kind.size() && type.substr(1) == kind.substr(1) && (type[0] & ~0x20) == kind[0]) return type;
    return "";
  }

  void check_beside(const json::Value& value, std::string_view type, const std::string& at) {
    if (!is_primitive(type)) return wrong(at, "stands beside what is no primitive");
    if (const auto* items = value.array()) {
      for (const auto& item : *items)
        if (!item.is_null()) check_object(item, "Element", at);
    } else {
      check_object(value, "Element", at);
    }
  }

  void check_items(const json::Value& value, const Element& part, std::string_view type, const std::string& at) {
    const auto* items = value.array();
    if ((items != nullptr) != part.repeats)
      return wrong(at, part.repeats ? "may repeat, so it is an array" : "is one, and no array");
    if (!items) return check_item(value, part, type, at);
    if (items->empty()) wrong(at, "is empty");
    for (std::size_t index = 0; index < items->size(); ++index)
      check_item((*items)[index], part, type, at + "[" + std::to_string(index) + "]");
  }

  void check_item(const json::Value& value, const Element& part, std::string_view type, const std::string& at) {
    if (type.starts_with('@')) return check_object(value, type.substr(1), at);
    if (type == "Resource") return check_resource(value, at);
    if (is_primitive(type)) {
      if (!is_of_kind(type, value)) return wrong(at, "is no " + std::string(type));
      if (part.codes && value.text() && !part.codes->contains(*value.text())) wrong_code(part, at);
      return;
    }
    check_object(value, type == "BackboneElement" || type == "Element" ? part.path : type, at);
    if (part.codes && !has_code(value, *part.codes)) wrong_code(part, at);
  }

  void wrong_code(const Element& part, const std::string& at) {
    wrong(at, "is no code of " + std::string(part.codes_name));
  }

  // A Coding, or a CodeableConcept with one that is in the set; without any code it is text.
  static bool has_code(const json::Value& value, const std::set<std::string_view>& codes) {
    const auto known = [&](const json::Value& coding) {
      return !coding["code"].text() || codes.contains(*coding["code"].text());
    };
    const auto* all = value["coding"].array();
    return all ? all->empty() || std::ranges::any_of(*all, known) : known(value);
  }

  void check_references(const json::Value& bundle) {
    std::set<std::string_view> urls;
    const auto* entries = bundle["entry"].array();
    if (!entries) return;
    for (std::size_t at = 0; at < entries->size(); ++at)
      if (const auto* url = (*entries)[at]["fullUrl"].text(); url && !urls.insert(*url).second)
        wrong("entry[" + std::to_string(at) + "].fullUrl", "stands twice");
    for (std::size_t at = 0; at < entries->size(); ++at)
      check_references((*entries)[at]["resource"], urls, "entry[" + std::to_string(at) + "].resource");
  }

  void check_references(const json::Value& value, const std::set<std::string_view>& urls, const std::string& at) {
    if (const auto* items = value.array())
      for (const auto& item : *items) check_references(item, urls, at);
    const auto* members = value.object();
    if (!members) return;
    for (const auto& member : *members) {
      const auto* text = member.value.text();
      if (member.key == "reference" && text && text->starts_with("urn:") && !urls.contains(*text))
        wrong(at, "refers to what is not in the bundle");
      check_references(member.value, urls, below(at, member.key));
    }
  }

  const Definitions& definitions_ = Definitions::r4();
  std::vector<Finding> findings_;
  std::string_view last_choice_;
};

}  // namespace

bool has_form(std::string_view type, std::string_view text) {
  if (text.empty()) return false;
  if (type == "date") return is_date(text);
  if (type == "dateTime") return is_date(text) || is_instant(text);
  if (type == "instant") return is_instant(text);
  if (type == "time") return is_time(text);
  if (type == "code") return is_code(text);
  if (type == "base64Binary") return is_base64(text);
  if (type == "uri" || type == "url" || type == "canonical" || type == "oid" || type == "uuid")
    return text.find_first_of(" \t\r\n") == text.npos;
  if (type == "id")
    return text.size() <= 64 && std::ranges::all_of(text, [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
           });
  return text.find_first_not_of(" \t\r\n") != text.npos;
}

std::vector<Finding> validate_r4(const json::Value& resource) { return Validator().run(resource); }

}  // namespace myelin::fhir
