// Checking calls: how many arguments, of which kinds, and what must be written out.
#include <algorithm>
#include <array>

#include "engine/fhir/fhir_path.h"
#include "engine/schema/xml_path.h"
#include "routes/expr/checker.h"
#include "routes/expr/checking.h"
#include "routes/expr/functions.h"
#include "routes/expr/pattern.h"

namespace myelin::expr {

using Kind = Expression::Kind;

namespace {

constexpr auto kUnits =
    std::to_array<std::string_view>({"seconds", "minutes", "hours", "days", "weeks", "months", "years"});

}  // namespace

void Checker::call(Expression& e) {
  e.function = find_function(e.text);
  if (!e.function) {
    std::vector<std::string_view> names;
    for (const auto& function : all_functions()) names.push_back(function.name);
    for (auto& child : e.children) check(child);
    mistakes_.add("C0081", e.offset, e.text.size(), "there is no function " + e.text, did_you_mean(e.text, names));
    return;
  }
  e.type = e.function->gives;
  if (!arguments(e)) return;
  special(e);
}

bool Checker::arguments(Expression& e) {
  const std::string_view takes = e.function->takes;
  std::size_t least = 0, most = 0;
  bool optional = false, repeats = takes.ends_with('*');
  for (const char letter : takes) {
    if (letter == '?') optional = true;
    if (letter == '?' || letter == '*') continue;
    ++most;
    if (!optional) ++least;
  }
  const std::size_t given = e.children.size();
  if (given < least || (given > most && !repeats)) {
    mistakes_.add("C0082", e.offset, e.text.size(),
                  e.text + (given < least ? " needs more" : " takes fewer") + " arguments",
                  "it is " + std::string(e.function->signature));
    for (auto& child : e.children) check(child);
    return false;
  }
  std::string letters;
  for (const char letter : takes)
    if (letter != '?' && letter != '*') letters += letter;
  for (std::size_t at = 0; at < given; ++at) argument(e, at, letters[std::min(at, letters.size() - 1)]);
  return true;
}

void Checker::argument(Expression& call, std::size_t index, char letter) {
  Expression& e = call.children[index];
  const std::string who = call.text + "()";
  if (letter == 'c') return condition(call, e);
  check(e);
  switch (letter) {
    case 't':
    case 'x':
      want_single(e, who);
      return;
    case 'T':
      if (e.type != Type::unknown && !written_out(e))
        add("C0083", e, who + " needs this text written out in quotes",
            "it is " + std::string(call.function->signature));
      return;
    case 'n':
      want(e, Type::number, who);
      return;
    case 'b':
      want(e, Type::truth, who);
      return;
    case 'd':
      if (e.type == Type::text ? !dated(e) : e.type != Type::time) want(e, Type::time, who);
      return;
    case 'l':
      want(e, Type::list, who);
      return;
    case 'L':
      if (e.type != Type::text || (e.kind != Kind::path && e.kind != Kind::data)) want(e, Type::list, who);
      return;
    case 's':
      if (e.type != Type::segment && e.kind != Kind::data) want(e, Type::list, who);
      return;
    case 'p':
      if (e.kind != Kind::path && e.kind != Kind::data && e.type != Type::unknown)
        add("C0083", e, who + " needs a path", path_hint(call, e));
      return;
    case 'a':
      return alike(call, index);
    default:
      return;
  }
}

std::string Checker::path_hint(const Expression& call, const Expression& e) {
  const auto* text = written_out(e);
  if (text && hl7::parse_path(*text)) return "write the path without quotes: " + call.text + "(" + *text + ")";
  return "for a computed value, compare it with \"\"";
}

void Checker::condition(Expression& call, Expression& e) {
  const Expression& over = call.children[0];
  const bool segment = over.type == Type::segment;
  if (over.type == Type::list && over.kind != Kind::data)
    add("C0083", over, "a condition for each needs a segment",
        over.kind == Kind::path ? "say " + call.text + "(" + over.path.segment + ", …)" : "");
  if (segment) around_.push_back(over.path.segment);
  check(e);
  if (segment) around_.pop_back();
  want(e, Type::truth, call.text + "()");
}

void Checker::alike(Expression& call, std::size_t index) {
  const Expression& e = call.children[index];
  if (e.type == Type::segment || e.type == Type::list) {
    want(e, Type::text, call.text + "()");
    return;
  }
  if (call.type == Type::unknown || call.type == Type::null) {
    call.type = e.type;
  } else if (e.type != call.type && e.type != Type::unknown && e.type != Type::null) {
    add("C0083", e,
        call.text + "() gives one kind of value: above it is " + std::string(name_of(call.type)) + ", here it is " +
            std::string(name_of(e.type)));
  }
}

void Checker::special(Expression& e) {
  const auto* second = e.children.size() > 1 ? written_out(e.children[1]) : nullptr;
  const auto* third = e.children.size() > 2 ? written_out(e.children[2]) : nullptr;
  switch (e.function->check) {
    case Check::none:
      return;
    case Check::table:
      return table(e, third);
    case Check::pattern:
      compile_pattern(e, e.children[1]);
      if (!e.pattern || !third) return;
      if (const std::string why = replacement_mistake(*e.pattern, *third); !why.empty())
        add("C0089", e.children[2], "this replacement cannot be used: " + why);
      return;
    case Check::date_pattern:
      if (!second) return;
      if (const std::string why = format_mistake(*second); !why.empty())
        add("C0097", e.children[1], why, "yyyy MM dd HH mm ss SSS ZZZ; other letters in ' '");
      return;
    case Check::zone:
      return zone(e, second);
    case Check::xpath:
      return xpath(e);
    case Check::fhirpath:
      return fhirpath(e);
    case Check::unit:
      if (third && std::find(kUnits.begin(), kUnits.end(), *third) == kUnits.end())
        add("C0005", e.children[2], "'" + *third + "' is no unit of time", did_you_mean(*third, kUnits));
      return;
  }
}

void Checker::xpath(Expression& e) {
  const auto* text = written_out(e.children[0]);
  if (!text) return;
  if (scope_.body != BodyKind::xml && scope_.original_body != BodyKind::xml)
    add("C0138", e, e.text + "() reads XML, and the body is " + std::string(myelin::name_of(scope_.body)),
        "accept: { body: xml }");
  auto made = schema::XPath::compile(*text);
  if (made) e.xpath = std::move(*made);
  else add("C0010", e.children[0], "this is no XPath: " + made.error().message, "xpath(\"/ClinicalDocument/title\")");
}

void Checker::fhirpath(Expression& e) {
  const auto* text = written_out(e.children[0]);
  if (!text) return;
  if (scope_.body != BodyKind::json && scope_.original_body != BodyKind::json)
    add("C0138", e, e.text + "() reads FHIR in JSON, and the body is " + std::string(myelin::name_of(scope_.body)),
        "accept: { body: json }, or it stands below `to_fhir`");
  auto made = fhir::FhirPath::compile(*text);
  if (made) {
    e.fhirpath = std::move(*made);
    return;
  }
  // The text's first character stands behind its quote.
  const auto& from = e.children[0];
  const auto at = std::min(made.error().offset + 1, from.length > 0 ? from.length - 1 : 0);
  mistakes_.add("C0010", from.offset + at, 1, "this is no FHIRPath: " + made.error().message,
                "fhirpath(\"Patient.name.family.first()\")");
}

void Checker::zone(Expression& e, const std::string* name) {
  if (!name) return;
  const Expression& from = e.children[1];
  e.zone = hl7::Zone::find(*name);
  e.home = scope_.zone;
  if (!e.zone) {
    add("C0101", from, "there is no time zone '" + *name + "'", did_you_mean(*name, hl7::Zone::names()));
    return;
  }
  const Expression& date = e.children[0];
  const std::string* text = written_out(date);
  const auto written = text ? Timestamp::parse(*text) : std::nullopt;
  const bool instant = (date.kind == Kind::fact && date.text == "$received_at") || (written && written->zone);
  if (!instant && !scope_.zone)
    add("C0102", date, "nothing says in which zone a time without offset is meant", "say `zone:` on the channel");
}

void Checker::table(Expression& e, const std::string* column) {
  const std::string* name = written_out(e.children[0]);
  if (!name) return;
  const auto found = scope_.tables.find(*name);
  if (found == scope_.tables.end()) {
    std::vector<std::string_view> names;
    for (const auto& [known, table] : scope_.tables) names.push_back(known);
    return add("C0087", e.children[0], "there is no table called '" + *name + "'", did_you_mean(*name, names));
  }
  e.table = found->second;
  if (column && !e.table->has_column(*column))
    add("C0088", e.children[2], "table " + *name + " has no column '" + *column + "'");
}

}  // namespace myelin::expr
