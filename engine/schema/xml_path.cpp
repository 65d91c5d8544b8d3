#include "engine/schema/xml_path.h"

#include <pugixml.hpp>
#include <utility>

namespace myelin::schema {
namespace {

class PugiDocument final : public XmlDocument {
 public:
  pugi::xml_document document;
};

bool too_deep(const pugi::xml_node& root) {
  struct Depth final : pugi::xml_tree_walker {
    bool for_each(pugi::xml_node&) override { return depth() < kMaxXmlNesting; }
  } depth;
  return !pugi::xml_node(root).traverse(depth);
}

class PugiPath final : public XPath {
 public:
  explicit PugiPath(pugi::xpath_query query) : query_(std::move(query)) {}

  std::vector<std::string> values(const XmlDocument& document) const override {
    const auto& root = static_cast<const PugiDocument&>(document).document;
    if (query_.return_type() != pugi::xpath_type_node_set) return {query_.evaluate_string(root)};
    std::vector<std::string> values;
    auto nodes = query_.evaluate_node_set(root);
    nodes.sort();
    for (const auto& node : nodes)
      values.emplace_back(node.attribute() ? std::string(node.attribute().value()) : text_of(node.node()));
    return values;
  }

 private:
  static std::string text_of(const pugi::xml_node& node) {
    if (node.type() != pugi::node_element) return node.value();
    struct Texts final : pugi::xml_tree_walker {
      std::string all;
      bool for_each(pugi::xml_node& inner) override {
        if (inner.type() == pugi::node_pcdata || inner.type() == pugi::node_cdata) all += inner.value();
        return true;
      }
    } texts;
    pugi::xml_node(node).traverse(texts);
    return texts.all;
  }

  pugi::xpath_query query_;
};

}  // namespace

Result<std::shared_ptr<const XmlDocument>> XmlDocument::read(std::string_view text) {
  auto made = std::make_shared<PugiDocument>();
  const auto parsed = made->document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_doctype);
  if (!parsed)
    return fail(FaultCode::not_xml, std::string(parsed.description()), "byte " + std::to_string(parsed.offset));
  for (const auto& child : made->document.children())
    if (child.type() == pugi::node_doctype) return fail(FaultCode::not_xml, "a DOCTYPE is not taken");
  if (too_deep(made->document)) return fail(FaultCode::not_xml, "elements stand too deep inside each other");
  return made;
}

std::expected<std::shared_ptr<const XPath>, XPathError> XPath::compile(const std::string& text) {
  if (text.size() > kMaxXPathBytes) return std::unexpected(XPathError{0, "it is longer than 1 KiB"});
  try {  // pugixml tells a mistake in a path in no other way
    pugi::xpath_query query(text.c_str());
    return std::make_shared<const PugiPath>(std::move(query));
  } catch (const pugi::xpath_exception& mistake) {
    return std::unexpected(
        XPathError{static_cast<std::size_t>(mistake.result().offset), mistake.result().description()});
  }
}

}  // namespace myelin::schema
