// XML to ER7: the names of elements say which field and which part they are; their order says which repetition.
#include <algorithm>
#include <charconv>
#include <map>
#include <pugixml.hpp>

#include "engine/hl7/escape.h"
#include "engine/schema/xml.h"

namespace myelin::schema {
namespace {

constexpr std::size_t kMaxNumber = 999;

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name(node.name());
  return name.substr(name.find(':') + 1);  // npos + 1 is 0: no prefix
}

// "PID.3" is 3, "CX.10" is 10, "ZPI.2.1" is 1; 0 where there is no number.
std::size_t number_of(const pugi::xml_node& node) {
  const auto name = local_name(node);
  const auto point = name.rfind('.');
  if (point == std::string_view::npos) return 0;
  std::size_t number = 0;
  const auto* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + point + 1, end, number);
  return read.ec == std::errc() && read.ptr == end && number <= kMaxNumber ? number : 0;
}

bool is_segment(std::string_view name) {
  return (name.size() == 3 || (name.size() > 3 && name.size() <= 8 && name[0] == 'Z')) &&
         std::ranges::all_of(name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

class XmlReader {
 public:
  Result<std::string> read(const pugi::xml_node& message) {
    find_delimiters(message, 0);
    read_group(message, 0);
    if (broken_) return fail(FaultCode::not_hl7, "groups stand too deep inside each other");
    if (!out_.starts_with("MSH")) return fail(FaultCode::not_hl7, "the first segment of the XML is not MSH");
    return std::move(out_);
  }

 private:
  // Of the first MSH.1 and MSH.2; where they are missing, the usual ones.
  bool find_delimiters(const pugi::xml_node& group, int depth) {
    for (const auto& child : group.children()) {
      if (local_name(child) == "MSH") {
        const std::string separator(child.child("MSH.1").text().get()), others(child.child("MSH.2").text().get());
        const auto made = "MSH" + (separator.empty() ? "|" : separator) + (others.empty() ? "^~\\&" : others) +
                          (separator.empty() ? "|" : separator);
        if (const auto read = hl7::read_delimiters(made)) delimiters_ = *read;
        return true;
      }
      if (depth < kMaxXmlDepth && !is_segment(local_name(child)) && find_delimiters(child, depth + 1)) return true;
    }
    return false;
  }

  void read_group(const pugi::xml_node& group, int depth) {
    if (depth > kMaxXmlDepth) broken_ = true;
    for (const auto& child : group.children()) {
      if (broken_) return;
      if (child.type() != pugi::node_element) continue;
      if (is_segment(local_name(child))) read_segment(child);
      else read_group(child, depth + 1);
    }
  }

  std::string encoding_characters() const {
    std::string all;
    for (const char c : {delimiters_.component, delimiters_.repetition, delimiters_.escape, delimiters_.subcomponent,
                         delimiters_.truncation})
      if (c != 0) all.push_back(c);
    return all;
  }

  void read_segment(const pugi::xml_node& segment) {
    const auto name = local_name(segment);
    const bool declares = name == "MSH" || name == "FHS" || name == "BHS";
    std::map<std::size_t, std::string> fields;
    for (const auto& child : segment.children()) {
      const auto number = number_of(child);
      if (number == 0 || (declares && number <= 2)) continue;
      const auto [field, first] = fields.try_emplace(number);
      if (!first && delimiters_.repetition != 0) field->second.push_back(delimiters_.repetition);
      if (first || delimiters_.repetition != 0) field->second += value(child, 0);
    }
    out_.append(name);
    if (declares) out_.append(1, delimiters_.field).append(encoding_characters());
    std::size_t at = declares ? 2 : 0;
    for (const auto& [number, text] : fields) {
      out_.append(number - at, delimiters_.field).append(text);
      at = number;
    }
    out_.push_back('\r');
  }

  // A field, component or subcomponent: its parts where it has some, else its text.
  std::string value(const pugi::xml_node& node, int level) const {
    const char by = level == 0 ? delimiters_.component : level == 1 ? delimiters_.subcomponent : '\0';
    std::map<std::size_t, std::string> parts;
    for (const auto& child : node.children())
      if (const auto number = number_of(child); number != 0) parts[number] = value(child, level + 1);
    if (parts.empty() || level == 2) return text(node);
    if (by == 0) return parts.begin()->second;
    std::string joined;
    std::size_t at = 1;
    for (const auto& [number, content] : parts) {
      if (content.empty()) continue;
      joined.append(number - at, by).append(content);
      at = number;
    }
    return joined;
  }

  std::string text(const pugi::xml_node& node) const {
    std::string all;
    for (const auto& child : node.children()) {
      const bool is_text = child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata;
      if (is_text) all += hl7::encode(child.value(), delimiters_);
      else if (local_name(child) == "escape") all += sequence(child.attribute("V").value());
    }
    return all;
  }

  // \.br\, if it can be one in this message.
  std::string sequence(std::string_view inside) const {
    const bool plain = std::ranges::all_of(inside, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '+' || c == '-' ||
             c == '.';
    });
    if (!plain || inside.empty() || delimiters_.escape == 0) return {};
    return delimiters_.escape + std::string(inside) + delimiters_.escape;
  }

  hl7::Delimiters delimiters_;
  std::string out_;
  bool broken_ = false;
};

}  // namespace

bool looks_like_xml(std::string_view content) {
  if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
  const auto first = content.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && content[first] == '<';
}

Result<std::string> read_xml(std::string_view xml) {
  pugi::xml_document document;
  const auto parsed =
      document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata | pugi::parse_doctype);
  if (!parsed)
    return fail(FaultCode::not_hl7,
                "no XML: " + std::string(parsed.description()) + " at byte " + std::to_string(parsed.offset));
  for (const auto& child : document.children())
    if (child.type() == pugi::node_doctype) return fail(FaultCode::not_hl7, "a DOCTYPE is not taken");
  return XmlReader().read(document.document_element());
}

}  // namespace myelin::schema
