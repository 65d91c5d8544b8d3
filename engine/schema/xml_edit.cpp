#include "engine/schema/xml_edit.h"

#include <algorithm>
#include <pugixml.hpp>
#include <sstream>
#include <utility>
#include <vector>

namespace myelin::schema {
namespace {

constexpr unsigned kEverything = pugi::parse_full | pugi::parse_ws_pcdata;

bool is_name(std::string_view text) {
  constexpr std::string_view kNone = "/[]()@*'\"=<>|!$,+ ";
  return !text.empty() && text != "." && text != ".." && text.find("::") == text.npos &&
         text.find_first_of(kNone) == text.npos;
}

class PugiPlace final : public XmlPlace {
 public:
  PugiPlace(pugi::xpath_query all, const std::string& text) : query(std::move(all)) {
    const auto slash = text.rfind('/');
    if (slash == std::string::npos || slash == 0 || text[slash - 1] == '/') return;
    std::string last = text.substr(slash + 1);
    attribute = last.starts_with('@');
    if (attribute) last.erase(0, 1);
    if (!is_name(last) || text.find(']', slash) != std::string::npos) return;
    name = std::move(last);
    parents = pugi::xpath_query(text.substr(0, slash).c_str());
  }

  pugi::xpath_query query;
  pugi::xpath_query parents;  // of the last name, where that can be made; `name` is empty where it cannot
  std::string name;
  bool attribute = false;
};

bool is_text(const pugi::xml_node& node) { return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata; }

std::string text_of(const pugi::xpath_node& place) {
  if (place.attribute()) return place.attribute().value();
  const auto node = place.node();
  if (node.type() != pugi::node_element) return node.value();
  std::string text;
  for (const auto& child : node.children())
    if (is_text(child)) text += child.value();
  return text;
}

Result<void> put_text(const pugi::xpath_node& place, const std::string& text) {
  if (place.attribute()) {
    place.attribute().set_value(text.c_str());
    return {};
  }
  auto node = place.node();
  if (is_text(node)) {
    node.set_value(text.c_str());
    return {};
  }
  if (node.type() != pugi::node_element) return fail(FaultCode::cannot_write, "neither an element nor an attribute");
  const auto children = node.children();
  if (std::any_of(children.begin(), children.end(), [](const auto& each) { return each.type() == pugi::node_element; }))
    return fail(FaultCode::cannot_write, "the element has elements in it");
  while (node.first_child()) node.remove_child(node.first_child());
  if (!text.empty()) node.append_child(pugi::node_pcdata).set_value(text.c_str());
  return {};
}

class PugiDraft final : public XmlDraft {
 public:
  pugi::xml_document document;

  Result<void> change(const XmlPlace& given, bool make, const Change& change) override {
    const auto& place = static_cast<const PugiPlace&>(given);
    auto nodes = place.query.evaluate_node_set(document);
    if (nodes.empty() && make && !place.name.empty()) {
      for (const auto& parent : place.parents.evaluate_node_set(document)) add_to(parent.node(), place);
      nodes = place.query.evaluate_node_set(document);
    }
    nodes.sort();
    for (const auto& node : nodes) {
      const auto now = text_of(node);
      auto next = change(now);
      if (!next) return fail(next);
      if (!*next || **next == now) continue;
      if (auto put = put_text(node, **next); !put) return put;
    }
    return {};
  }

  void erase(const XmlPlace& given) override {
    auto nodes = static_cast<const PugiPlace&>(given).query.evaluate_node_set(document);
    nodes.sort(true);  // what is inside goes before what is around it
    for (const auto& node : nodes) {
      if (node.attribute()) node.parent().remove_attribute(node.attribute());
      else if (node.node() != document.document_element()) node.parent().remove_child(node.node());
    }
  }

  std::string write() const override {
    std::ostringstream out;
    for (const auto& child : document.children()) {  // white space around the root is not kept by the reader
      if (child != document.first_child()) out << '\n';
      child.print(out, "", pugi::format_raw, pugi::encoding_utf8);
    }
    out << '\n';
    return std::move(out).str();
  }

 private:
  static void add_to(pugi::xml_node parent, const PugiPlace& place) {
    if (parent.type() != pugi::node_element) return;
    if (place.attribute) parent.append_attribute(place.name.c_str());
    else parent.append_child(place.name.c_str());
  }
};

}  // namespace

std::expected<std::shared_ptr<const XmlPlace>, XPathError> XmlPlace::compile(const std::string& text) {
  if (text.size() > kMaxXPathBytes) return std::unexpected(XPathError{0, "it is longer than 1 KiB"});
  try {  // pugixml tells a mistake in a path in no other way
    pugi::xpath_query query(text.c_str());
    if (query.return_type() != pugi::xpath_type_node_set)
      return std::unexpected(XPathError{0, "it names no element and no attribute"});
    return std::make_shared<const PugiPlace>(std::move(query), text);
  } catch (const pugi::xpath_exception& mistake) {
    return std::unexpected(
        XPathError{static_cast<std::size_t>(mistake.result().offset), mistake.result().description()});
  }
}

Result<std::unique_ptr<XmlDraft>> XmlDraft::read(std::string_view text) {
  // What is no XML, has a DOCTYPE or is too deep is refused in one place.
  if (auto known = XmlDocument::read(text); !known) return fail(known);
  auto draft = std::make_unique<PugiDraft>();
  draft->document.load_buffer(text.data(), text.size(), kEverything);
  if (auto declaration = draft->document.first_child(); declaration.type() == pugi::node_declaration)
    if (auto encoding = declaration.attribute("encoding")) encoding.set_value("UTF-8");
  return draft;
}

}  // namespace myelin::schema
