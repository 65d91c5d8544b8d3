// Checking what a formula names: paths, facts, values of the site, what `let` named.
#include <algorithm>
#include <array>

#include "engine/model/facts.h"
#include "routes/expr/checker.h"
#include "routes/expr/checking.h"
#include "routes/expr/functions.h"
#include "routes/expr/grammar.h"

namespace myelin::expr {

using Kind = Expression::Kind;

namespace {

constexpr auto kFacts = std::to_array<std::string_view>({"$id", "$received_at", "$peer", "$channel", "$original",
                                                         "$batch", "$site", "$file", "$header", "$query", "$user"});

}  // namespace

void Checker::path(Expression& e) {
  const auto many = [](const hl7::Pick& pick) { return pick.kind == hl7::Pick::Kind::all; };
  bool all = many(e.path.segment_pick) || many(e.path.repetition);
  for (const auto& group : e.path.groups) all = all || many(group.pick);
  e.type = e.path.field == 0 ? Type::segment : all ? Type::list : Type::text;
  if (e.batch) return check_header(e);
  paths_.push_back(PathUse{e.path, e.text, mistakes_.place(e.offset, e.length)});
  const auto body = e.original ? scope_.original_body : scope_.body;
  if (body != BodyKind::hl7)
    return add("C0138", e, "the body is " + std::string(myelin::name_of(body)) + ", and " + e.text + " is of HL7",
               body == BodyKind::json  ? "places in JSON are named as its keys are: patient.name[1].family"
               : body == BodyKind::xml ? "places in XML are named by xpath(\"…\")"
                                       : "`decode` makes something of bytes that has places");
  check_place(e);
}

// Of the batch there are its headers, and nothing of them depends on the body.
void Checker::check_header(Expression& e) {
  if ((e.path.segment != "FHS" && e.path.segment != "BHS") || !e.path.groups.empty())
    return add("C0220", e, "$batch has the headers of the batch: FHS and BHS", "$batch.BHS-4");
  const auto& dictionary = scope_.grammar ? *scope_.grammar->dictionary() : schema::Dictionary::of("2.8.2");
  if (e.path.field != 0 && dictionary.field(e.path.segment, e.path.field) == nullptr)
    add("C0220", e, e.path.segment + " has no field " + std::to_string(e.path.field), "$batch.BHS-4");
}

void Checker::data(Expression& e) {
  const bool plain = e.data.steps.size() == 1 && e.data.steps.front().pick.kind == DataPick::Kind::implicit;
  if (!e.original && plain && scope_.lets.contains(e.text)) {
    e.kind = Kind::name;
    return name(e);
  }
  if (!e.original && scope_.body != BodyKind::json)
    add("C0138", e, "the body is " + std::string(myelin::name_of(scope_.body)) + ", and " + e.text + " is of JSON",
        "`decode: json` makes JSON of bytes");
  e.type = e.data.lists() ? Type::list : Type::text;
}

void Checker::check_place(Expression& e) {
  const auto& grammar = e.original && scope_.original ? scope_.original : scope_.grammar;
  if (!grammar) return;
  e.dictionary = grammar->dictionary();
  const auto finding = grammar->check(e.path);
  if (!finding) return warn_of_several(e, *grammar);
  if (finding->code.starts_with('W'))
    return mistakes_.remark(finding->code, e.offset, e.length, finding->message, finding->hint);
  // A40 is meant as text more often than as a segment.
  const bool bare = e.path.field == 0 && finding->hint.empty();
  add(finding->code, e, finding->message, bare ? "as text, write \"" + e.text + "\"" : finding->hint);
  e.type = Type::unknown;
}

void Checker::warn_of_several(const Expression& e, const Grammar& grammar) {
  if (use_ != Use::decides || e.type == Type::list) return;
  if (const auto finding = grammar.takes_first(e.path, around_))
    mistakes_.remark(finding->code, e.offset, e.length, finding->message, finding->hint);
}

void Checker::fact(Expression& e) {
  const std::string_view head = std::string_view(e.text).substr(0, e.text.find('.'));
  if (head == "$site") return site(e);
  e.type = e.text == "$received_at" ? Type::time : Type::text;
  if (e.text == "$original") {
    e.type = Type::unknown;
    return add("C0098", e, "$original is a whole message", "name a place in it: $original.PID-5.1");
  }
  if (e.text == "$batch") {
    e.type = Type::unknown;
    return add("C0220", e, "$batch is the headers of a batch", "name a place in one: $batch.BHS-4");
  }
  if (e.text == "$part" || e.text == "$parts") {
    e.type = Type::number;
    if (!scope_.parts)
      add("C0085", e, "only the steps of a route with `split` have " + e.text,
          "split: ORDER_OBSERVATION, for example; `when`, `order` and `priority` look at the whole message");
    return;
  }
  if (head == "$header" || head == "$query" || e.text == "$file" || e.text == "$user") return circumstance(e, head);
  if (std::find(kFacts.begin(), kFacts.end(), e.text) != kFacts.end()) return;
  e.type = Type::unknown;
  add("C0085", e, "there is no fact " + e.text, did_you_mean(e.text, kFacts));
}

void Checker::circumstance(Expression& e, std::string_view head) {
  if (e.text == head && (head == "$header" || head == "$query")) {
    e.type = Type::unknown;
    return add("C0232", e, e.text + " needs a name", head == "$header" ? "$header.x-ward" : "$query.ward");
  }
  std::string name = e.text.substr(1);
  if (head == "$header")  // HTTP knows no capitals there
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  const auto own = std::string_view(name).substr(std::min(name.size(), head.size()));
  if (head == "$header" && is_credential(own)) {
    e.type = Type::unknown;
    return add("C0231", e, "the header " + std::string(own) + " is a secret, and is never kept",
               "$user is who sent the message");
  }
  e.text = "$" + name;
  if (scope_.facts) scope_.facts->push_back({std::move(name), mistakes_.place(e.offset, e.length)});
}

void Checker::site(Expression& e) {
  const std::string name = e.text.size() > 6 ? e.text.substr(6) : std::string();
  const auto found = scope_.site.find(name);
  if (found != scope_.site.end()) {
    e.kind = Kind::literal;
    e.type = Type::text;
    e.literal = Value(found->second);
    return;
  }
  std::vector<std::string_view> names;
  for (const auto& [known, value] : scope_.site) names.push_back(known);
  add("C0086", e,
      name.empty() ? "$site needs a name: $site.facility" : "connections.yaml has no site value '" + name + "'",
      did_you_mean(name, names));
}

void Checker::name(Expression& e) {
  if (scope_.lets.contains(e.text)) {
    e.type = Type::text;
    return;
  }
  if (find_function(e.text)) return add("C0080", e, e.text + " is a function", "its arguments stand in ( )");
  std::string hint = "as text, write \"" + e.text + "\"";
  std::vector<std::string_view> names(scope_.lets.begin(), scope_.lets.end());
  if (const auto near = config::nearest(e.text, names); !near.empty())
    hint = "did you mean " + std::string(near) + "? " + hint;
  add("C0085", e, "nothing is called " + e.text + " here", std::move(hint));
}

void Checker::list(Expression& e) {
  e.type = Type::list;
  for (auto& child : e.children) {
    check(child);
    if (!single(child.type))
      add("C0083", child, "an item of a list is one value, not " + std::string(name_of(child.type)));
  }
}

}  // namespace myelin::expr
