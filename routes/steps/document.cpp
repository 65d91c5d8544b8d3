#include "routes/steps/document.h"

#include "engine/schema/xml_edit.h"
#include "routes/expr/data_path.h"

namespace myelin::routes {
namespace {

// A fault names the place as the file does, unless it knows better.
Fault placed(Fault fault, const std::string& at) {
  if (fault.at.empty()) fault.at = at;
  return fault;
}

std::string text_of(const json::Value& value) {
  if (const auto* text = value.text()) return *text;
  if (const auto* digits = value.digits()) return *digits;
  if (const auto truth = value.truth()) return *truth ? "true" : "false";
  return {};
}

bool has_text(const json::Value& value) { return !value.is_null() && !value.array() && !value.object(); }

class JsonPlace final : public DocumentPlace {
 public:
  JsonPlace(std::string text, expr::DataPath path) : DocumentPlace(std::move(text)), path_(std::move(path)) {}

  Result<void> set(Body& body, const Context& context, const json::Value& value) const override {
    return write(body, context, true, [&](json::Value& place) {
      place = value;
      return Result<void>();
    });
  }

  Result<void> clear(Body& body, const Context& context) const override {
    return write(body, context, false, [](json::Value& place) {
      place = json::Value();
      return Result<void>();
    });
  }

  Result<void> erase(Body& body, const Context& context) const override {
    if (!body.json()) return refuse();
    auto root = *body.json();
    expr::erase(root, path_, context.rows);
    if (!(root == *body.json())) body = Body(std::move(root));
    return {};
  }

  Result<void> change(Body& body, const Context& context, const Change& change) const override {
    return write(body, context, false, [&](json::Value& place) -> Result<void> {
      if (!has_text(place)) return {};
      auto next = change(text_of(place));
      if (!next) return fail(next);
      if (*next) place = json::Value(std::move(**next));
      return {};
    });
  }

  Result<std::optional<json::Value>> value(const Body& body, const Context& context) const override {
    if (!body.json()) return fail(FaultCode::wrong_body, "the step needs JSON");
    const auto found = expr::select(*body.json(), path_, context.rows, true);
    if (found.empty() || found.front()->is_null()) return std::optional<json::Value>();
    return *found.front();
  }

  Result<void> append(Body& body, const Context& context, const json::Value& item) const override {
    return write(body, context, true, [&](json::Value& place) -> Result<void> {
      if (!place.is_null() && !place.array()) return fail(FaultCode::cannot_write, "a value stands here, no list");
      place.push(item);
      return {};
    });
  }

 private:
  static std::unexpected<Fault> refuse() { return fail(FaultCode::wrong_body, "the step needs JSON"); }

  template <class Write>
  Result<void> write(Body& body, const Context& context, bool make, Write write) const {
    if (!body.json()) return refuse();
    auto root = *body.json();
    auto places = expr::select_to_write(root, path_, context.rows, make);
    if (!places) return std::unexpected(placed(std::move(places.error()), text()));
    for (auto* place : *places)
      if (auto done = write(*place); !done) return std::unexpected(placed(std::move(done.error()), text()));
    // What would not change is not touched: the bytes stay as they came.
    if (!(root == *body.json())) body = Body(std::move(root));
    return {};
  }

  expr::DataPath path_;
};

class XmlTextPlace final : public DocumentPlace {
 public:
  XmlTextPlace(std::string text, std::shared_ptr<const schema::XmlPlace> place,
               std::shared_ptr<const schema::XPath> path)
      : DocumentPlace(std::move(text)), place_(std::move(place)), path_(std::move(path)) {}

  Result<void> set(Body& body, const Context&, const json::Value& value) const override {
    return put(body, true, text_of(value));
  }
  Result<void> clear(Body& body, const Context&) const override { return put(body, false, {}); }

  Result<void> erase(Body& body, const Context&) const override {
    return edit(body, [&](schema::XmlDraft& draft) {
      draft.erase(*place_);
      return Result<void>();
    });
  }

  Result<void> change(Body& body, const Context&, const Change& change) const override {
    return edit(body, [&](schema::XmlDraft& draft) { return draft.change(*place_, false, change); });
  }

  Result<std::optional<json::Value>> value(const Body& body, const Context&) const override {
    if (!body.xml()) return fail(FaultCode::wrong_body, "the step needs XML");
    const auto values = path_->values(*body.xml());
    if (values.empty() || values.front().empty()) return std::optional<json::Value>();
    return json::Value(values.front());
  }

