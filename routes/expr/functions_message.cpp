// Functions over places of the message and over lists.
#include <algorithm>

#include "engine/fhir/fhir_path.h"
#include "engine/schema/xml_path.h"
#include "routes/expr/functions.h"

namespace myelin::expr {

namespace {

using hl7::Presence;

Presence presence_of(const std::vector<const json::Value*>& found) {
  auto best = Presence::absent;
  for (const auto* value : found) {
    const bool empty = (value->text() && value->text()->empty()) || (value->array() && value->array()->empty());
    if (!empty) best = std::max(best, value->is_null() ? Presence::null : Presence::valued);
  }
  return best;
}

// Of a path that names several places: valued when one is, else null when one is.
Presence presence_of(const Arguments& given) {
  const Expression& path = given.expression(0);
  if (path.kind == Expression::Kind::data) return presence_of(given.evaluator().data(path, true));
  const hl7::Tree* tree = given.evaluator().tree_of(path);
  if (!tree) return Presence::absent;
  const auto places = given.evaluator().places(path);
  if (path.path.field == 0) return places.empty() ? Presence::absent : Presence::valued;
  Presence best = Presence::absent;
  for (const auto& place : places) best = std::max(best, tree->presence(place));
  return best;
}

// Calls `visit` with an Evaluator for each segment, or for each item of a list; stops when it returns false.
template <class Visit>
void for_each(const Arguments& given, Visit visit) {
  const Expression& over = given.expression(0);
  if (over.kind == Expression::Kind::data) {
    const auto items = given.evaluator().items(over);
    for (const auto index : items.indices)
      if (!visit(given.evaluator().within(items.path, index), Value(true))) return;
    return;
  }
  if (over.type == Type::segment) {
    for (const auto& place : given.evaluator().places(over))
      if (!visit(given.evaluator().within(place.segment), Value(true))) return;
    return;
  }
  const Value list = given.value(0);
  if (!list.list()) return;
  for (const auto& item : *list.list())
    if (!visit(given.evaluator(), item)) return;
}

// Of a segment: the condition, or that it is there. Of a list: the condition over the whole message, or that the item
// has a value.
bool holds(const Arguments& given, const Evaluator& evaluator, const Value& item) {
  const bool place = given.expression(0).type == Type::segment || given.expression(0).kind == Expression::Kind::data;
  if (given.size() < 2) return place || !empty(item);
  const Value truth = evaluator.value(given.expression(1));
  return truth.truth() && *truth.truth();
}

}  // namespace

Value run_missing(const Arguments& given) { return Value(presence_of(given) < Presence::null); }
Value run_present(const Arguments& given) { return Value(presence_of(given) == Presence::valued); }
Value run_null(const Arguments& given) { return Value(presence_of(given) == Presence::null); }

Value run_any(const Arguments& given) {
  bool found = false;
  for_each(given, [&](const Evaluator& evaluator, const Value& item) {
    found = holds(given, evaluator, item);
    return !found;
  });
  return Value(found);
}

Value run_all(const Arguments& given) {
  bool every = true;
  for_each(given, [&](const Evaluator& evaluator, const Value& item) {
    every = holds(given, evaluator, item);
    return every;
  });
  return Value(every);
}

Value run_count(const Arguments& given) {
  std::int64_t count = 0;
  for_each(given, [&](const Evaluator& evaluator, const Value& item) {
    if (holds(given, evaluator, item)) ++count;
    return true;
  });
  return Value(Decimal(count));
}

Value run_first(const Arguments& given) {
  Value list = given.value(0);
  if (!list.list()) return list;
  return list.list()->empty() ? Value() : list.list()->front();
}

Value run_last(const Arguments& given) {
  Value list = given.value(0);
  if (!list.list()) return list;
  return list.list()->empty() ? Value() : list.list()->back();
}

namespace {

std::vector<std::string> named(const Arguments& given) {
  const auto* document = given.evaluator().xml();
  const auto& path = given.call().xpath;
  return document && path ? path->values(*document) : std::vector<std::string>();
}

}  // namespace

Value run_xpath(const Arguments& given) {
  auto values = named(given);
  return values.empty() ? Value() : Value(std::move(values.front()));
}

Value run_xpath_all(const Arguments& given) {
  Value::List items;
  for (auto& text : named(given)) items.emplace_back(std::move(text));
  return Value(std::move(items));
}

Value run_fhirpath(const Arguments& given) {
  const auto* document = given.evaluator().json();
  const auto& path = given.call().fhirpath;
  auto values = document && path ? path->values(*document) : std::vector<std::string>();
  return values.empty() ? Value() : Value(std::move(values.front()));
}

Value run_fhirpath_all(const Arguments& given) {
  const auto* document = given.evaluator().json();
  const auto& path = given.call().fhirpath;
  Value::List items;
  if (document && path)
    for (auto& text : path->values(*document)) items.emplace_back(std::move(text));
  return Value(std::move(items));
}

Value run_fhirpath_holds(const Arguments& given) {
  const auto* document = given.evaluator().json();
  const auto& path = given.call().fhirpath;
  return Value(document && path && path->holds(*document));
}

Value run_segments(const Arguments& given) {
  const auto& path = given.expression(0);
  const auto* tree = given.evaluator().tree_of(path);
  Value::List items;
  if (tree)
    for (const auto& spot : given.evaluator().places(path))
      items.emplace_back(std::string(tree->segment_text(spot.segment)));
  return Value(std::move(items));
}

}  // namespace myelin::expr
