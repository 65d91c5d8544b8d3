#include "routes/map/library_reader.h"

#include <algorithm>
#include <array>

#include "routes/map/places.h"

namespace myelin::mapping {
namespace {

// In the order of Primitive.
constexpr std::array<std::string_view, 23> kPrimitives = {
    "string", "lines",     "phrase",       "path",       "phone",      "family",  "code",    "uri",
    "date",   "dateTime",  "dateTimeOnly", "instant",    "time",       "decimal", "integer", "boolean",
    "base64", "mediatype", "system",       "codesystem", "comparator", "amount",  "measure"};

}  // namespace

void LibraryReader::finish() {
  for (auto& [name, type] : library_.types_) {
    if (!known_.contains("type " + name)) wrong("there is no type '" + name + "'");
    expand(*type, 0);
  }
  for (auto& [name, resource] : library_.resources_)
    if (!known_.contains("resource " + name)) wrong("there is no resource '" + name + "'");
  for (auto& [name, resource] : copies_) copy(*resource, name);
  for (auto& [name, resource] : library_.resources_) mark_otherwise(*resource);
  for (auto& [name, codes] : library_.codes_)
    if (codes->rows.empty()) wrong("there are no codes '" + name + "'");
}

void LibraryReader::read_code(std::string_view line) {
  if (line.starts_with('#')) return;
  std::array<std::string, 5> cells;
  for (auto& cell : cells) {
    const auto tab = std::min(line.find('\t'), line.size());
    cell = line.substr(0, tab);
    line.remove_prefix(std::min(tab + 1, line.size()));
  }
  auto* codes = named(library_.codes_, cells[0]);
  codes->table = cells[1];
  add_code(*codes, {cells[2], cells[3], cells[4]});
}

void LibraryReader::add_code(Codes& codes, Codes::Row row) {
  row.first = std::ranges::find(codes.rows, row.fhir, &Codes::Row::fhir) == codes.rows.end();
  codes.rows.push_back(std::move(row));
}

void LibraryReader::read_line(std::string_view line) {
  if (line.contains('\t')) return read_code(line);
  words_ = Words(line);
  if (words_.empty()) return;
  if (!line.starts_with(' ')) return begin_block();
  if (codes_) {
    const auto code = words_.next(), fhir = words_.next();
    add_code(*codes_, {code, fhir, words_.next()});
  } else if (in_systems_) {
    const auto name = words_.next();
    library_.systems_[name] = words_.next();
  } else if (message_) {
    read_message_line();
  } else if (resource_) {
    read_resource_line();
  } else if (type_) {
    read_type_line();
  } else {
    wrong("a row without a block above it");
  }
}

void LibraryReader::begin_block() {
  const auto kind = words_.next(), name = words_.next();
  codes_ = nullptr, type_ = nullptr, resource_ = nullptr, message_ = nullptr, in_systems_ = false;
  known_.insert(kind + " " + name);
  if (kind == "type") {
    type_ = named(library_.types_, name);
  } else if (kind == "resource") {
    resource_ = named(library_.resources_, name);
    resource_->fhir = words_.next();
  } else if (kind == "codes") {
    codes_ = named(library_.codes_, name);
    codes_->table = words_.next();
  } else if (kind == "message") {
    message_ = named(library_.messages_, name);
    message_->structure = words_.next();
  } else if (kind == "systems") {
    in_systems_ = true;
  } else {
    wrong("'" + kind + "' is no kind of block");
  }
}

void LibraryReader::read_type_line() {
  if (words_.take("needs")) return type_->needs.push_back(alternatives(words_.next()));
  if (words_.take("wants")) return void(type_->wants.push_back(words_.next()));
  if (words_.take("include")) return includes_.emplace_back(type_, type_->rows.size(), words_.next()), void();
  type_->rows.push_back(row());
}

void LibraryReader::read_resource_line() {
  if (words_.take("identity")) return read_identity();
  if (words_.take("request")) return void(resource_->update = words_.next() == "update");
  if (words_.take("include")) return void(copies_.emplace_back(words_.next(), resource_));
  if (words_.take("needs")) return void(resource_->needs.push_back(words_.next()));
  if (words_.take("refuse")) {
    const auto why = words_.next();
    if (!words_.take("if")) return wrong("`refuse` says when: if …");
    return void(resource_->refusals.emplace_back(why, conditions_here()));
  }
  if (words_.take("display")) {
    while (!words_.empty()) resource_->display.push_back(alternatives(words_.next()));
    return;
  }
  resource_->rows.push_back(row());
}

void LibraryReader::read_identity() {
  const auto kind = words_.next();
  using enum Resource::Identity;
  resource_->identity = kind == "identifier" ? identifier : kind == "own" ? own : message;
  const bool prefer = words_.take("prefer");
  while (!words_.empty()) {
    if (words_.take("else")) continue;
    const auto word = words_.next();
    if (prefer && !word.starts_with('@') && !word.contains('-')) resource_->prefer.push_back(word);
    else resource_->parts.push_back(alternatives(word));
  }
}

void LibraryReader::read_message_line() {
  if (words_.take("of")) {
    while (!words_.empty()) message_->types.push_back(words_.next());
    return;
  }
  if (words_.take("ignore")) {
    while (!words_.empty()) {
      const auto place = alternatives(words_.next());
      message_->ignored.emplace_back(place.front().text, place.front().field);
    }
    return;
  }
  Anchor anchor;
  anchor.segment = words_.next();
  if (words_.take("in")) anchor.group = words_.next();
  anchor.resource = named(library_.resources_, words_.next());
  if (words_.take("only")) anchor.only_message = words_.next() == "message";
  if (words_.take("if")) anchor.when = conditions_here();
  message_->anchors.push_back(std::move(anchor));
}

Row LibraryReader::row() {
  Row made;
  made.target = target(words_.next());
  while (!words_.empty() && !words_.is_keyword()) {
    const bool quoted = words_.quoted();
    const auto word = words_.next();
    made.from.push_back(quoted ? Alternatives{literal(word)} : alternatives(word));
  }
  while (!words_.empty()) read_option(made);
  if (made.from.empty() && made.references.empty()) wrong("a row without a source");
  return made;
}

void LibraryReader::read_option(Row& made) {
  const auto word = words_.next();
  if (word == "as") {
    const auto name = words_.next();
    const auto* primitive = std::ranges::find(kPrimitives, name);
    if (primitive == kPrimitives.end()) made.type = named(library_.types_, name);
    else made.primitive = static_cast<Primitive>(primitive - kPrimitives.begin());
  } else if (word == "via") {
    made.via = named(library_.codes_, words_.next());
  } else if (word == "or") {
    made.otherwise = words_.next();
  } else if (word == "table") {
    made.table = words_.next();
  } else if (word == "quiet") {
    made.quiet = true;
  } else if (word == "alone") {
    made.alone = true;
  } else if (word == "by") {
    made.named_by = alternatives(words_.next());
  } else if (word == "else") {
    made.otherwise_of_last = true;
  } else if (word == "new") {
    made.makes = named(library_.resources_, words_.next());
  } else if (word == "ext") {
    made.extension_url = words_.next();
    made.extension_key = words_.next();
  } else if (word == "ref") {
    made.references.emplace_back();
    while (!words_.empty() && !words_.is_keyword())
      if (const auto name = words_.next(); name == "|") made.references.emplace_back();
      else made.references.back().push_back(name);
  } else if (word == "if") {
    made.when = conditions_here();
  } else {
    wrong("'" + word + "' is no option of a row");
  }
}

std::vector<Condition> LibraryReader::conditions_here() {
  std::string mistake;
  auto all = conditions(words_, mistake);
  if (!mistake.empty()) wrong(mistake);
  return all;
}

void LibraryReader::expand(Type& type, int depth) {
  if (depth > 8) return wrong("types include each other");
  for (std::size_t index = includes_.size(); index-- > 0;) {
    if (includes_[index].into != &type) continue;
    const auto include = includes_[index];
    includes_[index].into = nullptr;
    auto& other = *named(library_.types_, include.name);
    expand(other, depth + 1);
    type.rows.insert(type.rows.begin() + static_cast<std::ptrdiff_t>(include.at), other.rows.begin(), other.rows.end());
    type.needs.insert(type.needs.end(), other.needs.begin(), other.needs.end());
    type.wants.insert(type.wants.end(), other.wants.begin(), other.wants.end());
  }
}

void LibraryReader::mark_otherwise(Resource& resource) {
  std::set<std::string> referred;
  for (auto& row : resource.rows) {
    if (row.target.empty()) continue;
    if (!row.references.empty()) referred.insert(row.target.front().name);
    else row.otherwise_of_reference = referred.contains(row.target.front().name);
  }
}

void LibraryReader::copy(Resource& into, const std::string& name) {
  const auto& from = *named(library_.resources_, name);
  into.identity = from.identity;
  into.prefer = from.prefer;
  into.parts = from.parts;
  into.update = from.update;
  into.refusals = from.refusals;
  into.rows.insert(into.rows.begin(), from.rows.begin(), from.rows.end());
}

}  // namespace myelin::mapping