  Result<void> append(Body&, const Context&, const json::Value&) const override {
    return fail(FaultCode::wrong_body, "only JSON has lists");
  }

 private:
  Result<void> put(Body& body, bool make, const std::string& text) const {
    const auto same = [&](const std::string&) -> Result<std::optional<std::string>> { return text; };
    return edit(body, [&](schema::XmlDraft& draft) { return draft.change(*place_, make, same); });
  }

  template <class Edit>
  Result<void> edit(Body& body, Edit edit) const {
    if (body.kind() != BodyKind::xml) return fail(FaultCode::wrong_body, "the step needs XML");
    const auto before = body.bytes();
    auto draft = schema::XmlDraft::read(before.view());
    if (!draft) return fail(draft);
    const auto as_read = (*draft)->write();
    if (auto done = edit(**draft); !done) return std::unexpected(placed(std::move(done.error()), text()));
    auto written = (*draft)->write();
    // What would not change is not touched: the bytes stay as they came.
    if (written != as_read) body = Body(BodyKind::xml, Bytes(std::move(written)));
    return {};
  }

  std::shared_ptr<const schema::XmlPlace> place_;
  std::shared_ptr<const schema::XPath> path_;
};

// `place_of`: where a part of the text stands.
template <class PlaceOf>
std::shared_ptr<const DocumentPlace> read_place(const std::string& text, PlaceOf place_of, BodyKind body,
                                                config::Diagnostics& diagnostics) {
  const auto wrong = [&](std::size_t offset, std::string message, std::string hint) {
    const bool from_zero = message.contains("counted from 1");
    diagnostics.add(from_zero ? "C0011" : "C0010", place_of(offset, 1), std::move(message), std::move(hint));
    return nullptr;
  };
  if (body == BodyKind::xml) {
    auto place = schema::XmlPlace::compile(text);
    if (!place) return wrong(place.error().offset, "this is no XPath: " + place.error().message, "/report/patient/@id");
    auto path = schema::XPath::compile(text);
    return std::make_shared<XmlTextPlace>(text, std::move(*place), std::move(*path));
  }
  constexpr std::string_view kBody = "$body";
  const std::size_t skipped = text.starts_with(kBody) ? kBody.size() : 0;
  if (text.starts_with('$') && skipped == 0)
    return wrong(0, "nothing is written to " + text, "a place in the body: patient.mrn, $body[1].id");
  if (const auto field = hl7::parse_path(text); field && field->field > 0) {
    diagnostics.add("C0138", place_of(0, text.size()), "the body is JSON, and " + text + " is of HL7",
                    "places in JSON are named as its keys are; a key that reads so is written ['" + text + "']");
    return nullptr;
  }
  auto path = expr::parse_data_path(std::string_view(text).substr(skipped));
  if (!path) return wrong(skipped + path.error().offset, path.error().message, path.error().hint);
  return std::make_shared<JsonPlace>(text, std::move(*path));
}

}  // namespace

std::shared_ptr<const DocumentPlace> DocumentPlace::read(const config::Node& scalar, Workshop& workshop) {
  if (!scalar.is_scalar() || scalar.text().empty()) {
    workshop.diagnostics.add("C0010", scalar.place(), "a place is expected here",
                             workshop.scope.body == BodyKind::xml ? "for example /report/patient/@id"
                                                                  : "for example patient.name[1].family");
    return nullptr;
  }
  const auto place_of = [&](std::size_t offset, std::size_t length) { return scalar.place_of(offset, length); };
  return read_place(scalar.text(), place_of, workshop.scope.body, workshop.diagnostics);
}

std::shared_ptr<const DocumentPlace> DocumentPlace::read(const config::Node::Entry& entry, BodyKind body,
                                                         config::Diagnostics& diagnostics) {
  // A key in quotes is wider than its text by the two of them.
  const int quotes = entry.key_place.length >= static_cast<int>(entry.key.size()) + 2 ? 1 : 0;
  const auto place_of = [&](std::size_t offset, std::size_t length) {
    return config::within(entry.key_place, quotes + static_cast<int>(offset), static_cast<int>(length));
  };
  return read_place(entry.key, place_of, body, diagnostics);
}

}  // namespace myelin::routes
