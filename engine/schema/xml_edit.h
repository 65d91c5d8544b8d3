// Changing an XML body in place: what a path names is written, what is not named stays as it was, white space and
// comments too. It is written as UTF-8, and its declaration says so.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/fault.h"
#include "engine/schema/xml_path.h"

namespace myelin::schema {

// An XPath that names elements, attributes or texts: /report/patient/@id
class XmlPlace {
 public:
  virtual ~XmlPlace() = default;
  static std::expected<std::shared_ptr<const XmlPlace>, XPathError> compile(const std::string& text);
};

class XmlDraft {
 public:
  // The new text of a place that has this one; nothing: it stays.
  using Change = std::function<Result<std::optional<std::string>>(const std::string& text)>;

  virtual ~XmlDraft() = default;
  // As XmlDocument::read.
  static Result<std::unique_ptr<XmlDraft>> read(std::string_view text);

  // Each place, in the order of the document. `make`: where there is none, its last name is made in each parent that
  // there is. cannot_write for an element that has elements in it, and what `change` says.
  virtual Result<void> change(const XmlPlace& place, bool make, const Change& change) = 0;
  virtual void erase(const XmlPlace& place) = 0;
  virtual std::string write() const = 0;
};

}  // namespace myelin::schema
