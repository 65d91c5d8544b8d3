// Places in a body of JSON or XML, as steps write them: named by JSON's own keys (readings[2].value), or by an XPath
// (/report/patient/@id).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/fhir/json.h"
#include "routes/steps/step.h"

namespace myelin::routes {

// Whether steps write to this kind of body by DocumentPlace.
inline bool is_document(BodyKind body) { return body == BodyKind::json || body == BodyKind::xml; }

class DocumentPlace {
 public:
  // The new text of a place that has this one; nothing: it stays.
  using Change = std::function<Result<std::optional<std::string>>(const std::string& text)>;

  // A value, or the key of a map. nullptr after reporting what is wrong.
  static std::shared_ptr<const DocumentPlace> read(const config::Node& scalar, Workshop& workshop);
  static std::shared_ptr<const DocumentPlace> read(const config::Node::Entry& entry, BodyKind body,
                                                   config::Diagnostics& diagnostics);

  virtual ~DocumentPlace() = default;
  const std::string& text() const { return text_; }

  // Each place gets the value; what is missing is made: keys of JSON, the last name of an XPath. Of XML a value's text.
  virtual Result<void> set(Body& body, const Context& context, const json::Value& value) const = 0;
  // Each that is there: JSON's null, in XML the empty text.
  virtual Result<void> clear(Body& body, const Context& context) const = 0;
  virtual Result<void> erase(Body& body, const Context& context) const = 0;
  // Each that is there and has a text.
  virtual Result<void> change(Body& body, const Context& context, const Change& change) const = 0;
  // What stands at the first; nothing: it is not there, or null.
  virtual Result<std::optional<json::Value>> value(const Body& body, const Context& context) const = 0;
  // An item behind the last of an array, which is made where there is none. JSON only.
  virtual Result<void> append(Body& body, const Context& context, const json::Value& item) const = 0;

 protected:
  explicit DocumentPlace(std::string text) : text_(std::move(text)) {}

 private:
  std::string text_;  // as it stands in the file
};

}  // namespace myelin::routes
