#include "routes/reverse/rules_read.h"

#include <algorithm>
#include <array>

namespace myelin::reverse {
namespace {

// In the order of Form.
constexpr std::array<std::string_view, 13> kForms = {"text",          "lines",  "joined",    "time",       "date",
                                                     "number",        "yes_no", "authority", "codesystem", "media_type",
                                                     "media_subtype", "base64", "range"};

constexpr std::array<std::string_view, 7> kKeywords = {"as", "via", "or", "needed", "else", "distinct", "if"};

}  // namespace

void RulesReader::finish() {
  for (auto& [name, message] : rules_.messages_)
    message->ignored.insert(message->ignored.end(), rules_.ignored_.begin(), rules_.ignored_.end());
  for (auto& [name, type] : rules_.types_) {
    if (!known_.contains("type " + name)) wrong("there is no type '" + name + "'");
    include(*type, 0);
  }
  for (auto& [name, type] : rules_.segments_) {
    if (!known_.contains("segment " + name)) wrong("there are no rules of a segment '" + name + "'");
    include(*type, 0);
    for (const auto& row : type->rows)
      if (!row.via.empty() && !rules_.codes(row.via)) wrong("there are no codes '" + row.via + "'");
  }
  for (auto& [name, type] : rules_.types_)
    for (const auto& row : type->rows)
      if (!row.via.empty() && !rules_.codes(row.via)) wrong("there are no codes '" + row.via + "'");
}

void RulesReader::read_line(std::string_view line) {
  words_ = mapping::Words(line);
  if (words_.empty()) return;
  const auto depth = line.find_first_not_of(' ');
  if (depth == 0) return begin_block(line);
  if (codes_) {
    mapping::Codes::Row code;
    code.code = words_.next();
    code.fhir = words_.next();
    code.system = words_.next();
    codes_->rows.push_back(std::move(code));
  } else if (ignored_) {
    while (!words_.empty()) rules_.ignored_.push_back(words_.next());
  } else if (message_) {
    read_message_line(depth);
  } else if (type_ && words_.take("include")) {
    includes_.push_back({type_, type_->rows.size(), words_.next()});
  } else if (type_) {
    type_->rows.push_back(row());
  } else {
    wrong("a row without a block above it");
  }
}

void RulesReader::begin_block(std::string_view line) {
  const auto kind = words_.next(), name = words_.next();
  codes_ = nullptr, type_ = nullptr, message_ = nullptr;
  ignored_ = kind == "ignored";
  known_.insert(kind + " " + name);
  if (kind == "type" || kind == "segment") {
    of_segment_ = kind == "segment";
    type_ = named(of_segment_ ? rules_.segments_ : rules_.types_, name);
  } else if (kind == "codes") {
    codes_ = named(rules_.codes_, name);
    codes_->table = words_.next();
  } else if (kind == "message") {
    message_ = named(rules_.messages_, name);
    message_->about = words_.next();
    depths_.clear();
  } else if (!ignored_) {
    wrong("'" + std::string(line) + "' begins no block");
  }
}

void RulesReader::read_message_line(std::size_t depth) {
  if (words_.take("of")) {
    while (!words_.empty()) message_->types.push_back(words_.next());
  } else if (words_.take("ignore")) {
    while (!words_.empty()) message_->ignored.push_back(words_.next());
  } else if (words_.take("type")) {
    Row choice;
    while (!words_.empty() && !is_keyword()) read_source(choice);
    while (!words_.empty()) read_option(choice);
    message_->type.push_back(std::move(choice));
  } else {
    read_part(words_.next(), depth);
  }
}

void RulesReader::read_part(const std::string& word, std::size_t depth) {
  while (!depths_.empty() && depths_.back() >= depth) depths_.pop_back();
  auto* parts = &message_->parts;
  for (std::size_t level = 0; level < depths_.size(); ++level) parts = &parts->back().parts;
  depths_.push_back(depth);
  Part part;
  if (word != "group") part.segment = word;
  Row of;
  while (!words_.empty() && !is_keyword() && !words_.is("single")) read_source(of);
  part.of = of.from;
  std::string rules = part.segment;
  while (!words_.empty()) {
    if (words_.take("as")) rules = words_.next();
    else if (words_.take("needed")) part.needed = true;
    else if (words_.take("single")) part.single = true;
    else if (words_.take("if")) part.when = conditions();
    else return wrong("'" + words_.next() + "' is no option of a part");
  }
  if (!part.segment.empty()) part.rules = named(rules_.segments_, rules);
  parts->push_back(std::move(part));
}

bool RulesReader::is_keyword() const {
  return std::ranges::any_of(kKeywords, [this](std::string_view word) { return words_.is(word); });
}

Row RulesReader::row() {
  Row made;
  const auto target = words_.next();
  if (target != "." && !read_place(target, made.target)) wrong("'" + target + "' is no place");
  if (target != "." && of_segment_ != (made.target.field != 0)) wrong("'" + target + "' does not stand here");
  while (!words_.empty() && !is_keyword()) read_source(made);
  while (!words_.empty()) read_option(made);
  if (made.from.empty()) wrong("a row without a source");
  return made;
}

// One word: alternatives, with | between them.
void RulesReader::read_source(Row& made) {
  if (words_.quoted()) return made.from.push_back({Source::Kind::literal, words_.next(), {}});
  const auto word = words_.next();
  std::string_view text = word;
  while (!text.empty()) {
    const auto bar = std::min(text.find('|'), text.size());
    Source source;
    source.text = text.substr(0, bar);
    std::string mistake;
    if (source.text.starts_with("$n:")) {
      source.kind = Source::Kind::count;
      source.text.erase(0, 3);
    } else if (source.text.starts_with('$')) {
      source.kind = Source::Kind::fact;
      source.text.erase(0, 1);
    } else if (source.text.starts_with('.')) {
      source.kind = Source::Kind::item;
      if (source.text != ".") mistake = read_path(std::string_view(source.text).substr(1), source.path);
    } else {
      source.kind = Source::Kind::path;
      mistake = read_path(source.text, source.path);
    }
    if (!mistake.empty()) return wrong(mistake);
    made.from.push_back(std::move(source));
    text.remove_prefix(std::min(bar + 1, text.size()));
  }
}

void RulesReader::read_option(Row& made) {
  const auto word = words_.next();
  if (word == "as") {
    const auto name = words_.next();
    const auto* form = std::ranges::find(kForms, name);
    if (form == kForms.end()) made.type = named(rules_.types_, name);
    else made.form = static_cast<Form>(form - kForms.begin());
  } else if (word == "via") {
    made.via = words_.next();
  } else if (word == "or") {
    made.otherwise = words_.next();
  } else if (word == "needed") {
    made.needed = true;
  } else if (word == "else") {
    made.otherwise_of_last = true;
  } else if (word == "distinct") {
    made.distinct = true;
  } else if (word == "if") {
    made.when = conditions();
  } else {
    wrong("'" + word + "' is no option of a row");
  }
}

std::vector<Condition> RulesReader::conditions() {
  using enum Condition::Test;
  constexpr std::array<std::pair<std::string_view, Condition::Test>, 4> kTests = {
      {{"valued", valued}, {"empty", empty}, {"lines", lines}, {"day", day}}};
  std::vector<Condition> all;
  do {
    Condition one;
    Row of;
    read_source(of);
    one.what = std::move(of.from);
    const auto test = words_.next();
    if (test == "=" || test == "!=") {
      one.test = test == "=" ? is : is_not;
      while (!words_.empty() && !words_.is("and")) one.values.push_back(words_.next());
    } else {
      const auto* known = std::ranges::find(kTests, test, &std::pair<std::string_view, Condition::Test>::first);
      if (known == kTests.end()) wrong("'" + test + "' is no test");
      else one.test = known->second;
    }
    all.push_back(std::move(one));
  } while (words_.take("and"));
  return all;
}

void RulesReader::include(Type& type, int depth) {
  if (depth > 8) return wrong("rules include each other");
  for (std::size_t index = includes_.size(); index-- > 0;) {
    if (includes_[index].into != &type) continue;
    const auto found = includes_[index];
    includes_[index].into = nullptr;
    auto& all = rules_.segments_.contains(type.name) && rules_.segments_[type.name].get() == &type ? rules_.segments_
                                                                                                   : rules_.types_;
    const auto other = all.find(found.name);
    if (other == all.end()) return wrong("there is nothing called '" + found.name + "' to include");
    include(*other->second, depth + 1);
    type.rows.insert(type.rows.begin() + static_cast<std::ptrdiff_t>(found.at), other->second->rows.begin(),
                     other->second->rows.end());
  }
}

}  // namespace myelin::reverse
