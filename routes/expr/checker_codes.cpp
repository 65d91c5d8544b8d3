// Comparisons that cannot hold: a text that no value of the place is, by the accepted types, by the HL7 table of the
// place, or by its length.
#include <algorithm>

#include "engine/base/counted.h"
#include "routes/expr/checking.h"
#include "routes/expr/grammar.h"

namespace myelin::expr {
namespace {

constexpr int kValueTypes = 125;  // OBX-2: any data type of the version stands there, also one that the table has lost

// The leaf that a path reads: the first part of what has parts. nullptr where the dictionary knows none.
const schema::Element* leaf_of(const schema::Dictionary& dictionary, const hl7::Path& path) {
  const auto* element = dictionary.field(path.segment, path.field);
  for (const auto part : {path.component, path.subcomponent}) {
    if (!element || !dictionary.type(element->type)) return part > 1 ? nullptr : element;
    element = dictionary.component(element->type, std::max<std::size_t>(part, 1));
  }
  return element;
}

std::string some_codes(const schema::Table& table) {
  std::string text;
  for (std::size_t at = 0; at < table.codes.size() && at < 8; ++at)
    text.append(at ? ", " : "").append(table.codes[at].code);
  return text + (table.codes.size() > 8 ? " …" : "");
}

}  // namespace

// The type of a message is one of those that the channel accepts. True when something was said.
bool Checker::impossible_type(const Expression& place, const Expression& literal, const Grammar& grammar) {
  const auto& path = place.path;
  const auto& types = grammar.types();
  if (path.segment != "MSH" || path.field != 9 || path.component > 2 || types.empty()) return false;
  const auto& text = *written_out(literal);
  std::string all;
  for (const auto& type : types) {
    const auto caret = std::min(type.find('^'), type.size());
    const auto part = path.component < 2 ? type.substr(0, caret) : caret < type.size() ? type.substr(caret + 1) : "*";
    if (part == text || part == "*") return true;
    all += (all.empty() ? "" : ", ") + type;
  }
  mistakes_.remark("W0108", literal.offset, literal.length, "no accepted type has '" + text + "' in " + place.text,
                   "accept: has " + all);
  return true;
}

void Checker::impossible(const Expression& place, const Expression& literal) {
  const auto* text = written_out(literal);
  if (place.kind != Expression::Kind::path || place.path.field == 0 || !text || text->empty()) return;
  const auto& grammar = place.original && scope_.original ? scope_.original : scope_.grammar;
  if (!grammar || !grammar->dictionary() || impossible_type(place, literal, *grammar)) return;
  const auto& dictionary = *grammar->dictionary();
  const auto* element = leaf_of(dictionary, place.path);
  if (!element || element->type == schema::kVaries) return;
  const auto* table = element->type == "ID" && element->table != 0 ? dictionary.table(element->table) : nullptr;
  if (element->table == kValueTypes && dictionary.type(*text)) return;
  const bool has = table && dictionary.text(element->table, *text);
  if (has) return;  // whatever the length of its place says
  if (table && !table->codes.empty())
    return mistakes_.remark("W0108", literal.offset, literal.length,
                            "HL7 table " + std::to_string(table->number) + " (" + std::string(table->name) +
                                ") has no '" + *text + "', so " + place.text + " is never that",
                            "it has " + some_codes(*table));
  if (element->length != 0 && text->size() > element->length && dictionary.version() < schema::Version::v2_7)
    mistakes_.remark("W0108", literal.offset, literal.length,
                     place.text + " has at most " + counted(element->length, "character") + ", and this text " +
                         std::to_string(text->size()),
                     "starts_with or contains looks at a part");
}

}  // namespace myelin::expr
