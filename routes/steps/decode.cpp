// decode and encode: another form of the same content. HL7 v2 XML becomes an HL7 message, bytes become JSON when they
// are JSON or delimited text; a message becomes HL7 v2 XML. What cannot be read is a fault, never half a message.
#include "engine/hl7/charset_iconv.h"
#include "engine/schema/xml.h"
#include "routes/expr/grammar.h"
#include "routes/steps/delimited.h"
#include "routes/steps/steps.h"

namespace myelin::routes {

using config::Type;

const config::Spec kDecodeSpec{
    .name = "decode",
    .doc = "delimited text (CSV) becomes JSON: { rows: [ { column: value } ] }",
    .options =
        {
            {.name = "separator",
             .type = Type::text,
             .fallback = ",",
             .required = false,
             .doc = "what stands between two values, one character",
             .example = "\";\""},
            {.name = "columns",
             .type = Type::names,
             .fallback = {},
             .required = false,
             .doc = "the names of the columns, where the first line does not name them",
             .example = "[mrn, name, ward]"},
            {.name = "charset",
             .type = Type::text,
             .fallback = "UTF-8",
             .required = false,
             .doc = "the character set of the bytes, as `iconv -l` names it",
             .example = "windows-1252"},
        },
    .example = "- decode: { csv: { separator: \";\" } }",
};

namespace {

constexpr std::string_view kForm = "decode: xml, json or csv; or { csv: { separator: \";\", columns: [mrn, name] } }";

class DecodeXml final : public StepBase {
 public:
  using StepBase::StepBase;
  Verdict apply(Body& body, Context&) const override {
    auto message = schema::read_xml(body.bytes().view());
    if (!message) return verdict_of(std::move(message.error()));
    auto tree = hl7::Tree::parse(Bytes(std::move(*message)));
    if (!tree) return verdict_of(std::move(tree.error()));
    body = Body(std::move(*tree));
    return {};
  }
};

class DecodeJson final : public StepBase {
 public:
  using StepBase::StepBase;
  Verdict apply(Body& body, Context&) const override {
    auto value = json::read(body.bytes().view());
    if (!value) return fault_of(FaultCode::not_json, value.error().detail, value.error().at);
    body = Body(std::move(*value));
    return {};
  }
};

class DecodeCsv final : public StepBase {
 public:
  DecodeCsv(StepHead head, DelimitedForm form, std::string charset)
      : StepBase(std::move(head)), form_(std::move(form)), charset_(std::move(charset)) {}

  Verdict apply(Body& body, Context&) const override {
    const auto bytes = body.bytes();
    std::string text;
    if (const auto wrong = hl7::convert(charset_, "UTF-8", bytes.view(), text))
      return fault_of(FaultCode::bad_charset, "it is not " + charset_, "byte " + std::to_string(*wrong));
    auto rows = read_delimited(text, form_);
    if (!rows) return verdict_of(std::move(rows.error()));
    body = Body(std::move(*rows));
    return {};
  }

 private:
  DelimitedForm form_;
  std::string charset_;
};

class EncodeXml final : public StepBase {
 public:
  using StepBase::StepBase;
  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    const auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    auto xml = schema::write_xml(*tree);
    if (!xml) return verdict_of(std::move(xml.error()));
    put_form(Body(BodyKind::xml, Bytes(std::move(*xml))), body, context);
    return {};
  }
};

bool wants_body(const StepItem& item, std::initializer_list<BodyKind> fit, Workshop& workshop) {
  for (const auto kind : fit)
    if (workshop.scope.body == kind) return true;
  workshop.diagnostics.add("C0138", item.value.place(),
                           "this reads " + std::string(name_of(*fit.begin())) + ", and the body is " +
                               std::string(name_of(workshop.scope.body)),
                           "accept: { body: " + std::string(name_of(*fit.begin())) + " }");
  return false;
}

// ORU_R01, the root of an XML message, is the structure of ORU^R01.
std::vector<std::string> message_types(const std::vector<std::string>& roots) {
  std::vector<std::string> types;
  for (auto name : roots) {
    name.erase(0, name.find(':') + 1);
    if (name.size() != 7 || name[3] != '_') return {};
    name[3] = '^';
    types.push_back(std::move(name));
  }
  return types;
}

std::shared_ptr<const Step> build_csv(StepItem item, const config::Node& options_node, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  DelimitedForm form;
  std::string charset = "UTF-8";
  if (options_node.is_map()) {
    const auto before = diagnostics.errors();
    const auto options = config::read_options(kDecodeSpec, options_node, diagnostics);
    if (diagnostics.errors() != before) return nullptr;
    const auto& separator = options.text("separator");
    charset = options.text("charset");
    form.columns = options.names("columns");
    if (separator.size() != 1 || separator == "\"" || separator == "\n" || separator == "\r") {
      diagnostics.add("C0005", options.place("separator"), "`separator` is one character, and no quote",
                      "separator: \";\"");
      return nullptr;
    }
    form.separator = separator.front();
    if (!hl7::can_convert(charset, "UTF-8")) {
      diagnostics.add("C0005", options.place("charset"), "there is no character set called '" + charset + "'",
                      "as `iconv -l` names it: windows-1252");
      return nullptr;
    }
  }
  workshop.scope.body = BodyKind::json;
  return std::make_shared<DecodeCsv>(std::move(item.head), std::move(form), std::move(charset));
}

}  // namespace

std::shared_ptr<const Step> build_decode(StepItem item, Workshop& workshop) {
  auto& scope = workshop.scope;
  const bool map = item.value.is_map() && item.value.entries().size() == 1;
  const auto form = map ? item.value.entries().front().key : item.value.is_scalar() ? item.value.text() : "";
  if (form == "csv") {
    if (!wants_body(item, {BodyKind::bytes}, workshop)) return nullptr;
    const auto settings = map ? item.value.entries().front().value : item.value;
    return build_csv(std::move(item), settings, workshop);
  }
  if (!map && form == "json") {
    if (!wants_body(item, {BodyKind::bytes}, workshop)) return nullptr;
    scope.body = BodyKind::json;
    return std::make_shared<DecodeJson>(std::move(item.head));
  }
  if (!map && form == "xml") {
    if (!wants_body(item, {BodyKind::xml, BodyKind::bytes}, workshop)) return nullptr;
    scope.body = BodyKind::hl7;
    workshop.types = message_types(workshop.types);
    scope.grammar = std::make_shared<const expr::Grammar>(scope.version, workshop.types);
    return std::make_shared<DecodeXml>(std::move(item.head));
  }
  workshop.diagnostics.add("C0005", item.value.place(), "`decode` does not know this form", std::string(kForm));
  return nullptr;
}

std::shared_ptr<const Step> build_encode(StepItem item, Workshop& workshop) {
  if (!item.value.is_scalar() || item.value.text() != "xml") {
    workshop.diagnostics.add("C0005", item.value.place(), "`encode` writes HL7 v2 XML",
                             "encode: xml; JSON and CSV are made by `render`, which says what stands where");
    return nullptr;
  }
  workshop.render_into(BodyKind::xml);
  return std::make_shared<EncodeXml>(std::move(item.head));
}

}  // namespace myelin::routes
