// The message that the tests and the examples of the function table read, and short ways to compile and evaluate.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "routes/expr/formula.h"

namespace myelin::expr::sample {

inline constexpr std::string_view kMessage =
    "MSH|^~\\&|PAS|NORTH|LAB|WEST|20260301101500||ADT^A01^ADT_A01|MSG00001|P|2.5.1\r"
    "EVN|A01|20260301101500\r"
    "PID|1||12345^^^WEST&1.2.3&ISO^MR~67890^^^EAST^PI||Everywoman^Eve^E^^Dr|\"\"|19530518|F|||Main St 1&Side^^Town\r"
    "PV1|1|I|2000^2012^01||||004777^Good^Sidney\r"
    "OBR|1|A1|B1|24323-8^Panel^LN|||20260301\r"
    "OBX|1|NM|718-7^Hemoglobin^LN||13.2|g/dL|||||F\r"
    "OBX|2|NM|4548-4^HbA1c^LN||7.2|%||H|||F\r";

class OneTable final : public Table {
 public:
  std::optional<std::string_view> lookup(std::string_view key, std::string_view column) const override {
    if (!column.empty() && column != "code" && column != "label") return std::nullopt;
    if (key == "F") return column == "label" ? "female" : "2";
    return std::nullopt;
  }
  bool has_column(std::string_view column) const override { return column == "code" || column == "label"; }
};

inline Scope scope() {
  Scope scope;
  scope.version = "2.5.1";
  scope.tables["sex"] = std::make_shared<const OneTable>();
  scope.site["facility"] = "NORTH";
  scope.lets = {"ward", "patient-class"};
  return scope;
}

inline Body body(std::string_view text = kMessage) {
  auto tree = hl7::Tree::parse(Bytes(std::string(text)));
  return tree ? Body(std::move(*tree)) : Body(Bytes(std::string(text)));
}

// 2026-03-01 10:15:00 UTC
inline Message message() {
  Message made;
  made.id = MessageId{797'000'000'000'000};
  made.facts = "file=13:lab-north.hl7\nuser=5:wards\nheader.x-ward=2:B2\nquery.Bed=1:7\n";
  made.channel = "adt";
  made.received_at = WallTime(std::chrono::microseconds(1'772'360'100'000'000));
  made.peer = "10.0.0.1:4000";
  return made;
}

inline config::Node node(std::string text) {
  auto source = std::make_shared<const config::SourceText>("case.yaml", text);
  return config::Node::scalar(std::move(text), config::Place{source, 1, 1, 1}, false);
}

// The mistakes, as "C0080 C0081"; empty when there are none.
inline std::string codes(const config::Diagnostics& diagnostics) {
  std::string all;
  for (const auto& diagnostic : diagnostics.sorted()) all += (all.empty() ? "" : " ") + std::string(diagnostic.code);
  return all;
}

// The text that a formula gives over the sample message; its mistakes when it has any.
inline std::string evaluate(const std::string& formula, std::string_view text = kMessage) {
  config::Diagnostics diagnostics;
  const auto compiled = compile_formula(node(formula), 0, scope(), diagnostics);
  if (!compiled) return codes(diagnostics);
  const Message received = message();
  const Body original = body();
  Context context;
  context.message = &received;
  context.original = &original;
  context.lets = {{"ward", "W3"}, {"patient-class", "I"}};
  return to_text(compiled->evaluate(body(text), context));
}

// The same over another kind of body.
inline std::string evaluate_in(BodyKind kind, const std::string& formula, std::string_view text) {
  config::Diagnostics diagnostics;
  auto other = scope();
  other.body = other.original_body = kind;
  const auto compiled = compile_formula(node(formula), 0, other, diagnostics);
  if (!compiled) return codes(diagnostics);
  const auto read = Body::read(kind, Bytes(std::string(text)), {});
  if (!read) return "unreadable";
  Context context;
  context.original = &*read;
  return to_text(compiled->evaluate(*read, context));
}

inline std::string evaluate_in_xml(const std::string& formula) {
  return evaluate_in(BodyKind::xml, formula,
                     "<report><patient id='4711'><name>Everywoman <b>Eve</b></name></patient>"
                     "<code>GLU</code><code>NA</code></report>");
}

inline std::string evaluate_in_fhir(const std::string& formula) {
  return evaluate_in(BodyKind::json, formula,
                     R"({"resourceType": "Patient", "name": [{"use": "official", "family": "Everywoman",
                         "given": ["Eve", "E"]}, {"use": "nickname", "given": ["Evi"]}], "telecom": [{"value": "1"}]})");
}

inline std::string mistakes_of_condition(const std::string& formula) {
  config::Diagnostics diagnostics;
  (void)compile_condition(node(formula), scope(), diagnostics);
  return codes(diagnostics);
}

// What a value writes to a target: "raw:…" or "text:…", or its mistakes.
inline std::string written(const std::string& value, Target target, std::string_view text = kMessage) {
  config::Diagnostics diagnostics;
  const auto compiled = compile_value(node(value), target, scope(), diagnostics);
  if (!compiled) return codes(diagnostics);
  const Message received = message();
  const Body original = body();
  Context context;
  context.message = &received;
  context.original = &original;
  const Written result = compiled->write(body(text), context);
  return (result.raw ? "raw:" : "text:") + result.content;
}

}  // namespace myelin::expr::sample
