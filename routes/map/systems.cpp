// Of which system a number or a code is: what the site says, what the sender names, else a name of our own.
#include "engine/hl7/tree.h"
#include "routes/map/primitive.h"
#include "routes/map/values.h"

namespace myelin::mapping {
namespace {

constexpr std::string_view kTables = "http://terminology.hl7.org/CodeSystem/v2-";

// A name in the URIs of our own, where `:` divides it from the type of number.
std::string name_part(std::string_view name) {
  std::string out;
  for (const char c : percent(clean_code(name))) out += c == ':' ? std::string("%3A") : std::string(1, c);
  return out;
}

// The system that an authority is by itself.
std::string own_system(const std::string& name, const std::string& id, const std::string& type) {
  const auto kind = clean_code(type);
  for (const auto& key : {id, name}) {
    if (is_oid(key)) return "urn:oid:" + key;
    if (key.contains(':') && (kind == "URI" || kind == "URL" || key.starts_with("http") || key.starts_with("urn:")))
      return fhir_uri(key);
  }
  if (kind != "UUID" && kind != "GUID") return {};
  auto lower = id;
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower.size() == 36 ? "urn:uuid:" + lower : std::string();
}

}  // namespace

std::string Values::listed(const Authority& authority, std::string_view number) const {
  for (const auto& key : {authority.name, authority.id}) {
    if (key.empty()) continue;
    const auto known = overlay_.systems.find(number.empty() ? key : key + ":" + std::string(number));
    if (known != overlay_.systems.end()) return known->second;
  }
  return {};
}

// Numbers of one facility are told apart by their type: its account 200 is not its patient 200. A medical record number
// and one of no type have the system of the authority alone; so has every type of an authority that the site lists, or
// that is a URI itself, where the sender names it: such a system has but one meaning for each number.
std::string Values::system(const Authority& named, const std::string& number, const std::string& where) {
  const bool none = named.name.empty() && named.id.empty();
  if (none && authority_.empty()) return {};
  const auto authority = none ? Authority{authority_, "", ""} : named;
  const auto kind = clean_code(number);
  const bool apart = !kind.empty() && kind != "MR";
  if (auto known = apart ? listed(authority, kind) : std::string(); !known.empty()) return known;
  if (!none || !apart) {
    if (auto known = listed(authority, ""); !known.empty()) return known;
    if (auto own = own_system(authority.name, authority.id, authority.type); !own.empty()) return own;
  }
  if (!where.empty())
    note(where +
         (apart ? ": its authority and type are not in `systems` of the overlay (as NAME:TYPE)"
                : ": its authority is not in `systems` of the overlay") +
         "; `fallback` and the name stand for it");
  const auto name = name_part(authority.name.empty() ? authority.id : authority.name);
  return overlay_.fallback + name + (apart ? ":" + name_part(kind) : "");
}

std::string Values::code_system(const std::string& name, const Frame& frame) {
  if (name.empty()) return table_.empty() ? std::string() : std::string(kTables) + table_;
  if (const auto known = overlay_.coding_systems.find(name); known != overlay_.coding_systems.end())
    return known->second;
  if (const auto known = library_.code_system(name); !known.empty()) return std::string(known);
  if (name.starts_with("HL7") && name.size() == 7 && name.find_first_not_of("0123456789", 3) == name.npos)
    return std::string(kTables) + name.substr(3);
  if (is_oid(name)) return "urn:oid:" + name;
  if (name.starts_with("http://") || name.starts_with("https://") || name.starts_with("urn:")) return fhir_uri(name);
  note(place(frame) +
       ": its code system is not in `coding_systems` of the overlay; `fallback` and the name stand for it");
  return overlay_.fallback + "code/" + percent(authority_ + "/" + name);
}

}  // namespace myelin::mapping
