// accept: types and versions as plain lists, `validate` as a list of the steps that may refuse, or one profile.
#include <algorithm>

#include "routes/compile/route_part.h"
#include "routes/expr/grammar.h"

namespace myelin::routes {
namespace {

using config::Node;

bool is_word(std::string_view text) {
  return text.size() == 3 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

// ADT^A01, ADT^*, ACK
bool is_type(std::string_view text) {
  const auto caret = text.find('^');
  if (caret == std::string_view::npos) return is_word(text);
  const auto event = text.substr(caret + 1);
  return is_word(text.substr(0, caret)) && (event == "*" || is_word(event));
}

// Patient, cda:ClinicalDocument
bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  return !text.empty() && letter(text.front()) && std::ranges::all_of(text, [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == ':';
  });
}

// ADT_A01, ADT-A01, adt^a01: what it probably was meant to be.
std::string type_hint(std::string_view text) {
  std::string meant(text);
  for (auto& c : meant)
    c = c == '_' || c == '-' || c == '/' ? '^' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (const auto second = meant.find('^', meant.find('^') + 1); meant.contains('^') && second != std::string::npos)
    meant.resize(second);
  return is_type(meant) ? "did you mean " + meant + "?" : "as MSH-9 has it: ADT^A01, or ADT^* for every event";
}

bool is_version(std::string_view text) {
  const auto& choices = channel_spec().find("version")->choices;
  return std::ranges::find(choices, text) != choices.end();
}

template <class Check>
std::vector<std::string> read_list(const Node& node, Check check) {
  std::vector<std::string> items;
  if (!node) return items;
  const auto one = [&](const Node& item) {
    if (check(item)) items.push_back(item.text());
  };
  if (node.is_list())
    for (const auto& item : node.items()) one(item);
  else one(node);
  return items;
}

}  // namespace

Accept read_accept(const config::Options& options, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  Accept accept;
  accept.body = parse_body_kind(options.text("body")).value_or(BodyKind::hl7);
  workshop.scope.body = workshop.scope.original_body = accept.body;
  const bool hl7 = accept.body == BodyKind::hl7;
  if (!hl7 && options.given("versions"))
    diagnostics.add("C0138", options.place("versions"),
                    "`versions` are of HL7, and the body is " + options.text("body"));
  accept.types = read_list(options.node("types"), [&](const Node& item) {
    if (item.is_scalar() && (hl7 ? is_type(item.text()) : is_name(item.text()))) return true;
    if (!hl7) {
      diagnostics.add("C0119", item.place(), "this is no name of a type",
                      "the resourceType of FHIR, or the tag of the root of XML");
      return false;
    }
    diagnostics.add("C0119", item.place(), "this is no message type",
                    item.is_scalar() ? type_hint(item.text()) : "types: [ADT^A01, ADT^A08]");
    return false;
  });
  accept.versions = read_list(options.node("versions"), [&](const Node& item) {
    if (item.is_scalar() && is_version(item.text())) return true;
    diagnostics.add("C0119", item.place(), "this is no HL7 version", "as MSH-12 has it, for example \"2.5.1\"");
    return false;
  });
  workshop.scope.grammar = std::make_shared<const expr::Grammar>(workshop.scope.version, accept.types);
  if (const auto& checks = options.node("validate")) {
    workshop.stand = Stand::accept;
    // `validate: { profile: X }` is short for a list of that one check.
    const auto list = [&] {
      return Node::list({Node::map({{"validate", checks.place(), checks}}, checks.place())}, checks.place());
    };
    accept.checks = compile_steps(checks.is_map() ? list() : checks, workshop);
  }
  return accept;
}

}  // namespace myelin::routes
