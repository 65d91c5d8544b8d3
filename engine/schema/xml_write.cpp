// ER7 to XML: one pass over the segments, with the groups that are open kept as a stack.
#include <algorithm>
#include <pugixml.hpp>

#include "engine/hl7/group.h"
#include "engine/schema/dictionary.h"
#include "engine/schema/xml.h"

namespace myelin::schema {
namespace {

using hl7::Spot;

std::string header(const hl7::Tree& tree, std::uint16_t field, std::uint16_t component) {
  return tree.text({0, field, 1, component, 0});
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t more = lead < 0x80 ? 0 : lead >= 0xC2 && lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF5 ? 3 : 4;
    if ((lead >= 0x80 && lead < 0xC2) || more == 4 || i + more >= text.size()) return false;
    for (std::size_t k = 1; k <= more; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) return false;
    i += more + 1;
  }
  return true;
}

// All of them, in one pass.
std::vector<std::string_view> pieces(std::string_view text, char separator) {
  std::vector<std::string_view> all;
  for (std::size_t begin = 0; separator != 0;) {
    const auto end = text.find(separator, begin);
    all.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return all;
    begin = end + 1;
  }
  return {text};
}

std::string numbered(std::string_view owner, std::size_t number) {
  return std::string(owner) + "." + std::to_string(number);
}

// Three characters; sites' own segments are sometimes longer.
bool is_plain_name(std::string_view name) {
  const bool fits = name.size() == 3 || (name.size() > 3 && name.size() <= 8 && name[0] == 'Z');
  return fits && name[0] >= 'A' && name[0] <= 'Z' &&
         std::ranges::all_of(name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

class XmlWriter {
 public:
  explicit XmlWriter(const hl7::Tree& tree)
      : tree_(tree), delimiters_(tree.delimiters()), dictionary_(Dictionary::of(header(tree, 12, 1))) {}

  std::string write() {
    const auto* structure = dictionary_.structure(header(tree_, 9, 1), header(tree_, 9, 2), header(tree_, 9, 3));
    std::string root(structure == nullptr ? std::string_view("MESSAGE") : structure->name);
    pugi::xml_document document;
    auto message = document.append_child(root.c_str());
    message.append_attribute("xmlns").set_value("urn:hl7-org:v2xml");
    if (structure == nullptr) {
      for (std::uint32_t i = 0; i < tree_.segment_count(); ++i) write_segment(message, i);
    } else {
      write_groups(message, hl7::group(tree_, *structure), root);
    }
    struct Out : pugi::xml_writer {
      std::string text;
      void write(const void* data, std::size_t size) override { text.append(static_cast<const char*>(data), size); }
    } out;
    document.save(out, "", pugi::format_raw | pugi::format_no_empty_element_tags, pugi::encoding_utf8);
    return std::move(out.text);
  }

 private:
  // The elements of the groups around a segment, outermost first. A group is one element as long as its segments stand
  // together; a segment of another group between them begins it anew, because the order is the message.
  void write_groups(pugi::xml_node message, const hl7::Grouped& grouped, const std::string& root) {
    std::vector<std::uint32_t> open;
    std::vector<pugi::xml_node> elements;
    for (std::uint32_t i = 0; i < tree_.segment_count(); ++i) {
      std::vector<std::uint32_t> path;
      for (auto at = grouped.group_of(i); at != 0; at = grouped.groups()[at].parent)
        if (!grouped.name(at).empty()) path.push_back(at);
      std::ranges::reverse(path);
      const auto same = static_cast<std::size_t>(std::ranges::mismatch(open, path).in1 - open.begin());
      elements.resize(same);
      for (std::size_t level = same; level < path.size(); ++level) {
        auto around = level == 0 ? message : elements[level - 1];
        elements.push_back(around.append_child((root + "." + std::string(grouped.name(path[level]))).c_str()));
      }
      open = std::move(path);
      write_segment(elements.empty() ? message : elements.back(), i);
    }
  }

  void write_segment(pugi::xml_node parent, std::uint32_t index) {
    const std::string name(tree_.segment_name(index));
    if (!is_plain_name(name)) return;  // a blank line, or what is no segment's name
    auto segment = parent.append_child(name.c_str());
    const bool declares = name == "MSH" || name == "FHS" || name == "BHS";
    for (std::size_t field = 1; field <= tree_.field_count(index); ++field) {
      const Spot whole{index, static_cast<std::uint16_t>(field), 0, 0, 0};
      const auto raw = tree_.raw(whole);
      if (blank(raw)) continue;
      const auto element = numbered(name, field);
      if (declares && field <= 2) {
        segment.append_child(element.c_str()).text().set(std::string(raw).c_str());
        continue;
      }
      const auto type = type_of(name, index, field);
      for (const auto value : pieces(raw, delimiters_.repetition)) write_value(segment, element, type, value, 0);
    }
  }

  std::string type_of(std::string_view name, std::uint32_t index, std::size_t field) const {
    const auto* known = dictionary_.field(name, field);
    if (known == nullptr) return {};
    if (known->type != kVaries) return std::string(known->type);
    return name == "OBX" ? tree_.text({index, 2, 1, 0, 0}) : std::string();
  }

  // Nothing but separators of parts that are empty.
  bool blank(std::string_view raw) const {
    return std::ranges::all_of(raw,
                               [&](char c) { return c == delimiters_.component || c == delimiters_.subcomponent; });
  }

  // Level 0 is a field's repetition, 1 a component, 2 a subcomponent.
  void write_value(pugi::xml_node parent, const std::string& element, const std::string& type, std::string_view raw,
                   int level) {
    auto node = parent.append_child(element.c_str());
    if (blank(raw)) return;
    while (raw.back() == delimiters_.component || raw.back() == delimiters_.subcomponent) raw.remove_suffix(1);
    const char by = level == 0 ? delimiters_.component : level == 1 ? delimiters_.subcomponent : '\0';
    const auto* parts = dictionary_.type(type);
    const char deeper = level == 0 ? delimiters_.subcomponent : '\0';
    const bool divided = by != 0 && (raw.contains(by) || (deeper != 0 && raw.contains(deeper)));
    if (raw == "\"\"" || by == 0 || (!divided && parts == nullptr)) return write_text(node, raw);
    const bool known = parts != nullptr;
    std::size_t number = 0;
    for (const auto part : pieces(raw, by)) {
      ++number;
      if (blank(part)) continue;
      const bool documented = known && number <= parts->elements.size();
      write_value(node, numbered(known ? std::string_view(parts->name) : std::string_view(element), number),
                  documented ? std::string(parts->elements[number - 1].type) : std::string(), part, level + 1);
    }
  }

  // Delimiters as characters; what XML cannot hold, and sequences without a character, as <escape>.
  void write_text(pugi::xml_node node, std::string_view raw) {
    std::string text;
    const auto flush = [&] {
      if (!text.empty()) node.append_child(pugi::node_pcdata).set_value(text.c_str());
      text.clear();
    };
    const auto escape = [&](std::string_view what) {
      flush();
      node.append_child("escape").append_attribute("V").set_value(std::string(what).c_str());
    };
    constexpr std::string_view kHex = "0123456789ABCDEF";
    for (std::size_t i = 0; i < raw.size(); ++i) {
      const auto byte = static_cast<unsigned char>(raw[i]);
      const auto end = raw[i] == delimiters_.escape && delimiters_.escape != 0 ? raw.find(delimiters_.escape, i + 1)
                                                                               : std::string_view::npos;
      if (end != std::string_view::npos) {
        const auto inside = raw.substr(i + 1, end - i - 1);
        const char stands_for = character_of(inside);
        if (stands_for != 0) text.push_back(stands_for);
        else if (is_sequence(inside)) escape(inside);
        if (stands_for != 0 || is_sequence(inside)) {
          i = end;
          continue;
        }
      }
      if (byte >= 0x20 && byte != 0x7F) text.push_back(raw[i]);
      else escape(std::string("X") + kHex[byte >> 4U] + kHex[byte & 0xFU]);
    }
    flush();
  }

  char character_of(std::string_view inside) const {
    if (inside.size() != 1) return 0;
    switch (inside[0]) {
      case 'F':
        return delimiters_.field;
      case 'S':
        return delimiters_.component;
      case 'T':
        return delimiters_.subcomponent;
      case 'R':
        return delimiters_.repetition;
      case 'E':
        return delimiters_.escape;
      case 'P':
        return delimiters_.truncation;  // from 2.7 on, where it is declared
      default:
        return 0;
    }
  }

  // \.br\ \H\ \X0D\ \Cxxyy\ … and not the text between two stray escape characters.
  static bool is_sequence(std::string_view inside) {
    constexpr std::string_view kFirst = ".HNXCMZP";
    return !inside.empty() && inside.size() <= 256 && kFirst.contains(inside[0]) &&
           std::ranges::all_of(inside.substr(1), [](char c) {
             return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '+' || c == '-';
           });
  }

  const hl7::Tree& tree_;
  const hl7::Delimiters& delimiters_;
  const Dictionary& dictionary_;
};

}  // namespace

Result<std::string> write_xml(const hl7::Tree& tree) {
  if (!is_utf8(tree.bytes().view())) return fail(FaultCode::bad_charset, "the text is no UTF-8, which XML needs");
  return XmlWriter(tree).write();
}

}  // namespace myelin::schema
