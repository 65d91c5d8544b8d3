#include "routes/compile/json_schema.h"

#include <algorithm>
#include <array>

#include "engine/fhir/json.h"
#include "routes/compile/channel_file.h"
#include "routes/map/overlay.h"
#include "routes/steps/catalog.h"

namespace myelin::routes {
namespace {

using config::Option;
using config::Spec;
using config::Type;
using json::Value;

template <class... Names>
Value list(Names... names) {
  Value items{json::Array{}};
  (items.push(Value(names)), ...);
  return items;
}

Value reference(std::string_view name) {
  Value value;
  value.set("$ref", "#/$defs/" + std::string(name));
  return value;
}

Value any_of(std::initializer_list<Value> forms) {
  Value value, all{json::Array{}};
  for (const auto& form : forms) all.push(form);
  value.set("anyOf", std::move(all));
  return value;
}

// A value as it is typed: 0123, NO and 2.10 are text to us, whatever YAML takes them for.
Value scalar() {
  Value value;
  value.set("type", list("string", "number", "boolean"));
  return value;
}

Value array_of(Value items) {
  Value value;
  value.set("type", "array").set("items", std::move(items));
  return value;
}

Value map_of(Value values) {
  Value value;
  value.set("type", "object").set("additionalProperties", std::move(values));
  return value;
}

Value one_or_several(Value one) {
  auto several = array_of(one);
  return any_of({std::move(one), std::move(several)});
}

Value choice(const Option& option) {
  Value value, names{json::Array{}};
  for (const auto name : option.choices) names.push(Value(name));
  value.set("enum", std::move(names));
  return value;
}

Value secret() {
  Value value, properties;
  for (const auto* kind : {"env", "file", "credential"}) properties.set(kind, scalar());
  value.set("type", "object").set("properties", std::move(properties)).set("additionalProperties", false);
  return value.set("minProperties", 1).set("maxProperties", 1);
}

Value object(const Spec& spec);

// Keys that their owner reads itself, by what stands in them.
Value owners_form(const Spec& spec, std::string_view key) {
  if (find_step(spec.name)) {
    if (key == "unmapped") return any_of({scalar(), map_of(scalar())});
    if (key == "take") return map_of(scalar());
    if (key == "keep") return one_or_several(scalar());
    if (key == "to") return any_of({scalar(), map_of(Value(true))});
    return scalar();
  }
  struct Form {
    std::string_view key;
    Value (*make)();
  };
  static constexpr auto kForms = std::to_array<Form>({
      {"steps", [] { return reference("steps"); }},
      {"routes", [] { return map_of(reference("route")); }},
      {"tests", [] { return array_of(reference("test")); }},
      {"source", [] { return any_of({scalar(), reference("inline")}); }},
      {"to", [] { return any_of({scalar(), reference("inline"), array_of(scalar())}); }},
      {"validate", [] { return array_of(reference("check")); }},
      {"types", [] { return one_or_several(scalar()); }},
      {"versions", [] { return one_or_several(scalar()); }},
      {"when", [] { return scalar(); }},
  });
  const auto found = std::ranges::find(kForms, key, &Form::key);
  return found == kForms.end() ? Value(true) : found->make();
}

Value form_of(const Spec& spec, const Option& option) {
  switch (option.type) {
    case Type::integer: {
      Value value;
      value.set("type", list("integer", "string"));
      if (option.least != 0 || option.most != 0) value.set("minimum", option.least).set("maximum", option.most);
      return value;
    }
    case Type::boolean: {
      Value value;
      return value.set("type", "boolean");
    }
    case Type::choice:
      return choice(option);
    case Type::secret:
      return secret();
    case Type::names:
      return one_or_several(scalar());
    case Type::map:
      return option.nested ? object(*option.nested) : map_of(Value(true));
    case Type::list:
      return array_of(option.nested ? object(*option.nested) : Value(true));
    case Type::any:
      return owners_form(spec, option.name);
    default:
      return scalar();
  }
}

Value documented(Value form, std::string_view doc, std::string_view fallback, std::string_view example) {
  if (form.truth()) form = Value(json::Object{});
  form.set("description", std::string(doc));
  if (!fallback.empty()) form.set("default", std::string(fallback));
  if (!example.empty()) form.set("examples", list(std::string(example)));
  return form;
}

void add_options(const Spec& spec, Value& properties, Value& required) {
  for (const auto& option : spec.options) {
    properties.set(option.name, documented(form_of(spec, option), option.doc, option.fallback, option.example));
    if (option.required) required.push(Value(option.name));
  }
}

Value object(const Spec& spec) {
  Value value, properties{json::Object{}}, required{json::Array{}};
  add_options(spec, properties, required);
  value.set("type", "object");
  if (!spec.doc.empty()) value.set("description", std::string(spec.doc));
  value.set("properties", std::move(properties));
  if (!required.array()->empty()) value.set("required", std::move(required));
  return value.set("additionalProperties", false);
}

// The value of a step's own key.
Value value_of(const StepKind& kind) {
  struct Form {
    std::string_view step;
    Value (*make)();
  };
  static constexpr auto kForms = std::to_array<Form>({
      {"set", [] { return map_of(scalar()); }},
      {"let", [] { return map_of(scalar()); }},
      {"clear", [] { return one_or_several(scalar()); }},
      {"delete", [] { return one_or_several(scalar()); }},
      {"keep_only", [] { return one_or_several(scalar()); }},
      {"renumber", [] { return one_or_several(scalar()); }},
      {"require", [] { return one_or_several(scalar()); }},
      {"insert", [] { return map_of(any_of({scalar(), map_of(Value(true)), array_of(Value(true))})); }},
      {"build", [] { return any_of({scalar(), map_of(one_or_several(scalar()))}); }},
      {"render", [] { return map_of(Value(true)); }},
  });
  if (kind.name == "decode") return any_of({scalar(), map_of(object(*kind.spec))});
  if (kind.spec) return object(*kind.spec);
  const auto found = std::ranges::find(kForms, kind.name, &Form::step);
  return found == kForms.end() ? scalar() : found->make();
}

// One item of a list of steps: one step's key, and what may stand beside it.
Value step(bool accept) {
  Value value, properties, one{json::Array{}};
  for (const auto& kind : step_catalog()) {
    const bool stands = (kind.stands & (accept ? kInAccept : kInSteps)) != 0;
    if (!stands) continue;
    properties.set(kind.name, documented(value_of(kind), kind.doc, {}, kind.example));
    Value needed;
    one.push(needed.set("required", list(kind.name)));
  }
  properties.set("when",
                 documented(scalar(), "a formula; the step is skipped when it is not true", {}, "PV1-2 == \"I\""));
  properties.set("note", documented(scalar(), "for your colleagues", {}, "why this step is here"));
  if (!accept)
    for (const auto* list_of_steps : {"do", "then", "else"}) properties.set(list_of_steps, reference("steps"));
  value.set("type", "object").set("properties", std::move(properties)).set("oneOf", std::move(one));
  return value.set("additionalProperties", false);
}

// A connection of one kind: its options and those that all have.
Value connection(const AdapterKind& kind, bool named) {
  Value value, properties{json::Object{}}, required{json::Array{}};
  for (const auto& option : connection_spec().options)
    if (option.name != "kind")
      properties.set(option.name,
                     documented(form_of(connection_spec(), option), option.doc, option.fallback, option.example));
  if (named) {
    Value only;
    properties.set("kind", only.set("const", std::string(kind.name)));
    required.push(Value("kind"));
  }
  add_options(*kind.connection, properties, required);
  value.set("type", "object").set("description", std::string(kind.doc)).set("properties", std::move(properties));
  if (!required.array()->empty()) value.set("required", std::move(required));
  return value.set("additionalProperties", false);
}

Value inline_connection(AdapterCatalog adapters) {
  Value value, properties;
  for (const auto& kind : adapters) {
    auto options = connection(kind, false);
    properties.set(kind.name, kind.short_for.empty() ? std::move(options) : any_of({scalar(), std::move(options)}));
  }
  value.set("type", "object").set("properties", std::move(properties)).set("maxProperties", 1);
  return value.set("additionalProperties", false);
}

Value begun(std::string_view name, std::string_view title) {
  Value schema;
  schema.set("$schema", "https://json-schema.org/draft/2020-12/schema");
  schema.set("$id", "myelin:" + std::string(name)).set("title", std::string(title));
  return schema;
}

void append(Value& schema, const Value& object) {
  for (const auto& member : *object.object()) schema.set(member.key, member.value);
}

void define_steps(Value& definitions) {
  definitions.set("steps", array_of(reference("step"))).set("step", step(false));
}

std::string channel_schema(AdapterCatalog adapters) {
  auto schema = begun("channel", "a channel of Myelin: conf/channels/NAME.yaml");
  append(schema, object(channel_spec()));
  Value definitions;
  define_steps(definitions);
  definitions.set("check", step(true)).set("route", object(route_spec())).set("test", object(test_spec()));
  definitions.set("inline", inline_connection(adapters));
  schema.set("$defs", std::move(definitions));
  return json::write(schema, json::Layout::pretty);
}

std::string connections_schema(AdapterCatalog adapters) {
  auto schema = begun("connections", "the peers of Myelin: conf/connections.yaml");
  Value kinds{json::Array{}}, properties, any;
  for (const auto& kind : adapters) kinds.push(connection(kind, true));
  properties.set("site",
                 documented(map_of(scalar()), "values that formulas read as $site.NAME", {}, "{ facility: WEST }"));
  schema.set("type", "object").set("properties", std::move(properties));
  schema.set("additionalProperties", any.set("oneOf", std::move(kinds)));
  return json::write(schema, json::Layout::pretty);
}

std::string block_schema() {
  auto schema = begun("block", "steps that channels share: conf/blocks/NAME.yaml");
  Value properties, definitions;
  properties.set("block", documented(scalar(), "the name, as the file is called", {}, "normalise-names"));
  properties.set("about", documented(scalar(), "what it does", {}, {}));
  properties.set("steps", reference("steps"));
  schema.set("type", "object").set("properties", std::move(properties)).set("required", list("block", "steps"));
  schema.set("additionalProperties", false);
  define_steps(definitions);
  schema.set("$defs", std::move(definitions));
  return json::write(schema, json::Layout::pretty);
}

std::string overlay_schema() {
  auto schema = begun("overlay", "what a site adds to the maps to FHIR: conf/maps/NAME.yaml");
  append(schema, object(mapping::overlay_spec()));
  return json::write(schema, json::Layout::pretty);
}

}  // namespace

std::vector<std::string_view> schema_names() { return {"block", "channel", "connections", "overlay"}; }

std::string json_schema(std::string_view name, AdapterCatalog adapters) {
  if (name == "channel") return channel_schema(adapters);
  if (name == "connections") return connections_schema(adapters);
  if (name == "overlay") return overlay_schema();
  return name == "block" ? block_schema() : std::string();
}

}  // namespace myelin::routes
