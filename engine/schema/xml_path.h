// XPath 1.0 over an XML body, as far as pugixml has it: names are compared as they stand in the document, with their
// prefix (cda:title), so a path that shall hold for any prefix says local-name(). Reads elements, text and CDATA only:
// a DOCTYPE is refused, nothing is fetched, and a document is at most kMaxXmlNesting deep.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/fault.h"

namespace myelin::schema {

inline constexpr int kMaxXmlNesting = 256;
inline constexpr std::size_t kMaxXPathBytes = 1024;

class XmlDocument {
 public:
  virtual ~XmlDocument() = default;
  // not_xml where it is none, has a DOCTYPE, or is too deep.
  static Result<std::shared_ptr<const XmlDocument>> read(std::string_view text);
};

struct XPathError {
  std::size_t offset = 0;
  std::string message;
};

class XPath {
 public:
  virtual ~XPath() = default;
  static std::expected<std::shared_ptr<const XPath>, XPathError> compile(const std::string& text);
  // The text of each node that it names; of an expression that gives no nodes (count(//a)) the one value.
  virtual std::vector<std::string> values(const XmlDocument& document) const = 0;
};

}  // namespace myelin::schema
