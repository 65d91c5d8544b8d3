#include "routes/map/library.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "engine/base/crypto.h"
#include "engine/schema/facts.h"
#include "routes/map/words.h"

namespace myelin::mapping {
namespace {

// In the order of Primitive.
constexpr std::array<std::string_view, 20> kPrimitives = {
    "string",  "lines",   "phrase",   "path",         "phone",   "family",    "code",
    "uri",     "date",    "dateTime", "dateTimeOnly", "instant", "time",      "decimal",
    "integer", "boolean", "base64",   "mediatype",    "system",  "codesystem"};

}  // namespace

const Codes::Row* Codes::find(std::string_view code) const {
  const auto found = std::ranges::find(rows, code, &Row::code);
  return found == rows.end() ? nullptr : &*found;
}

// Line after line. A block may name what comes later: it is made when it is first named.
class LibraryReader {
 public:
  explicit LibraryReader(Library& library) : library_(library) {}

  bool read(std::string_view text) {
    line_ = 0;
    while (!text.empty() && mistake_.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      ++line_;
      if (const auto tabs = text.substr(0, end); tabs.contains('\t')) read_code(tabs);
      else read_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return mistake_.empty();
  }

  // Rows that stand for others, and names that nothing has explained.
  bool finish() {
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
    return mistake_.empty();
  }

  const std::string& mistake() const { return mistake_; }

 private:
  void wrong(const std::string& what) {
    if (mistake_.empty()) mistake_ = "line " + std::to_string(line_) + ": " + what;
  }

  template <class T>
  T* named(std::map<std::string, std::unique_ptr<T>, std::less<>>& all, const std::string& name) {
    auto& item = all[name];
    if (!item) {
      item = std::make_unique<T>();
      item->name = name;
    }
    return item.get();
  }

  // A line of codes.txt: table, HL7 table, code, FHIR code, system.
  void read_code(std::string_view line) {
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

  static void add_code(Codes& codes, Codes::Row row) {
    row.first = std::ranges::find(codes.rows, row.fhir, &Codes::Row::fhir) == codes.rows.end();
    codes.rows.push_back(std::move(row));
  }

  void read_line(std::string_view line) {
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

  void begin_block() {
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

  void read_type_line() {
    if (words_.take("needs")) return type_->needs.push_back(alternatives(words_.next()));
    if (words_.take("include")) return includes_.emplace_back(type_, type_->rows.size(), words_.next()), void();
    type_->rows.push_back(row());
  }

  void read_resource_line() {
    if (words_.take("identity")) return read_identity();
    if (words_.take("request")) return void(resource_->update = words_.next() == "update");
    if (words_.take("include")) return void(copies_.emplace_back(words_.next(), resource_));
    if (words_.take("needs")) return void(resource_->needs.push_back(words_.next()));
    if (words_.take("display")) {
      while (!words_.empty()) resource_->display.push_back(alternatives(words_.next()));
      return;
    }
    resource_->rows.push_back(row());
  }

  void read_identity() {
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

  void read_message_line() {
    if (words_.take("of")) {
      while (!words_.empty()) message_->types.push_back(words_.next());
      return;
    }
    if (words_.take("ignore")) {
      while (!words_.empty()) {
        const auto place = source(words_.next());
        message_->ignored.emplace_back(place.text, place.field);
      }
      return;
    }
    Anchor anchor;
    anchor.segment = words_.next();
    if (words_.take("in")) anchor.group = words_.next();
    anchor.resource = named(library_.resources_, words_.next());
    if (words_.take("only")) anchor.only_message = words_.next() == "message";
    if (words_.take("if")) anchor.when = conditions();
    message_->anchors.push_back(std::move(anchor));
  }

  Row row() {
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

  void read_option(Row& made) {
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
      made.when = conditions();
    } else {
      wrong("'" + word + "' is no option of a row");
    }
  }

  std::vector<Condition> conditions() {
    std::vector<Condition> all;
    do {
      Condition one;
      one.what = alternatives(words_.next());
      const auto test = words_.next();
      using enum Condition::Test;
      if (test == "=" || test == "!=") {
        one.test = test == "=" ? is : is_not;
        while (!words_.empty() && !words_.is("and")) one.values.push_back(words_.next());
      } else {
        one.test = test == "valued"   ? valued
                   : test == "empty"  ? empty
                   : test == "number" ? number
                   : test == "single" ? single
                                      : repeats;
        if (one.test == repeats && test != "repeats") wrong("'" + test + "' is no test");
      }
      all.push_back(std::move(one));
    } while (words_.take("and"));
    return all;
  }

  static Source literal(const std::string& text) {
    Source made;
    made.text = text;
    return made;
  }

  static Alternatives alternatives(std::string_view text) {
    Alternatives all;
    while (!text.empty()) {
      const auto bar = std::min(text.find('|'), text.size());
      all.push_back(source(text.substr(0, bar)));
      text.remove_prefix(std::min(bar + 1, text.size()));
    }
    return all;
  }

  // Up to `numbers.size()` numbers with dots before or between them.
  static void read_numbers(std::string_view text, std::initializer_list<std::uint16_t*> numbers) {
    for (auto* number : numbers) {
      if (text.starts_with('.')) text.remove_prefix(1);
      const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
      text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    }
  }

  static Source source(std::string_view text) {
    using enum Source::Kind;
    Source made;
    if (text.starts_with('@') || text == "$received") {
      made.kind = text.starts_with('@') ? identity : received;
      made.text = text.substr(1);
    } else if (text.ends_with('*')) {
      made.kind = segments;
      made.text = text.substr(0, text.size() - 1);
    } else if (text.starts_with('.')) {
      made.kind = relative;
      read_numbers(text, {&made.field, &made.component});
    } else {
      made.kind = field;
      made.text = text.substr(0, 3);
      read_numbers(text.substr(std::min<std::size_t>(4, text.size())),
                   {&made.field, &made.component, &made.subcomponent});
    }
    return made;
  }

  static std::vector<TargetStep> target(std::string_view text) {
    std::vector<TargetStep> steps;
    if (text == ".") return steps;
    while (!text.empty()) {
      const auto dot = std::min(text.find('.'), text.size());
      auto word = text.substr(0, dot);
      TargetStep step;
      using enum TargetStep::Mode;
      if (word.ends_with("[]")) {
        step.mode = append;
        word.remove_suffix(2);
      } else if (word.ends_with("[+]")) {
        step.mode = last;
        word.remove_suffix(3);
      } else if (const auto angle = word.find('<'); angle != word.npos) {
        step.mode = choice;
        step.key = std::string(word.substr(0, angle)) + std::string(word.substr(angle + 1, word.size() - angle - 2));
        word = word.substr(0, angle);
      }
      step.name = word;
      steps.push_back(std::move(step));
      text.remove_prefix(std::min(dot + 1, text.size()));
    }
    return steps;
  }

  struct Include {
    Type* into;
    std::size_t at;
    std::string name;
  };

  // Puts the rows that a type includes where it said so; last places first, so that the others stay where they are.
  void expand(Type& type, int depth) {
    if (depth > 8) return wrong("types include each other");
    for (std::size_t index = includes_.size(); index-- > 0;) {
      if (includes_[index].into != &type) continue;
      const auto include = includes_[index];
      includes_[index].into = nullptr;
      auto& other = *named(library_.types_, include.name);
      expand(other, depth + 1);
      type.rows.insert(type.rows.begin() + static_cast<std::ptrdiff_t>(include.at), other.rows.begin(),
                       other.rows.end());
      type.needs.insert(type.needs.end(), other.needs.begin(), other.needs.end());
    }
  }

  static void mark_otherwise(Resource& resource) {
    std::set<std::string> referred;
    for (auto& row : resource.rows) {
      if (row.target.empty()) continue;
      if (!row.references.empty()) referred.insert(row.target.front().name);
      else row.otherwise_of_reference = referred.contains(row.target.front().name);
    }
  }

  void copy(Resource& into, const std::string& name) {
    const auto& from = *named(library_.resources_, name);
    into.identity = from.identity;
    into.prefer = from.prefer;
    into.parts = from.parts;
    into.update = from.update;
    into.rows.insert(into.rows.begin(), from.rows.begin(), from.rows.end());
  }

  Library& library_;
  Words words_{""};
  int line_ = 0;
  std::string mistake_;
  Codes* codes_ = nullptr;
  Type* type_ = nullptr;
  Resource* resource_ = nullptr;
  MessageMap* message_ = nullptr;
  bool in_systems_ = false;
  std::set<std::string> known_;
  std::vector<Include> includes_;
  std::vector<std::pair<std::string, Resource*>> copies_;
};

std::unique_ptr<const Library> Library::read(const std::vector<std::string_view>& texts, std::string& mistake) {
  auto library = std::make_unique<Library>();
  LibraryReader reader(*library);
  std::string all;
  bool good = true;
  for (const auto text : texts) {
    good = good && reader.read(text);
    all += text;
  }
  good = good && reader.finish();
  mistake = reader.mistake();
  library->digest_ = hex(sha256(all));
  if (!good) return nullptr;
  return library;
}

const Library& Library::embedded() {
  static const auto kLibrary = [] {
    const auto maps = schema::embedded_maps();
    std::string mistake;
    auto library = read({maps.codes, maps.types, maps.resources, maps.oru}, mistake);
    if (!library) std::abort();  // a bug of the build: a unit test reads the same texts and says the line
    return library;
  }();
  return *kLibrary;
}

const MessageMap* Library::message(std::string_view name) const {
  const auto found = messages_.find(name);
  return found == messages_.end() ? nullptr : found->second.get();
}

std::vector<std::string_view> Library::names() const {
  std::vector<std::string_view> all;
  for (const auto& [name, message] : messages_) all.push_back(name);
  return all;
}

std::string_view Library::code_system(std::string_view name) const {
  const auto found = systems_.find(name);
  return found == systems_.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace myelin::mapping
